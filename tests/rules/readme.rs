//! The parts of the README that the program knows better than anyone: keys, abilities, usage. Each stands between two
//! marks and is compared with what the program says; `KEYWRIGHT_WRITE=1 cargo test --test rules` writes them anew.

use std::fs;

use clap::CommandFactory;
use keywright::backend::registry::BACKENDS;
use keywright::cli::Cli;
use keywright::domain::ability::{
    Abilities, CredentialAbility, ExpiryModel, Replay, RotationForm, ScopeModel, Told,
};
use keywright::domain::time::span;
use keywright::keymap::key::Key;
use keywright::keymap::table::{BINDINGS, Binding, Context};

use crate::source::root;

/// Every key, by where it works.
fn keys() -> String {
    let mut lines = Vec::new();
    for context in Context::ALL {
        let rows: Vec<String> =
            BINDINGS.iter().filter(|binding| binding.context == context).map(key_row).collect();
        if !rows.is_empty() {
            lines.extend([format!("### {}", context.title()), String::new()]);
            lines.extend([String::from("| key | does |"), String::from("|---|---|")]);
            lines.extend(rows);
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

fn key_row(binding: &Binding) -> String {
    let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{}`", shown(key))).collect();
    let asks = if binding.destructive { " (asks first)" } else { "" };
    format!("| {} | {}{asks} |", keys.join(" "), binding.label)
}

fn shown(key: &str) -> String {
    Key::parse(key).expect("a key of the table").to_string()
}

/// What each backend can do, in its own sentences.
fn abilities() -> String {
    let mut lines = Vec::new();
    let all = BACKENDS.iter().flat_map(|backend| std::iter::once(&backend.abilities).chain(backend.others));
    for abilities in all {
        lines.extend([format!("### {}", abilities.title), String::new()]);
        lines.extend([String::from("| what | how |"), String::from("|---|---|")]);
        let row = |(what, how): (&str, String)| format!("| {what} | {} |", how.replace('|', "\\|"));
        lines.extend(rows(abilities).into_iter().map(row));
        lines.push(String::new());
    }
    lines.join("\n")
}

fn rows(abilities: &Abilities) -> Vec<(&'static str, String)> {
    let mut logins: Vec<String> =
        abilities.logins.iter().map(|way| format!("{}: {}", way.title, way.explain)).collect();
    if logins.is_empty() {
        logins.push(String::from("nobody is asked to"));
    }
    let owner = &abilities.owner;
    let mut rows = vec![
        ("reach", abilities.endpoint.to_owned()),
        ("log in", logins.join("<br>")),
        (
            "owners",
            format!(
                "{}: {}",
                owner.plural,
                can(&[
                    (owner.create, "made"),
                    (!owner.edits.is_empty(), "changed"),
                    (owner.disable, "switched off and on"),
                    (owner.delete, "deleted with all they own")
                ])
            ),
        ),
    ];
    for kind in abilities.kinds() {
        rows.extend(rows_of(kind));
    }
    if let Some(vending) = &abilities.vending {
        rows.push(("storage credentials", format!("for {}. {}", vending.typed.words, vending.sentence)));
    }
    rows.extend(abilities.history.map(|told| ("its own history", told.to_owned())));
    rows.push(("verify", abilities.verify.to_owned()));
    rows
}

fn can(words: &[(bool, &str)]) -> String {
    let able: Vec<&str> = words.iter().filter(|(able, _)| *able).map(|(_, word)| *word).collect();
    if able.is_empty() { String::from("listed only") } else { able.join(", ") }
}

fn rows_of(kind: &CredentialAbility) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        (
            "credentials",
            format!(
                "{}: {}; names {}",
                kind.noun,
                can(&[
                    (kind.describe, "described"),
                    (kind.edit, if kind.named_here { "renamed (on this machine only)" } else { "renamed" }),
                    (kind.disable, "switched off and on")
                ]),
                kind.names.words
            ),
        ),
        ("scopes", scopes(&kind.scopes)),
        ("expiry", expiry(&kind.expiry)),
        (
            "last use",
            match kind.last_use {
                Told::Yes(sentence) | Told::No(sentence) => sentence.to_owned(),
            },
        ),
        ("rotation", kind.rotation.sentence().to_owned()),
    ];
    for form in kind.further_rotations {
        rows.push(("if chosen", format!("{}. {}", form.title(), form.sentence())));
    }
    if let RotationForm::ServerWindow { second, end, .. } = kind.rotation {
        rows.push(("a second rotation", second.to_owned()));
        rows.push(("the window's end", end.to_owned()));
    }
    rows.push(("revoke", format!("{}: {}", kind.revoke.verb, kind.revoke.sentence)));
    rows.push(("a lost answer", lost_answer(kind.replay)));
    rows
}

fn lost_answer(replay: Replay) -> String {
    let ways: Vec<String> = [("create", replay.create), ("rotation", replay.rotate)]
        .into_iter()
        .filter_map(|(what, left)| {
            left.map(|left| {
                format!("a {what} can be asked for again for {} and gets the same answer", span(left))
            })
        })
        .collect();
    if ways.is_empty() {
        String::from("found out by listing; nothing is sent twice")
    } else {
        ways.join("; ")
    }
}

fn scopes(model: &ScopeModel) -> String {
    match model {
        ScopeModel::AsOwner(sentence) => (*sentence).to_owned(),
        ScopeModel::Chosen(choice) => {
            let one =
                |offer: &keywright::domain::scope::ScopeOffer| format!("`{}` {}", offer.id, offer.allows);
            let typed = choice.typed.as_ref().map(|typed| typed.words.to_owned());
            let asked = choice.asked.then(|| format!("the server is asked which {}s there are", choice.noun));
            choice.offers.iter().map(one).chain(asked).chain(typed).collect::<Vec<String>>().join("; ")
        }
    }
}

fn expiry(model: &ExpiryModel) -> String {
    match model {
        ExpiryModel::None(sentence) => (*sentence).to_owned(),
        ExpiryModel::Date { longest_days, never, .. } => {
            format!("at most {longest_days} days ahead{}", if *never { ", or never" } else { "" })
        }
    }
}

/// What `--help` says, of the program and of each command.
fn usage() -> String {
    let mut text = String::from("```text\n");
    let mut command = Cli::command().term_width(100);
    command.build();
    text.push_str(&help(&mut command));
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    for name in names.iter().filter(|name| *name != "help") {
        if let Some(one) = command.find_subcommand_mut(name) {
            text.push('\n');
            text.push_str(&help(one));
        }
    }
    text.push_str("```\n");
    text
}

fn help(command: &mut clap::Command) -> String {
    let help = command.render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// The text with what stands between the marks of `name` replaced.
fn with_block(text: &str, name: &str, block: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n{end}{after}", block.trim_end()))
}

#[test]
fn what_the_program_knows_better_is_written_by_it() {
    let path = root().join("README.md");
    let known = fs::read_to_string(&path).expect("the README");
    let mut wanted = known.clone();
    for (name, block) in [("keys", keys()), ("abilities", abilities()), ("usage", usage())] {
        wanted =
            with_block(&wanted, name, &block).unwrap_or_else(|| panic!("README.md has no marks for {name}"));
    }
    if std::env::var_os("KEYWRIGHT_WRITE").is_some() {
        fs::write(&path, &wanted).expect("it can be written");
        return;
    }
    let drifted = known.lines().zip(wanted.lines()).find(|(one, two)| one != two);
    assert!(
        known == wanted,
        "README.md says what the program does not; first at {drifted:?}. Run KEYWRIGHT_WRITE=1 cargo test --test rules"
    );
}

#[test]
fn marks_are_found_and_kept() {
    let text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n";
    let new = with_block(text, "x", "new\n").expect("marks");
    assert_eq!(new, "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n");
    assert_eq!(with_block(&new, "x", "new\n").as_ref(), Some(&new));
    assert_eq!(with_block(text, "y", ""), None);
}
