//! The words of cells and lines: what a credential's end, use and rights read like, and where secrets go.
//! What a backend cannot tell is said, never left blank.

use crate::app::effect::Generation;
use crate::app::model::{AccountState, Model, SessionView, VaultView};
use crate::app::msg::{CopyReport, Kept};
use crate::domain::ability::{ExpiryModel, RotationForm, ScopeModel, Told};
use crate::domain::credential::{Credential, Expiry, LastUse, Window};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::{Timestamp, ago, span};
use crate::keymap::action::Action;
use crate::keymap::table::Context;
use crate::ui::ink::{Tone, key_for};
use crate::ui::symbol;

/// The EXPIRES cell.
pub fn expires(
    account: &AccountState,
    credential: &Credential,
    generation: Generation,
    now: Timestamp,
) -> String {
    if let (Generation::Current, Some(promise)) = (generation, account.promise(credential)) {
        let left = promise.due.duration_since(now);
        return if left.is_positive() { span(left) } else { String::from("due") };
    }
    let now = account.server_time(now);
    match (generation, credential.open_window(now), credential.expires) {
        (Generation::Previous, Some(window), _) => span(window.ends.duration_since(now)),
        (Generation::Previous, None, _) => String::from("ended"),
        (Generation::Current, _, Expiry::Never) => String::from("never"),
        (Generation::Current, _, Expiry::At(end)) => ago(end, now),
    }
}

/// The LAST USED cell.
pub fn last_used(credential: &Credential, server_now: Timestamp) -> String {
    match (&credential.last_use, credential.last_use.when()) {
        (LastUse::Untold, _) => String::from("not told"),
        (LastUse::OurCheck { .. }, None) => String::from("our check"),
        (LastUse::OurCheck { .. } | LastUse::At(_), Some(when)) => ago(when, server_now),
        (LastUse::Never | LastUse::At(_), _) => String::from("never"),
    }
}

/// The last use in a sentence, with how far it can be trusted.
pub fn last_used_long(account: &AccountState, credential: &Credential, now: Timestamp) -> String {
    let server_now = account.server_time(now);
    let told = match account.abilities.kind(credential.kind).last_use {
        Told::Yes(trust) => trust,
        Told::No(sentence) => return String::from(sentence),
    };
    match &credential.last_use {
        LastUse::Untold => String::from("not told by this server"),
        LastUse::Never => String::from("never"),
        LastUse::At(when) => format!("{}{} ({told})", ago(*when, server_now), use_particulars(credential)),
        LastUse::OurCheck { before: Some(when) } => {
            format!("{}; since then only our own check, which does not count", ago(*when, server_now))
        }
        LastUse::OurCheck { before: None } => {
            String::from("only our own check, which does not count; nothing is known before it")
        }
    }
}

/// From where, by what and how often, where that is told.
fn use_particulars(credential: &Credential) -> String {
    let told = &credential.particulars;
    let address = told.last_address.as_ref().map(|address| format!(" from {address}"));
    let agent = told.last_agent.as_ref().map(|agent| format!(" by {agent}"));
    let uses = told.uses.map(|uses| format!(", {uses} uses in all"));
    [address, agent, uses].into_iter().flatten().collect()
}

/// When a credential ends by itself, in a sentence.
pub fn end(
    account: &AccountState,
    credential: &Credential,
    moment: impl Fn(Timestamp) -> String,
    now: Timestamp,
) -> String {
    match (credential.expires, &account.abilities.kind(credential.kind).expiry) {
        (Expiry::At(end), _) => {
            let which = match (credential.particulars.soft_end, credential.particulars.hard_end) {
                (Some(soft), Some(hard)) if soft <= hard => {
                    format!("; the server ends it {} at the latest", moment(hard))
                }
                (Some(soft), Some(_)) => {
                    format!("; asked for was {}, but the server ends it before", moment(soft))
                }
                (None, Some(_)) => String::from("; the server's own end, none was asked for"),
                (_, None) => String::new(),
            };
            format!("{}, {}{which}", ago(end, account.server_time(now)), moment(end))
        }
        (Expiry::Never, ExpiryModel::None(sentence)) => format!("never: {sentence}"),
        (Expiry::Never, ExpiryModel::Date { .. }) => String::from("never"),
    }
}

/// What a credential may do: one line for each scope.
pub fn rights(account: &AccountState, credential: &Credential) -> Vec<String> {
    let told = &credential.particulars.allows;
    if !told.is_empty() {
        return told.iter().map(|allowed| allowed.as_str().to_owned()).collect();
    }
    match (&credential.scopes, &account.abilities.kind(credential.kind).scopes) {
        (Granted::AsOwner, ScopeModel::AsOwner(sentence)) => vec![String::from(*sentence)],
        (Granted::AsOwner, ScopeModel::Chosen(_)) => vec![String::from("everything its owner may do")],
        (Granted::Everything, _) => vec![String::from("everything there is")],
        (Granted::Listed(scopes), _) if scopes.is_empty() => {
            vec![String::from("nothing: no scopes were granted")]
        }
        (Granted::Listed(scopes), ScopeModel::AsOwner(_)) => {
            scopes.iter().map(|scope| scope.as_str().to_owned()).collect()
        }
        (Granted::Listed(scopes), ScopeModel::Chosen(choice)) => {
            let known = |scope: &Text| choice.offers.iter().find(|offer| offer.id == scope.as_str());
            let line = |scope: &Text| match known(scope) {
                Some(offer) => format!("{scope}: {} ({})", offer.allows, offer.risk.word()),
                // What the server offered or a person typed is not keywright's to know.
                None if !choice.is_closed() => scope.to_string(),
                None => format!("{scope}: not a scope keywright knows"),
            };
            scopes.iter().map(line).collect()
        }
    }
}

/// Whether and where a secret is stored, as the detail says it.
pub fn stored(model: &Model, here: bool) -> (Tone, String) {
    let place = match &model.vault {
        VaultView::Memory { .. } => "in memory, this run only",
        VaultView::Kernel => "in the kernel's keyring",
        VaultView::Checking | VaultView::Keyring(_) | VaultView::Unusable { .. } => "in the keyring",
    };
    if here {
        (Tone::Good, format!("stored {place}"))
    } else {
        (Tone::Plain, String::from("not stored here"))
    }
}

/// Where new secrets go, as the header says it: in full and in short.
pub fn vault(model: &Model) -> (Tone, String, String) {
    if model.vault_waiting {
        let text = String::from("waiting for your keyring…");
        return (Tone::Warning, text.clone(), text);
    }
    match &model.vault {
        VaultView::Checking => (Tone::Plain, String::from("keyring ◌ checking"), String::from("keyring ◌")),
        VaultView::Keyring(_) => (Tone::Good, String::from("keyring ●"), String::from("keyring ●")),
        VaultView::Kernel => {
            (Tone::Warning, String::from("kernel keyring ◐ until reboot"), String::from("kernel keyring ◐"))
        }
        VaultView::Memory { sandbox: true } => {
            (Tone::Plain, String::from("memory ◐ this run only"), String::from("memory ◐"))
        }
        VaultView::Memory { sandbox: false } => {
            (Tone::Warning, String::from("memory ▲ this run only"), String::from("memory ▲"))
        }
        VaultView::Unusable { .. } => {
            (Tone::Danger, String::from("no keyring ▲"), String::from("no keyring ▲"))
        }
    }
}

/// Where a new secret will go, or went, in a sentence.
pub fn kept(kept: &Kept) -> (Tone, String) {
    match kept {
        Kept::Keyring => (Tone::Good, String::from("Stored in the keyring, read back and compared.")),
        Kept::Kernel => {
            (Tone::Warning, String::from("Stored in the kernel's keyring: it is gone after a reboot."))
        }
        Kept::Memory => {
            (Tone::Warning, String::from("Held in memory for this run only: it is gone when keywright ends."))
        }
        Kept::Nowhere(why) => (
            Tone::Danger,
            format!(
                "NOT STORED. The keyring would not take it ({why}). It exists only on this screen: copy it now."
            ),
        ),
    }
}

/// Where a new secret would go now, and whether that needs attention.
pub fn will_keep(model: &Model) -> (Tone, String) {
    match &model.vault {
        VaultView::Checking => (Tone::Plain, String::from("the keyring, which is being looked at")),
        VaultView::Keyring(name) => (Tone::Good, format!("the keyring ({name})")),
        VaultView::Kernel => (Tone::Warning, String::from("the kernel's keyring, until reboot")),
        VaultView::Memory { .. } => (Tone::Warning, String::from("memory, for this run only")),
        VaultView::Unusable { state, mend } => (Tone::Danger, format!("nowhere: {state}. {mend}")),
    }
}

/// How a copy went.
pub fn copied(report: &Result<CopyReport, Text>) -> (Tone, String) {
    match report {
        Ok(CopyReport { way, confirmed: true, .. }) => (Tone::Good, format!("Copied {way}.")),
        Ok(CopyReport { way, confirmed: false, .. }) => (Tone::Warning, format!("Copied {way}.")),
        Err(why) => (Tone::Danger, format!("Not copied: {why}")),
    }
}

/// Who is logged in and for how long, as the header says it.
pub fn session(account: &AccountState, now: Timestamp) -> (Tone, String) {
    let log_in = key_for(Context::Credentials, Action::LogIn);
    match &account.session {
        SessionView::Unknown if account.opened.is_loading() => (Tone::Plain, String::from("connecting…")),
        SessionView::Unknown => (Tone::Plain, String::from("not connected")),
        SessionView::Out => (Tone::Warning, format!("not logged in, {log_in}")),
        SessionView::Ended => (Tone::Warning, format!("session ended, {log_in}")),
        SessionView::In(facts) => {
            let Some(end) = facts.expires else {
                return (Tone::Good, format!("{} {} no end", facts.who, symbol::DOT));
            };
            let left = end.duration_since(account.server_time(now));
            let tone = if left.as_secs() < 300 && !facts.renews { Tone::Warning } else { Tone::Good };
            (tone, format!("{} {} {}", facts.who, symbol::DOT, crate::domain::time::rough_span(left)))
        }
    }
}

/// How far a server's clock is off, when that is worth a word.
pub fn skew(account: &AccountState) -> Option<String> {
    let seconds = account.skew.0;
    let length = crate::domain::time::rough_span(jiff::SignedDuration::from_secs(seconds.abs()));
    let sign = if seconds < 0 { '-' } else { '+' };
    account.skew.is_notable().then(|| format!("server clock {sign}{length}"))
}

/// How long the old secret still works, in words, with the moment it stops.
pub fn window(
    account: &AccountState,
    window: Window,
    moment: impl Fn(Timestamp) -> String,
    now: Timestamp,
) -> String {
    let now = account.server_time(now);
    if window.ends > now {
        format!("{} left, until {}", span(window.ends.duration_since(now)), moment(window.ends))
    } else {
        format!("past since {}", moment(window.ends))
    }
}

/// What happens when a window is open already and another rotation is made.
pub fn second_rotation(account: &AccountState, kind: &str) -> &'static str {
    match account.abilities.kind(kind).rotation {
        RotationForm::ServerWindow { second, .. } => second,
        RotationForm::TwoCredentials { .. } => {
            "another credential is made; the ones before it stay until revoked"
        }
        RotationForm::CutOver { .. } => "the secret before it stops at once",
    }
}
