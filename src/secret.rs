//! The one secret type and the buffer a secret is typed into.
//!
//! A [`Secret`] cannot be printed, compared, copied by `Clone` or serialised, and is wiped when its last holder
//! lets go. [`Secret::expose`] is the only way to its text and is called in few, named places; a test counts
//! them. It is not `Debug`:
//!
//! ```compile_fail
//! let secret = keywright::secret::Secret::new(String::from("x"));
//! println!("{secret:?}");
//! ```
//!
//! nor `Display`, nor `Clone`:
//!
//! ```compile_fail
//! let secret = keywright::secret::Secret::new(String::from("x"));
//! let _ = secret.clone();
//! ```
//!
//! nor comparable:
//!
//! ```compile_fail
//! let secret = keywright::secret::Secret::new(String::from("x"));
//! let _ = secret == secret;
//! ```

use std::sync::Arc;

use zeroize::Zeroizing;

/// A secret value: text that must never be printed, logged or kept longer than needed.
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes the text over. The caller's buffer becomes the secret's; nothing is copied.
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// Takes over text that is already wiped on drop.
    pub fn from_zeroizing(text: Zeroizing<String>) -> Self {
        Self(Arc::new(text))
    }

    /// The text itself. Every caller is an exit of the program: a request, the keyring, the reveal, a copy.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// A second holder of the same bytes. They are wiped when the last holder is dropped.
    #[must_use]
    pub fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// The length in bytes, for limits of stores; it is not considered secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is the same text.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// The same without spaces around it, which come with a paste.
    #[must_use]
    pub fn trimmed(self) -> Self {
        if self.0.trim().len() == self.0.len() { self } else { Self::new(self.0.trim().to_owned()) }
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One named part of a secret. Most secrets have a single part called `secret`.
pub struct Part {
    /// What the backend calls it: `secret`, `public`, `id`, `session`.
    pub name: &'static str,
    /// Its value.
    pub secret: Secret,
}

/// A one-time secret with all its parts, as the backend gave it.
pub struct Parts(Vec<Part>);

impl Parts {
    /// A secret of a single part.
    pub fn single(secret: Secret) -> Self {
        Self(vec![Part { name: "secret", secret }])
    }

    /// A secret of several named parts.
    pub fn named(parts: Vec<Part>) -> Self {
        Self(parts)
    }

    /// The parts in the backend's order.
    pub fn iter(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }

    /// The part called `name`, or the only part when there is just one.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        match self.0.as_slice() {
            [only] => Some(&only.secret),
            parts => parts.iter().find(|part| part.name == name).map(|part| &part.secret),
        }
    }

    /// The same without spaces around each part, which come with a paste.
    #[must_use]
    pub fn trimmed(self) -> Self {
        Self(self.0.into_iter().map(|part| Part { secret: part.secret.trimmed(), ..part }).collect())
    }

    /// How many parts there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The same bytes with a second holder.
    #[must_use]
    pub fn share(&self) -> Self {
        Self(self.0.iter().map(|part| Part { name: part.name, secret: part.secret.share() }).collect())
    }
}

/// The longest secret that can be typed or pasted, in bytes.
pub const TYPED_MAX: usize = 8192;

/// A field for typing or pasting a secret.
///
/// Its capacity is fixed, because growing would leave copies behind; it has no undo and no kill ring; what is
/// drawn of it has a constant width.
pub struct SecretBuffer(Zeroizing<String>);

impl Default for SecretBuffer {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(TYPED_MAX)))
    }
}

impl SecretBuffer {
    /// Appends one character; control characters and what does not fit are refused with `false`.
    pub fn push(&mut self, character: char) -> bool {
        let fits = self.0.len() + character.len_utf8() <= TYPED_MAX;
        let accepted = fits && !character.is_control();
        if accepted {
            self.0.push(character);
        }
        accepted
    }

    /// Appends pasted text without its control characters, so a pasted newline neither submits nor enters.
    /// Answers `false`, and takes nothing, when it would not fit.
    pub fn paste(&mut self, text: &str) -> bool {
        let wanted: usize = text.chars().filter(|c| !c.is_control()).map(char::len_utf8).sum();
        let fits = self.0.len() + wanted <= TYPED_MAX;
        if fits {
            self.0.extend(text.chars().filter(|c| !c.is_control()));
        }
        fits
    }

    /// Takes back a secret that was handed over and not taken.
    pub fn put_back(&mut self, secret: &Secret) {
        self.clear();
        // It came from such a field, so it fits.
        let _it_fits = self.paste(&secret.0);
    }

    /// Removes the last character.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Wipes everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing has been typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Hands the text over as a secret and leaves the field empty.
    pub fn take(&mut self) -> Secret {
        Secret::from_zeroizing(std::mem::replace(
            &mut self.0,
            Zeroizing::new(String::with_capacity(TYPED_MAX)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_newline_neither_enters_nor_submits() {
        let mut buffer = SecretBuffer::default();
        assert!(buffer.paste("ab\r\nc\u{1b}[31m\n"));
        assert_eq!(buffer.take().expose(), "abc[31m");
        assert!(buffer.is_empty());
    }

    #[test]
    fn the_buffer_never_grows() {
        let mut buffer = SecretBuffer::default();
        let before = buffer.0.as_ptr();
        assert!(buffer.paste(&"x".repeat(TYPED_MAX)));
        assert!(!buffer.push('y'));
        assert!(!buffer.paste("y"));
        assert_eq!(buffer.0.as_ptr(), before, "growing would leave a copy behind");
    }

    #[test]
    fn sharing_keeps_one_copy() {
        let secret = Secret::new(String::from("k"));
        assert!(std::ptr::eq(secret.expose(), secret.share().expose()));
    }
}
