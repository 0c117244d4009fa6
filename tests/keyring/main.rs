//! The vault against real keyrings: gnome-keyring without a display, buses without one, the kernel's.
//!
//! Every test runs a second time inside a private session of its own (see `session`), so that no test sees the
//! keyring of whoever runs it. Where the programs for that are missing a line `SKIP keyring: …` says so.
#![expect(clippy::disallowed_types, reason = "the sessions are started here")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test finds out from its environment in which session it is"
)]
#![expect(clippy::expect_used, clippy::panic, reason = "what a test does not expect fails it")]
#![cfg(target_os = "linux")]

mod session;

use std::time::Duration;

use keywright::secret::Secret;
use keywright::vault::{Keeping, KeyringState, Vault, VaultError, VaultStatus, entry_name};
use session::{Session, again, in_session, keyring_process, run, shell, step};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

fn desktop() -> Vault {
    Vault::open(Keeping::Keyring).with_deadline(PATIENCE)
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

async fn text(vault: &Vault, entry: &str) -> Option<String> {
    vault.read(entry).await.expect("readable").map(|secret| secret.expose().to_owned())
}

async fn state(vault: &Vault) -> Option<KeyringState> {
    match vault.check().await {
        VaultStatus::Unusable { state } => Some(state),
        VaultStatus::Keyring { .. } | VaultStatus::Kernel => None,
        other @ (VaultStatus::Checking | VaultStatus::Waiting | VaultStatus::Memory { .. }) => {
            panic!("not an answer: {other:?}")
        }
    }
}

/// Everything the vault promises, on a store that works.
async fn keeps_promises(vault: &Vault) {
    assert_eq!(state(vault).await, None);
    let entry = entry_name("prod", "日本語", "default", Uuid::new_v4());
    let long = "k".repeat(4096);
    for value in ["zenkey_plain", "with \"quotes\" and ünïcode 🔑", long.as_str()] {
        assert_eq!(text(vault, &entry).await, None);
        assert_eq!(vault.store(&entry, "default of ci", &secret(value)).await, Ok(()));
        assert_eq!(vault.store(&entry, "default of ci", &secret("other")).await, Err(VaultError::Taken));
        assert_eq!(text(vault, &entry).await.as_deref(), Some(value));
        assert_eq!(vault.delete(&entry).await, Ok(()));
        assert_eq!(vault.delete(&entry).await, Ok(()), "absent is fine");
    }
}

#[test]
fn a_usable_keyring_keeps_every_promise() {
    in_session("a_usable_keyring_keeps_every_promise", Session::Unlocked, || {
        block(async {
            let vault = desktop();
            keeps_promises(&vault).await;
            assert_eq!(vault.entries().await, Ok(vec![]), "no marker stays");
            assert_eq!(vault.store("a/b/c#1", "c of b", &secret("s")).await, Ok(()));
            assert_eq!(vault.entries().await, Ok(vec![String::from("a/b/c#1")]));
        });
    });
}

#[test]
fn other_programs_find_what_is_stored() {
    in_session("other_programs_find_what_is_stored", Session::Unlocked, || {
        block(async { desktop().store("a/b/c#1", "c of b", &secret("findable")).await.expect("stored") });
        let found = shell("secret-tool search --all service keywright 2>&1");
        for part in ["label = keywright: c of b", "secret = findable", "attribute.username = a/b/c#1"] {
            assert!(found.contains(part), "{part} in {found}");
        }
    });
}

#[test]
fn secrets_outlive_the_program() {
    in_session("secrets_outlive_the_program", Session::Unlocked, || match step().as_deref() {
        None => {
            block(async { desktop().store("a/b/c#1", "", &secret("outlives")).await.expect("stored") });
            again("secrets_outlive_the_program", "another program");
            run("kill", &["-KILL", &keyring_process()]);
            shell("printf %s test-password | gnome-keyring-daemon --unlock --components=secrets");
            again("secrets_outlive_the_program", "another keyring service");
        }
        Some(_) => block(async {
            assert_eq!(text(&desktop(), "a/b/c#1").await.as_deref(), Some("outlives"));
        }),
    });
}

#[test]
fn without_a_bus() {
    in_session("without_a_bus", Session::NoBus, || {
        block(async {
            let vault = desktop();
            assert_eq!(state(&vault).await, Some(KeyringState::NoBus));
            let refused = vault.store("a", "", &secret("s")).await;
            assert_eq!(refused, Err(VaultError::Unusable(KeyringState::NoBus)));
        });
    });
}

#[test]
fn without_a_provider() {
    in_session("without_a_provider", Session::NoProvider, || {
        block(async { assert_eq!(state(&desktop()).await, Some(KeyringState::NoProvider)) });
    });
}

#[test]
fn without_a_collection_until_one_is_made() {
    in_session("without_a_collection_until_one_is_made", Session::NoCollection, || {
        block(async {
            let vault = desktop();
            assert_eq!(state(&vault).await, Some(KeyringState::NoCollection));
            mended_as_told(&KeyringState::NoCollection);
            assert_eq!(state(&vault).await, None, "the same vault finds it mended");
        });
    });
}

#[test]
fn a_locked_keyring_until_it_is_unlocked() {
    in_session("a_locked_keyring_until_it_is_unlocked", Session::Unlocked, || {
        block(async {
            let vault = desktop();
            assert_eq!(vault.store("a", "", &secret("kept")).await, Ok(()));
            shell(
                "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
                 org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login",
            );
            assert_eq!(state(&vault).await, Some(KeyringState::Locked));
            let locked = VaultError::Unusable(KeyringState::Locked);
            assert_eq!(vault.read("a").await.err(), Some(locked.clone()));
            assert_eq!(vault.store("b", "", &secret("s")).await, Err(locked));
            mended_as_told(&KeyringState::Locked);
            assert_eq!(text(&vault, "a").await.as_deref(), Some("kept"));
            assert_eq!(text(&vault, "b").await, None, "what was refused was not kept");
            assert_eq!(state(&vault).await, None);
        });
    });
}

/// Runs the very command the doctor names, with the password on its standard input.
fn mended_as_told(state: &KeyringState) {
    let command = state.mend().split_once(": ").expect("a sentence, then a command").1;
    // The keyring service stays behind in the background and must not hold the pipes of this shell.
    run("bash", &["-c", &format!("printf 'test-password\\n' | {{ {command}; }} >/dev/null 2>&1")]);
}

#[test]
fn a_provider_that_dies_comes_back_locked() {
    in_session("a_provider_that_dies_comes_back_locked", Session::Unlocked, || {
        block(async {
            let vault = desktop();
            assert_eq!(vault.store("a", "", &secret("kept")).await, Ok(()));
            run("kill", &["-KILL", &keyring_process()]);
            assert_eq!(state(&vault).await, Some(KeyringState::Locked));
            mended_as_told(&KeyringState::Locked);
            assert_eq!(text(&vault, "a").await.as_deref(), Some("kept"));
        });
    });
}

#[test]
fn a_provider_that_hangs_is_told_in_time_and_nothing_is_lost() {
    in_session("a_provider_that_hangs_is_told_in_time_and_nothing_is_lost", Session::Unlocked, || {
        block(async {
            let vault = desktop();
            assert_eq!(state(&vault).await, None);
            let process = keyring_process();
            run("kill", &["-STOP", &process]);
            let hasty = vault.clone().with_deadline(Duration::from_millis(200));
            assert_eq!(hasty.store("a", "", &secret("late")).await, Err(VaultError::Unclear));
            assert_eq!(vault.read("a").await.err(), Some(VaultError::Hangs), "at once, not after 30 s");
            run("kill", &["-CONT", &process]);
            let mut status = vault.status();
            let back = tokio::time::timeout(PATIENCE, status.wait_for(VaultStatus::is_usable)).await;
            back.expect("in time").expect("the vault lives");
            assert_eq!(text(&vault, "a").await.as_deref(), Some("late"));
        });
    });
}

#[test]
fn many_programs_check_at_once() {
    in_session("many_programs_check_at_once", Session::Unlocked, || {
        block(async {
            let vaults: Vec<Vault> = (0..6).map(|_| desktop()).collect();
            let checks = vaults.iter().map(|vault| async { assert_eq!(state(vault).await, None) });
            futures_util::future::join_all(checks).await;
        });
    });
}

#[test]
fn the_kernels_keyring() {
    in_session("the_kernels_keyring", Session::Kernel, || {
        block(async {
            let vault = Vault::open(Keeping::Kernel);
            match state(&vault).await {
                None => {
                    keeps_promises(&vault).await;
                    assert_eq!(vault.entries().await, Err(VaultError::Unsupported));
                }
                // Containers commonly forbid these calls; then that must be what is said.
                Some(state) => {
                    session::skip(&format!("the kernel's keyring is closed here: {}", state.words()));
                    assert_eq!(state, KeyringState::Denied);
                }
            }
        });
    });
}

#[test]
fn a_full_kernel_keyring_says_so() {
    in_session("a_full_kernel_keyring_says_so", Session::KernelAsNobody, || {
        block(async {
            let vault = Vault::open(Keeping::Kernel);
            if state(&vault).await.is_some() {
                return session::skip("the kernel's keyring is closed to ordinary users here");
            }
            let large = secret(&"x".repeat(15_000));
            assert_eq!(vault.store("one", "", &large).await, Ok(()));
            let full = Err(VaultError::Unusable(KeyringState::Full));
            assert_eq!(vault.store("two", "", &large).await, full);
            assert_eq!(text(&vault, "two").await, None);
            assert_eq!(vault.delete("one").await, Ok(()));
        });
    });
}
