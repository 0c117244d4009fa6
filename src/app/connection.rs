//! Accounts being opened, sessions coming and going, listings arriving.

use super::due;
use super::effect::{Effect, Generation, RequestId};
use super::findings;
use super::model::{AccountState, Facts, Fetch, Model, SessionView, Shown, Tone};
use super::msg::{Kept, Listed, Opened};
use super::pane;
use super::rows::Pointed;
use crate::domain::account::AccountName;
use crate::domain::answer::Reach;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::SessionFacts;
use crate::domain::target::{Receipt, TargetName, TargetNote};
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew, Timestamp, span};

/// Opens every account that was not opened yet.
pub fn open_all(model: &mut Model) -> Vec<Effect> {
    (0..model.accounts.len()).filter_map(|index| open(model, index)).collect()
}

/// Opens one account, unless it is being opened.
pub fn open(model: &mut Model, index: usize) -> Option<Effect> {
    let account = model.accounts.get(index).filter(|account| !account.opened.is_loading())?;
    let name = account.name().clone();
    let request = model.request(format!("asking {name} what it is"), false);
    if let Some(account) = model.accounts.get_mut(index) {
        account.opened = Fetch::Loading(request);
    }
    Some(Effect::OpenAccount(request, name))
}

/// Reads an account's owners and credentials, unless they are being read or nobody is logged in.
pub fn list(model: &mut Model, index: usize) -> Option<Effect> {
    let ready = |account: &&AccountState| account.session().is_some() && !account.listed.is_loading();
    let name = model.accounts.get(index).filter(ready)?.name().clone();
    let request = model.request(format!("reading the credentials of {name}"), false);
    if let Some(account) = model.accounts.get_mut(index) {
        account.listed = Fetch::Loading(request);
        account.reach = None;
    }
    Some(Effect::List(request, name))
}

/// Reads everything shown again because something about it changed: what is being read already may be from before, so
/// it is read once more after.
pub fn refresh_changed(model: &mut Model) -> Vec<Effect> {
    for index in model.shown_accounts() {
        if let Some(account) = model.accounts.get_mut(index) {
            account.outdated = account.listed.is_loading();
        }
    }
    refresh(model)
}

/// Reads everything shown again: accounts that could not be opened are opened, the others listed.
pub fn refresh(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    for index in model.shown_accounts() {
        let session = model.accounts.get(index).map(|account| account.session().is_some());
        let effect = if session == Some(true) { list(model, index) } else { open(model, index) };
        effects.extend(effect);
    }
    effects
}

/// Builds the table's lines again.
pub fn rebuild(model: &mut Model) {
    let pointed = model.table.pointed(&model.accounts);
    rebuild_at(model, pointed.as_ref());
}

/// Changes what is known of the accounts and builds the table's lines again; the cursor stays on its credential.
fn change(model: &mut Model, how: impl FnOnce(&mut Model)) {
    let pointed = model.table.pointed(&model.accounts);
    how(model);
    rebuild_at(model, pointed.as_ref());
}

fn rebuild_at(model: &mut Model, pointed: Option<&Pointed>) {
    let shown = model.shown_accounts();
    model.table.rebuild_at(&model.accounts, &shown, model.now, pointed);
    let owners: usize = shown
        .iter()
        .filter_map(|index| model.accounts.get(*index))
        .map(|account| account.listing.owners.len())
        .sum();
    model.owner_cursor = model.owner_cursor.min(owners.saturating_sub(1));
    findings::rebuild(model);
    due::rebuild(model);
}

/// Shows one account, or all. The cursor stays on its credential if that is among them.
pub fn show(model: &mut Model, shown: Shown) {
    let pointed = model.table.pointed(&model.accounts);
    model.shown = shown;
    rebuild_at(model, pointed.as_ref());
    if !pointed.is_some_and(|pointed| model.table.put_cursor(&model.accounts, &pointed)) {
        model.table.let_go();
    }
}

/// The account a request is about.
fn account_of(model: &Model, request: RequestId) -> Option<usize> {
    model.accounts.iter().position(|account| {
        account.opened == Fetch::Loading(request) || account.listed == Fetch::Loading(request)
    })
}

/// Takes note that a request will not be answered.
pub fn forget_request(model: &mut Model, request: RequestId) {
    for account in &mut model.accounts {
        if account.opened == Fetch::Loading(request) {
            account.opened = Fetch::Idle;
        }
        if account.listed == Fetch::Loading(request) {
            account.listed = Fetch::Idle;
        }
    }
}

/// The server told what it is, and whether a kept session still works.
pub fn opened(model: &mut Model, request: RequestId, reply: Opened) -> Vec<Effect> {
    let (now, Some(index)) = (model.now, account_of(model, request)) else { return Vec::new() };
    let Some(account) = model.accounts.get_mut(index) else { return Vec::new() };
    account.abilities = reply.abilities.unwrap_or(account.abilities);
    match reply.server {
        Ok(server) => {
            account.skew = server.skew;
            account.server = Some(server);
            account.opened = Fetch::Ready(now);
        }
        Err(failure) => account.opened = Fetch::Failed(failure),
    }
    let ended = reply.session_failure.is_some();
    account.session = match (reply.session, &account.session) {
        (Some(facts), _) => SessionView::In(facts),
        // Whoever logged in by hand meanwhile stays logged in.
        (None, SessionView::In(facts)) => SessionView::In(facts.clone()),
        (None, _) if ended => SessionView::Ended,
        (None, _) => SessionView::Out,
    };
    account.ended_because = reply.session_failure.as_ref().map(|failure| Text::from(failure.sentence()));
    let name = account.name().clone();
    if let Some(failure) = reply.session_failure {
        model.say(
            Tone::Plain,
            format!("{name}: the kept login does not work any more ({})", failure.sentence()),
        );
    }
    list(model, index).into_iter().collect()
}

/// Somebody logged in.
pub fn logged_in(model: &mut Model, name: &AccountName, facts: SessionFacts) -> Vec<Effect> {
    let Some(index) = model.account_index(name) else { return Vec::new() };
    model.say(Tone::Good, format!("logged in to {name} as {}", facts.who));
    model.overlays.iter_mut().for_each(|overlay| pane::logged_in(overlay, name));
    if let Some(account) = model.accounts.get_mut(index) {
        account.session = SessionView::In(facts);
        account.ended_because = None;
        account.listed = Fetch::Idle;
    }
    list(model, index).into_iter().collect()
}

/// Some of the credentials came. They are shown at once, among what was known before.
pub fn listed_part(model: &mut Model, request: RequestId, part: Listed, reach: Reach) {
    let position = model.accounts.iter().position(|account| account.listed == Fetch::Loading(request));
    let Some(index) = position else { return };
    change(model, |model| {
        let Some(account) = model.accounts.get_mut(index) else { return };
        account.listing.take_in(part.listing);
        account.facts.extend(part.facts);
        account.skew = part.skew;
        account.reach = Some(reach);
    });
}

/// Stops reading an account whose credentials come in parts; what was read stays.
pub fn stop_listing(model: &mut Model) -> Option<Effect> {
    let shown = model.shown_accounts();
    let under_way = |index: &usize| match model.accounts.get(*index) {
        Some(AccountState { listed: Fetch::Loading(request), reach: Some(_), .. }) => {
            Some((*index, *request))
        }
        _ => None,
    };
    let (index, request) = shown.iter().find_map(under_way)?;
    let effect = model.stop(request)?;
    if let Some(account) = model.accounts.get_mut(index) {
        account.listed = Fetch::Failed(Failure::new(FailureKind::Cancelled, ""));
        account.outdated = false;
    }
    Some(effect)
}

/// The credentials came, or did not.
pub fn listed(model: &mut Model, request: RequestId, result: Result<Listed, Failure>) -> Vec<Effect> {
    let (now, Some(index)) = (model.now, account_of(model, request)) else { return Vec::new() };
    let mut gone = 0;
    change(model, |model| match (model.accounts.get_mut(index), result) {
        (Some(account), Ok(listed)) => {
            account.listing = listed.listing;
            account.facts = listed.facts.into_iter().collect();
            account.skew = listed.skew;
            account.abilities = listed.abilities.unwrap_or(account.abilities);
            account.listed = Fetch::Ready(now);
            let name = account.account.name.clone();
            gone = model.table.marks.keep_listed(&name, &account.listing.credentials);
            account.reach = None;
        }
        (Some(account), Err(failure)) => {
            if failure.kind == FailureKind::LoggedOut {
                account.session = SessionView::Ended;
            }
            account.listed = Fetch::Failed(failure);
        }
        (None, _) => {}
    });
    match gone {
        0 => {}
        1 => model.say(Tone::Plain, "one of the selected credentials is not there any more"),
        some => model.say(Tone::Plain, format!("{some} of the selected credentials are not there any more")),
    }
    let outdated = model.accounts.get_mut(index).is_some_and(|account| std::mem::take(&mut account.outdated));
    if outdated { list(model, index).into_iter().collect() } else { Vec::new() }
}

/// A session is in the keyring from now on, or goes on until a later moment.
pub fn session_kept(model: &mut Model, name: &AccountName, facts: SessionFacts) {
    if let Some(account) = model.account_mut(name)
        && account.session().is_some()
    {
        account.session = SessionView::In(facts);
    }
}

/// Takes note of a session the server does not take any more.
pub fn note_failure(model: &mut Model, name: &AccountName, failure: &Failure) {
    let now = model.now;
    let Some(account) = model.account_mut(name) else { return };
    if failure.kind == FailureKind::LoggedOut {
        account.session = SessionView::Ended;
    }
    if let (FailureKind::TooMany, Some(wait)) = (failure.kind, failure.retry_after) {
        let wait = SignedDuration::try_from(wait).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        account.again = now.checked_add(wait).ok();
    }
}

/// The longest wait for a server that is kept to; longer ones are told, and trying is left to the operator.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// Whether the server takes no attempt yet, which is said; nothing is sent then, and nothing typed is lost.
pub fn must_wait(model: &mut Model, name: &AccountName) -> bool {
    let wait = model.account(name).and_then(|account| account.wait(model.now));
    if let Some(wait) = wait {
        let text = format!("the server takes another attempt in {}; nothing typed is lost", span(wait));
        model.say(Tone::Plain, text);
    }
    if wait.is_none()
        && let Some(account) = model.account_mut(name)
    {
        account.again = None;
    }
    wait.is_some()
}

/// Puts a fresher view of a credential into the listing.
pub fn update_credential(model: &mut Model, name: &AccountName, fresh: Credential) {
    change(model, |model| {
        if let Some(account) = model.account_mut(name) {
            account.update_credential(fresh);
        }
    });
}

/// Takes note of a new secret: where it is, and that nobody has verified it.
pub fn note_new_secret(model: &mut Model, reference: &CredentialRef, kept: &Kept, rotated: bool) {
    let stored = !matches!(kept, Kept::Nowhere(_));
    let Some(account) = model.account_mut(&reference.account) else { return };
    let facts = account.facts.entry(reference.clone()).or_default();
    let mut targets = std::mem::take(&mut facts.targets);
    for note in &mut targets {
        note.current = false;
    }
    *facts = Facts { stored, old_stored: rotated && facts.stored, verified: None, orphan: false, targets };
}

/// Takes note of the targets that were chosen for a new credential.
pub fn note_targets(model: &mut Model, reference: &CredentialRef, targets: &[TargetName]) {
    let Some(account) = model.account_mut(&reference.account) else { return };
    let notes = &mut account.facts.entry(reference.clone()).or_default().targets;
    for target in targets {
        if notes.iter().all(|note| note.target != *target) {
            notes.push(TargetNote { target: target.clone(), receipt: None, current: false });
        }
    }
}

/// Takes note of a receipt: the target belongs to the credential from now on.
pub fn note_receipt(model: &mut Model, reference: &CredentialRef, receipt: Receipt) {
    let Some(account) = model.account_mut(&reference.account) else { return };
    let notes = &mut account.facts.entry(reference.clone()).or_default().targets;
    let fresh = TargetNote { target: receipt.target.clone(), receipt: Some(receipt), current: true };
    match notes.iter_mut().find(|note| note.target == fresh.target) {
        Some(known) => *known = fresh,
        None => notes.push(fresh),
    }
}

/// Takes a revoked credential out of the listing.
pub fn remove_credential(model: &mut Model, reference: &CredentialRef) {
    change(model, |model| {
        if let Some(account) = model.account_mut(&reference.account) {
            account
                .listing
                .credentials
                .retain(|one| one.id != reference.id || one.owner.id != reference.owner);
            account.facts.remove(reference);
            account.retiring.remove(reference);
        }
        model.table.marks.remove(reference);
    });
}

/// Puts the cursor on a credential.
pub fn point_at(model: &mut Model, reference: &CredentialRef) {
    let wanted = (reference.clone(), Generation::Current);
    model.table.held |= model.table.put_cursor(&model.accounts, &wanted);
}

/// What time alone brings about: windows and sessions end.
pub fn on_time(model: &mut Model) -> Vec<Effect> {
    if model.table.window_ended(model.now) {
        rebuild(model);
    }
    let now = model.now;
    for account in &mut model.accounts {
        let ended = account.session().is_some_and(|facts| !facts.renews && is_past(facts, account.skew, now));
        if ended {
            account.session = SessionView::Ended;
        }
    }
    Vec::new()
}

fn is_past(facts: &SessionFacts, skew: Skew, now: Timestamp) -> bool {
    facts.expires.is_some_and(|end| skew.our_time(end) <= now)
}

/// When a session shown in the header changes what it says: at its end, and every minute before it.
pub fn next_change(model: &Model) -> Option<Timestamp> {
    let index = model.current_account()?;
    let account = model.accounts.get(index)?;
    let end = account.skew.our_time(account.session()?.expires?);
    let left = end.duration_since(model.now).as_secs();
    let step = if left > 60 { left.rem_euclid(60) + 1 } else { left.max(1) };
    (left > 0)
        .then(|| model.now.checked_add(crate::domain::time::SignedDuration::from_secs(step)).ok())
        .flatten()
}
