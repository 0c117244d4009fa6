//! Reading what a program prints: bounded, and watched for the secret it was given, so that a tool that repeats it
//! cannot bring it into a receipt, the log or the screen.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// How much of the output is kept.
const KEPT: usize = 64 * 1024;

/// How many bytes of a secret in a row are taken for a part of it.
const PIECE: usize = 16;

/// Every piece of a secret, as it is and in the forms in which tools print one.
pub(super) struct Pieces {
    length: usize,
    pieces: HashSet<Vec<u8>>,
}

impl Pieces {
    /// The pieces of a secret. A short one is only found whole.
    pub(super) fn of(secret: &Secret) -> Self {
        let bytes = secret.expose().as_bytes();
        let length = PIECE.min(bytes.len()).max(1);
        let mut pieces = HashSet::new();
        for form in forms(bytes) {
            pieces.extend(form.windows(length).map(<[u8]>::to_vec));
        }
        Self { length, pieces }
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        bytes.windows(self.length).any(|piece| self.pieces.contains(piece))
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        for piece in self.pieces.drain() {
            drop(Zeroizing::new(piece));
        }
    }
}

fn forms(secret: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut forms = vec![secret.to_vec(), hex(secret, b"0123456789abcdef"), hex(secret, b"0123456789ABCDEF")];
    // Inside a longer Base64 text it may begin at any of three places; what its neighbours share is cut off.
    for before in 0..3_usize {
        let shifted = [vec![0; before].as_slice(), secret].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&shifted).into_bytes();
            let start = if before == 0 { 0 } else { before + 1 };
            let inside = text.get(start..text.len().saturating_sub(1)).unwrap_or_default();
            forms.push(inside.to_vec());
        }
    }
    forms.into_iter().map(Zeroizing::new).collect()
}

fn hex(secret: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let digit = |half: u8| digits.get(usize::from(half)).copied().unwrap_or_default();
    secret.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What a program printed, as far as it is kept.
pub(super) struct Output<'a> {
    pieces: &'a Pieces,
    kept: Zeroizing<Vec<u8>>,
    /// The end of what was seen, for a secret that is cut by two reads.
    end: Zeroizing<Vec<u8>>,
    told: bool,
}

impl<'a> Output<'a> {
    /// Nothing yet.
    pub(super) fn new(pieces: &'a Pieces) -> Self {
        Self { pieces, kept: Zeroizing::default(), end: Zeroizing::default(), told: false }
    }

    /// Takes in what was read.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.end.extend_from_slice(bytes);
        self.told |= self.pieces.are_in(&self.end);
        let keep = self.end.len().saturating_sub(self.pieces.length.saturating_sub(1));
        drop(Zeroizing::new(self.end.drain(..keep).collect::<Vec<u8>>()));
        let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    /// Whether the secret was in it.
    pub(super) fn has_secret(&self) -> bool {
        self.told
    }

    /// Its last lines, in one; nothing when the secret was in it.
    pub(super) fn last_words(&self) -> String {
        if self.told {
            return String::new();
        }
        let text = String::from_utf8_lossy(&self.kept);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ");
        last.chars().take(300).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    fn told(parts: &[&[u8]]) -> bool {
        let pieces = Pieces::of(&Secret::new(String::from("mark-0123456789-abcdefghijklmnop")));
        let mut output = Output::new(&pieces);
        for part in parts {
            output.take(part);
        }
        assert_eq!(output.last_words().is_empty(), output.has_secret());
        output.has_secret()
    }

    #[test]
    fn a_secret_is_found_in_any_form_and_across_reads() {
        let secret = b"mark-0123456789-abcdefghijklmnop";
        assert!(told(&[b"set to ", secret, b"\n"]));
        assert!(told(&[b"x mark-0123456789-a", b"bcdefghijklmnop"]));
        assert!(told(&[b"bad token 0123456789-abcdef..."]), "a part of it is too much, too");
        for before in 0..3 {
            let long = [vec![b'x'; before].as_slice(), secret, b"yy"].concat();
            assert!(told(&[STANDARD.encode(long).as_bytes()]), "Base64 at {before}");
        }
        assert!(told(&[b"6d61726b2d303132333435363738392d6162636465666768696a6b6c6d6e6f70"]));
        assert!(!told(&[b"mark-0123 is set, and so are many other things\n"]));
    }

    #[test]
    fn output_is_bounded_and_still_watched() {
        let pieces = Pieces::of(&Secret::new(String::from("mark-0123456789-abcdefghijklmnop")));
        let mut output = Output::new(&pieces);
        for _ in 0..64 {
            output.take(&[b'x'; 4096]);
        }
        assert_eq!(output.kept.len(), KEPT);
        assert!(!output.has_secret());
        output.take(b"mark-0123456789-abcdefghijklmnop");
        assert!(output.has_secret());
    }
}
