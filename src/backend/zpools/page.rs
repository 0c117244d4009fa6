//! The page of the website where PATs are made, for servers and sessions that cannot make them here.

use url::Url;

use super::super::Session;
use super::{Zpools, token};
use crate::domain::request::CreateRequest;
use crate::domain::text::Text;

impl Zpools {
    /// The page of the user's PATs. The website is where the API is, without the `api.` in front.
    pub(super) fn tokens_page(&self) -> Url {
        let mut page = self.endpoint.url().clone();
        page.set_query(None);
        page.set_path("/dashboard/tokens");
        if let Some(site) = page.host_str().and_then(|host| host.strip_prefix("api.")).map(str::to_owned) {
            // A host without its first label is still a host.
            page.set_host(Some(&site)).unwrap_or_default();
        }
        page
    }

    /// The page with the form filled in, where the session cannot make a PAT by itself.
    pub(super) fn page_for(&self, session: &Session, request: &CreateRequest) -> Option<Text> {
        if token::read(session.bearer.expose()) != token::Reading::Pat {
            return None;
        }
        let mut page = self.tokens_page();
        let (scopes, expiry) = (request.scopes.join(","), request.expiry.map(|date| date.to_string()));
        let fields = [
            ("label", request.name.as_str()),
            ("scopes", scopes.as_str()),
            ("expiry", expiry.as_deref().unwrap_or_default()),
        ];
        page.query_pairs_mut()
            .append_pair("create", "1")
            .extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        Some(Text::clean(page.as_str()))
    }
}
