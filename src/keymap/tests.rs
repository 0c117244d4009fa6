//! What holds for the table of bindings: every row can be reached, means one thing and is where people look for it.

use std::collections::{BTreeSet, HashMap};

use super::action::Action;
use super::key::Key;
use super::table::{BINDINGS, Binding, COMMANDS, Context};
use super::{bindings, resolve};

fn keys(binding: &Binding) -> impl Iterator<Item = Key> {
    binding.keys.iter().map(|text| Key::parse(text).expect(text))
}

fn ancestors(context: Context) -> impl Iterator<Item = Context> {
    std::iter::successors(context.parent(), |here| here.parent())
}

/// Where one does not come by opening something: these are not stepped back from.
const GROUND: [Context; 3] = [Context::Global, Context::Pane, Context::Locked];

#[test]
fn every_key_is_a_key_and_every_row_has_one() {
    for binding in BINDINGS {
        assert!(!binding.keys.is_empty(), "{binding:?}");
        assert_eq!(keys(binding).count(), binding.keys.len());
        assert!(!binding.label.is_empty() && !binding.label.ends_with('.'), "{binding:?}");
    }
}

#[test]
fn a_key_means_one_thing_in_a_context() {
    let mut known: HashMap<(Context, Key), &Binding> = HashMap::new();
    for binding in BINDINGS {
        for key in keys(binding) {
            if let Some(other) = known.insert((binding.context, key), binding) {
                panic!("{key} asks for {:?} and {:?} in {:?}", other.action, binding.action, binding.context);
            }
        }
    }
}

#[test]
fn an_action_has_one_row_in_a_context() {
    let mut known = BTreeSet::new();
    for binding in BINDINGS {
        let row = format!("{:?} in {:?}", binding.action, binding.context);
        assert!(known.insert(row.clone()), "two rows ask for {row}");
    }
}

#[test]
fn no_key_hides_that_of_a_parent() {
    for binding in BINDINGS {
        for key in keys(binding) {
            for parent in ancestors(binding.context) {
                let hidden =
                    BINDINGS.iter().find(|row| row.context == parent && keys(row).any(|one| one == key));
                assert!(hidden.is_none(), "{key} in {:?} hides {hidden:?}", binding.context);
            }
        }
    }
}

/// Every variant of [`Action`], from its own file: a list by hand would forget the newest.
fn all_actions() -> BTreeSet<&'static str> {
    let body = include_str!("action.rs").split_once("pub enum Action {").expect("the enum").1;
    let names = body.lines().map(str::trim).filter_map(|line| line.strip_suffix(','));
    names.filter(|name| name.chars().all(char::is_alphanumeric)).collect()
}

#[test]
fn every_action_can_be_asked_for() {
    let bound =
        BINDINGS.iter().map(|binding| binding.action).chain(COMMANDS.iter().map(|(action, _)| *action));
    let bound: BTreeSet<String> = bound.map(|action| format!("{action:?}")).collect();
    let all: BTreeSet<String> = all_actions().into_iter().map(str::to_owned).collect();
    assert!(all.len() > 30, "the actions could not be read: {all:?}");
    assert_eq!(all.difference(&bound).collect::<Vec<_>>(), Vec::<&String>::new(), "nothing asks for these");
}

#[test]
fn a_command_has_no_key_where_the_list_of_commands_opens() {
    let panes = [Context::Credentials, Context::Owners, Context::Activity];
    for (action, label) in COMMANDS {
        let bound = panes.into_iter().any(|pane| bindings(pane).any(|binding| binding.action == *action));
        assert!(!bound, "{label} has a key; the list offers it twice");
    }
}

#[test]
fn where_text_is_typed_no_text_is_bound() {
    for context in Context::ALL.into_iter().filter(|context| context.types()) {
        for binding in bindings(context) {
            let typed: Vec<char> = keys(binding).filter_map(Key::typed).collect();
            assert!(typed.is_empty(), "{typed:?} cannot be typed in {context:?}");
        }
    }
}

#[test]
fn esc_steps_back_everywhere_but_from_a_secret_shown_once() {
    let esc = Key::parse("esc").expect("a key");
    for context in Context::ALL.into_iter().filter(|context| !GROUND.contains(context)) {
        let wanted = (context != Context::Reveal).then_some(Action::Back);
        assert_eq!(resolve(context, esc), wanted, "{context:?}");
    }
}

#[test]
fn a_secret_shown_once_is_closed_by_its_own_key_alone() {
    let closing: Vec<String> = bindings(Context::Reveal)
        .filter(|binding| matches!(binding.action, Action::Done | Action::Back | Action::Open | Action::Quit))
        .flat_map(|binding| binding.keys.iter().map(|key| (*key).to_owned()))
        .collect();
    assert_eq!(closing, ["ctrl-d"]);
}

#[test]
fn leaving_and_locking_work_everywhere() {
    for (key, action) in [("ctrl-c", Action::Leave), ("ctrl-l", Action::Lock), ("ctrl-z", Action::Suspend)] {
        let key = Key::parse(key).expect("a key");
        for context in Context::ALL {
            assert_eq!(resolve(context, key), Some(action), "{key} in {context:?}");
        }
    }
}

#[test]
fn caps_lock_destroys_nothing() {
    for binding in BINDINGS.iter().filter(|binding| binding.destructive) {
        for typed in keys(binding).filter_map(Key::typed) {
            assert!(!typed.is_uppercase(), "{typed} leads to {:?} in {:?}", binding.action, binding.context);
        }
    }
}

#[test]
fn help_lists_every_binding_under_a_heading_of_its_own() {
    let headings: BTreeSet<&str> = Context::ALL.into_iter().map(Context::title).collect();
    assert_eq!(headings.len(), Context::ALL.len());
    for binding in BINDINGS {
        assert!(Context::ALL.contains(&binding.context), "{:?} is not in help", binding.context);
    }
    for context in Context::ALL {
        let rows = bindings(context).count();
        assert!(rows > 0, "{context:?} has no rows");
    }
}

#[test]
fn the_keys_others_rely_on() {
    for (context, key, action) in [
        (Context::Credentials, "q", Action::Quit),
        (Context::Credentials, "?", Action::Help),
        (Context::Credentials, ":", Action::Commands),
        (Context::Credentials, "1", Action::ShowCredentials),
        (Context::Credentials, "2", Action::ShowTimeline),
        (Context::Credentials, "3", Action::ShowOwners),
        (Context::Credentials, "5", Action::ShowActivity),
        (Context::Credentials, "tab", Action::NextField),
        (Context::Credentials, "shift-tab", Action::PreviousField),
        (Context::Credentials, "j", Action::Down),
        (Context::Credentials, "down", Action::Down),
        (Context::Credentials, "k", Action::Up),
        (Context::Credentials, "up", Action::Up),
        (Context::Credentials, "g", Action::First),
        (Context::Credentials, "G", Action::Last),
        (Context::Credentials, "/", Action::Filter),
        (Context::Credentials, "p", Action::Accounts),
        (Context::Credentials, "L", Action::LogIn),
        (Context::Credentials, "n", Action::New),
        (Context::Credentials, "r", Action::Rotate),
        (Context::Credentials, "x", Action::Revoke),
        (Context::Credentials, "v", Action::Verify),
        (Context::Credentials, "y", Action::Copy),
        (Context::Credentials, "i", Action::Import),
        (Context::Credentials, "e", Action::Edit),
        (Context::Credentials, "enter", Action::Open),
        (Context::Timeline, "+", Action::ZoomIn),
        (Context::Timeline, "-", Action::ZoomOut),
        (Context::Timeline, "r", Action::Rotate),
        (Context::Reveal, "u", Action::Unmask),
        (Context::Reveal, "y", Action::Copy),
        (Context::Reveal, "ctrl-d", Action::Done),
        (Context::Locked, "enter", Action::Open),
    ] {
        assert_eq!(resolve(context, Key::parse(key).expect(key)), Some(action), "{key} in {context:?}");
    }
}
