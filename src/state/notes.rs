//! What was found out about credentials: when their secrets were verified, and when it was us who used them.

use rusqlite::{Connection, Row, params};

use super::State;
use super::error::StateError;
use super::row::{moment, moment_if_any, reference, written};
use crate::domain::account::AccountName;
use crate::domain::credential::{CredentialRef, LastUse};
use crate::domain::time::{SignedDuration, Skew, Timestamp};

/// How exact a server's times are taken to be: some cut to seconds, and travel takes its time.
const SLACK: SignedDuration = SignedDuration::from_secs(2);
/// How long a check counts whose end was never noted, because the program died.
const LONGEST_CHECK: SignedDuration = SignedDuration::from_secs(60);

/// What presenting a secret showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whose secret it was.
    pub credential: CredentialRef,
    /// The keyring entry it was read from; none when it was never stored.
    pub entry: Option<String>,
    /// When, on our clock.
    pub at: Timestamp,
    /// Whether the backend accepted it.
    pub accepted: bool,
    /// The result in words, without the secret.
    pub words: String,
}

/// Which check of ours is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckId(i64);

/// A time in which we used a secret ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Whose secret it was.
    pub credential: CredentialRef,
    /// When we began, on our clock.
    pub began: Timestamp,
    /// When we were done; none when the program died over it or is still at it.
    pub ended: Option<Timestamp>,
    /// The last use by somebody else that was known before.
    pub use_before: Option<Timestamp>,
}

impl Check {
    /// Whether a use the server tells of can have been this check, the server's clock being off by `skew`.
    pub fn covers(&self, told: Timestamp, skew: Skew) -> bool {
        let told = skew.our_time(told);
        let ended = self.ended.unwrap_or_else(|| self.began.checked_add(LONGEST_CHECK).unwrap_or(self.began));
        told.duration_since(self.began) >= -SLACK && told.duration_since(ended) <= SLACK
    }
}

/// What our requests name themselves, up to the version.
const OURS: &str = concat!(env!("CARGO_PKG_NAME"), "/");

/// The last use without ours: what the server tells of a credential, unless it was one of our checks of it. Where the
/// server tells what it was used by, that decides; where not, the time does.
pub fn not_ours(told: LastUse, agent: Option<&str>, checks_of_it: &[Check], skew: Skew) -> LastUse {
    let LastUse::At(at) = told else { return told };
    let mut of_it = checks_of_it.iter().rev();
    let check = match agent {
        Some(agent) if !agent.starts_with(OURS) => return told,
        Some(_) => Some(of_it.next()),
        None => of_it.find(|check| check.covers(at, skew)).map(Some),
    };
    check.map_or(told, |check| LastUse::OurCheck { before: check.and_then(|check| check.use_before) })
}

impl State {
    /// Notes what presenting a secret showed; the former note about the same secret is replaced.
    pub fn note_verified(&self, verification: &Verification) -> Result<(), StateError> {
        self.write(|transaction| Self::note_verified_in(transaction, verification))
    }

    /// The same as a part of something larger.
    pub(super) fn note_verified_in(
        transaction: &Connection,
        verification: &Verification,
    ) -> Result<(), StateError> {
        let of = &verification.credential;
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO verifications (account, owner, credential, entry, at, accepted, words) \
                 VALUES (?1, ?2, ?3, (SELECT entry FROM entries WHERE entry = ?4), ?5, ?6, ?7)",
            )?
            .execute(params![
                of.account.as_str(),
                of.owner.as_str(),
                of.id.as_str(),
                verification.entry,
                written(verification.at),
                verification.accepted,
                verification.words,
            ])?;
        Ok(())
    }

    /// What is known of an account's secrets, the latest first.
    pub fn verified(&self, account: &AccountName) -> Result<Vec<Verification>, StateError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM verifications WHERE account = ?1 ORDER BY at DESC, rowid DESC",
            )?;
            let found = statement.query_map([account.as_str()], read_verification)?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Notes that we are about to use a secret ourselves, before it is sent. `use_before` is the last use by
    /// somebody else known until then.
    pub fn begin_check(
        &self,
        credential: &CredentialRef,
        use_before: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<CheckId, StateError> {
        self.write(|transaction| Self::begin_check_in(transaction, credential, use_before, at))
    }

    /// The same as a part of something larger.
    pub(super) fn begin_check_in(
        transaction: &Connection,
        credential: &CredentialRef,
        use_before: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<CheckId, StateError> {
        transaction
            .prepare_cached(
                "INSERT INTO checks (account, owner, credential, began, use_before) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                credential.account.as_str(),
                credential.owner.as_str(),
                credential.id.as_str(),
                written(at),
                use_before.map(written),
            ])?;
        Ok(CheckId(transaction.last_insert_rowid()))
    }

    /// Notes that we are done with it, and how often the server counted it as a use, where that is told.
    pub fn end_check(&self, check: CheckId, uses: Option<u64>, at: Timestamp) -> Result<(), StateError> {
        self.write(|transaction| Self::end_check_in(transaction, check, uses, at))
    }

    /// The same as a part of something larger.
    pub(super) fn end_check_in(
        transaction: &Connection,
        check: CheckId,
        uses: Option<u64>,
        at: Timestamp,
    ) -> Result<(), StateError> {
        let uses = uses.and_then(|uses| i64::try_from(uses).ok());
        transaction
            .prepare_cached("UPDATE checks SET ended = ?2, uses = ?3 WHERE id = ?1")?
            .execute(params![check.0, written(at), uses])?;
        Ok(())
    }

    /// Our own checks in an account, in their order.
    pub fn checks(&self, account: &AccountName) -> Result<Vec<Check>, StateError> {
        self.checks_where("account = ?1", &[account.as_str()])
    }

    /// Those of one credential.
    pub fn checks_of(&self, one: &CredentialRef) -> Result<Vec<Check>, StateError> {
        let place = [one.account.as_str(), one.owner.as_str(), one.id.as_str()];
        self.checks_where("account = ?1 AND owner = ?2 AND credential = ?3", &place)
    }

    fn checks_where(&self, clause: &str, values: &[&str]) -> Result<Vec<Check>, StateError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT * FROM checks WHERE {clause} ORDER BY id"))?;
            let found = statement.query_map(rusqlite::params_from_iter(values), read_check)?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }
}

fn read_verification(row: &Row<'_>) -> rusqlite::Result<Verification> {
    Ok(Verification {
        credential: reference(row)?,
        entry: row.get("entry")?,
        at: moment(row, "at")?,
        accepted: row.get("accepted")?,
        words: row.get("words")?,
    })
}

fn read_check(row: &Row<'_>) -> rusqlite::Result<Check> {
    Ok(Check {
        credential: reference(row)?,
        began: moment(row, "began")?,
        ended: moment_if_any(row, "ended")?,
        use_before: moment_if_any(row, "use_before")?,
    })
}
