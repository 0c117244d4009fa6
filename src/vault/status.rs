//! What the header and the doctor say of the keyring: its state in words, and the one thing that mends it.

use crate::domain::text::Text;

/// Where secrets go right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultStatus {
    /// Not known yet: the first check has not ended.
    Checking,
    /// The keyring takes its time; most often its own prompt waits on the desktop.
    Waiting,
    /// In the operating system's keyring.
    Keyring {
        /// What it is called on this system.
        title: &'static str,
    },
    /// In the kernel's keyring, until reboot.
    Kernel,
    /// In this program's memory.
    Memory {
        /// Why there.
        why: MemoryReason,
    },
    /// The chosen keyring cannot be used.
    Unusable {
        /// What is the matter.
        state: KeyringState,
    },
}

impl VaultStatus {
    /// Whether a secret stored now would be kept.
    pub fn is_usable(&self) -> bool {
        match self {
            Self::Keyring { .. } | Self::Kernel | Self::Memory { .. } => true,
            Self::Checking | Self::Waiting | Self::Unusable { .. } => false,
        }
    }

    /// What it is, in a sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Checking => String::from("the keyring is being checked"),
            Self::Waiting => String::from("waiting for your keyring; it may be asking on the desktop"),
            Self::Keyring { title } => format!("secrets are kept in {title}"),
            Self::Kernel => String::from(
                "secrets are kept in the kernel's keyring, until reboot or three days without use",
            ),
            Self::Memory { why: MemoryReason::Sandbox } => {
                String::from("sandbox: secrets are held in memory for this run only")
            }
            Self::Memory { why: MemoryReason::Chosen } => {
                String::from("secrets are held in memory for this run only, as chosen")
            }
            Self::Unusable { state } => state.words(),
        }
    }
}

/// Why secrets are only in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryReason {
    /// The sandbox needs no keyring.
    Sandbox,
    /// The operator chose it.
    Chosen,
}

/// What is the matter with the keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringState {
    /// There is no session bus to reach it by.
    NoBus,
    /// The bus knows no program that keeps secrets.
    NoProvider,
    /// The keyring runs, but has no collection to put a secret into.
    NoCollection,
    /// It is locked, and nobody can be or was asked to unlock it.
    Locked,
    /// The system does not let us.
    Denied,
    /// It holds as much as it may.
    Full,
    /// The secret is longer than it takes.
    TooLong,
    /// It does not answer.
    Hangs,
    /// Something else, in its own words.
    Other(Text),
}

impl KeyringState {
    /// What it is, in a sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::NoBus => String::from("there is no session bus, so no keyring can be reached"),
            Self::NoProvider => String::from("no keyring service is installed"),
            Self::NoCollection => String::from("the keyring service runs, but has no keyring yet"),
            Self::Locked => String::from("the keyring is locked"),
            Self::Denied => String::from("the system does not let this program use the keyring"),
            Self::Full => String::from("the keyring is full"),
            Self::TooLong => String::from("the secret is longer than this keyring takes"),
            Self::Hangs => String::from("the keyring does not answer; it may be asking on the desktop"),
            Self::Other(words) => format!("the keyring failed: {words}"),
        }
    }

    /// The one command or sentence that mends it.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::NoBus => NO_BUS,
            Self::NoProvider => {
                "Install one, for example gnome-keyring, which needs no display: sudo apt-get install gnome-keyring"
            }
            Self::NoCollection | Self::Locked => UNLOCK,
            Self::Denied => DENIED,
            Self::Full => FULL,
            Self::TooLong => "Deliver it to a target instead; this keyring cannot hold it.",
            Self::Hangs => {
                "Answer its prompt on the desktop, or restart the keyring service; then try again."
            }
            Self::Other(_) => "Restart the keyring service, then try again.",
        }
    }
}

const NO_BUS: &str = "Have one started for you at every boot: sudo loginctl enable-linger \"$USER\"; or start the \
    program inside one of its own: dbus-run-session -- keywright";

#[cfg(target_os = "linux")]
const UNLOCK: &str = "Unlock it on the desktop, or by its password without one: \
    read -rs p && printf %s \"$p\" | gnome-keyring-daemon --replace --unlock --components=secrets; unset p";
#[cfg(not(target_os = "linux"))]
const UNLOCK: &str = "Unlock it in the system's keychain program.";

#[cfg(target_os = "linux")]
const DENIED: &str = "Start the program inside a session keyring: keyctl session - keywright";
#[cfg(not(target_os = "linux"))]
const DENIED: &str = "Allow it in the system's keychain program.";

#[cfg(target_os = "linux")]
const FULL: &str =
    "Let the kernel keep more: sudo sysctl kernel.keys.maxkeys=2000 kernel.keys.maxbytes=200000";
#[cfg(not(target_os = "linux"))]
const FULL: &str = "Remove entries that are no longer needed in the system's keychain program.";
