//! The rows of the credentials table: which are shown, in which order, and where the cursor is.
//!
//! Rows are built when the listing, the filter or the order changes, never while drawing; drawing takes the slice
//! it needs, so a hundred thousand credentials cost no more per frame than twenty.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use nucleo_matcher::{Config, Matcher, Utf32String};
use tui_input::Input;

use super::effect::Generation;
use super::marks::Marks;
use super::model::{AccountState, Facts};
use crate::domain::credential::{Credential, CredentialRef, Expiry, LastUse, State};
use crate::domain::retention::Retention;
use crate::domain::text::Text;
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
    /// How many credentials there are without the filter.
    pub total: usize,
    /// How many of the lines shown are credentials; the others are old secrets inside their windows.
    pub credentials: usize,
    /// The line under the cursor.
    pub cursor: usize,
    /// Whether somebody has done anything here. Until then the cursor is on the first line, whatever comes: what needs
    /// attention most may come last. From then on it stays on its credential.
    pub held: bool,
    /// The filter as typed.
    pub filter: Input,
    /// Whether the filter is being typed.
    pub filtering: bool,
    /// What the lines are ordered by.
    pub sort: SortBy,
    /// Whether the order is turned around.
    pub reversed: bool,
    /// The credentials that are selected, shown or not.
    pub marks: Marks,
    /// How many of the selected ones have a line now.
    pub marks_shown: usize,
    /// What is searched, one text per line, in the order of `all`.
    haystacks: Vec<Utf32String>,
    /// Every line, ordered.
    all: Vec<Row>,
    /// How many of the lines shown are old secrets inside their windows, or old credentials before their end.
    windows: usize,
    /// When the next window ends, on our clock.
    next_end: Option<Timestamp>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            total: 0,
            credentials: 0,
            cursor: 0,
            held: false,
            filter: Input::default(),
            filtering: false,
            sort: SortBy::Attention,
            reversed: false,
            marks: Marks::default(),
            marks_shown: 0,
            haystacks: Vec::new(),
            all: Vec::new(),
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

    /// What the cursor is on. Asked for before a listing changes, because lines are positions in it.
    pub fn pointed(&self, accounts: &[AccountState]) -> Option<Pointed> {
        self.row().and_then(|row| reference(accounts, row))
    }

    /// Builds and orders every line again, after an account choice or an order changed; then filters. The cursor
    /// stays on its credential.
    pub fn rebuild(&mut self, accounts: &[AccountState], shown: &[usize], now: Timestamp) {
        let kept = self.pointed(accounts);
        self.rebuild_at(accounts, shown, now, kept.as_ref());
    }

    /// The same after a listing changed, with what the cursor was on before.
    pub fn rebuild_at(
        &mut self,
        accounts: &[AccountState],
        shown: &[usize],
        now: Timestamp,
        kept: Option<&Pointed>,
    ) {
        self.all.clear();
        self.next_end = None;
        for &index in shown {
            let Some(account) = accounts.get(index) else { continue };
            let server_now = account.server_time(now);
            for (position, credential) in account.listing.credentials.iter().enumerate() {
                let line = |generation| Row { account: index, credential: position, generation };
                self.all.push(line(Generation::Current));
                if let Some(promise) = account.promise(credential).filter(|promise| promise.due > now) {
                    self.next_end = Some(self.next_end.map_or(promise.due, |known| known.min(promise.due)));
                }
                if let Some(window) = credential.open_window(server_now) {
                    self.all.push(line(Generation::Previous));
                    let end = account.skew.our_time(window.ends);
                    self.next_end = Some(self.next_end.map_or(end, |known| known.min(end)));
                }
            }
        }
        self.order(accounts, now);
        self.haystacks = self.all.iter().map(|row| haystack(accounts, *row)).collect();
        self.total = self.all.iter().filter(|row| row.generation == Generation::Current).count();
        self.choose(accounts, now);
        if !self.held {
            self.cursor = 0;
        } else if let Some(kept) = kept {
            let _shown = self.put_cursor(accounts, kept);
        }
    }

    /// Lets go of the cursor: it goes to the first line.
    pub fn let_go(&mut self) {
        (self.cursor, self.held) = (0, false);
    }

    /// Chooses the lines the filter lets through. Words put the cursor on the line that fits them best, because the
    /// order of the lines is not that of the matches, and Enter after a name must not be about another credential.
    /// Without words the cursor stays on its credential; when that is not shown any more, it goes to the first line.
    pub fn apply_filter(&mut self, accounts: &[AccountState], now: Timestamp) {
        self.held = true;
        let kept = self.pointed(accounts);
        let best = self.choose(accounts, now);
        self.cursor = best.and_then(|best| self.rows.iter().position(|row| *row == best)).unwrap_or(0);
        if let (Some(kept), None) = (kept, best) {
            let _shown = self.put_cursor(accounts, &kept);
        }
    }

    /// Answers the line that fits the filter's words best, if it has any.
    fn choose(&mut self, accounts: &[AccountState], now: Timestamp) -> Option<Row> {
        let mut best = None;
        let query = Query::parse(self.filter.value());
        self.rows = if query.words.is_empty() {
            self.all.clone()
        } else {
            let here = self.row();
            let mut words = Words::new(&query.words);
            let mut highest = None;
            let mut found = Vec::new();
            for (row, haystack) in self.all.iter().zip(&self.haystacks) {
                let Some(score) = words.score(haystack) else { continue };
                found.push(*row);
                // Of equals the line under the cursor is best, then the first.
                let rank = Some((score, here == Some(*row)));
                if rank > highest {
                    (highest, best) = (rank, Some(*row));
                }
            }
            found
        };
        if !query.terms.is_empty() {
            self.rows.retain(|row| query.lets_through(accounts, *row, now));
        }
        let counts = |row: &&Row| {
            let account = accounts.get(row.account);
            let credential = account.and_then(|account| account.listing.credentials.get(row.credential));
            let promised = account.zip(credential).and_then(|(account, one)| account.promise(one));
            row.generation == Generation::Previous || promised.is_some_and(|promise| promise.due > now)
        };
        self.windows = self.rows.iter().filter(counts).count();
        self.credentials = self.rows.iter().filter(|row| row.generation == Generation::Current).count();
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        self.count_marks(accounts);
        best
    }

    /// Selects the credential of a line, or gives it up.
    pub fn mark(&mut self, accounts: &[AccountState], row: Row) {
        let Some((credential, _)) = reference(accounts, row) else { return };
        if self.marks.contains(&credential) {
            self.marks.remove(&credential);
        } else {
            self.marks.add(credential);
        }
        self.count_marks(accounts);
    }

    /// Selects the credentials of all lines shown; when all of them are selected, gives those up. Others stay as they
    /// are.
    pub fn mark_shown(&mut self, accounts: &[AccountState]) {
        let mut new = false;
        for row in &self.rows {
            new |= reference(accounts, *row).is_some_and(|(credential, _)| self.marks.add(credential));
        }
        if !new {
            for row in &self.rows {
                if let Some((credential, _)) = reference(accounts, *row) {
                    self.marks.remove(&credential);
                }
            }
        }
        self.count_marks(accounts);
    }

    /// Selects nothing any more.
    pub fn clear_marks(&mut self) {
        self.marks.clear();
        self.marks_shown = 0;
    }

    /// Counts the selected credentials that have a line; one with two lines counts once.
    pub fn count_marks(&mut self, accounts: &[AccountState]) {
        if self.marks.is_empty() {
            self.marks_shown = 0;
            return;
        }
        let marked = |row: &&Row| {
            let account = accounts.get(row.account);
            let credential = account.and_then(|account| account.listing.credentials.get(row.credential));
            account.zip(credential).is_some_and(|(account, one)| self.marks.has(account.name(), one))
        };
        let places: HashSet<(usize, usize)> =
            self.rows.iter().filter(marked).map(|row| (row.account, row.credential)).collect();
        self.marks_shown = places.len();
    }

    /// Whether a window has ended since the lines were built, on our clock.
    pub fn window_ended(&self, now: Timestamp) -> bool {
        self.next_end.is_some_and(|end| end <= now)
    }

    /// Puts the cursor on a credential, if its line is shown, and answers whether it is. An old secret whose window
    /// ended gives way to the credential itself.
    pub fn put_cursor(&mut self, accounts: &[AccountState], (wanted, generation): &Pointed) -> bool {
        let place = |generation: Generation| {
            let line = Some((wanted.clone(), generation));
            self.rows.iter().position(|row| reference(accounts, *row) == line)
        };
        let found = place(*generation).or_else(|| place(Generation::Current));
        self.cursor = found.unwrap_or(self.cursor);
        found.is_some()
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
pub type Pointed = (CredentialRef, Generation);

/// What a line stands for.
pub fn reference(accounts: &[AccountState], row: Row) -> Option<Pointed> {
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
        Generation::Current => {
            let by_itself = credential.state(account.server_time(now));
            match (by_itself, account.promise(credential)) {
                (State::Expired | State::Disabled, _) | (_, None) => by_itself,
                (_, Some(promise)) if promise.due <= now => State::Overdue,
                (_, Some(_)) => State::Retiring,
            }
        }
    }
}

/// Text as it is ordered: without regard to case. Most of it is so already and is not copied.
fn folded(text: &Text) -> Cow<'_, str> {
    let text = text.as_str();
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

fn owner_and_name(accounts: &[AccountState], row: Row) -> (Cow<'_, str>, Cow<'_, str>) {
    accounts
        .get(row.account)
        .and_then(|account| account.listing.credentials.get(row.credential))
        .map(|one| (folded(&one.owner.name), folded(&one.name)))
        .unwrap_or_default()
}

fn sort_key(accounts: &[AccountState], row: Row, sort: SortBy, now: Timestamp) -> (i64, Cow<'_, str>) {
    let Some(account) = accounts.get(row.account) else { return (0, Cow::default()) };
    let Some(credential) = account.listing.credentials.get(row.credential) else {
        return (0, Cow::default());
    };
    match sort {
        // A credential and its retiring secret stay together: both count as what needs attention.
        SortBy::Attention => {
            let open = credential.open_window(account.server_time(now)).is_some();
            let state = row_state(account, credential, Generation::Current, now);
            let rank = if open { state.min(State::Retiring) } else { state };
            (rank as i64, Cow::default())
        }
        SortBy::Name => (0, folded(&credential.name)),
        SortBy::Owner => (0, folded(&credential.owner.name)),
        SortBy::Expires => match credential.expires {
            Expiry::At(end) => (end.as_second(), Cow::default()),
            Expiry::Never => (i64::MAX, Cow::default()),
        },
        SortBy::LastUse => match (&credential.last_use, credential.last_use.when()) {
            (LastUse::Untold, _) => (i64::MAX, Cow::default()),
            (_, None) => (i64::MIN, Cow::default()),
            (_, Some(when)) => (when.as_second(), Cow::default()),
        },
    }
}

fn haystack(accounts: &[AccountState], row: Row) -> Utf32String {
    let found = accounts.get(row.account).and_then(|account| {
        let credential = account.listing.credentials.get(row.credential)?;
        let (name, owner, account) = (&credential.name, &credential.owner.name, account.name());
        Some(format!("{name} {owner} {account} {}", credential.description).into())
    });
    found.unwrap_or_default()
}

/// The words of a filter. Each must be found in a line, its letters in their order, perhaps with others between.
struct Words {
    needles: Vec<Utf32String>,
    matcher: Matcher,
}

impl Words {
    fn new(typed: &str) -> Self {
        let needles = typed.to_lowercase().split_whitespace().map(Utf32String::from).collect();
        Self { needles, matcher: Matcher::new(Config::DEFAULT) }
    }

    /// How well a line fits, the more the better. The first fit of each word is taken and not the best one: over a
    /// hundred thousand lines that is the difference between a frame and a pause.
    fn score(&mut self, haystack: &Utf32String) -> Option<u32> {
        let mut sum = 0;
        for needle in &self.needles {
            sum += u32::from(self.matcher.fuzzy_match_greedy(haystack.slice(..), needle.slice(..))?);
        }
        Some(sum)
    }
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
