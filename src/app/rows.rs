//! The rows of the credentials table: which are shown, in which order, and where the cursor is.
//!
//! Rows are built when the listing, the filter or the order changes, never while drawing; drawing takes the slice
//! it needs, so a hundred thousand credentials cost no more per frame than twenty.

use std::cmp::{Ordering, Reverse};

use frizbee::{Config, Matcher};
use tui_input::Input;

use super::effect::Generation;
use super::model::{AccountState, Facts};
use crate::domain::credential::{Credential, CredentialRef, Expiry, LastUse, State};
use crate::domain::retention::Retention;
use crate::domain::time::Timestamp;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The position of the account.
    pub account: usize,
    /// The position of the credential in its account's listing.
    pub credential: usize,
    /// Whether this line is the credential, or its old secret inside the window.
    pub generation: Generation,
}

/// What the table is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// What needs attention first.
    Attention,
    /// The credential's name.
    Name,
    /// The owner's name.
    Owner,
    /// The end.
    Expires,
    /// The last use, longest ago first.
    LastUse,
}

impl SortBy {
    /// The next column.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Attention => Self::Name,
            Self::Name => Self::Owner,
            Self::Owner => Self::Expires,
            Self::Expires => Self::LastUse,
            Self::LastUse => Self::Attention,
        }
    }

    /// The word in the table's title.
    pub fn word(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Name => "name",
            Self::Owner => "owner",
            Self::Expires => "expiry",
            Self::LastUse => "last use",
        }
    }
}

/// The table's rows, filter, order and cursor.
#[derive(Debug)]
pub struct Table {
    /// The lines shown, in order.
    pub rows: Vec<Row>,
    /// How many there are without the filter.
    pub total: usize,
    /// The line under the cursor.
    pub cursor: usize,
    /// Whose line that is. Positions mean something else once a listing has changed; this does not.
    held: Option<(CredentialRef, Generation)>,
    /// The filter as typed.
    pub filter: Input,
    /// Whether the filter is being typed.
    pub filtering: bool,
    /// What the lines are ordered by.
    pub sort: SortBy,
    /// Whether the order is turned around.
    pub reversed: bool,
    /// What is searched, one text per line, in the order of `all`.
    haystacks: Vec<String>,
    /// Every line, ordered.
    all: Vec<Row>,
    /// The line that fits the filter's words best.
    best: usize,
    /// How many of the lines shown are old secrets inside their windows.
    windows: usize,
    /// When the next window ends, on our clock.
    next_end: Option<Timestamp>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            total: 0,
            cursor: 0,
            held: None,
            filter: Input::default(),
            filtering: false,
            sort: SortBy::Attention,
            reversed: false,
            haystacks: Vec::new(),
            all: Vec::new(),
            best: 0,
            windows: 0,
            next_end: None,
        }
    }
}

impl Table {
    /// The line under the cursor.
    pub fn row(&self) -> Option<Row> {
        self.rows.get(self.cursor).copied()
    }

    /// Whether a line has an open window, and so a countdown.
    pub fn counts_down(&self) -> bool {
        self.windows > 0
    }

    /// Moves the cursor, and stops at the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// Takes note of whose line the cursor is on, before anything changes.
    pub fn hold(&mut self, accounts: &[AccountState]) {
        self.held = self.row().and_then(|row| reference(accounts, row));
    }

    /// Builds and orders every line again, after a listing, an account choice or an order changed; then filters.
    /// The cursor stays on its credential.
    pub fn rebuild(&mut self, accounts: &[AccountState], shown: &[usize], now: Timestamp) {
        self.all.clear();
        self.next_end = None;
        for &index in shown {
            let Some(account) = accounts.get(index) else { continue };
            let server_now = account.server_time(now);
            for (position, credential) in account.listing.credentials.iter().enumerate() {
                let line = |generation| Row { account: index, credential: position, generation };
                self.all.push(line(Generation::Current));
                if let Some(window) = credential.open_window(server_now) {
                    self.all.push(line(Generation::Previous));
                    let end = account.skew.our_time(window.ends);
                    self.next_end = Some(self.next_end.map_or(end, |known| known.min(end)));
                }
            }
        }
        self.order(accounts, now);
        self.haystacks = self.all.iter().map(|row| haystack(accounts, *row)).collect();
        self.total = self.all.len();
        self.apply_filter(accounts, now);
        if let Some(held) = self.held.clone() {
            self.put_cursor(accounts, &held);
        }
    }

    /// Chooses the lines the filter lets through.
    pub fn apply_filter(&mut self, accounts: &[AccountState], now: Timestamp) {
        let query = Query::parse(self.filter.value());
        let mut best = None;
        self.rows = if query.words.is_empty() {
            self.all.clone()
        } else {
            let mut matcher = Matcher::from_query(&query.words, &Config::default());
            let hits = matcher.match_list(&self.haystacks);
            let first_of_the_best = hits.iter().max_by_key(|hit| (hit.score, Reverse(hit.index)));
            best = first_of_the_best.and_then(|hit| self.all.get(hit.index as usize).copied());
            let mut found: Vec<u32> = hits.iter().map(|hit| hit.index).collect();
            found.sort_unstable();
            found.iter().filter_map(|index| self.all.get(*index as usize).copied()).collect()
        };
        if !query.terms.is_empty() {
            self.rows.retain(|row| query.lets_through(accounts, *row, now));
        }
        self.best = best.and_then(|best| self.rows.iter().position(|row| *row == best)).unwrap_or(0);
        self.windows = self.rows.iter().filter(|row| row.generation == Generation::Previous).count();
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
    }

    /// Puts the cursor on the line that fits the filter best: the order of the lines is not that of the matches, and
    /// Enter after a name must not be about another credential.
    pub fn point_at_best(&mut self) {
        self.cursor = self.best;
    }

    /// Whether a window has ended since the lines were built, on our clock.
    pub fn window_ended(&self, now: Timestamp) -> bool {
        self.next_end.is_some_and(|end| end <= now)
    }

    /// Puts the cursor on a credential, if its line is shown. An old secret whose window ended gives way to the
    /// credential itself.
    pub fn put_cursor(&mut self, accounts: &[AccountState], wanted: &(CredentialRef, Generation)) {
        let place = |generation| {
            let wanted = (wanted.0.clone(), generation);
            self.rows.iter().position(|row| reference(accounts, *row).as_ref() == Some(&wanted))
        };
        if let Some(found) = place(wanted.1).or_else(|| place(Generation::Current)) {
            self.cursor = found;
            self.held = Some(wanted.clone());
        }
    }

    fn order(&mut self, accounts: &[AccountState], now: Timestamp) {
        let sort = self.sort;
        let reversed = self.reversed;
        self.all.sort_by_cached_key(|row| {
            let key = sort_key(accounts, *row, sort, now);
            let tie = (row.account, owner_and_name(accounts, *row), row.generation);
            if reversed { (Reversible::Backwards(key), tie) } else { (Reversible::Forwards(key), tie) }
        });
    }
}

#[derive(PartialEq, Eq)]
enum Reversible<T> {
    Forwards(T),
    Backwards(T),
}

impl<T: Ord> PartialOrd for Reversible<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Reversible<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Forwards(one), Self::Forwards(two)) => one.cmp(two),
            (Self::Backwards(one), Self::Backwards(two)) => two.cmp(one),
            (Self::Forwards(_), Self::Backwards(_)) => Ordering::Less,
            (Self::Backwards(_), Self::Forwards(_)) => Ordering::Greater,
        }
    }
}

/// The credential behind a line, and which of its secrets.
pub fn reference(accounts: &[AccountState], row: Row) -> Option<(CredentialRef, Generation)> {
    let account = accounts.get(row.account)?;
    let credential = account.listing.credentials.get(row.credential)?;
    Some((credential.reference(account.name()), row.generation))
}

/// The state a line shows.
pub fn row_state(
    account: &AccountState,
    credential: &Credential,
    generation: Generation,
    now: Timestamp,
) -> State {
    match generation {
        Generation::Previous => State::Retiring,
        Generation::Current if account.facts_of(credential).orphan => State::Orphan,
        Generation::Current => credential.state(account.server_time(now)),
    }
}

fn owner_and_name(accounts: &[AccountState], row: Row) -> (String, String) {
    accounts
        .get(row.account)
        .and_then(|account| account.listing.credentials.get(row.credential))
        .map(|one| (one.owner.name.as_str().to_lowercase(), one.name.as_str().to_lowercase()))
        .unwrap_or_default()
}

fn sort_key(accounts: &[AccountState], row: Row, sort: SortBy, now: Timestamp) -> (i64, String) {
    let Some(account) = accounts.get(row.account) else { return (0, String::new()) };
    let Some(credential) = account.listing.credentials.get(row.credential) else { return (0, String::new()) };
    match sort {
        // A credential and its retiring secret stay together: both count as what needs attention.
        SortBy::Attention => {
            let open = credential.open_window(account.server_time(now)).is_some();
            let state = row_state(account, credential, Generation::Current, now);
            let rank = if open { state.min(State::Retiring) } else { state };
            (rank as i64, String::new())
        }
        SortBy::Name => (0, credential.name.as_str().to_lowercase()),
        SortBy::Owner => (0, credential.owner.name.as_str().to_lowercase()),
        SortBy::Expires => match credential.expires {
            Expiry::At(end) => (end.as_second(), String::new()),
            Expiry::Never => (i64::MAX, String::new()),
        },
        SortBy::LastUse => match (&credential.last_use, credential.last_use.when()) {
            (LastUse::Untold, _) => (i64::MAX, String::new()),
            (_, None) => (i64::MIN, String::new()),
            (_, Some(when)) => (when.as_second(), String::new()),
        },
    }
}

fn haystack(accounts: &[AccountState], row: Row) -> String {
    let Some(account) = accounts.get(row.account) else { return String::new() };
    let Some(credential) = account.listing.credentials.get(row.credential) else { return String::new() };
    format!("{} {} {} {}", credential.name, credential.owner.name, account.name(), credential.description)
}

/// A filter taken apart: words to find, and `key:value` terms.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What is searched for, fuzzily.
    pub words: String,
    /// The terms, as key and value.
    pub terms: Vec<(String, String)>,
}

/// The keys a term can have.
pub const TERMS: [&str; 6] = ["state", "owner", "name", "scope", "account", "unused"];

impl Query {
    /// Takes a typed filter apart. What is not a known term is a word.
    pub fn parse(typed: &str) -> Self {
        let (terms, words): (Vec<&str>, Vec<&str>) = typed.split_whitespace().partition(|word| {
            word.split_once(':').is_some_and(|(key, _)| TERMS.contains(&key.to_lowercase().as_str()))
        });
        let terms = terms.into_iter().filter_map(|term| term.split_once(':'));
        Self {
            words: words.join(" "),
            terms: terms.map(|(key, value)| (key.to_lowercase(), value.to_lowercase())).collect(),
        }
    }

    fn lets_through(&self, accounts: &[AccountState], row: Row, now: Timestamp) -> bool {
        let Some(account) = accounts.get(row.account) else { return false };
        let Some(credential) = account.listing.credentials.get(row.credential) else { return false };
        self.terms.iter().all(|(key, value)| match key.as_str() {
            "state" => row_state(account, credential, row.generation, now).word().starts_with(value.as_str()),
            "owner" => credential.owner.name.as_str().to_lowercase().contains(value),
            "name" => credential.name.as_str().to_lowercase().contains(value),
            "account" => account.name().as_str().to_lowercase().contains(value),
            "scope" => credential.scopes.words().to_lowercase().contains(value),
            "unused" => is_unused_for(credential, account.server_time(now), value),
            _ => true,
        })
    }
}

/// Whether a credential was not used for the typed time; an unfinished value lets everything through.
fn is_unused_for(credential: &Credential, now: Timestamp, value: &str) -> bool {
    let Ok(span) = Retention::parse(value) else { return true };
    match (&credential.last_use, credential.last_use.when()) {
        (LastUse::Untold, _) => false,
        (_, None) => true,
        (_, Some(when)) => now.duration_since(when) >= span.duration(),
    }
}

/// Whether a stored copy exists of the secret a line stands for.
pub fn is_stored(facts: &Facts, generation: Generation) -> bool {
    match generation {
        Generation::Current => facts.stored,
        Generation::Previous => facts.old_stored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::registry;
    use crate::domain::account::{Account, AccountName, Endpoint};
    use crate::domain::owner::{Id, OwnerRef};
    use crate::domain::scope::Granted;

    fn credential(name: &str) -> Credential {
        Credential {
            id: Id::new(name),
            name: name.into(),
            owner: OwnerRef { id: Id::new("o"), name: "owner".into() },
            kind: "API key",
            description: "".into(),
            scopes: Granted::AsOwner,
            created: None,
            rotated: None,
            expires: Expiry::Never,
            last_use: LastUse::Never,
            window: None,
            enabled: true,
            owner_enabled: true,
        }
    }

    fn accounts(names: &[&str]) -> Vec<AccountState> {
        let account = Account {
            name: AccountName::parse("a").expect("a name"),
            backend: String::from("some"),
            endpoint: Endpoint::parse("https://a.example").expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
        };
        let abilities = registry::BACKENDS.first().expect("a backend").abilities;
        let mut accounts = vec![AccountState::new(account, abilities)];
        accounts[0].listing.credentials = names.iter().map(|name| credential(name)).collect();
        accounts
    }

    #[test]
    fn a_filter_points_at_what_fits_best_and_keeps_the_order() {
        let accounts = accounts(&["for reruns by hand", "fresh", "grafana"]);
        let (mut table, now) = (Table { sort: SortBy::Name, ..Table::default() }, Timestamp::UNIX_EPOCH);
        table.rebuild(&accounts, &[0], now);
        table.filter = Input::from("fresh");
        table.apply_filter(&accounts, now);
        table.point_at_best();
        assert_eq!((table.rows.len(), table.cursor), (2, 1));
        table.filter = Input::from("state:expired fresh");
        table.apply_filter(&accounts, now);
        table.point_at_best();
        assert!(table.rows.is_empty() && table.cursor == 0, "none of them has expired");
    }

    #[test]
    fn the_cursor_stays_on_its_credential_when_a_listing_comes_in_another_order() {
        let mut accounts = accounts(&["one", "two", "three"]);
        let (mut table, now) = (Table { sort: SortBy::Name, ..Table::default() }, Timestamp::UNIX_EPOCH);
        table.rebuild(&accounts, &[0], now);
        let on = |table: &Table, accounts: &[AccountState]| {
            reference(accounts, table.row().expect("a line")).expect("a credential").0.id
        };
        table.step(2);
        assert_eq!(on(&table, &accounts), Id::new("two"));

        table.hold(&accounts);
        accounts[0].listing.credentials = ["two", "four", "one", "three"].map(credential).into();
        table.rebuild(&accounts, &[0], now);
        assert_eq!(on(&table, &accounts), Id::new("two"));

        table.hold(&accounts);
        accounts[0].listing.credentials.remove(0);
        table.rebuild(&accounts, &[0], now);
        assert_eq!(table.cursor, 2, "its line went, so the cursor stays where it was");
    }
}
