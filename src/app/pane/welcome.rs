//! The first start: three choices.

/// The choices, in order.
pub const CHOICES: [(&str, &str); 3] = [
    ("Try the sandbox", "embedded servers on this machine with made-up people and keys; nothing is kept"),
    ("Add an account", "a server you look after: its address and a name for it"),
    ("Look at the keyring", "whether this machine can keep secrets, and what to do if it cannot"),
];

/// The welcome pane.
#[derive(Debug, Default)]
pub struct Welcome {
    /// The choice under the cursor.
    pub cursor: usize,
}
