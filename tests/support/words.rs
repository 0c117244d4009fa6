//! Effects and overlays in words, for scripts to compare: what matters of each and never a secret.

use keywright::app::bulk::Step;
use keywright::app::effect::{CopySource, Effect, Generation, Keeping};
use keywright::app::expiry::ExpiryChoice;
use keywright::app::form::{Field, FieldKind, Form};
use keywright::app::pane::Overlay;
use keywright::app::pane::bulk::Ended;
use keywright::app::pane::create::CreateStep;
use keywright::app::scopes::{Line, ScopePicker};
use keywright::domain::failure::Failure;
use keywright::domain::request::{Edit, OwnerForm};

/// An effect with its essential facts; never a secret.
#[expect(clippy::too_many_lines, reason = "one line for each effect")]
pub fn effect(effect: &Effect) -> String {
    let name = effect.name();
    match effect {
        Effect::UseVault(_, keeping) => {
            let place = match keeping {
                Keeping::Keyring => "keyring",
                Keeping::Kernel => "kernel",
                Keeping::Memory => "memory",
            };
            format!("{name} {place}")
        }
        Effect::OpenAccount(_, account)
        | Effect::LogOut(_, account)
        | Effect::List(_, account)
        | Effect::Places(_, account)
        | Effect::KeepSession(_, account)
        | Effect::Restart(_, account) => {
            format!("{name} {account}")
        }
        Effect::LogIn { account, login, keep, .. } => {
            let fields = login.fields.iter().map(|(id, value)| format!(" {id}={value}"));
            let secrets = login.secrets.iter().map(|(id, secret)| format!(" {id}:{}", secret.len()));
            let filled: Vec<String> = fields.chain(secrets).collect();
            let keep = if *keep { " kept" } else { "" };
            format!("{name} {account} {}{}{keep}", login.method, filled.concat())
        }
        Effect::DeviceLogin { account, keep, .. } => {
            format!("{name} {account}{}", if *keep { " kept" } else { "" })
        }
        Effect::Read(_, credential) => format!("{name} {}", credential.id.as_str()),
        Effect::ScopeOffers { account, kind, owner, .. } => {
            format!("{name} of {account} for {kind} of {}", owner.as_str())
        }
        Effect::CreationPage(_, plan) => format!("{name} for '{}' of {}", plan.name, plan.kind),
        Effect::TakeIn(_, plan) => {
            let replaces = plan.replaces.as_ref().map(|(id, _)| format!(" instead of {}", id.as_str()));
            let (what, known) = (&plan.create.name, plan.known.len());
            format!(
                "{name} '{what}'{} secret:{} known:{known}",
                replaces.unwrap_or_default(),
                plan.secret.len()
            )
        }
        Effect::Create(_, plan) => {
            let about =
                format!("{name} '{}' for {} about '{}'", plan.name, plan.owner.name, plan.description);
            let scopes = when(!plan.scopes.is_empty(), &format!(" with {}", plan.scopes.join(" ")));
            let end = plan.expiry.map(|date| format!(" until {date}"));
            format!("{about}{}{}", scopes.unwrap_or_default(), end.unwrap_or_default())
        }
        Effect::Rotate(_, plan) => {
            let form = if plan.form == 0 { "" } else { " in another form" };
            format!("{name} '{}' of {} window {}{form}", plan.name, plan.owner_name, plan.retention.words())
        }
        Effect::Revoke(_, plan) => format!("{name} '{}' of {}", plan.name, plan.owner_name),
        Effect::Deliver(_, plan) => {
            let targets: Vec<&str> =
                plan.targets.iter().map(keywright::domain::target::TargetName::as_str).collect();
            format!("{name} '{}' of {} to {}", plan.name, plan.owner_name, targets.join(", "))
        }
        Effect::Bulk(_, steps) => {
            let steps: Vec<String> = steps.iter().map(|(at, one)| format!("{at}:{}", step(one))).collect();
            format!("{name} {}", steps.join(" "))
        }
        Effect::Export(_, file, text) => format!("{name} {file} with {} lines", text.lines().count()),
        Effect::Vend(_, plan) => format!("{name} {} of {}", plan.place, plan.account),
        Effect::ForgetVended(_, credential) | Effect::History(_, credential) => {
            format!("{name} {}", credential.id.as_str())
        }
        Effect::SetTargets(credential, targets) => {
            let targets: Vec<&str> =
                targets.iter().map(keywright::domain::target::TargetName::as_str).collect();
            format!("{name} {} [{}]", credential.id.as_str(), targets.join(", "))
        }
        Effect::Edit(_, credential, edit) => format!("{name} {}{}", credential.id.as_str(), edited(edit)),
        Effect::Verify { credential, generation, operation, .. } => {
            let operation = if operation.is_some() { " for the operation" } else { "" };
            format!("{name} {} {}{operation}", credential.id.as_str(), which(*generation))
        }
        Effect::Import(_, plan) => {
            let parts = plan.parts.iter().map(|part| format!(" {}:{}", part.name, part.secret.len()));
            format!("{name} {}{}", plan.account, parts.collect::<String>())
        }
        Effect::ImportFound(_, account, at) | Effect::LogInFound(_, account, at) => {
            format!("{name} {} {account}", at.index)
        }
        Effect::CreateOwner { account, form, .. } => owner(name, account.as_str(), form),
        Effect::EditOwner { owner: id, form, .. } => owner(name, id.as_str(), form),
        Effect::EnableOwner(_, _, owner, on) => {
            format!("{name} {} {}", owner.as_str(), if *on { "on" } else { "off" })
        }
        Effect::DeleteOwner(_, _, owner) => format!("{name} {}", owner.as_str()),
        Effect::Copy(_, source) => match source {
            CopySource::Shown(_) => format!("{name} shown"),
            CopySource::Stored(credential, generation, part) => {
                let part = part.as_ref().map(|part| format!(" {part}")).unwrap_or_default();
                format!("{name} stored {} {}{part}", credential.id.as_str(), which(*generation))
            }
            CopySource::Plain(text) => format!("{name} '{text}'"),
        },
        Effect::Advance(_, phase, note) if note.is_empty() => format!("{name} {}", phase.word()),
        Effect::Advance(_, phase, note) => format!("{name} {}: {note}", phase.word()),
        Effect::SaveAccounts { accounts, .. } => {
            let accounts: Vec<String> = accounts
                .iter()
                .map(|one| {
                    let protected = if one.protected { " protected" } else { "" };
                    format!("{} {} {}{protected}", one.name, one.backend, one.endpoint.as_str())
                })
                .collect();
            format!("{name} {}", accounts.join(", "))
        }
        Effect::KeepPromise(_, id) | Effect::WithdrawPromise(_, id) => format!("{name} {}", id.as_u128()),
        Effect::MovePromise(_, id, due) => format!("{name} {} to {due:.0}", id.as_u128()),
        Effect::Tighten(_, file) => format!("{name} {} to {}", file.path.display(), file.then()),
        Effect::SandboxClock(_, seconds) => format!("{name} {seconds}"),
        Effect::CheckVault(_)
        | Effect::HaltBulk(_)
        | Effect::LookAround(_)
        | Effect::FindLoose(_)
        | Effect::Replay(..)
        | Effect::ClearClipboard
        | Effect::Unfinished(_)
        | Effect::Reconcile(..)
        | Effect::Activity(_)
        | Effect::WipeMemory
        | Effect::Cancel(_)
        | Effect::StartSandbox(_)
        | Effect::Suspend
        | Effect::Repaint
        | Effect::Quit => name.to_owned(),
    }
}

fn step(step: &Step) -> String {
    let id = step.credential().id.as_str();
    match step {
        Step::Rotate(plan) => format!("rotate-{id}-{}", plan.retention.words().replace(' ', "")),
        Step::Revoke(_) => format!("revoke-{id}"),
        Step::Verify { .. } => format!("verify-{id}"),
        Step::Deliver(plan) => format!("deliver-{id}-{}", plan.targets.len()),
    }
}

fn edited(edit: &Edit) -> String {
    let mut words = String::new();
    words.extend(edit.name.iter().map(|name| format!(" name '{name}'")));
    words.extend(edit.description.iter().map(|text| format!(" about '{text}'")));
    words.extend(edit.enabled.iter().map(|on| format!(" {}", if *on { "on" } else { "off" })));
    words
}

fn which(generation: Generation) -> &'static str {
    match generation {
        Generation::Current => "current",
        Generation::Previous => "previous",
    }
}

/// An overlay in a word or two, with what matters of its state.
#[expect(clippy::too_many_lines, reason = "a table, a row for each overlay")]
pub fn overlay(overlay: &Overlay) -> String {
    let words: Vec<Option<String>> = match overlay {
        Overlay::Welcome(pane) => vec![
            Some("welcome".into()),
            Some(pane.cursor.to_string()),
            pane.around.as_ref().map(|around| format!("found:{}", around.found.len())),
        ],
        Overlay::WhichPart(pane) => {
            vec![Some("which part".into()), pane.parts.get(pane.cursor).map(|part| (*part).to_owned())]
        }
        Overlay::Accounts(pane) => vec![Some("accounts".into()), Some(pane.cursor.to_string())],
        Overlay::AccountForm(pane) => {
            vec![Some("account form".into()), Some(fields(&pane.form)), when(pane.saving.is_some(), "…")]
        }
        Overlay::Login(pane) => vec![
            Some("login".into()),
            when(pane.device.is_some(), "code"),
            Some(fields(&pane.form)),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Create(pane) => vec![
            Some("create".into()),
            Some(format!("{:?}", pane.step).to_lowercase()),
            Some(match (pane.step, &pane.picker, &pane.expiry) {
                (CreateStep::NewOwner, _, _) => fields(&pane.owner_form),
                (CreateStep::Kind, _, _) => pane.kind.to_string(),
                (CreateStep::Scopes, Some(picker), _) => scopes(picker),
                (CreateStep::Expiry, _, Some(choice)) => expiry(choice),
                _ => fields(&pane.form),
            }),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::ByHand(pane) => vec![
            Some("by hand".into()),
            Some(if pane.pasting { fields(&pane.form) } else { pane.address.as_str().to_owned() }),
            when(pane.stored, "stored"),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Reveal(pane) => vec![
            Some(format!("reveal {}", pane.name)),
            Some(String::from(if pane.unmasked_until.is_some() { "clear" } else { "masked" })),
            Some(String::from(if pane.is_safe() { "safe" } else { "unsafe" })),
            pane.discard.as_ref().map(|typed| format!("discarding '{}'", typed.value())),
        ],
        Overlay::Rotate(pane) => vec![
            Some("rotate".into()),
            Some(format!("{:?}", pane.step).to_lowercase()),
            when(pane.reading.is_some(), "reading"),
            when(pane.leaked, "leaked"),
            when(pane.mistyped, "mistyped"),
            pane.custom_error.as_ref().map(|why| format!("({why})")),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Revoke(pane) => vec![
            Some("revoke".into()),
            when(pane.reading.is_some(), "reading"),
            when(pane.mistyped, "mistyped"),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Edit(pane) => vec![
            Some("edit".into()),
            Some(fields(&pane.form)),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Import(pane) => vec![
            Some("import".into()),
            Some(fields(&pane.form)),
            pane.around.as_ref().map(|around| format!("found:{}", around.found.len())),
            pane.chosen().map(|one| format!("[{}]", one.what)),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Deliver(pane) => vec![
            Some(format!("deliver {}", pane.name)),
            Some(pane.cursor.to_string()),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Bulk(pane) => vec![
            Some(format!("bulk {}", pane.work.word())),
            Some(format!("{:?}", pane.step).to_lowercase()),
            pane.inside.map(|at| format!("inside:{at}")),
            when(pane.mistyped, "mistyped"),
            when(pane.run.running.is_some(), "…"),
            pane.run.halting.map(|halt| format!("{halt:?}").to_lowercase()),
            pane.run.ended.as_ref().map(|ended| match ended {
                Ended::Paused(None) => String::from("paused"),
                Ended::Paused(Some(why)) => format!("paused [{}]", why.sentence()),
                Ended::Stopped => String::from("stopped"),
                Ended::Finished => String::from("finished"),
            }),
            when(pane.run.asking, "asking"),
            Some(counts(&pane.counts())).filter(|counts| !counts.is_empty()),
        ],
        Overlay::Vend(pane) => vec![
            Some(String::from("vend")),
            when(pane.searching, &format!("search '{}'", pane.search.value())),
            Some(pane.cursor.to_string()),
            when(pane.asking().is_some(), "asking"),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Confirm(pane) => vec![
            Some(format!("confirm {}", pane.title)),
            when(pane.mistyped, "mistyped"),
            when(pane.running.is_some(), "…"),
            failed(pane.failure.as_ref()),
        ],
        Overlay::Unfinished(pane) => {
            vec![Some("unfinished".into()), Some(pane.cursor.to_string()), when(pane.running.is_some(), "…")]
        }
        Overlay::Help(_) => vec![Some("help".into())],
        Overlay::Commands(pane) => vec![Some(format!("commands '{}'", pane.search.value()))],
        Overlay::Message(pane) => {
            vec![Some(format!("message {}", pane.title)), when(pane.asking.is_some(), "asking")]
        }
    };
    words.into_iter().flatten().collect::<Vec<String>>().join(" ")
}

fn counts(counts: &[(keywright::app::pane::bulk::Word, usize)]) -> String {
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{}={count}", word.word())).collect();
    counts.join(",")
}

fn when(is: bool, word: &str) -> Option<String> {
    is.then(|| word.to_owned())
}

fn failed(failure: Option<&Failure>) -> Option<String> {
    failure.map(|failure| format!("[{}]", failure.headline()))
}

/// The line under the cursor in brackets, what is chosen, and what is said about it.
pub fn scopes(picker: &ScopePicker) -> String {
    let here = match picker.lines.get(picker.cursor) {
        Some(Line::Heading(text)) => format!("heading {text}"),
        Some(Line::Preset(position)) => format!("preset {}", picker.choice.presets[*position].0),
        Some(Line::Offer(position)) => picker.offers[*position].id.to_string(),
        Some(Line::Typed) => String::from("as typed"),
        None => String::from("nothing"),
    };
    let words = [
        when(picker.searching, &format!("/{}", picker.search.value())),
        Some(format!("[{here}]")),
        Some(picker.chosen().join("+")).filter(|chosen| !chosen.is_empty()),
        when(picker.request().is_some(), "…"),
        picker.error.as_ref().map(|why| format!("({why})")),
        when(picker.warned, "WARNED"),
    ];
    words.into_iter().flatten().collect::<Vec<String>>().join(" ")
}

fn expiry(choice: &ExpiryChoice) -> String {
    let error = choice.error.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
    format!("{:?}{error}", choice.option()).to_lowercase()
}

/// What is in the fields, the focus in brackets, and why they were refused.
fn fields(form: &Form) -> String {
    let one = |(position, field): (usize, &Field)| {
        let value = match &field.kind {
            FieldKind::Text(input) => input.value().to_owned(),
            FieldKind::Secret(buffer) => String::from(if buffer.is_empty() { "" } else { "***" }),
            FieldKind::Choice { options, chosen } => options.get(*chosen).cloned().unwrap_or_default(),
            FieldKind::Switch(on) => String::from(if *on { "on" } else { "off" }),
        };
        let error = field.error.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
        let text = format!("{}={value}{error}", field.id);
        if position == form.focus { format!("[{text}]") } else { text }
    };
    form.fields.iter().enumerate().map(one).collect::<Vec<String>>().join(" ")
}

/// An owner's form: its fields as they are, its secrets by their lengths.
fn owner(name: &str, place: &str, form: &OwnerForm) -> String {
    let mut fields: Vec<String> = form.fields.iter().map(|(id, value)| format!(" {id}:'{value}'")).collect();
    fields.extend(form.secrets.iter().map(|(id, secret)| format!(" {id}:{}", secret.len())));
    format!("{name} '{}' in {place}{}", form.name, fields.concat())
}
