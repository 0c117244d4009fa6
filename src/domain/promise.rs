//! Promises: the dated revocations that are ours, where a rotation makes a second credential. One is made only once the
//! new secret is stored and was accepted, and is kept by any keywright that is open, or by `keywright due`.

use uuid::Uuid;

use super::credential::{Credential, CredentialRef};
use super::failure::FailureKind;
use super::text::Text;
use super::time::{SignedDuration, Skew, Timestamp};

/// How far a promise came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PromiseState {
    /// Its time has not come, or it could not be kept yet.
    Waiting,
    /// The credential is revoked, by us or by somebody else.
    Kept,
    /// The operator took it back: the credential lives on.
    Withdrawn,
    /// Keeping it would do harm: the new credential is gone, or its secret is not stored any more.
    GivenUp,
}

impl PromiseState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Kept, Self::Withdrawn, Self::GivenUp];

    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Kept => "kept",
            Self::Withdrawn => "withdrawn",
            Self::GivenUp => "given up",
        }
    }
}

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// The credential is revoked.
    Revoke,
    /// It is switched off first, and revoked some time later.
    SwitchOff,
    /// It was revoked in a way that the server forgets, so it is told again and again until the credential has ended by
    /// itself.
    RevokeAgain,
}

impl Duty {
    /// Every duty.
    pub const ALL: [Self; 3] = [Self::Revoke, Self::SwitchOff, Self::RevokeAgain];

    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::SwitchOff => "switch off",
            Self::RevokeAgain => "revoke again",
        }
    }

    /// The same once it is done.
    pub fn done(self) -> &'static str {
        match self {
            Self::Revoke => "revoked",
            Self::SwitchOff => "switched off",
            Self::RevokeAgain => "revoked again",
        }
    }
}

/// The pause between two times in which a server is told again what it forgets in a day.
pub const AGAIN: SignedDuration = SignedDuration::from_hours(12);

/// The pause before a server is asked again whether it has forgotten, where it takes nothing new before it has.
pub const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);

/// A revocation that is due at a moment. No secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Its own identifier.
    pub id: Uuid,
    /// The old credential, which is to be revoked.
    pub credential: CredentialRef,
    /// Its name.
    pub name: String,
    /// Its owner's name.
    pub owner_name: String,
    /// Its kind, by its noun.
    pub noun: String,
    /// The new credential that takes its place.
    pub successor: CredentialRef,
    /// The rotation that made it.
    pub operation: Uuid,
    /// When it was made, on our clock.
    pub made: Timestamp,
    /// What is to be done with the old credential.
    pub duty: Duty,
    /// When that is to be done, on our clock.
    pub due: Timestamp,
    /// By how much the server's clock was ahead of ours when that date was set; none where that is not known.
    pub skew: Option<Skew>,
    /// Of one that is switched off first, when it is revoked; of one that is revoked again, when it ends by itself.
    pub then: Option<Timestamp>,
    /// How often the old credential had been used then, where the backend counts.
    pub uses_then: Option<u64>,
    /// How many uses since then were our own checks.
    pub our_uses: u64,
    /// How far it came.
    pub state: PromiseState,
    /// How often it was tried in vain.
    pub tries: u32,
    /// When it is tried next, on our clock.
    pub next_try: Timestamp,
    /// Why it was not kept yet, in words; empty when it was not tried.
    pub note: String,
    /// Whether another program that is alive is keeping it right now.
    pub running_elsewhere: bool,
}

/// How somebody else used the old credential since the rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedSince {
    /// When last, on the server's clock.
    pub last: Timestamp,
    /// How often, where the backend counts.
    pub times: Option<u64>,
    /// From where, where the backend tells.
    pub address: Option<Text>,
    /// By what, where the backend tells.
    pub agent: Option<Text>,
}

/// How far the two clocks may disagree about a date before the server's counts.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

impl Promise {
    /// When its time comes on our clock as it is now, if our clock was put ahead since and the server's says that it has
    /// not come: the old secret was promised to work until then.
    pub fn comes_later(&self, now: Timestamp, skew: Skew) -> Option<Timestamp> {
        if self.due > now {
            // Somebody wants it done before its time.
            return None;
        }
        let due = skew.our_time(self.skew?.server_time(self.due));
        (due.duration_since(now) > SLACK).then_some(due)
    }

    /// What is known of uses of the old credential since the promise was made. Our own checks do not count.
    pub fn used_since(&self, old: &Credential, skew: Skew) -> Option<UsedSince> {
        use super::credential::LastUse;
        let last = old.last_use.when().filter(|last| skew.our_time(*last) > self.made)?;
        // After a check of ours, address and agent are our own.
        let theirs = matches!(old.last_use, LastUse::At(_));
        let told = &old.particulars;
        let times = told.uses.zip(self.uses_then);
        Some(UsedSince {
            last,
            times: times.map(|(now, then)| now.saturating_sub(then).saturating_sub(self.our_uses)),
            address: told.last_address.clone().filter(|_| theirs),
            agent: told.last_agent.clone().filter(|_| theirs),
        })
    }
}

impl UsedSince {
    /// `from 203.0.113.9, by terraform/1.9, 12 uses since`.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.address.as_ref().map(|address| format!("from {address}")));
        words.extend(self.agent.as_ref().map(|agent| format!("by {agent}")));
        match self.times {
            Some(1) => words.push(String::from("1 use since the rotation")),
            Some(times) if times > 1 => words.push(format!("{times} uses since the rotation")),
            Some(_) | None => words.push(String::from("since the rotation")),
        }
        words.join(", ")
    }
}

/// The pause before a promise that could not be kept is tried again.
pub fn pause(tries: u32) -> SignedDuration {
    let minutes = match tries {
        0 | 1 => 1,
        2 => 5,
        3 => 15,
        _ => 60,
    };
    SignedDuration::from_mins(minutes)
}

impl Promise {
    /// Until when it is left alone, because it was tried in vain. A moment further off than any pause was written by a
    /// clock that was ahead, and counts for nothing.
    pub fn rests_until(&self, now: Timestamp) -> Option<Timestamp> {
        let left = self.next_try.duration_since(now);
        let rests = self.tries > 0 && left > SignedDuration::ZERO && left <= pause(self.tries);
        rests.then_some(self.next_try)
    }
}

/// What came of trying to keep a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which one, as it was.
    pub promise: Promise,
    /// How it went.
    pub outcome: AttemptOutcome,
    /// The same in a sentence.
    pub words: Text,
}

/// How a try went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The credential is revoked.
    Kept,
    /// One of its steps is done, and the next has its date.
    Advanced,
    /// Another keywright sees to it, or it is settled already.
    Elsewhere,
    /// It will never be kept; the operator has to look.
    GivenUp,
    /// Not this time; it is tried again.
    Failed(FailureKind),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountName;
    use crate::domain::credential::{Expiry, LastUse, Told};
    use crate::domain::owner::{Id, OwnerRef};
    use crate::domain::scope::Granted;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn promise() -> Promise {
        let of = |id: &str| CredentialRef {
            account: AccountName::parse("a").expect("a name"),
            owner: Id::new("o"),
            id: Id::new(id),
        };
        Promise {
            id: Uuid::nil(),
            credential: of("old"),
            name: String::new(),
            owner_name: String::new(),
            noun: String::new(),
            successor: of("new"),
            operation: Uuid::nil(),
            made: at(0),
            duty: Duty::Revoke,
            due: at(60),
            skew: None,
            then: None,
            uses_then: Some(10),
            our_uses: 7,
            state: PromiseState::Waiting,
            tries: 0,
            next_try: at(60),
            note: String::new(),
            running_elsewhere: false,
        }
    }

    #[test]
    fn a_clock_that_was_put_ahead_does_not_bring_a_date_nearer() {
        let of = |skew: Option<i64>| Promise { skew: skew.map(Skew), ..promise() };
        // The skew then, the time and the skew now, and when it comes.
        for (then, now, skew, later) in [
            (Some(0), 60, 0, None),
            (Some(0), 60, -3, None),
            (Some(0), 3_660, -3_600, None),
            (Some(0), 3_610, -3_600, None),
            (Some(0), 7_200, -7_200, Some(7_260)),
            (Some(86_400), 86_400, 0, Some(86_460)),
            (Some(-600), 60, -600, None),
            (Some(0), 60, 7_200, None),
            (None, 7_200, -7_200, None),
        ] {
            let later = later.filter(|later| later - now > 60);
            let told = of(then).comes_later(at(now), Skew(skew));
            assert_eq!(told, later.map(at), "{then:?} {now} {skew}");
        }
        let far = Promise { due: at(3_600), ..of(Some(0)) };
        assert_eq!(far.comes_later(at(3_700), Skew(-3_600)), Some(at(7_200)));
    }

    #[test]
    fn what_was_tried_in_vain_rests_for_its_pause_and_no_longer() {
        // How often it was tried, when it is tried next, and whether it rests.
        for (tries, next, rests) in [
            (0, 60, false),
            (1, 60, true),
            (1, 61, false),
            (1, 0, false),
            (1, -1, false),
            (2, 300, true),
            (4, 3_600, true),
            (9, 3_600, true),
            (9, 3_601, false),
            (3, 300_000_000, false),
        ] {
            let promise = Promise { tries, next_try: at(next), ..promise() };
            assert_eq!(promise.rests_until(at(0)), rests.then(|| at(next)), "{tries} {next}");
        }
    }

    #[test]
    fn our_own_checks_are_not_uses() {
        let promise = promise();
        let old = |last_use, uses| Credential {
            id: Id::new("old"),
            owner: OwnerRef { id: Id::new("o"), name: "o".into() },
            name: "ci".into(),
            kind: "PAT",
            description: Text::default(),
            scopes: Granted::AsOwner,
            created: None,
            rotated: None,
            expires: Expiry::Never,
            last_use,
            enabled: true,
            owner_enabled: true,
            window: None,
            particulars: Told {
                uses,
                last_address: Some("203.0.113.9".into()),
                last_agent: Some("terraform".into()),
                ..Told::NOTHING
            }
            .into(),
        };
        let since = |last_use, uses| promise.used_since(&old(last_use, uses), Skew::default());
        assert_eq!(since(LastUse::Never, Some(0)), None);
        assert_eq!(since(LastUse::At(at(-1)), Some(10)), None);
        assert_eq!(since(LastUse::OurCheck { before: Some(at(-1)) }, Some(17)), None);
        let used = since(LastUse::At(at(5)), Some(20)).expect("used");
        assert_eq!(used.words(), "from 203.0.113.9, by terraform, 3 uses since the rotation");
        let ours_last = since(LastUse::OurCheck { before: Some(at(5)) }, Some(18)).expect("used");
        assert_eq!(ours_last.words(), "1 use since the rotation", "address and agent are our own then");
        assert_eq!(promise.used_since(&old(LastUse::At(at(5)), None), Skew(10)), None, "by its clock before");
    }
}
