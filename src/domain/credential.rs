//! Credentials as listed, and the one state each is in.

use std::ops::{Deref, DerefMut};

use super::account::AccountName;
use super::owner::{Id, OwnerRef};
use super::scope::Granted;
use super::text::Text;
use super::time::{Date, SignedDuration, Timestamp, date_of};

/// Days before its end in which a credential counts as expiring.
pub const EXPIRING_DAYS: i64 = 14;
/// Days before its end in which that is urgent.
pub const URGENT_DAYS: i64 = 3;
/// Days without use after which a credential counts as unused.
pub const UNUSED_DAYS: i64 = 90;

/// Which credential is meant, over all accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialRef {
    /// The account it is reached through.
    pub account: AccountName,
    /// Its owner's identifier.
    pub owner: Id,
    /// Its own identifier.
    pub id: Id,
}

/// When a credential ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The backend has no end for it.
    Never,
    /// It stops at this moment.
    At(Timestamp),
}

/// What the backend tells of a credential's use. Our own checks never count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastUse {
    /// The backend does not tell.
    Untold,
    /// Never used.
    Never,
    /// Used last at this moment.
    At(Timestamp),
    /// The backend's field shows our own check; this is what it said before.
    OurCheck {
        /// The use known before our check, if any.
        before: Option<Timestamp>,
    },
}

impl LastUse {
    /// The last use that was not ours.
    pub fn when(&self) -> Option<Timestamp> {
        match self {
            Self::Untold | Self::Never => None,
            Self::At(at) => Some(*at),
            Self::OurCheck { before } => *before,
        }
    }
}

/// The time in which the old and the new secret of one credential both work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When the rotation happened, on the server's clock.
    pub began: Timestamp,
    /// When the old secret stops, on the server's clock.
    pub ends: Timestamp,
}

/// What only some backends tell of a credential, and of few of them. Nothing told takes no room: there may be a hundred
/// thousand credentials.
#[derive(Clone, Debug, Default)]
pub struct Particulars(Option<Box<Told>>);

/// What is in [`Particulars`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The end that was asked for. [`Credential::expires`] is the earlier of both ends.
    pub soft_end: Option<Timestamp>,
    /// The end that the backend sets by itself.
    pub hard_end: Option<Timestamp>,
    /// The address of the last use.
    pub last_address: Option<Text>,
    /// What the last use was made by: a user agent.
    pub last_agent: Option<Text>,
    /// How often it was used, our own checks included.
    pub uses: Option<u64>,
    /// What its scopes allow, in sentences, where only the server can tell.
    pub allows: Vec<Text>,
    /// What should be known before it is revoked, in sentences: that it is the last of its kind.
    pub cautions: Vec<Text>,
    /// How its secret is presented, where that depends on how the server is set up.
    pub presented: Option<Text>,
    /// Why what is listed is not yet what the running server goes by, in a sentence: it must be restarted first.
    pub pending: Option<Text>,
}

impl Told {
    /// Nothing.
    pub const NOTHING: Self = Self {
        soft_end: None,
        hard_end: None,
        last_address: None,
        last_agent: None,
        uses: None,
        allows: Vec::new(),
        cautions: Vec::new(),
        presented: None,
        pending: None,
    };
}

impl From<Told> for Particulars {
    fn from(told: Told) -> Self {
        Self((told != Told::NOTHING).then(|| Box::new(told)))
    }
}

impl Deref for Particulars {
    type Target = Told;

    fn deref(&self) -> &Told {
        static NOTHING: Told = Told::NOTHING;
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Particulars {
    fn deref_mut(&mut self) -> &mut Told {
        self.0.get_or_insert_with(|| Box::new(Told::NOTHING))
    }
}

impl PartialEq for Particulars {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Particulars {}

/// A credential as its backend lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The backend's identifier.
    pub id: Id,
    /// What it belongs to.
    pub owner: OwnerRef,
    /// Its name.
    pub name: Text,
    /// What kind of credential it is, in the backend's words.
    pub kind: &'static str,
    /// What its people wrote about it.
    pub description: Text,
    /// What it may do.
    pub scopes: Granted,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its secret was last replaced.
    pub rotated: Option<Timestamp>,
    /// When it ends by itself.
    pub expires: Expiry,
    /// When it was last used by somebody else than us.
    pub last_use: LastUse,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether its owner is switched on.
    pub owner_enabled: bool,
    /// The last retention window, open or past.
    pub window: Option<Window>,
    /// What else this backend tells.
    pub particulars: Particulars,
}

/// The state of a credential, or of the old secret inside its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its window is past and it is still alive.
    Overdue,
    /// Made by an operation whose secret was lost.
    Orphan,
    /// Ended by itself.
    Expired,
    /// Ends soon.
    Expiring,
    /// The old secret inside its window.
    Retiring,
    /// Can do everything, or more than was reviewed.
    Wide,
    /// Not used for a long time, or never.
    Unused,
    /// The file is newer than the running server.
    PendingRestart,
    /// Works.
    Active,
    /// Switched off, itself or its owner.
    Disabled,
    /// Gone.
    Revoked,
}

impl State {
    /// Every state, for help and tests.
    pub const ALL: [Self; 11] = [
        Self::Overdue,
        Self::Orphan,
        Self::Expired,
        Self::Expiring,
        Self::Retiring,
        Self::Wide,
        Self::Unused,
        Self::PendingRestart,
        Self::Active,
        Self::Disabled,
        Self::Revoked,
    ];

    /// The word, the same everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Orphan => "orphan",
            Self::Expired => "expired",
            Self::Expiring => "expiring",
            Self::Retiring => "retiring",
            Self::Wide => "wide",
            Self::Unused => "unused",
            Self::PendingRestart => "pending restart",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Revoked => "revoked",
        }
    }

    /// The mark and its twin for terminals without Unicode.
    pub fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Active => ("●", "*"),
            Self::Retiring => ("◐", "~"),
            Self::Expiring | Self::Overdue | Self::Wide | Self::PendingRestart => ("▲", "!"),
            Self::Unused => ("◌", "."),
            Self::Orphan => ("?", "?"),
            Self::Disabled => ("○", "o"),
            Self::Expired | Self::Revoked => ("×", "x"),
        }
    }
}

/// The name of a successor where names are unique: `ci` becomes `ci-2`, and that `ci-3`.
pub fn counted_on(name: &str) -> String {
    let counted = name.rsplit_once('-').and_then(|(stem, count)| Some((stem, count.parse::<u32>().ok()?)));
    match counted {
        Some((stem, count)) => format!("{stem}-{}", count.saturating_add(1)),
        None => format!("{name}-2"),
    }
}

impl Credential {
    /// The reference of this credential when reached through `account`.
    pub fn reference(&self, account: &AccountName) -> CredentialRef {
        CredentialRef { account: account.clone(), owner: self.owner.id.clone(), id: self.id.clone() }
    }

    /// The date on which a successor made `now` ends: as many days on as this one was given, at most `longest`. One that
    /// was given no end by its people gives none.
    pub fn successor_end(&self, now: Timestamp, longest: i64) -> Option<Date> {
        let (end, made) = (self.particulars.soft_end?, self.created?);
        let given = (date_of(end) - date_of(made)).get_days();
        let days = i64::from(given).clamp(1, longest.max(1));
        Some(date_of(now).saturating_add(jiff::Span::new().days(days)))
    }

    /// The one state it is in when the server's clock says `now`; `created` stands in for a first use, so that
    /// what was made yesterday is not called unused.
    pub fn state(&self, now: Timestamp) -> State {
        if !self.enabled || !self.owner_enabled {
            return State::Disabled;
        }
        if let Expiry::At(end) = self.expires {
            if end <= now {
                return State::Expired;
            }
            if end.duration_since(now) <= days(EXPIRING_DAYS) {
                return State::Expiring;
            }
        }
        if self.particulars.pending.is_some() {
            return State::PendingRestart;
        }
        if self.scopes == Granted::Everything {
            return State::Wide;
        }
        if self.is_unused(now) { State::Unused } else { State::Active }
    }

    /// Whether it was not used for a long time, as far as its backend tells.
    pub fn is_unused(&self, now: Timestamp) -> bool {
        let told = !matches!(self.last_use, LastUse::Untold);
        let since = self.last_use.when().into_iter().chain(self.created).chain(self.rotated).max();
        told && since.is_some_and(|since| now.duration_since(since) > days(UNUSED_DAYS))
    }

    /// The window, if it is open when the server's clock says `now`.
    pub fn open_window(&self, now: Timestamp) -> Option<Window> {
        self.window.filter(|window| self.enabled && window.ends > now)
    }
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count * 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential() -> Credential {
        Credential {
            id: Id::new("c"),
            owner: OwnerRef { id: Id::new("o"), name: "ci".into() },
            name: "default".into(),
            kind: "API key",
            description: Text::default(),
            scopes: Granted::AsOwner,
            created: at(0),
            rotated: None,
            expires: Expiry::Never,
            last_use: LastUse::Never,
            enabled: true,
            owner_enabled: true,
            window: None,
            particulars: Particulars::default(),
        }
    }

    fn at(days: i64) -> Option<Timestamp> {
        Timestamp::from_second(1_700_000_000 + days * 86_400).ok()
    }

    #[test]
    fn a_hundred_thousand_fit_into_little_memory() {
        // What is here is held so often; letters and what few have lie elsewhere, and copies share the letters.
        assert!(size_of::<Credential>() <= 272, "{}", size_of::<Credential>());
        let one = credential();
        assert!(std::ptr::eq(one.name.as_str(), one.clone().name.as_str()));
        assert!(std::ptr::eq(one.id.as_str(), one.clone().id.as_str()));
        let mut told = one.clone();
        told.particulars.pending = Some("restart it".into());
        assert_ne!(told, one);
        told.particulars.pending = None;
        assert_eq!(told, one, "nothing told is nothing told");
    }

    #[test]
    fn names_count_on() {
        for (name, next) in [("ci", "ci-2"), ("ci-2", "ci-3"), ("ci-x", "ci-x-2"), ("", "-2")] {
            assert_eq!(counted_on(name), next);
        }
    }

    #[test]
    fn one_state_each() {
        type Change = fn(&mut Credential);
        let cases: [(Change, i64, State); 10] = [
            (|_| {}, 1, State::Active),
            (|_| {}, 91, State::Unused),
            (|c| c.last_use = LastUse::Untold, 500, State::Active),
            (|c| c.last_use = LastUse::At(at(100).expect("in range")), 101, State::Active),
            (|c| c.enabled = false, 1, State::Disabled),
            (|c| c.owner_enabled = false, 1, State::Disabled),
            (|c| c.expires = Expiry::At(at(10).expect("in range")), 1, State::Expiring),
            (|c| c.expires = Expiry::At(at(10).expect("in range")), 10, State::Expired),
            (|c| c.scopes = Granted::Everything, 1, State::Wide),
            (|c| c.particulars.pending = Some("restart it".into()), 500, State::PendingRestart),
        ];
        for (number, (change, day, want)) in cases.into_iter().enumerate() {
            let mut credential = credential();
            change(&mut credential);
            assert_eq!(credential.state(at(day).expect("in range")), want, "case {number}");
        }
    }
}
