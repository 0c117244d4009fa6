//! Words as the server takes them apart again.

use zeroize::Zeroizing;

use crate::domain::failure::{Failure, FailureKind};
use crate::secret::Secret;

/// The longest line with its line feed, in bytes.
const LINE: usize = 4096;

/// Appends a word, in quotes if it needs them. Inside quotes a backslash makes the next byte literal.
pub(super) fn word(line: &mut Vec<u8>, word: &[u8]) {
    let bare = !word.is_empty() && !word.iter().any(|byte| b" \n\"".contains(byte));
    if bare {
        return line.extend_from_slice(word);
    }
    line.push(b'"');
    for &byte in word {
        if matches!(byte, b'"' | b'\\') {
            line.push(b'\\');
        }
        line.push(byte);
    }
    line.push(b'"');
}

/// The first line of a conversation, in memory reserved once for `room` further bytes.
pub(super) fn auth(secret: &Secret, room: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let refused = |why: &str| Err(Failure::new(FailureKind::Invalid, format!("it was not sent: {why}")));
    if secret.expose().contains('\n') {
        return refused("no secret of this server can hold a line feed");
    }
    let mut line = Zeroizing::new(Vec::with_capacity(secret.len() * 2 + 16 + room));
    line.extend_from_slice(b"AUTH ");
    word(&mut line, secret.expose().as_bytes());
    line.push(b'\n');
    if line.len() > LINE {
        return refused("it is longer than a line of 4096 bytes, so this server can never accept it");
    }
    Ok(line)
}
