//! The vault against stores that refuse, hang, lie and recover.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use keyring_core::api::CredentialStoreApi;
use zeroize::Zeroizing;

use super::store::{Foreign, Named, Source, Store, meaning, vanished};
use super::*;
use crate::secret::Secret;

/// A store in memory whose behaviour a test changes while the vault uses it.
#[derive(Default)]
struct Fake {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    refuses: Mutex<Option<KeyringState>>,
    closed: Mutex<bool>,
    opened: Condvar,
    inside: AtomicUsize,
    lies: AtomicBool,
    panics: AtomicBool,
    opens: AtomicUsize,
}

struct FakeStore(Arc<Fake>);

impl FakeStore {
    fn enter(&self) -> Result<(), VaultError> {
        let fake = &self.0;
        fake.inside.fetch_add(1, Ordering::SeqCst);
        let gate = fake.closed.lock().expect("not poisoned");
        drop(fake.opened.wait_while(gate, |closed| *closed).expect("not poisoned"));
        assert!(!fake.panics.swap(false, Ordering::SeqCst), "a library that panics");
        match fake.refuses.lock().expect("not poisoned").clone() {
            Some(state) => Err(VaultError::Unusable(state)),
            None => Ok(()),
        }
    }
}

impl Store for FakeStore {
    fn set(&self, entry: &str, _label: &str, secret: &[u8]) -> Result<(), VaultError> {
        self.enter()?;
        let bytes = if self.0.lies.load(Ordering::SeqCst) { b"other".to_vec() } else { secret.to_vec() };
        self.0.kept.lock().expect("not poisoned").insert(entry.to_owned(), bytes);
        Ok(())
    }

    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        self.enter()?;
        Ok(self.0.kept.lock().expect("not poisoned").get(entry).cloned().map(Zeroizing::new))
    }

    fn delete(&self, entry: &str) -> Result<(), VaultError> {
        self.enter()?;
        self.0.kept.lock().expect("not poisoned").remove(entry);
        Ok(())
    }

    fn names(&self) -> Result<Vec<String>, VaultError> {
        self.enter()?;
        Ok(self.0.kept.lock().expect("not poisoned").keys().cloned().collect())
    }

    fn set_for(&self, place: &Foreign, label: &str, secret: &[u8]) -> Result<(), VaultError> {
        self.set(&format!("{}|{}", place.service, place.username), label, secret)
    }

    fn get_for(&self, place: &Foreign) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        self.get(&format!("{}|{}", place.service, place.username))
    }
}

const USABLE: VaultStatus = VaultStatus::Keyring { title: "a fake" };

fn vault(fake: &Arc<Fake>) -> Vault {
    let fake = Arc::clone(fake);
    let open = move || {
        fake.opens.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(FakeStore(Arc::clone(&fake))) as Box<dyn Store>)
    };
    Vault::on(Source { open: Box::new(open), usable: USABLE })
}

impl Fake {
    fn refuse(&self, state: Option<KeyringState>) {
        *self.refuses.lock().expect("not poisoned") = state;
    }

    fn close(&self, closed: bool) {
        *self.closed.lock().expect("not poisoned") = closed;
        self.opened.notify_all();
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

async fn text(vault: &Vault, entry: &str) -> Option<String> {
    vault.read(entry).await.expect("readable").map(|secret| secret.expose().to_owned())
}

/// Waits until the status is as wanted; the test's own time limit is the deadline.
async fn until(vault: &Vault, wanted: impl FnMut(&VaultStatus) -> bool) {
    let mut status = vault.status();
    let reached = tokio::time::timeout(Duration::from_secs(20), status.wait_for(wanted)).await;
    reached.expect("the status comes in time").expect("the vault lives");
}

const SHORT: Duration = Duration::from_millis(40);

#[tokio::test]
async fn the_same_promises_in_memory_and_in_a_store() {
    for vault in [Vault::memory(), vault(&Arc::default())] {
        assert!(vault.check().await.is_usable());
        assert_eq!(vault.entries().await, Ok(vec![]), "the marker is gone");
        assert_eq!(text(&vault, "a").await, None);
        assert_eq!(vault.store("a", "label", &secret("one")).await, Ok(()));
        assert_eq!(vault.store("a", "label", &secret("one")).await, Ok(()), "a replay brings the same");
        assert_eq!(vault.store("a", "label", &secret("two")).await, Err(VaultError::Taken));
        assert_eq!(text(&vault, "a").await.as_deref(), Some("one"), "never overwritten");
        assert_eq!(vault.entries().await, Ok(vec![String::from("a")]));
        assert_eq!(vault.delete("a").await, Ok(()));
        assert_eq!(vault.delete("a").await, Ok(()), "absent is fine");
        assert_eq!(text(&vault, "a").await, None);
        assert!(vault.store("", "label", &secret("x")).await.is_err());
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_forgotten_once_it_ends() {
    let fake = Arc::<Fake>::default();
    let vault = vault(&fake);
    for state in [KeyringState::Locked, KeyringState::NoCollection, KeyringState::Full] {
        fake.refuse(Some(state.clone()));
        let want = VaultStatus::Unusable { state: state.clone() };
        assert_eq!(vault.check().await, want);
        assert_eq!(*vault.status().borrow(), want);
        assert_eq!(vault.store("a", "", &secret("s")).await, Err(VaultError::Unusable(state)));
        fake.refuse(None);
        let opens = fake.opens.load(Ordering::SeqCst);
        assert_eq!(vault.check().await, USABLE);
        assert_eq!(fake.opens.load(Ordering::SeqCst), opens + 1, "a store that failed is opened anew");
        assert_eq!(*vault.status().borrow(), USABLE);
    }
}

#[tokio::test]
async fn a_store_that_keeps_something_else_is_not_believed() {
    let fake = Arc::<Fake>::default();
    let vault = vault(&fake);
    fake.lies.store(true, Ordering::SeqCst);
    assert_eq!(vault.store("a", "", &secret("s")).await, Err(VaultError::Changed));
    assert!(matches!(vault.check().await, VaultStatus::Unusable { .. }));
    fake.lies.store(false, Ordering::SeqCst);
    assert_eq!(text(&vault, "a").await, None, "nothing wrong is left behind");
}

#[tokio::test]
async fn a_library_that_panics_does_not_take_the_vault_along() {
    let fake = Arc::<Fake>::default();
    let vault = vault(&fake);
    fake.panics.store(true, Ordering::SeqCst);
    assert!(matches!(vault.check().await, VaultStatus::Unusable { state: KeyringState::Other(_) }));
    assert_eq!(vault.check().await, USABLE);
}

#[tokio::test]
async fn a_hanging_check_ends_in_time_and_recovers_by_itself() {
    let fake = Arc::<Fake>::default();
    let vault = vault(&fake).with_deadline(SHORT);
    fake.close(true);
    let hangs = VaultStatus::Unusable { state: KeyringState::Hangs };
    assert_eq!(vault.check().await, hangs);
    let before = fake.inside.load(Ordering::SeqCst);
    let patient = vault.clone().with_deadline(Duration::from_hours(1));
    assert_eq!(patient.read("a").await.err(), Some(VaultError::Hangs), "told at once, not in an hour");
    assert_eq!(fake.inside.load(Ordering::SeqCst), before, "and it never reached the store");
    fake.close(false);
    until(&vault, |status| *status == USABLE).await;
    assert_eq!(vault.check().await, USABLE);
}

#[tokio::test]
async fn a_late_store_is_unclear_and_found_afterwards() {
    let fake = Arc::<Fake>::default();
    let vault = vault(&fake).with_deadline(SHORT);
    fake.close(true);
    assert_eq!(vault.store("a", "", &secret("late")).await, Err(VaultError::Unclear));
    fake.close(false);
    until(&vault, |status| *status == USABLE).await;
    assert_eq!(text(&vault, "a").await.as_deref(), Some("late"));
}

#[tokio::test]
async fn a_store_that_never_began_certainly_kept_nothing() {
    let fake = Arc::<Fake>::default();
    let patient = vault(&fake).with_deadline(Duration::from_secs(20));
    fake.close(true);
    let one = secret("1");
    let overtaken = async {
        while fake.inside.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let hasty = patient.clone().with_deadline(SHORT);
        assert_eq!(hasty.store("second", "", &secret("2")).await, Err(VaultError::Hangs));
        fake.close(false);
    };
    let (first, ()) = tokio::join!(patient.store("first", "", &one), overtaken);
    assert_eq!(first, Ok(()));
    assert_eq!(text(&patient, "second").await, None, "taken back from the queue");
}

#[tokio::test]
async fn the_status_says_that_somebody_is_waited_for() {
    let fake = Arc::<Fake>::default();
    let vault = vault(&fake).with_deadline(Duration::from_secs(20));
    fake.close(true);
    let answered = async {
        until(&vault, |status| *status == VaultStatus::Waiting).await;
        fake.close(false);
    };
    let (checked, ()) = tokio::join!(vault.check(), answered);
    assert_eq!(checked, USABLE);
    assert_eq!(*vault.status().borrow(), USABLE);
}

#[tokio::test]
async fn a_store_that_lost_its_provider_is_opened_once_more() {
    let fake = Arc::<Fake>::default();
    let broken = Arc::new(AtomicBool::new(false));
    let (inner, breaks, opens) = (Arc::clone(&fake), Arc::clone(&broken), Arc::clone(&fake));
    let open = move || {
        opens.opens.fetch_add(1, Ordering::SeqCst);
        breaks.store(false, Ordering::SeqCst);
        Ok(Box::new(Stale(FakeStore(Arc::clone(&inner)), Arc::clone(&breaks))) as Box<dyn Store>)
    };
    let vault = Vault::on(Source { open: Box::new(open), usable: USABLE });
    assert_eq!(vault.store("a", "", &secret("1")).await, Ok(()));
    broken.store(true, Ordering::SeqCst);
    assert_eq!(text(&vault, "a").await.as_deref(), Some("1"));
    assert_eq!(fake.opens.load(Ordering::SeqCst), 2);
}

/// A store whose session its provider has forgotten.
struct Stale(FakeStore, Arc<AtomicBool>);

impl Store for Stale {
    fn set(&self, entry: &str, label: &str, secret: &[u8]) -> Result<(), VaultError> {
        self.0.set(entry, label, secret)
    }
    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(VaultError::Unusable(KeyringState::Other("no such session".into())));
        }
        self.0.get(entry)
    }
    fn delete(&self, entry: &str) -> Result<(), VaultError> {
        self.0.delete(entry)
    }
    fn names(&self) -> Result<Vec<String>, VaultError> {
        self.0.names()
    }
    fn set_for(&self, place: &Foreign, label: &str, secret: &[u8]) -> Result<(), VaultError> {
        self.0.set_for(place, label, secret)
    }
    fn get_for(&self, place: &Foreign) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        self.0.get_for(place)
    }
}

#[tokio::test]
async fn the_keyring_library_behind_the_vault() {
    let store = keyring_core::mock::Store::new().expect("a mock");
    let named = Arc::clone(&store) as Arc<keyring_core::CredentialStore>;
    let open = move || {
        Ok(Box::new(Named { store: Arc::clone(&named), labels: false, undo: true }) as Box<dyn Store>)
    };
    let vault = Vault::on(Source { open: Box::new(open), usable: USABLE });
    assert_eq!(vault.check().await, USABLE);
    assert_eq!(vault.store("a/b/c#1", "", &secret("s")).await, Ok(()));
    assert_eq!(text(&vault, "a/b/c#1").await.as_deref(), Some("s"));
    let entry = store.build(SERVICE, "a/b/c#1", None).expect("buildable");
    let cred: &keyring_core::mock::Cred = entry.as_any().downcast_ref().expect("a mock's");
    cred.set_error(keyring_core::Error::BadEncoding(b"raw bytes".to_vec()));
    assert_eq!(vault.read("a/b/c#1").await.err(), Some(VaultError::NotText));
    entry.set_secret(b"\xff\xfe").expect("settable");
    assert_eq!(vault.read("a/b/c#1").await.err(), Some(VaultError::NotText));
    assert_eq!(vault.delete("a/b/c#1").await, Ok(()));
}

#[tokio::test]
async fn what_is_handed_over_replaces_what_was_there_and_is_read_back() {
    let fake = Arc::new(Fake::default());
    let vault = vault(&fake);
    assert_eq!(vault.hand_over("tool", "me", "", &secret("1")).await, Ok(()));
    assert_eq!(vault.hand_over("tool", "me", "", &secret("2")).await, Ok(()));
    assert_eq!(text(&vault, "tool|me").await.as_deref(), Some("2"));
    fake.lies.store(true, Ordering::SeqCst);
    assert_eq!(vault.hand_over("tool", "me", "", &secret("3")).await, Err(VaultError::Changed));
    for (vault, service) in [(vault, SERVICE), (Vault::memory(), "tool")] {
        let refused = vault.hand_over(service, "me", "", &secret("1")).await;
        assert!(matches!(refused, Err(VaultError::Unusable(_))), "{refused:?}");
    }
}

#[test]
fn errors_of_the_library_become_states() {
    use keyring_core::Error;
    let failure = |words: &str| Error::PlatformFailure(words.into());
    let access = |words: &str| Error::NoStorageAccess(words.into());
    let cases = [
        (failure("zbus error: Failed to connect to address `unix:path=/x`: gone"), KeyringState::NoBus),
        (failure("zbus error: org.freedesktop.DBus.Error.ServiceUnknown: no"), KeyringState::NoProvider),
        (access("SS error: result not returned from SS API"), KeyringState::NoCollection),
        (access("SS error: prompt dismissed"), KeyringState::Locked),
        (failure("zbus error: org.freedesktop.Secret.Error.IsLocked: no"), KeyringState::Locked),
        (access("AccessDenied"), KeyringState::Denied),
        (failure("QuotaExceeded"), KeyringState::Full),
        (Error::TooLong(String::from("password"), 2560), KeyringState::TooLong),
        (failure("\u{1b}[31mred"), KeyringState::Other("U+001B[31mred".into())),
    ];
    for (error, want) in cases {
        assert_eq!(meaning(error), VaultError::Unusable(want));
    }
    let carried = meaning(Error::BadDataFormat(b"hunter2".to_vec(), "inner".into()));
    assert!(!format!("{carried:?} {carried}").contains("hunter2"));
}

#[test]
fn what_another_program_took_out_meanwhile_is_not_there() {
    use keyring_core::Error;
    let gone =
        "zbus error: org.freedesktop.DBus.Error.UnknownMethod: Object does not exist at path “/org/x/2”";
    let going =
        "org.freedesktop.DBus.Error.UnknownMethod: No such interface “org.freedesktop.Secret.Item” on object";
    for (error, want) in [
        (Error::NoEntry, true),
        (Error::PlatformFailure(going.into()), true),
        (Error::PlatformFailure(gone.into()), true),
        (Error::NoStorageAccess("SS error: org.freedesktop.Secret.Error.NoSuchObject".into()), true),
        (
            Error::PlatformFailure("org.freedesktop.DBus.Error.UnknownMethod: No such method 'X'".into()),
            false,
        ),
        (Error::PlatformFailure("org.freedesktop.Secret.Error.IsLocked: no".into()), false),
        (Error::TooLong(String::from("password"), 2560), false),
    ] {
        assert_eq!(vanished(&error), want, "{error:?}");
    }
}

#[test]
fn every_state_has_words_and_one_thing_that_mends_it() {
    let all = [
        KeyringState::NoBus,
        KeyringState::NoProvider,
        KeyringState::NoCollection,
        KeyringState::Locked,
        KeyringState::Denied,
        KeyringState::Full,
        KeyringState::TooLong,
        KeyringState::Hangs,
        KeyringState::Other("x".into()),
    ];
    let mut words = BTreeSet::new();
    for state in all {
        assert!(!state.mend().is_empty());
        assert!(words.insert(state.words()), "told apart");
    }
}
