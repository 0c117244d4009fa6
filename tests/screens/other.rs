//! Welcome, unfinished work, help, the command list, messages.

use keywright::app::effect::RequestId;
use keywright::app::model::Model;
use keywright::app::pane::Overlay;
use keywright::app::pane::commands::Commands;
use keywright::app::pane::help::Help;
use keywright::app::pane::message::Message;
use keywright::app::pane::unfinished::Unfinished;
use keywright::app::pane::welcome::Welcome;
use keywright::domain::operation::{OperationKind, Phase};
use keywright::keymap::table::{BINDINGS, Context};

use crate::build;
use crate::{Case, LARGE, SMALL, USUAL, at, case};

fn welcome(problems: &[&str]) -> Model {
    let mut model = build::of(Vec::new());
    model.settings_problems = problems.iter().map(|one| String::from(*one)).collect();
    model.overlays.push(Overlay::Welcome(Welcome { cursor: 1, ..Welcome::default() }));
    model
}

fn unfinished(count: usize) -> Model {
    let mut model = build::full();
    let kinds = [
        (OperationKind::Rotate, Phase::Unclear),
        (OperationKind::Create, Phase::Stored),
        (OperationKind::Revoke, Phase::Sent),
    ];
    model.unfinished =
        kinds.iter().take(count).map(|(kind, phase)| build::operation(*kind, *phase)).collect();
    model.overlays.push(Overlay::Unfinished(Unfinished::default()));
    model
}

fn help(scroll: usize) -> Model {
    let mut model = build::full();
    model.overlays.push(Overlay::Help(Help { context: Context::Credentials }));
    model.scroll = scroll;
    model
}

fn commands(search: &str) -> Model {
    let mut model = build::full();
    let found =
        BINDINGS.iter().filter(|binding| matches!(binding.context, Context::Credentials | Context::Pane));
    let found = found.filter(|binding| binding.label.contains(search));
    let found = found.map(|binding| (binding.action, binding.label, binding.keys[0])).collect();
    model.overlays.push(Overlay::Commands(Commands {
        context: Context::Credentials,
        search: tui_input::Input::new(String::from(search)),
        cursor: 2,
        found,
    }));
    model
}

fn message(bad: bool, lines: usize) -> Model {
    let mut model = build::full();
    model.overlays.push(Overlay::Message(Box::new(Message {
        title: String::from(if bad { "The server's certificate is not trusted" } else { "What the server said" }),
        lines: (0..lines).map(|line| format!("Line {line}: if the server uses its own authority, name its certificate file in the account.")).collect(),
        facts: false,
        bad,
        account: Some(build::name("prod-kitaru")),
        asking: None,
    })));
    model.scroll = lines / 3;
    model
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    let mut cases = at("welcome", &[SMALL, USUAL, LARGE], || welcome(&[]));
    cases.push(case("welcome_found", USUAL, {
        let mut model = welcome(&[]);
        if let Some(Overlay::Welcome(pane)) = model.overlays.last_mut() {
            (pane.cursor, pane.around) = (3, Some(build::around(RequestId(8), "")));
        }
        model
    }));
    cases.push(case(
        "welcome_settings_problem",
        USUAL,
        welcome(&["config.toml line 12: accounts.prod.endpoint: this is not an address"]),
    ));
    cases.extend(at("unfinished", &[SMALL, USUAL, LARGE], || unfinished(3)));
    cases.push(case("unfinished_none", SMALL, unfinished(0)));
    cases.extend(at("help", &[SMALL, USUAL, LARGE], || help(0)));
    cases.push(case("help_end", USUAL, help(9999)));
    cases.extend(at("commands", &[SMALL, USUAL, LARGE], || commands("")));
    cases.push(case("commands_none", SMALL, commands("xyz")));
    cases.extend(at("message_bad", &[SMALL, USUAL, LARGE], || message(true, 3)));
    cases.push(case("message_long", SMALL, message(false, 30)));
    cases
}
