//! Everything there is to see: the keys of whoever is logged in, and the service accounts, which have none.

use serde::de::DeserializeOwned;

use super::keys::{KEYS, credential, id};
use super::owners::{self, ACCOUNTS, SERVICE_ACCOUNTS};
use super::{Adapter, wire};
use crate::backend::http::Call;
use crate::backend::{Session, Taking};
use crate::domain::answer::{Listing, Part, Reach};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::text::Text;

/// Rows asked for at once, and what is tried when so many do not fit into an answer: accounts may carry metadata of
/// any size.
const SIZES: [u32; 3] = [500, 20, 1];
/// No list is longer than this; one that is has a server that gives the same page again and again.
const MOST_PAGES: usize = 10_000;

/// Where the reading of a list stands.
#[derive(Default)]
struct Place {
    cursor: Option<String>,
    /// Which of [`SIZES`] the pages have.
    size: usize,
    /// Pages read by now.
    pages: usize,
    ended: bool,
}

impl Adapter {
    /// Asks for both lists at the same time. Service accounts that cannot be read do not spoil the keys; an ended
    /// session does, so that the caller can renew it and ask again.
    pub(super) async fn list_all(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        let (own, services) = futures_util::join!(self.own(session, taking), self.services(session));
        let mut listing = own?;
        let me = listing.owners.first().map(|owner| owner.id.clone());
        match services {
            Ok(services) => {
                let others = |account: &wire::Account| id(account.id.as_deref()) != me;
                for account in services.into_iter().filter(others) {
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

    /// Whoever is logged in, with all keys, each page handed over as it comes.
    async fn own(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        let mut place = Place::default();
        let first = self.page::<wire::Key>(session, &KEYS, None, &mut place, "the list of API keys");
        let (me, first) = futures_util::join!(self.who(&session.bearer), first);
        let (me, mut page) = (me?, first?);
        let missing = || Failure::new(FailureKind::Unexpected, "the server does not tell who is logged in");
        let me = owners::owner(me, owners::YOURSELF).ok_or_else(missing)?;
        let owner = me.reference();
        let mut whole = Listing { owners: vec![me], ..Listing::default() };
        let mut odd = 0;
        loop {
            let all = page.len();
            let keys: Vec<_> = page.into_iter().filter_map(|key| credential(key, &owner)).collect();
            odd += all - keys.len();
            let part =
                Listing { owners: whole.owners.clone(), credentials: keys.clone(), ..Listing::default() };
            whole.credentials.extend(keys);
            let reach = Reach { done: whole.credentials.len(), of: None, what: "API keys" };
            taking(Part { listing: part, reach });
            if place.ended {
                break;
            }
            page = self.page(session, &KEYS, None, &mut place, "the list of API keys").await?;
        }
        if odd > 0 {
            whole.failed.push((owner, nameless(&format!("{odd} of the API keys"))));
        }
        Ok(whole)
    }

    async fn services(&self, session: &Session) -> Result<Vec<wire::Account>, Failure> {
        let (mut all, mut place) = (Vec::new(), Place::default());
        while !place.ended {
            let filter = Some(SERVICE_ACCOUNTS);
            all.extend(self.page(session, &ACCOUNTS, filter, &mut place, "the list of accounts").await?);
        }
        Ok(all)
    }

    /// The next page of a list. A cursor goes on with pages of any size.
    async fn page<T: DeserializeOwned>(
        &self,
        session: &Session,
        path: &[&str],
        filter: Option<&str>,
        place: &mut Place,
        what: &str,
    ) -> Result<Vec<T>, Failure> {
        loop {
            let size = SIZES.get(place.size).copied().unwrap_or(1);
            let mut call = Call::read(path).query("size", &size).query("sort", &"created:asc");
            if let Some(filter) = filter {
                call = call.query("filter", &filter);
            }
            if let Some(cursor) = &place.cursor {
                call = call.query("cursor", cursor);
            }
            let page: wire::Page<T> = match self.ask(call.bearer(&session.bearer), what).await {
                Err(failure) if failure.kind == FailureKind::TooLarge && place.size + 1 < SIZES.len() => {
                    place.size += 1;
                    continue;
                }
                answer => answer?,
            };
            place.pages += 1;
            let next = page.next_cursor.filter(|next| Some(next) != place.cursor.as_ref());
            place.ended = page.items.is_empty() || next.is_none() || place.pages >= MOST_PAGES;
            place.cursor = next;
            return Ok(page.items);
        }
    }
}

fn nameless(what: &str) -> Failure {
    Failure::new(FailureKind::Unexpected, format!("{what} came without a usable identifier"))
}
