//! New secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// How many random bytes a secret has: 256 bits, which is twice what is asked for.
const RANDOM: usize = 32;

/// Why no secret was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The prefix has other characters, or is too long.
    #[error("a prefix has at most 32 letters a-z, digits, '_' and '-'")]
    Prefix,
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    Random,
}

/// Checks what a secret is to begin with.
pub(in super::super) fn prefix(prefix: &str) -> Result<(), GenerateError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if prefix.len() > 32 || !prefix.bytes().all(allowed) { Err(GenerateError::Prefix) } else { Ok(()) }
}

/// A secret of 43 random characters `A-Z a-z 0-9 _ -` after a prefix, which needs no quotes in `AUTH`.
pub fn generate(prefix: &str) -> Result<Secret, GenerateError> {
    self::prefix(prefix)?;
    let mut random = Zeroizing::new([0_u8; RANDOM]);
    SystemRandom::new().fill(random.as_mut_slice()).map_err(|_says_nothing| GenerateError::Random)?;
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + RANDOM * 2));
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(random.as_slice(), &mut text);
    Ok(Secret::from_zeroizing(text))
}
