//! `keywright list`: what the credentials table shows, for people or as JSON.
//!
//! The JSON is one array of objects with these members, all always present; what is not known is `null`:
//! `account`, `backend`, `id`, `name`, `owner`, `owner_id`, `kind`, `description`, `scopes` (words), `state` (the
//! screen's word), `created`, `rotated`, `expires`, `last_used`, `window_ends` (RFC 3339, UTC), `enabled`, `stored`.
//! `window_ends` is when an old secret stops, or an old credential is to be revoked by us.

use serde::Serialize;

use super::{Outcome, complain, say, tell_problems};
use crate::app::effect::Generation;
use crate::app::model::AccountState;
use crate::app::rows::row_state;
use crate::backend::registry;
use crate::cli::ListArgs;
use crate::config::Settings;
use crate::domain::credential::{Credential, Expiry, LastUse};
use crate::domain::failure::FailureKind;
use crate::domain::time::{Timestamp, ago, span};
use crate::runtime::clock;
use crate::ui::text;

/// One credential, as JSON has it.
#[derive(Debug, Serialize)]
struct Entry {
    account: String,
    backend: String,
    id: String,
    name: String,
    owner: String,
    owner_id: String,
    kind: String,
    description: String,
    scopes: String,
    state: String,
    created: Option<Timestamp>,
    rotated: Option<Timestamp>,
    expires: Option<Timestamp>,
    last_used: Option<Timestamp>,
    window_ends: Option<Timestamp>,
    enabled: bool,
    stored: bool,
}

/// Lists what the accounts with a kept login hold.
pub fn run(settings: &Settings, arguments: &ListArgs) -> Outcome {
    tell_problems(settings);
    let unknown = arguments
        .accounts
        .iter()
        .find(|wanted| !settings.accounts.iter().any(|account| account.name.as_str() == wanted.as_str()));
    if let Some(unknown) = unknown {
        complain(&format!("there is no account {unknown} in {}", settings.paths.config.display()));
        return Outcome::Usage;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return super::fail(&error),
    };
    let outcome = runtime.block_on(list(settings, arguments));
    runtime.shutdown_background();
    outcome
}

async fn list(settings: &Settings, arguments: &ListArgs) -> Outcome {
    let tasks = super::tasks(settings);
    let mut outcome = Outcome::Done;
    let mut accounts = Vec::new();
    // What is promised is told as the screen does; without it the listing is still worth having.
    let promises = tasks.left().await.map(|left| left.promises).unwrap_or_default();
    for account in &settings.accounts {
        let wanted = arguments.accounts.is_empty()
            || arguments.accounts.iter().any(|one| one == account.name.as_str());
        let Some(known) = registry::find(&account.backend).filter(|_| wanted) else { continue };
        let mut state = AccountState::new(account.clone(), known.abilities);
        match tasks.list(&account.name).await {
            Ok(listed) => {
                for (owner, failure) in &listed.listing.failed {
                    complain(&format!("{}: {}: {}", account.name, owner.name, failure.sentence()));
                    outcome = Outcome::Failed;
                }
                state.listing = listed.listing;
                state.facts = listed.facts.into_iter().collect();
                state.skew = listed.skew;
                let of_it = promises.iter().filter(|one| one.credential.account == account.name);
                state.retiring = of_it.map(|one| (one.credential.clone(), one.clone())).collect();
                accounts.push(state);
            }
            Err(failure) => {
                complain(&format!("{}: {}. {}", account.name, failure.sentence(), failure.next_step()));
                outcome =
                    if failure.kind == FailureKind::LoggedOut { Outcome::LoggedOut } else { Outcome::Failed };
            }
        }
    }
    let now = clock::now();
    let printed = if arguments.json { json(&accounts, now) } else { table(&accounts, now) };
    let said = say(&printed);
    if said == Outcome::Done { outcome } else { said }
}

fn entries(accounts: &[AccountState], now: Timestamp) -> Vec<Entry> {
    let all =
        accounts.iter().flat_map(|account| account.listing.credentials.iter().map(move |one| (account, one)));
    all.map(|(account, credential)| entry(account, credential, now)).collect()
}

fn entry(account: &AccountState, credential: &Credential, now: Timestamp) -> Entry {
    let window = credential.open_window(account.server_time(now)).map(|window| window.ends);
    let promised = account.promise(credential).map(|promise| account.skew.server_time(promise.due));
    Entry {
        account: account.name().to_string(),
        backend: account.account.backend.clone(),
        id: credential.id.as_str().to_owned(),
        name: credential.name.to_string(),
        owner: credential.owner.name.to_string(),
        owner_id: credential.owner.id.as_str().to_owned(),
        kind: credential.kind.to_owned(),
        description: credential.description.to_string(),
        scopes: credential.scopes.words(),
        state: row_state(account, credential, Generation::Current, now).word().to_owned(),
        created: credential.created,
        rotated: credential.rotated,
        expires: match credential.expires {
            Expiry::Never => None,
            Expiry::At(end) => Some(end),
        },
        last_used: credential.last_use.when(),
        window_ends: window.or(promised),
        enabled: credential.enabled && credential.owner_enabled,
        stored: account.facts_of(credential).stored,
    }
}

fn json(accounts: &[AccountState], now: Timestamp) -> String {
    serde_json::to_string_pretty(&entries(accounts, now))
        .map_or_else(|_never| String::from("[]\n"), |text| text + "\n")
}

const HEADINGS: [&str; 8] = ["ACCOUNT", "NAME", "OWNER", "KIND", "SCOPES", "EXPIRES", "LAST USE", "STATE"];

/// Columns as wide as their widest cell, measured as a terminal draws them.
fn table(accounts: &[AccountState], now: Timestamp) -> String {
    let mut lines = vec![HEADINGS.map(ToOwned::to_owned)];
    for account in accounts {
        let there = account.server_time(now);
        for credential in &account.listing.credentials {
            lines.push(cells(account, credential, now, there));
        }
    }
    let width =
        |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| text::width(cell)).max();
    let widths: Vec<usize> = (0..HEADINGS.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut out = String::new();
    for line in &lines {
        let padded: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide.saturating_sub(text::width(cell)))))
            .collect();
        out.push_str(padded.join("  ").trim_end());
        out.push('\n');
    }
    out
}

fn cells(account: &AccountState, credential: &Credential, now: Timestamp, there: Timestamp) -> [String; 8] {
    let window = credential.open_window(there);
    let state = row_state(account, credential, Generation::Current, now);
    let left = |end: Timestamp| span(end.duration_since(there));
    [
        account.name().to_string(),
        credential.name.to_string(),
        credential.owner.name.to_string(),
        credential.kind.to_owned(),
        credential.scopes.words(),
        match credential.expires {
            Expiry::Never => String::from("never"),
            Expiry::At(end) => ago(end, there),
        },
        match (&credential.last_use, credential.last_use.when()) {
            (LastUse::Untold, _) => String::from("not told"),
            (_, None) => String::from("never"),
            (_, Some(at)) => ago(at, there),
        },
        match (window, account.promise(credential)) {
            (Some(window), _) => format!("{}, old secret for {}", state.word(), left(window.ends)),
            (None, Some(promise)) if promise.due > now => {
                format!("{}, revoked in {}", state.word(), span(promise.due.duration_since(now)))
            }
            (None, _) => state.word().to_owned(),
        },
    ]
}
