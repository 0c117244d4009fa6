//! What keys are made of: a P-256 pair, its two halves as text, identifiers, and the check of a signature.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::SecretKey;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::EncodePrivateKey as _;

use super::super::{SandboxError, random};

/// Both halves as clients see them.
pub(super) struct Pair {
    /// Base64 of the compressed point.
    pub(super) public: String,
    /// Base64 of the PKCS#8 document.
    pub(super) secret: String,
}

impl Pair {
    /// A new pair.
    pub(super) fn new() -> Result<Self, SandboxError> {
        let failed = |error: &dyn std::fmt::Display| SandboxError::System(format!("no key pair: {error}"));
        loop {
            // One number in four billion is no key.
            let Ok(secret) = SecretKey::from_slice(&random::bytes::<32>()?) else { continue };
            let document = secret.to_pkcs8_der().map_err(|error| failed(&error))?;
            let point = secret.public_key().to_encoded_point(true);
            let (public, secret) = (STANDARD.encode(point.as_bytes()), STANDARD.encode(document.as_bytes()));
            return Ok(Self { public, secret });
        }
    }
}

/// A public half that nobody has a secret for, for the seed: it looks like any other and no signature fits it.
pub(super) fn public_alone() -> Result<String, SandboxError> {
    let mut point = random::bytes::<33>()?;
    if let Some(first) = point.first_mut() {
        *first = 2 + (*first & 1);
    }
    Ok(STANDARD.encode(point))
}

/// Whether a signature in Base64 of DER is this key's over the text. High and low `s` are both good.
pub(super) fn is_signed(public: &str, text: &str, signature: &str) -> bool {
    let (Ok(point), Ok(signature)) = (STANDARD.decode(public), STANDARD.decode(signature)) else {
        return false;
    };
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_sec1_bytes(&point), Signature::from_der(&signature))
    else {
        return false;
    };
    key.verify(text.as_bytes(), &signature).is_ok()
}

/// A new identifier.
pub(super) fn identifier() -> Result<String, SandboxError> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte & 31)).copied().map(char::from);
    Ok(random::bytes::<12>()?.iter().filter_map(letter).collect())
}

/// A new bearer token.
pub(super) fn bearer() -> Result<String, SandboxError> {
    Ok(format!("fxk_{}", URL_SAFE_NO_PAD.encode(random::bytes::<30>()?)))
}
