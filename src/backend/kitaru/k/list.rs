//! Everything there is to see: the keys of whoever is logged in, and the service accounts, which have none.

use serde::de::DeserializeOwned;

use super::keys::{KEYS, credential, id};
use super::owners::{self, ACCOUNTS, SERVICE_ACCOUNTS};
use super::{Adapter, wire};
use crate::backend::Session;
use crate::backend::http::Call;
use crate::domain::answer::Listing;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::text::Text;

/// Rows asked for at once, and what is tried when so many do not fit into an answer: accounts may carry metadata of
/// any size.
const SIZES: [u32; 3] = [500, 20, 1];
/// No list is longer than this; one that is has a server that gives the same page again and again.
const MOST_PAGES: usize = 10_000;

impl Adapter {
    /// Asks for both lists at the same time. Service accounts that cannot be read do not spoil the keys; an ended
    /// session does, so that the caller can renew it and ask again.
    pub(super) async fn list_all(&self, session: &Session) -> Result<Listing, Failure> {
        let me = self.who(&session.bearer);
        let keys = self.pages::<wire::Key>(session, &KEYS, None, "the list of API keys");
        let services =
            self.pages::<wire::Account>(session, &ACCOUNTS, Some(SERVICE_ACCOUNTS), "the list of accounts");
        let (me, keys, services) = futures_util::join!(me, keys, services);
        let (me, keys) = (me?, keys?);
        let missing = || Failure::new(FailureKind::Unexpected, "the server does not tell who is logged in");
        let me = owners::owner(me, owners::YOURSELF).ok_or_else(missing)?;
        let mut listing = Listing { owners: vec![me.clone()], ..Listing::default() };

        let (owner, all) = (me.reference(), keys.len());
        listing.credentials = keys.into_iter().filter_map(|key| credential(key, &owner)).collect();
        let odd = all - listing.credentials.len();
        if odd > 0 {
            listing.failed.push((owner, nameless(&format!("{odd} of the API keys"))));
        }
        match services {
            Ok(services) => {
                for account in
                    services.into_iter().filter(|account| id(account.id.as_deref()) != Some(me.id.clone()))
                {
                    let name = Text::clean(account.name.as_deref().unwrap_or_default());
                    if let Some(owner) = owners::owner(account, owners::NO_KEYS) {
                        listing.owners.push(owner);
                    } else {
                        let unaddressable = OwnerRef { id: Id::new(""), name };
                        listing.failed.push((unaddressable, nameless("this service account")));
                    }
                }
            }
            Err(failure) if failure.kind == FailureKind::LoggedOut => return Err(failure),
            Err(failure) => {
                let all = OwnerRef { id: Id::new(""), name: Text::clean("service accounts") };
                listing.failed.push((all, failure));
            }
        }
        Ok(listing)
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        session: &Session,
        path: &[&str],
        filter: Option<&str>,
        what: &str,
    ) -> Result<Vec<T>, Failure> {
        let mut last = Failure::new(FailureKind::TooLarge, what);
        for size in SIZES {
            match self.pages_of(session, path, filter, size, what).await {
                Err(failure) if failure.kind == FailureKind::TooLarge => last = failure,
                other => return other,
            }
        }
        Err(last)
    }

    async fn pages_of<T: DeserializeOwned>(
        &self,
        session: &Session,
        path: &[&str],
        filter: Option<&str>,
        size: u32,
        what: &str,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        for _page in 0..MOST_PAGES {
            let mut call = Call::read(path).query("size", &size).query("sort", &"created:asc");
            if let Some(filter) = filter {
                call = call.query("filter", &filter);
            }
            if let Some(cursor) = &cursor {
                call = call.query("cursor", cursor);
            }
            let page: wire::Page<T> = self.ask(call.bearer(&session.bearer), what).await?;
            let was_empty = page.items.is_empty();
            all.extend(page.items);
            let next = page.next_cursor.filter(|next| Some(next) != cursor.as_ref());
            if was_empty || next.is_none() {
                break;
            }
            cursor = next;
        }
        Ok(all)
    }
}

fn nameless(what: &str) -> Failure {
    Failure::new(FailureKind::Unexpected, format!("{what} came without a usable identifier"))
}
