//! Randomness of the sandbox: secrets, ids, passwords. The operating system's generator and nothing else.

use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use super::SandboxError;

/// So many random bytes.
pub(super) fn bytes<const COUNT: usize>() -> Result<[u8; COUNT], SandboxError> {
    let mut bytes = [0_u8; COUNT];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|error| SandboxError::System(format!("no randomness: {error}")))?;
    Ok(bytes)
}

/// So many random bytes as lower-case hexadecimal digits.
pub(super) fn hex<const BYTES: usize>() -> Result<String, SandboxError> {
    Ok(to_hex(&bytes::<BYTES>()?))
}

/// A new random id in the form the servers print.
pub(super) fn id() -> String {
    Uuid::new_v4().to_string()
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
