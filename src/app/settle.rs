//! Replies find their way: to the overlay that waits for them, or to what they are about.

use super::connection;
use super::effect::{Effect, Generation, RequestId};
use super::findings;
use super::model::{Bringing, Copied, Model, Tone, VaultView};
use super::msg::{Arrived, CopyReport, IssueOutcome, Reply, TakenIn};
use super::pane::{self, Overlay};
use super::promises;
use super::update::{Turn, reply_to_overlay, with_overlay};
use crate::domain::account::AccountName;
use crate::domain::answer::Verdict;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::scope::{Difference, Granted};
use crate::domain::target::Receipt;
use crate::domain::text::Text;
use crate::domain::time::{SignedDuration, Skew};

/// What is said to somebody who is faster than the reading a review rests on.
pub const STILL_READING: &str = "still reading what is true now";

/// The fresh reading a review rests on came.
pub fn read_again(model: &mut Model, account: &AccountName, credential: Credential, skew: Skew) {
    if model.notice.as_ref().is_some_and(|notice| notice.text == STILL_READING) {
        model.notice = None;
    }
    if let Some(account) = model.account_mut(account) {
        account.skew = skew;
    }
    connection::update_credential(model, account, credential);
}

/// Takes a reply in.
pub fn settle(model: &mut Model, request: RequestId, reply: Reply) -> Vec<Effect> {
    match reply {
        Reply::Vault(view) => vault_seen(model, request, view),
        Reply::Opened(opened) => connection::opened(model, request, *opened),
        Reply::Listed(result) => {
            let mut effects = connection::listed(model, request, *result);
            effects.extend(pane::bulk::listed(model));
            effects
        }
        Reply::Issued(outcome) => issued(model, request, outcome),
        Reply::TakenIn(taken) => taken_in(model, request, *taken),
        Reply::Copied(result) => copied(model, request, &result),
        Reply::Unfinished(Ok(left)) => {
            let first = !std::mem::replace(&mut model.unfinished_read, true);
            model.unfinished = left.operations;
            model.promises.watched = left.watched;
            model.promises.given_up = left.given_up;
            promises::arrived(model, left.promises);
            pane::vend::arrived(model, left.held);
            pane::unfinished::arrived(model, first)
        }
        Reply::Promise(result) => promises::tried(model, *result),
        Reply::SessionKept(name, result) => {
            promises::session_kept(model, &name, result);
            Vec::new()
        }
        Reply::Activity(Ok(entries)) => {
            model.activity = entries;
            Vec::new()
        }
        Reply::Unfinished(Err(failure)) | Reply::Activity(Err(failure)) | Reply::Plain(Err(failure)) => {
            model.say(Tone::Bad, failure.sentence());
            Vec::new()
        }
        Reply::Plain(Ok(text)) => {
            if !text.is_empty() {
                model.say(Tone::Good, text.as_str());
            }
            Vec::new()
        }
        Reply::Verified { credential, generation, verdict } => {
            verified(model, &credential, generation, &verdict);
            let mut effects = bring(model, request, &verdict);
            let turn = |overlay: &mut Overlay, model: &mut Model| {
                pane::rotate::verified(overlay, model, request, verdict)
            };
            effects.extend(reply_to_overlay(model, request, turn).unwrap_or_default());
            effects.push(Effect::Unfinished(model.request("reading unfinished work", false)));
            effects
        }
        Reply::Bulk(obstacle) => pane::bulk::done(model, request, obstacle),
        Reply::Loose(result) => {
            // What cannot be looked at is told where it is imported from.
            findings::found_loose(model, result.unwrap_or_default());
            Vec::new()
        }
        Reply::Delivered { credential, result } => delivered(model, request, &credential, &result),
        Reply::Sandbox(result) => pane::welcome::sandbox(model, result),
        Reply::Reconciled(result) => pane::unfinished::reconciled(model, request, result),
        reply @ (Reply::LoggedIn(_)
        | Reply::Read(_)
        | Reply::Offers(_)
        | Reply::Places(_)
        | Reply::History(_)
        | Reply::CreationPage(..)
        | Reply::Revoked(_)
        | Reply::Edited(_)
        | Reply::Imported(_)
        | Reply::Found(_)
        | Reply::Tightened(_)
        | Reply::Owner(_)
        | Reply::OwnerDeleted(_)
        | Reply::Restarted(_)
        | Reply::Saved(_)) => to_waiting(model, request, reply),
    }
}

/// The store for secrets was looked at. An answer about a store that is not in use any more is left alone; one that
/// can be used may hold what looked lost before.
fn vault_seen(model: &mut Model, request: RequestId, view: VaultView) -> Vec<Effect> {
    model.vault_waiting = false;
    if request < model.vault_asked {
        return Vec::new();
    }
    let usable = !matches!(view, VaultView::Unusable { .. } | VaultView::Checking);
    let news = usable && matches!(model.vault, VaultView::Unusable { .. });
    model.vault = view;
    pane::welcome::refresh_keyring_page(model);
    if news { vec![Effect::Unfinished(model.request("reading unfinished work", false))] } else { Vec::new() }
}

/// A reply that belongs to an overlay. When that one is closed already, what happened is still said.
fn to_waiting(model: &mut Model, request: RequestId, reply: Reply) -> Vec<Effect> {
    let position = model.overlays.iter().any(|overlay| pane::waits_for(overlay, request));
    if position {
        let turn = |overlay: &mut Overlay, model: &mut Model| pane::reply(overlay, model, reply);
        return reply_to_overlay(model, request, turn).unwrap_or_default();
    }
    match reply {
        // What only a closed overlay wanted to know changes nothing.
        Reply::Read(_)
        | Reply::Offers(_)
        | Reply::Places(_)
        | Reply::History(_)
        | Reply::Found(_)
        | Reply::LoggedIn(_) => return Vec::new(),
        // Asked before a wizard was open.
        Reply::CreationPage(account, result) => {
            pane::create::page_told(model, &account, result);
            return Vec::new();
        }
        Reply::Saved(result) => {
            match result {
                Ok(()) => model.say(Tone::Good, "the settings are written"),
                Err(failure) => model.say(Tone::Bad, failure.sentence()),
            }
            return Vec::new();
        }
        Reply::Revoked(Ok(_)) => model.say(Tone::Good, "revoked; refresh to see the list"),
        Reply::Restarted(Ok(())) => model.say(Tone::Good, "the server was restarted"),
        Reply::OwnerDeleted(Ok(())) => model.say(Tone::Good, "deleted; refresh to see the list"),
        Reply::Tightened(Ok(())) => {
            model.say(Tone::Good, "the file is tightened");
            return Vec::new();
        }
        Reply::Tightened(Err(failure)) => {
            model.say(Tone::Bad, failure.sentence());
            return Vec::new();
        }
        Reply::Edited(result) => return pane::edit::without_overlay(model, *result),
        Reply::Owner(Ok(owner)) => model.say(Tone::Good, format!("done: {}", owner.name)),
        Reply::Imported(Ok(_)) => model.say(Tone::Good, "stored the imported secret"),
        Reply::Revoked(Err(failure))
        | Reply::OwnerDeleted(Err(failure))
        | Reply::Restarted(Err(failure))
        | Reply::Owner(Err(failure))
        | Reply::Imported(Err(failure)) => model.say(Tone::Bad, failure.sentence()),
        _ => {}
    }
    connection::refresh(model)
}

/// A one-time secret came, or did not. When it came it is shown, whatever is open.
fn issued(model: &mut Model, request: RequestId, outcome: IssueOutcome) -> Vec<Effect> {
    let mut effects = vec![Effect::Unfinished(model.request("reading unfinished work", false))];
    match outcome {
        IssueOutcome::Arrived(arrived) => effects.extend(arrived_secret(model, request, *arrived)),
        IssueOutcome::Failed(failure) => {
            let text = failure.sentence();
            let turn = |overlay: &mut Overlay, model: &mut Model| pane::issue_failed(overlay, model, failure);
            match reply_to_overlay(model, request, turn) {
                Some(more) => effects.extend(more),
                None => model.say(Tone::Bad, text),
            }
        }
    }
    effects
}

/// A secret that was made by hand and pasted.
fn taken_in(model: &mut Model, request: RequestId, taken: TakenIn) -> Vec<Effect> {
    let mut effects = vec![Effect::Unfinished(model.request("reading unfinished work", false))];
    let told = match taken {
        TakenIn::Arrived(arrived) => {
            effects.extend(arrived_secret(model, request, *arrived));
            return effects;
        }
        TakenIn::Unmatched(failure) => {
            let text = failure.sentence();
            let turn = |overlay: &mut Overlay, model: &mut Model| match overlay {
                Overlay::ByHand(pane) => pane.unmatched(model, failure),
                _ => Turn::stay(),
            };
            reply_to_overlay(model, request, turn).ok_or(text)
        }
        TakenIn::Refused(failure, secret) => {
            let text = failure.sentence();
            let turn = |overlay: &mut Overlay, model: &mut Model| match overlay {
                Overlay::ByHand(pane) => pane.refused(model, failure, &secret),
                _ => Turn::stay(),
            };
            reply_to_overlay(model, request, turn).ok_or(text)
        }
    };
    match told {
        Ok(more) => effects.extend(more),
        Err(text) => model.say(Tone::Bad, text),
    }
    effects
}

/// Takes away the page of a credential that was made by hand, and answers the request of the wizard below it, which is
/// told what came.
fn close_by_hand(model: &mut Model, request: RequestId) -> Option<usize> {
    let waits = |overlay: &Overlay| matches!(overlay, Overlay::ByHand(pane) if pane.running == Some(request));
    let position = model.overlays.iter().position(waits)?;
    model.overlays.remove(position);
    position.checked_sub(1)
}

fn arrived_secret(model: &mut Model, request: RequestId, arrived: Arrived) -> Vec<Effect> {
    let account = arrived.account.clone();
    let reference = arrived.credential.reference(&account);
    connection::note_new_secret(model, &reference, &arrived.kept, arrived.rotated);
    // What is for storage is no credential of the list.
    if !arrived.vended {
        connection::update_credential(model, &account, arrived.credential.clone());
        connection::note_targets(model, &reference, &arrived.targets);
        connection::point_at(model, &reference);
    }
    let news = pane::News {
        credential: &arrived.credential,
        kept: arrived.kept.clone(),
        operation: arrived.operation,
    };
    let turn = |overlay: &mut Overlay, _: &mut Model| pane::issue_arrived(overlay, &news);
    let effects = match close_by_hand(model, request) {
        Some(wizard) => with_overlay(model, wizard, turn),
        None => reply_to_overlay(model, request, turn).unwrap_or_default(),
    };
    reveal(model, reference, arrived);
    effects
}

/// Shows a new secret that nothing waits for: the keyring would not take it while many were made.
pub fn show_secret(model: &mut Model, arrived: Arrived) -> Vec<Effect> {
    let reference = arrived.credential.reference(&arrived.account);
    reveal(model, reference, arrived);
    Vec::new()
}

/// Puts the reveal of a secret over whatever is open.
fn reveal(model: &mut Model, reference: CredentialRef, arrived: Arrived) {
    let reveal = pane::reveal::Reveal::new(model, reference, arrived);
    // Only a signal ends the program all the same; the log of operations tells of the secret at the next start.
    if model.leaving && !model.told_to_end && !reveal.is_safe() {
        model.leaving = false;
        model.say(Tone::Bad, "not left: a secret came that exists nowhere but here");
    }
    model.overlays.push(Overlay::Reveal(Box::new(reveal)));
}

/// Deliveries came to their end.
fn delivered(
    model: &mut Model,
    request: RequestId,
    credential: &CredentialRef,
    result: &Result<Vec<Receipt>, Failure>,
) -> Vec<Effect> {
    match result {
        Ok(receipts) => {
            for receipt in receipts {
                connection::note_receipt(model, credential, receipt.clone());
            }
            let failed: Vec<&Receipt> = receipts.iter().filter(|receipt| !receipt.result.is_done()).collect();
            match (failed.as_slice(), receipts.as_slice()) {
                ([], [one]) => model.say(Tone::Good, format!("{}: {}", one.target, one.result.sentence())),
                ([], all) => model.say(Tone::Good, format!("delivered to {} targets", all.len())),
                ([one], [_]) => model.say(Tone::Bad, format!("{}: {}", one.target, one.result.sentence())),
                (some, all) => {
                    let text = format!("{} of {} targets did not get it", some.len(), all.len());
                    model.say(Tone::Bad, text);
                }
            }
        }
        Err(failure) => model.say(Tone::Bad, failure.sentence()),
    }
    for overlay in &mut model.overlays {
        pane::delivered(overlay, request, result.as_ref().err());
    }
    vec![Effect::Unfinished(model.request("reading unfinished work", false))]
}

/// A new secret that was shown was presented, and no wizard goes on with it: where it was accepted with no more than it
/// should, it goes to its targets.
fn bring(model: &mut Model, request: RequestId, verdict: &Result<Verdict, Failure>) -> Vec<Effect> {
    let Some(Bringing { credential, agreed }) = model.bringing.remove(&request) else { return Vec::new() };
    let wizard = model.overlays.iter().any(|one| pane::waits_for(one, request));
    let account = model.account(&credential.account);
    let found = account.and_then(|account| Some((account, account.find(&credential)?)));
    let (Some((account, found)), Ok(verdict), false) = (found, verdict, wizard) else { return Vec::new() };
    // A secret that is only taken or not tells nothing of its scopes.
    let tells = !matches!(verdict, Verdict::Accepted { scopes: Granted::AsOwner, .. });
    let wanted = account.abilities.spelled(found.kind, agreed.as_ref().unwrap_or(&found.scopes));
    if tone_of(verdict, Some(&wanted).filter(|_| tells)) != Tone::Good {
        return Vec::new();
    }
    let (owner, name) = (found.owner.name.clone(), found.name.clone());
    let effect = pane::deliver::after_rotation(model, &credential.clone(), credential, &owner, &name);
    effect.into_iter().collect()
}

fn verified(
    model: &mut Model,
    credential: &CredentialRef,
    generation: Generation,
    verdict: &Result<Verdict, Failure>,
) {
    note_verdict(model, credential, generation, verdict);
    let which = match generation {
        Generation::Current => "the secret",
        Generation::Previous => "the old secret",
    };
    match verdict {
        Ok(verdict) => {
            let found = model.account(&credential.account).and_then(|account| account.find(credential));
            let wanted = found.zip(model.account(&credential.account));
            let wanted = wanted.map(|(found, account)| account.abilities.spelled(found.kind, &found.scopes));
            model.say(
                tone_of(verdict, wanted.as_ref()),
                format!("presented {which}: {}", verdict.words(wanted.as_ref())),
            );
        }
        Err(failure) => {
            model.say(Tone::Bad, format!("{which} could not be presented: {}", failure.sentence()));
        }
    }
}

/// Takes note of what presenting a secret showed.
pub fn note_verdict(
    model: &mut Model,
    credential: &CredentialRef,
    generation: Generation,
    verdict: &Result<Verdict, Failure>,
) {
    let now = model.now;
    let account = model.account_mut(&credential.account);
    if let (Some(account), Generation::Current) = (account, generation) {
        let facts = account.facts.entry(credential.clone()).or_default();
        // A secret that could not be presented is as verified as it was before.
        facts.verified = match verdict {
            Ok(Verdict::Accepted { .. }) => Some(now),
            Ok(Verdict::Refused { .. }) => None,
            Ok(Verdict::Untold { .. }) | Err(_) => facts.verified,
        };
    }
}

/// A secret that may do more than it should, or less, needs attention.
fn tone_of(verdict: &Verdict, wanted: Option<&Granted>) -> Tone {
    match (verdict, wanted) {
        (Verdict::Accepted { scopes, untold, .. }, Some(wanted))
            if scopes.against(wanted, untold) != Difference::default() =>
        {
            Tone::Bad
        }
        (Verdict::Accepted { .. }, _) => Tone::Good,
        (Verdict::Refused { .. } | Verdict::Untold { .. }, _) => Tone::Plain,
    }
}

fn copied(model: &mut Model, request: RequestId, result: &Result<CopyReport, Text>) -> Vec<Effect> {
    let what = model.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Reveal(reveal) if reveal.copying == Some(request) => Some(reveal.name.as_str().to_owned()),
        _ => None,
    });
    match result {
        Ok(report) => {
            // Green is what is known.
            let tone = if report.confirmed { Tone::Good } else { Tone::Plain };
            model.say(tone, format!("copied {}", report.way));
            if let Some(seconds) = report.clears_in {
                let clears = model.now.checked_add(SignedDuration::from_secs(i64::from(seconds)));
                model.copied = clears.ok().map(|clears| Copied {
                    what: what.unwrap_or_else(|| String::from("a secret")),
                    report: report.clone(),
                    clears,
                });
            }
        }
        Err(why) => model.say(Tone::Bad, format!("not copied: {why}")),
    }
    for overlay in &mut model.overlays {
        if let Overlay::Reveal(reveal) = overlay
            && reveal.copying == Some(request)
        {
            reveal.copying = None;
            reveal.copied = Some(result.clone());
        }
    }
    Vec::new()
}

/// Opens the login of an account over what is open, so that nothing typed is lost.
pub fn ask_login(model: &mut Model, account: &AccountName) -> Option<Overlay> {
    let already = model.overlays.iter().any(|overlay| matches!(overlay, Overlay::Login(_)));
    if already {
        None
    } else {
        pane::login::LoginPane::open(model, account).map(|pane| Overlay::Login(Box::new(pane)))
    }
}

/// What an overlay does when its request failed: a session that ended brings up the login, and what somebody else took
/// away leaves the table.
pub fn failed(model: &mut Model, account: &AccountName, failure: &Failure) -> Turn {
    connection::note_failure(model, account, failure);
    let ended = failure.kind == FailureKind::LoggedOut;
    let open = if ended { ask_login(model, account) } else { None };
    let index = model.account_index(account).filter(|_| failure.kind == FailureKind::NotFound);
    let list = index.and_then(|index| connection::list(model, index));
    Turn { open, effects: list.into_iter().collect(), ..Turn::default() }
}
