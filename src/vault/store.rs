//! The stores behind the thread: the operating system's keyring and the kernel's, and what their errors mean.
//!
//! Everything here blocks, without a limit of its own, and runs on the vault's thread only. Errors of the
//! keyring library are told apart by variant and by what `Display` says; their `Debug` can print a secret.

use std::collections::HashMap;
use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::SERVICE;
use super::error::VaultError;
use super::status::{KeyringState, VaultStatus};

/// Something that keeps bytes under names.
pub(super) trait Store: Send {
    /// Keeps `secret` as a new entry. `label` is what the system's own program shows for it.
    fn set(&self, entry: &str, label: &str, secret: &[u8]) -> Result<(), VaultError>;
    /// What is kept under a name, if anything.
    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError>;
    /// Forgets an entry; one that is absent is fine.
    fn delete(&self, entry: &str) -> Result<(), VaultError>;
    /// The names of all our entries.
    fn names(&self) -> Result<Vec<String>, VaultError>;
    /// Keeps `secret` for another program, under a service of its own, in place of what it had there.
    fn set_for(&self, place: &Foreign, label: &str, secret: &[u8]) -> Result<(), VaultError>;
    /// What another program finds there.
    fn get_for(&self, place: &Foreign) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError>;
}

/// An entry of another program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Foreign {
    /// Its service; never ours.
    pub(super) service: String,
    /// Its user name.
    pub(super) username: String,
}

/// Opens a store anew; called again after every failure, so that a failed start is never kept.
pub(super) type Opener = Box<dyn Fn() -> Result<Box<dyn Store>, VaultError> + Send>;

/// A store with the words for it when it works.
pub(super) struct Source {
    /// Opens it.
    pub(super) open: Opener,
    /// What the header says when it works.
    pub(super) usable: VaultStatus,
}

/// The operating system's own keyring.
pub(super) fn system() -> Source {
    let title = match std::env::consts::OS {
        "macos" => "the keychain",
        "windows" => "the credential manager",
        _ => "the desktop keyring",
    };
    let open = || {
        let store = open_system().map_err(meaning)?;
        Ok(Box::new(Named { store, labels: cfg!(target_os = "linux"), undo: false }) as Box<dyn Store>)
    };
    Source { open: Box::new(open), usable: VaultStatus::Keyring { title } }
}

#[cfg(target_os = "linux")]
fn open_system() -> Result<Arc<CredentialStore>, Error> {
    // Not through `keyring`: it keeps a failed start for the life of the process.
    zbus_secret_service_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>)
}

#[cfg(not(target_os = "linux"))]
fn open_system() -> Result<Arc<CredentialStore>, Error> {
    // The first entry makes `keyring` pick the platform's store; its result is kept, but these do not fail to start.
    let _first = keyring::Entry::new(SERVICE, "first")?;
    keyring_core::get_default_store().ok_or(Error::NoDefaultStore)
}

/// The Linux kernel's keyring.
pub(super) fn kernel() -> Source {
    let open = || {
        let store = open_kernel().map_err(meaning)?;
        Ok(Box::new(Named { store, labels: false, undo: true }) as Box<dyn Store>)
    };
    Source { open: Box::new(open), usable: VaultStatus::Kernel }
}

#[cfg(target_os = "linux")]
fn open_kernel() -> Result<Arc<CredentialStore>, Error> {
    linux_keyutils_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>)
}

#[cfg(not(target_os = "linux"))]
fn open_kernel() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::NotSupportedByStore(String::from("only Linux has a kernel keyring")))
}

/// A store of the keyring library, reached by our service and an entry's name.
pub(super) struct Named {
    /// The library's store.
    pub(super) store: Arc<CredentialStore>,
    /// Whether it takes a label for people.
    pub(super) labels: bool,
    /// Whether a refused `set` may leave half an entry behind: the kernel's does when it may not link it.
    pub(super) undo: bool,
}

impl Named {
    fn entry(&self, entry: &str, label: Option<&str>) -> Result<Entry, Error> {
        self.entry_of(SERVICE, entry, label)
    }

    fn entry_of(&self, service: &str, entry: &str, label: Option<&str>) -> Result<Entry, Error> {
        let modifiers = label.map(|label| HashMap::from([("label", label)]));
        self.store.build(service, entry, modifiers.as_ref())
    }
}

impl Store for Named {
    fn set(&self, entry: &str, label: &str, secret: &[u8]) -> Result<(), VaultError> {
        let label = format!("keywright: {label}");
        let entry = self.entry(entry, self.labels.then_some(label.as_str())).map_err(meaning)?;
        entry.set_secret(secret).map_err(|error| {
            if self.undo {
                // The refusal is what counts; what it left behind is removed as far as that goes.
                drop(entry.delete_credential());
            }
            meaning(error)
        })
    }

    fn get(&self, entry: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        match self.entry(entry, None).and_then(|entry| entry.get_secret()) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if vanished(&error) => Ok(None),
            Err(error) => Err(meaning(error)),
        }
    }

    fn delete(&self, entry: &str) -> Result<(), VaultError> {
        match self.entry(entry, None).and_then(|entry| entry.delete_credential()) {
            Ok(()) => Ok(()),
            Err(error) if vanished(&error) => Ok(()),
            Err(error) => Err(meaning(error)),
        }
    }

    fn set_for(&self, place: &Foreign, label: &str, secret: &[u8]) -> Result<(), VaultError> {
        let label = self.labels.then_some(label);
        let entry = self.entry_of(&place.service, &place.username, label).map_err(meaning)?;
        entry.set_secret(secret).map_err(meaning)
    }

    fn get_for(&self, place: &Foreign) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let found = self.entry_of(&place.service, &place.username, None).and_then(|entry| entry.get_secret());
        match found {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if vanished(&error) => Ok(None),
            Err(error) => Err(meaning(error)),
        }
    }

    fn names(&self) -> Result<Vec<String>, VaultError> {
        let found = self.store.search(&HashMap::from([("service", SERVICE)])).map_err(meaning)?;
        let ours = found.iter().filter_map(Entry::get_specifiers).filter(|(service, _)| service == SERVICE);
        Ok(ours.map(|(_, name)| name).collect())
    }
}

/// Whether an entry is not there: it never was, or another program took it out between the search for it and the
/// reading, which a Secret Service tells as an object that does not exist.
pub(super) fn vanished(error: &Error) -> bool {
    if matches!(error, Error::NoEntry) {
        return true;
    }
    let (Error::PlatformFailure(inner) | Error::NoStorageAccess(inner)) = error else { return false };
    let words = inner.to_string();
    words.contains("org.freedesktop.Secret.Error.NoSuchObject")
        || words.contains("org.freedesktop.DBus.Error.UnknownObject")
        || (words.contains("org.freedesktop.DBus.Error.UnknownMethod")
            && ["Object does not exist", "No such interface"].iter().any(|sign| words.contains(sign)))
}

/// What an error of the keyring library means to the operator.
pub(super) fn meaning(error: Error) -> VaultError {
    VaultError::Unusable(match error {
        Error::PlatformFailure(inner) | Error::NoStorageAccess(inner) => told(&inner.to_string()),
        Error::NoDefaultStore => KeyringState::NoProvider,
        Error::TooLong(..) => KeyringState::TooLong,
        Error::NotSupportedByStore(_) => return VaultError::Unsupported,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            return VaultError::NotText;
        }
        Error::BadStoreFormat(_) => KeyringState::Other("its own data is damaged".into()),
        Error::Invalid(what, why) => KeyringState::Other(format!("it refused the {what}: {why}").into()),
        Error::Ambiguous(_) => KeyringState::Other("it holds several entries of the same name".into()),
        Error::NoEntry => KeyringState::Other("the entry vanished".into()),
        // The library may learn new variants; what they carry is not known to be harmless.
        _ => KeyringState::Other("an error of a kind not known here".into()),
    })
}

/// The kinds inside a platform's failure. Their types are not ours to name, so the words tell: the names of
/// D-Bus errors, which the protocol fixes, and the fixed sentences of the two libraries below us.
fn told(words: &str) -> KeyringState {
    let signs = [
        ("Failed to connect to address", KeyringState::NoBus),
        ("no secret service provider or dbus session", KeyringState::NoBus),
        ("address error", KeyringState::NoBus),
        ("org.freedesktop.DBus.Error.ServiceUnknown", KeyringState::NoProvider),
        ("org.freedesktop.DBus.Error.NameHasNoOwner", KeyringState::NoProvider),
        ("org.freedesktop.DBus.Error.Spawn", KeyringState::NoProvider),
        ("org.freedesktop.DBus.Error.AccessDenied", KeyringState::Denied),
        ("org.freedesktop.Secret.Error.IsLocked", KeyringState::Locked),
        ("result not returned from SS API", KeyringState::NoCollection),
        ("object locked", KeyringState::Locked),
        ("prompt dismissed", KeyringState::Locked),
        ("connection closed before prompt", KeyringState::Locked),
        ("QuotaExceeded", KeyringState::Full),
        ("AccessDenied", KeyringState::Denied),
        ("PermissionDenied", KeyringState::Denied),
    ];
    let sign = signs.into_iter().find(|(sign, _)| words.contains(sign));
    sign.map_or_else(|| KeyringState::Other(words.into()), |(_, state)| state)
}
