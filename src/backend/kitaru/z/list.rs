//! Everything there is to see: every service account and, several at a time, each one's keys. Accounts are asked about
//! while more of them are still read, and each one's keys are handed over as they come.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::{self, Stream, StreamExt as _};
use serde::de::DeserializeOwned;

use super::keys::collection;
use super::owners::ACCOUNTS;
use super::{Adapter, convert, path_id, wire};
use crate::backend::http::Call;
use crate::backend::{Session, Taking};
use crate::domain::answer::{Listing, Part, Reach};
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::text::Text;

/// Rows asked for at once, and what is tried when so many do not fit into an answer: descriptions may have
/// 65,535 characters each. Each is a divisor of the one before, so that a smaller page begins where a larger one would.
const SIZES: [u64; 3] = [100, 10, 1];
/// Accounts asked about at the same time. When so many in a row got no answer, the others are not asked about.
const AT_ONCE: usize = 8;
/// No server has more pages than this; one that says so is wrong.
const MOST_PAGES: u64 = 10_000;
const SILENT: &str = "not asked for, because the server did not answer for the accounts before it";

/// Where the reading of a list stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Rows read by now.
    rows: u64,
    /// Which of [`SIZES`] the pages have.
    size: usize,
    ended: bool,
}

/// A service account as it came, with how many there are.
type Arrival = Result<(wire::Account, Option<usize>), Failure>;

/// One reading of everything: for whom, and how far it is.
struct Reading<'a> {
    session: &'a Session,
    taking: Taking<'a>,
    /// Accounts whose keys were read, or could not be.
    done: AtomicUsize,
    /// How many accounts in a row got no answer.
    silent: AtomicUsize,
}

impl Reading<'_> {
    fn hand_over(&self, listing: Listing, of: Option<usize>) {
        let reach = Reach { done: self.done.load(Ordering::Relaxed), of, what: "accounts" };
        (self.taking)(Part { listing, reach });
    }

    /// Takes note of how an account answered.
    fn note<T>(&self, answer: &Result<T, Failure>) {
        let no_answer = |failure: &Failure| {
            matches!(failure.kind, FailureKind::Slow | FailureKind::Unreachable | FailureKind::CutOff)
        };
        if answer.as_ref().is_err_and(no_answer) {
            self.silent.fetch_add(1, Ordering::Relaxed);
        } else {
            self.silent.store(0, Ordering::Relaxed);
        }
    }
}

impl Adapter {
    /// One account that cannot be read does not spoil the rest; an ended session does, so that the caller can
    /// renew it and ask again.
    pub(super) async fn list_all(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        let reading = Reading { session, taking, done: AtomicUsize::new(0), silent: AtomicUsize::new(0) };
        let reading = &reading;
        let answers = self
            .accounts(session)
            .enumerate()
            .map(|(place, arrival)| async move {
                let (account, of) = arrival?;
                Ok::<_, Failure>((place, self.one(reading, account, of).await?))
            })
            .buffer_unordered(AT_ONCE);
        let mut answers = std::pin::pin!(answers);
        let mut all = Vec::new();
        while let Some(answer) = answers.next().await {
            all.push(answer?);
        }
        all.sort_unstable_by_key(|(place, _)| *place);
        let mut whole = Listing::default();
        whole.credentials.reserve_exact(all.iter().map(|(_, one)| one.credentials.len()).sum());
        for (_, one) in all {
            whole.owners.extend(one.owners);
            whole.credentials.extend(one.credentials);
            whole.failed.extend(one.failed);
        }
        Ok(whole)
    }

    /// The service accounts, page after page.
    fn accounts<'a>(&'a self, session: &'a Session) -> impl Stream<Item = Arrival> + Send + 'a {
        let pages = stream::unfold(Place::default(), move |mut place| async move {
            if place.ended {
                return None;
            }
            let page = self.page(session, &ACCOUNTS, &mut place, "the list of service accounts").await;
            place.ended |= page.is_err();
            Some((page, place))
        });
        pages.flat_map(|page| {
            stream::iter(match page {
                Ok(page) => {
                    let of = page.total.and_then(|total| usize::try_from(total).ok());
                    page.items.into_iter().map(|account| Ok((account, of))).collect()
                }
                Err(failure) => vec![Err(failure)],
            })
        })
    }

    /// A service account with its keys, as far as they can be read.
    async fn one(
        &self,
        reading: &Reading<'_>,
        account: wire::Account,
        of: Option<usize>,
    ) -> Result<Listing, Failure> {
        let mut listing = Listing::default();
        let named = (account.id.clone(), account.name.clone());
        let Some(owner) = convert::owner(account) else {
            listing.failed.push((unaddressable(named), nameless("this service account")));
            reading.done.fetch_add(1, Ordering::Relaxed);
            return Ok(listing);
        };
        let reference = owner.reference();
        listing.owners.push(owner.clone());
        let answer = if reading.silent.load(Ordering::Relaxed) < AT_ONCE {
            self.keys_of(reading, &owner, of, &mut listing).await
        } else {
            Err(Failure::new(FailureKind::Slow, SILENT))
        };
        reading.note(&answer);
        match answer {
            Ok(0) => {}
            Ok(odd) => listing.failed.push((reference, nameless(&format!("{odd} of its API keys")))),
            Err(failure) if failure.kind == FailureKind::LoggedOut => return Err(failure),
            // Deleted since the accounts were listed: then it has no keys either.
            Err(failure) if failure.kind == FailureKind::NotFound => listing.credentials.clear(),
            Err(failure) => listing.failed.push((reference, failure)),
        }
        reading.done.fetch_add(1, Ordering::Relaxed);
        let told =
            Listing { owners: listing.owners.clone(), failed: listing.failed.clone(), ..Listing::default() };
        reading.hand_over(told, of);
        Ok(listing)
    }

    /// Puts the keys of an account into the listing and hands each page over; answers how many came without an
    /// identifier.
    async fn keys_of(
        &self,
        reading: &Reading<'_>,
        owner: &Owner,
        of: Option<usize>,
        listing: &mut Listing,
    ) -> Result<usize, Failure> {
        let id = path_id(&owner.id)?;
        let path = collection(&id);
        let reference = owner.reference();
        let (mut odd, mut place) = (0, Place::default());
        while !place.ended {
            let page = self.page::<wire::Key>(reading.session, &path, &mut place, "the list of API keys");
            let page = page.await?;
            let all = page.items.len();
            let known = |key| convert::credential(key, &reference, owner.enabled);
            let keys: Vec<Credential> = page.items.into_iter().filter_map(known).collect();
            odd += all - keys.len();
            if !keys.is_empty() {
                let part =
                    Listing { owners: vec![owner.clone()], credentials: keys.clone(), ..Listing::default() };
                reading.hand_over(part, of);
            }
            listing.credentials.extend(keys);
        }
        Ok(odd)
    }

    /// The next page of a list.
    async fn page<T: DeserializeOwned>(
        &self,
        session: &Session,
        path: &[&str],
        place: &mut Place,
        what: &str,
    ) -> Result<wire::Page<T>, Failure> {
        loop {
            let size = SIZES.get(place.size).copied().unwrap_or(1);
            let number = place.rows / size + 1;
            let call = Call::read(path).query("page", &number).query("size", &size).query("hydrate", &true);
            let page: wire::Page<T> = match self.ask(call.bearer(&session.bearer), what).await {
                Ok(page) => page,
                Err(failure) if failure.kind == FailureKind::TooLarge && place.size + 1 < SIZES.len() => {
                    place.size += 1;
                    continue;
                }
                // The list became shorter while it was read; a page beyond the last is an error here.
                Err(failure) if number > 1 && failure.kind == FailureKind::Invalid => wire::Page::empty(),
                Err(failure) => return Err(failure),
            };
            place.rows += size;
            let last = page.total_pages.unwrap_or(1).min(MOST_PAGES);
            place.ended = page.items.is_empty() || number >= last;
            return Ok(page);
        }
    }
}

fn nameless(what: &str) -> Failure {
    Failure::new(FailureKind::Unexpected, format!("{what} came without a usable identifier"))
}

fn unaddressable((id, name): (Option<String>, Option<String>)) -> OwnerRef {
    OwnerRef { id: Id::new(id.unwrap_or_default()), name: Text::clean(&name.unwrap_or_default()) }
}
