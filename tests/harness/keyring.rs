//! Private keyrings in each state, asked by `secret-tool`.

use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use support::keyring::{Keyring, State};
use support::skip;

/// What another program gets for a look-up: whether it ended well, and its complaint.
fn look_up(keyring: &Keyring) -> (bool, String) {
    let mut command = Command::new("secret-tool");
    command.args(["lookup", "service", "keywright", "username", "a"]);
    let path = std::env::var("PATH").expect("a path");
    let done =
        command.env_clear().env("PATH", path).envs(keyring.environment()).output().expect("secret-tool runs");
    (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
}

#[test]
fn unlocked_keeps_secrets_byte_for_byte() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let keyring = Keyring::start(State::Unlocked);
    assert_eq!(keyring.secret("keywright", "a"), None);
    keyring.store("keywright", "a", b"one\ntwo = three");
    keyring.store("keywright", "b", b"other");
    keyring.store("another", "a", b"not ours");
    assert_eq!(keyring.secret("keywright", "a").as_deref(), Some(&b"one\ntwo = three"[..]));
    let entries = keyring.entries("keywright");
    let mut names: Vec<_> = entries.iter().filter_map(|entry| entry.attribute("username")).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(look_up(&keyring), (true, String::new()));
}

#[test]
fn two_keyrings_are_strangers() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let (one, other) = (Keyring::start(State::Unlocked), Keyring::start(State::Unlocked));
    one.store("keywright", "a", b"secret");
    assert_eq!(other.secret("keywright", "a"), None);
}

#[test]
fn what_is_missing_is_an_error_at_once() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    for (state, complaint) in
        [(State::NoBus, "o such file"), (State::NoProvider, "was not provided by any .service files")]
    {
        let (found, words) = look_up(&Keyring::start(state));
        assert!(!found && words.contains(complaint), "{state:?}: {words}");
    }
}

#[test]
fn locked_gives_nothing() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let keyring = Keyring::start(State::Unlocked);
    keyring.store("keywright", "a", b"secret");
    keyring.lock();
    assert_eq!(keyring.secret("keywright", "a"), None);
}

#[test]
fn a_provider_that_died_comes_back_locked() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let mut keyring = Keyring::start(State::Unlocked);
    keyring.store("keywright", "a", b"secret");
    keyring.kill_provider();
    assert_eq!(keyring.secret("keywright", "a"), None);
}

#[test]
fn hanging_answers_only_after_a_thaw() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let keyring = Keyring::start(State::Unlocked);
    keyring.store("keywright", "a", b"secret");
    keyring.freeze();
    std::thread::scope(|scope| {
        let (answer, answered) = mpsc::channel();
        let keyring = &keyring;
        scope.spawn(move || answer.send(look_up(keyring).0));
        assert!(answered.recv_timeout(Duration::from_millis(300)).is_err(), "no answer while it hangs");
        keyring.thaw();
        assert_eq!(answered.recv_timeout(Duration::from_secs(20)), Ok(true));
    });
}
