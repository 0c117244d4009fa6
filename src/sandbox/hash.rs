//! Hashes: slow ones for what people choose, fast ones for what is random already.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use ring::digest;

use super::{SandboxError, random};

/// Cheap enough for hundreds of tests: nothing of value is behind these passwords.
const MEMORY_KIB: u32 = 4096;

fn argon2() -> Result<Argon2<'static>, SandboxError> {
    let params =
        Params::new(MEMORY_KIB, 1, 1, None).map_err(|error| SandboxError::System(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password.
pub(super) fn password(password: &str) -> Result<String, SandboxError> {
    argon2()?
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| SandboxError::System(error.to_string()))
}

/// Whether a password is the one that was hashed.
pub(super) fn is_password(password: &str, hash: &str) -> bool {
    let (Ok(argon2), Ok(hash)) = (argon2(), PasswordHash::new(hash)) else { return false };
    argon2.verify_password(password.as_bytes(), &hash).is_ok()
}

/// The hash of a random secret or code.
pub(super) fn secret(secret: &str) -> String {
    bytes(secret.as_bytes())
}

/// The hash of a body.
pub(super) fn bytes(bytes: &[u8]) -> String {
    random::to_hex(digest::digest(&digest::SHA256, bytes).as_ref())
}
