//! Everything there is: all service accounts, then the keys of each, several accounts at a time.

use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::keys::collection;
use super::owners::ACCOUNTS;
use super::{Adapter, convert, path_id, wire};
use crate::backend::Session;
use crate::backend::http::Call;
use crate::domain::answer::Listing;
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::text::Text;

/// Rows asked for at once, and what is tried when so many do not fit into an answer: descriptions may have
/// 65,535 characters each.
const SIZES: [u32; 3] = [100, 10, 1];
/// Accounts asked about at the same time.
const AT_ONCE: usize = 8;
/// No server has more pages than this; one that says so is wrong.
const MOST_PAGES: u64 = 10_000;

impl Adapter {
    /// One account that cannot be read does not spoil the rest; an ended session does, so that the caller can
    /// renew it and ask again.
    pub(super) async fn list_all(&self, session: &Session) -> Result<Listing, Failure> {
        let accounts =
            self.pages::<wire::Account>(session, &ACCOUNTS, "the list of service accounts").await?;
        let mut listing = Listing::default();
        for account in accounts {
            let named = (account.id.clone(), account.name.clone());
            match convert::owner(account) {
                Some(owner) => listing.owners.push(owner),
                None => listing.failed.push((unaddressable(named), nameless("this service account"))),
            }
        }
        let mut answers = futures_util::stream::iter(listing.owners.clone())
            .map(|owner| async move { (owner.reference(), self.keys_of(session, &owner).await) })
            .buffered(AT_ONCE);
        while let Some((owner, answer)) = answers.next().await {
            match answer {
                Ok((keys, odd)) => {
                    listing.credentials.extend(keys);
                    if odd > 0 {
                        listing.failed.push((owner, nameless(&format!("{odd} of its API keys"))));
                    }
                }
                Err(failure) if failure.kind == FailureKind::LoggedOut => return Err(failure),
                // Deleted since the accounts were listed: then it has no keys either.
                Err(failure) if failure.kind == FailureKind::NotFound => {}
                Err(failure) => listing.failed.push((owner, failure)),
            }
        }
        Ok(listing)
    }

    /// The keys of an account, and how many came without an identifier.
    async fn keys_of(&self, session: &Session, owner: &Owner) -> Result<(Vec<Credential>, usize), Failure> {
        let id = path_id(&owner.id)?;
        let keys = self.pages::<wire::Key>(session, &collection(&id), "the list of API keys").await?;
        let (reference, all) = (owner.reference(), keys.len());
        let known = |key| convert::credential(key, &reference, owner.enabled);
        let keys: Vec<_> = keys.into_iter().filter_map(known).collect();
        let odd = all - keys.len();
        Ok((keys, odd))
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        session: &Session,
        path: &[&str],
        what: &str,
    ) -> Result<Vec<T>, Failure> {
        let mut last = Failure::new(FailureKind::TooLarge, what);
        for size in SIZES {
            match self.pages_of(session, path, size, what).await {
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
        size: u32,
        what: &str,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut number = 1;
        loop {
            let call = Call::read(path).query("page", &number).query("size", &size).query("hydrate", &true);
            let page: wire::Page<T> = match self.ask(call.bearer(&session.bearer), what).await {
                Ok(page) => page,
                // The list became shorter while it was read; a page beyond the last is an error here.
                Err(failure) if number > 1 && failure.kind == FailureKind::Invalid => return Ok(all),
                Err(failure) => return Err(failure),
            };
            let was_empty = page.items.is_empty();
            all.extend(page.items);
            number += 1;
            if was_empty || number > page.total_pages.unwrap_or(1).min(MOST_PAGES) {
                return Ok(all);
            }
        }
    }
}

fn nameless(what: &str) -> Failure {
    Failure::new(FailureKind::Unexpected, format!("{what} came without a usable identifier"))
}

fn unaddressable((id, name): (Option<String>, Option<String>)) -> OwnerRef {
    OwnerRef { id: Id::new(id.unwrap_or_default()), name: Text::clean(&name.unwrap_or_default()) }
}
