//! Everything known of one credential, in sentences; what is not told is said so.

use crate::app::model::{AccountState, Model};
use crate::domain::ability::{ExpiryModel, ScopeModel, Told};
use crate::domain::credential::{Credential, Expiry, LastUse};
use crate::domain::time::{Timestamp, ago, moment_both, span};

/// The lines, each `what  value`.
pub fn lines(model: &Model, account: &AccountState, credential: &Credential) -> Vec<String> {
    let now = account.server_time(model.now);
    let facts = account.facts_of(credential);
    let mut lines = vec![
        pair(
            "kind",
            &format!("{} of {} {}", credential.kind, account.abilities.owner.noun, credential.owner.name),
        ),
        pair("account", &format!("{} ({})", account.name(), account.abilities.title)),
        pair("state", credential.state(now).word()),
        pair("scopes", &scopes(account, credential)),
        pair("expires", &expiry(account, credential, model)),
        pair("last use", &last_use(account, credential, now)),
        pair("created", &moment_or(credential.created, model, now)),
        pair(
            "rotated",
            &credential.rotated.map_or_else(|| String::from("never"), |at| moment_or(Some(at), model, now)),
        ),
    ];
    if let Some(window) = credential.open_window(now) {
        let left = span(window.ends.duration_since(now));
        lines.push(pair(
            "window",
            &format!("the old secret works for {left} more, until {}", moment_both(window.ends, &model.zone)),
        ));
    }
    if let Some(promise) = account.promise(credential) {
        let when = moment_both(promise.due, &model.zone);
        let left = span(promise.due.duration_since(model.now));
        let words =
            if promise.due > model.now { format!("in {left}, {when}") } else { format!("since {when}") };
        lines.push(pair("retiring", &format!("to be revoked by keywright {words}")));
        lines.extend(Some(promise.note.as_str()).filter(|note| !note.is_empty()).map(|note| pair("", note)));
        if let Some(used) = promise.used_since(credential, account.skew) {
            lines.push(pair("still used", &format!("{}, {}", ago(used.last, now), used.words())));
        }
    }
    let told = &credential.particulars;
    let from = [("from", &told.last_address), ("by", &told.last_agent)];
    lines.extend(from.into_iter().filter_map(|(what, told)| Some(pair(what, told.as_ref()?.as_str()))));
    lines.extend(told.uses.map(|uses| pair("uses", &format!("{uses}, our own checks included"))));
    for (what, end) in [("soft end", told.soft_end), ("hard end", told.hard_end)] {
        lines.extend(end.map(|end| pair(what, &moment_both(end, &model.zone))));
    }
    let stored = match (facts.stored, facts.old_stored) {
        (true, true) => "yes, and the one before it",
        (true, false) => "yes",
        (false, true) => "no, only the one before it",
        (false, false) => "no",
    };
    lines.push(pair("stored", stored));
    lines.push(pair(
        "verified",
        &facts.verified.map_or_else(|| String::from("not by this machine"), |at| ago(at, model.now)),
    ));
    if facts.targets.is_empty() {
        lines.push(pair("targets", "none yet"));
    }
    for (position, note) in facts.targets.iter().enumerate() {
        let told = match (&note.receipt, note.current) {
            (None, _) => String::from("never delivered"),
            (Some(receipt), true) => format!("{}, {}", receipt.result.sentence(), ago(receipt.at, model.now)),
            (Some(receipt), false) => {
                format!("an older secret: {}, {}", receipt.result.sentence(), ago(receipt.at, model.now))
            }
        };
        let what = if position == 0 { "targets" } else { "" };
        lines.push(pair(what, &format!("{}: {told}", note.target)));
    }
    if !credential.description.is_empty() {
        lines.push(pair("about", credential.description.as_str()));
    }
    if let Some(pending) = &credential.particulars.pending {
        lines.push(pair("pending", pending.as_str()));
        if account.abilities.restart.is_some() {
            lines.push(pair("", &format!("{} restarts it now, after asking", super::restart::key())));
        }
    }
    lines.push(pair("id", credential.id.as_str()));
    lines
}

fn pair(what: &str, value: &str) -> String {
    format!("{what:<10}{value}")
}

fn moment_or(at: Option<Timestamp>, model: &Model, now: Timestamp) -> String {
    at.map_or_else(
        || String::from("not told"),
        |at| format!("{} ({})", moment_both(at, &model.zone), ago(at, now)),
    )
}

fn scopes(account: &AccountState, credential: &Credential) -> String {
    match &account.abilities.kind(credential.kind).scopes {
        ScopeModel::AsOwner(_) => format!("everything {} may do", credential.owner.name),
        ScopeModel::Chosen(_) => credential.scopes.words(),
    }
}

fn expiry(account: &AccountState, credential: &Credential, model: &Model) -> String {
    match (credential.expires, &account.abilities.kind(credential.kind).expiry) {
        (Expiry::At(end), _) => moment_both(end, &model.zone),
        (Expiry::Never, ExpiryModel::None(sentence)) => format!("never; {sentence}"),
        (Expiry::Never, ExpiryModel::Date { .. }) => String::from("never"),
    }
}

fn last_use(account: &AccountState, credential: &Credential, now: Timestamp) -> String {
    let limits = match account.abilities.kind(credential.kind).last_use {
        Told::Yes(sentence) | Told::No(sentence) => sentence,
    };
    match &credential.last_use {
        LastUse::Untold => format!("not told: {limits}"),
        LastUse::Never => String::from("never"),
        LastUse::At(at) => format!("{} ({})", ago(*at, now), limits),
        LastUse::OurCheck { before: Some(at) } => {
            format!("{}, then our own check ({})", ago(*at, now), limits)
        }
        LastUse::OurCheck { before: None } => format!("only our own check ({limits})"),
    }
}
