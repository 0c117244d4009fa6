//! What falls due over the accounts shown, the overdue first: promised revocations, ends of windows, ends of
//! credentials, and lost answers that can still be asked for. Lines are positions; words are made when they are drawn.

use super::model::{AccountState, Model, VaultView};
use super::pane::unfinished::replay_end;
use super::promises::{Keeper, keeper};
use crate::domain::credential::{Credential, Expiry};
use crate::domain::operation::OperationKind;
use crate::domain::promise::{Duty, Promise};
use crate::domain::time::{SignedDuration, Timestamp, moment};

/// How many lines are kept; no screen shows more, and the rest is counted.
const KEPT: usize = 100;
/// What is nearer than this is counted down.
const NEAR: SignedDuration = SignedDuration::from_hours(24);

/// Something that falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When, on our clock.
    pub at: Timestamp,
    /// The position of its account.
    pub account: usize,
    /// What it is.
    pub cause: Cause,
}

/// Why something falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A promised revocation; its position among those that wait.
    Promise(usize),
    /// A promise that will not be kept by itself; its position among those that were given up.
    GivenUp(usize),
    /// The server ends an old secret; the position of its credential.
    Window(usize),
    /// A credential ends by itself; its position.
    Expiry(usize),
    /// A lost answer can be asked for until then; the position of the operation.
    Replay(usize),
}

/// What falls due, as far as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dues {
    /// The lines, the first one first.
    pub lines: Vec<Due>,
    /// How many there are in all.
    pub total: usize,
    /// When the first of them is over by itself.
    over: Option<Timestamp>,
}

impl Dues {
    /// Whether a line changes its words while one looks at it.
    pub fn counts_down(&self, now: Timestamp) -> bool {
        self.lines.iter().any(|due| due.at > now && due.at.duration_since(now) < NEAR)
    }
}

/// Finds everything that falls due again, after a listing, a promise or the choice of accounts changed.
pub fn rebuild(model: &mut Model) {
    let shown = model.shown_accounts();
    let mut lines = theirs(model, &shown);
    let over = lines.iter().map(|due| due.at).min();
    lines.extend(ours(model, &shown));
    lines.sort_by_key(|due| due.at);
    let total = lines.len();
    lines.truncate(KEPT);
    lines.shrink_to_fit();
    model.due = Dues { lines, total, over };
}

/// What servers do by themselves.
fn theirs(model: &Model, shown: &[usize]) -> Vec<Due> {
    let mut lines = Vec::new();
    for &index in shown {
        let Some(account) = model.accounts.get(index) else { continue };
        for (position, credential) in account.listing.credentials.iter().enumerate() {
            let ends = ends(account, credential, position, model.now).into_iter().flatten();
            lines.extend(ends.map(|(at, cause)| Due { at, account: index, cause }));
        }
    }
    for (position, operation) in model.unfinished.iter().enumerate() {
        let index = model.account_index(&operation.account).filter(|index| shown.contains(index));
        if let (Some(account), Some(at)) = (index, replay_end(model, operation)) {
            lines.push(Due { at, account, cause: Cause::Replay(position) });
        }
    }
    lines
}

/// What was promised here. It stays due until it is done.
fn ours(model: &Model, shown: &[usize]) -> Vec<Due> {
    let of = |promise: &Promise, cause| {
        let account = model.account_index(&promise.credential.account)?;
        shown.contains(&account).then_some(Due { at: promise.due, account, cause })
    };
    let waiting = model.promises.waiting.iter().enumerate();
    let mut lines: Vec<Due> =
        waiting.filter_map(|(position, promise)| of(promise, Cause::Promise(position))).collect();
    for (position, promise) in model.promises.given_up.iter().enumerate() {
        let account = model.account(&promise.credential.account);
        // What is gone needs nobody any more.
        if account.is_some_and(|account| account.find(&promise.credential).is_some()) {
            lines.extend(of(promise, Cause::GivenUp(position)));
        }
    }
    lines
}

/// What time alone brings about: what is over is not due any more.
pub fn on_time(model: &mut Model) {
    if model.due.over.is_some_and(|at| at <= model.now) {
        rebuild(model);
    }
}

/// The ends of a credential that are still to come and nobody's doing but the server's.
fn ends(
    account: &AccountState,
    credential: &Credential,
    position: usize,
    now: Timestamp,
) -> [Option<(Timestamp, Cause)>; 2] {
    let there = account.server_time(now);
    let window = credential.open_window(there).map(|window| (window.ends, Cause::Window(position)));
    let expiry = match credential.expires {
        Expiry::At(end) if end > there => Some((end, Cause::Expiry(position))),
        Expiry::At(_) | Expiry::Never => None,
    };
    [window, expiry].map(|end| end.map(|(at, cause)| (account.skew.our_time(at), cause)))
}

/// A line in words: what happens to what, and by whom.
pub struct Words {
    /// What happens.
    pub what: String,
    /// Who does it, or why nobody does.
    pub by: String,
}

/// A line in words.
pub fn words(model: &Model, due: Due) -> Option<Words> {
    let account = model.accounts.get(due.account)?;
    let server = || String::from("by the server");
    match due.cause {
        Cause::Promise(at) => {
            let promise = model.promises.waiting.get(at)?;
            let (verb, name, owner) = (promise.duty.word(), &promise.name, &promise.owner_name);
            Some(Words { what: format!("{verb} {name} of {owner}"), by: by_us(model, account, promise) })
        }
        Cause::GivenUp(at) => {
            let promise = model.promises.given_up.get(at)?;
            let (name, owner, note) = (&promise.name, &promise.owner_name, &promise.note);
            Some(Words {
                what: format!("revoke {name} of {owner}"),
                by: format!("by you (x), it will not be done by itself: {note}"),
            })
        }
        Cause::Window(at) => {
            let one = account.listing.credentials.get(at)?;
            Some(Words { what: format!("old secret ends: {} of {}", one.name, one.owner.name), by: server() })
        }
        Cause::Expiry(at) => {
            let one = account.listing.credentials.get(at)?;
            Some(Words { what: format!("ends: {} of {}", one.name, one.owner.name), by: server() })
        }
        Cause::Replay(at) => {
            let operation = model.unfinished.get(at)?;
            let what = match operation.kind {
                OperationKind::Create => "making",
                OperationKind::Rotate
                | OperationKind::Revoke
                | OperationKind::Deliver
                | OperationKind::Vend => "rotating",
            };
            let (name, owner) = (&operation.credential_name, &operation.owner_name);
            Some(Words {
                what: format!("lost answer of {what} {name} of {owner}"),
                by: String::from("the server repeats it until then (u)"),
            })
        }
    }
}

/// Who keeps a promise, and what stood in the way when it was tried.
fn by_us(model: &Model, account: &AccountState, promise: &Promise) -> String {
    if promise.running_elsewhere {
        return String::from("by another keywright, which is at it");
    }
    let who = match keeper(account, &promise.credential, promise.due) {
        Keeper::Kept(who) | Keeper::WhileOpen(who) if matches!(model.vault, VaultView::Memory { .. }) => {
            format!("by this open keywright only, as {who}")
        }
        Keeper::Kept(who) if model.promises.watched => {
            format!("by any open keywright or 'keywright due', as {who}")
        }
        Keeper::Kept(who) => format!("by any open keywright, as {who}"),
        Keeper::WhileOpen(who) => format!("by this open keywright only, as {who}"),
        Keeper::EndsBefore(who, _) => format!("reminder only: the login of {who} ends before"),
        Keeper::Itself => String::from("reminder only: the login is by this very one"),
        Keeper::MayNot(why) => format!("reminder only: {why}"),
        Keeper::Nobody => String::from("reminder only: nobody is logged in (L)"),
    };
    let then = match (promise.duty, promise.then) {
        (Duty::SwitchOff, Some(then)) => format!(", revoked for good {}", moment(then, &model.zone)),
        (Duty::RevokeAgain, Some(then)) => format!(", until it has ended {}", moment(then, &model.zone)),
        (Duty::Revoke | Duty::SwitchOff | Duty::RevokeAgain, _) => String::new(),
    };
    let note = if promise.note.is_empty() { String::new() } else { format!("; {}", promise.note) };
    format!("{who}{then}{note}")
}
