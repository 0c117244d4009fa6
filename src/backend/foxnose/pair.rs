//! A key's two halves: read as they are pasted, put into a header plain, or used to sign.
//!
//! What is signed is `path|hash of the body|moment`: the path as it is sent and without the query, the hash of the very
//! bytes, the moment to the second in UTC and the same text as the `Date` header.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::DecodePrivateKey as _;
use ring::digest;
use zeroize::Zeroizing;

use crate::domain::time::Timestamp;
use crate::secret::Secret;

/// What Flux bearer tokens begin with.
pub(super) const BEARER: &str = "fxk_";

/// A key's two halves.
pub(super) struct Pair {
    public: String,
    secret: Secret,
}

impl Pair {
    /// Takes both halves; the error says what is wrong with them.
    pub(super) fn new(public: &str, secret: &Secret) -> Result<Self, &'static str> {
        let public = public.trim();
        if public.contains(':') {
            return Err("a public key has no ':' in it; paste the two halves into their own fields");
        }
        if public.is_empty() || !public.chars().all(|c| c.is_ascii_graphic()) {
            return Err("a public key is a line of letters, digits, + / and =");
        }
        let secret = Zeroizing::new(secret.expose().split_whitespace().collect::<String>());
        if secret.is_empty() {
            return Err("a secret key is needed");
        }
        if is_masked(&secret) {
            return Err("this secret key is masked: only the answer to its creation had it whole");
        }
        Ok(Self { public: public.to_owned(), secret: Secret::from_zeroizing(secret) })
    }

    /// The half that everybody may know.
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// What the scheme `Simple` sends.
    pub(super) fn plain(&self) -> Secret {
        Secret::from_zeroizing(Zeroizing::new(format!("{}:{}", self.public, self.secret.expose())))
    }

    /// The key that signs; the error says why there is none.
    pub(super) fn signer(&self) -> Result<SigningKey, &'static str> {
        signing_key(&self.secret).map(SigningKey::from)
    }

    /// What the scheme `Secure` sends.
    pub(super) fn signed(&self, signer: &SigningKey, path: &str, body: &[u8], date: &str) -> Secret {
        let signature: Signature = signer.sign(to_sign(path, body, date).as_bytes());
        Secret::new(format!("{}:{}", self.public, STANDARD.encode(signature.to_der().as_bytes())))
    }
}

/// Whether a secret is the mask that lists show instead of it. What a mask looks like nobody has stated; none of these
/// stands in a secret.
pub(super) fn is_masked(secret: &str) -> bool {
    secret.contains(['*', '•', '…']) || secret.contains("..")
}

/// The text under a signature.
fn to_sign(path: &str, body: &[u8], date: &str) -> String {
    let path = if path.is_empty() { "/" } else { path };
    format!("{path}|{}|{date}", hash(body))
}

/// The hash of some bytes as lower-case hexadecimal digits.
fn hash(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest::digest(&digest::SHA256, bytes).as_ref() {
        write!(text, "{byte:02x}").unwrap_or_default();
    }
    text
}

/// The moment as it is signed and sent.
pub(super) fn date(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The public half that belongs to a secret one, where it can be told.
pub(super) fn public_of(secret: &Secret) -> Option<String> {
    let key = signing_key(secret).ok()?;
    Some(STANDARD.encode(key.public_key().to_encoded_point(true).as_bytes()))
}

const ELSE: &str = "it is not Base64 of a P-256 key in DER (PKCS#8 or SEC1), so it cannot sign";
/// How the kinds that are told apart begin or what is in them, and what they are.
const OTHERS: [(&[u8], &str); 4] = [
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "it is a key of the curve P-384; only P-256 is used here"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "it is a key of the curve P-521; only P-256 is used here"),
    (&[0x2b, 0x65, 0x70], "it is an Ed25519 key; only P-256 is used here"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d], "it is encrypted with a password of its own"),
];

fn signing_key(secret: &Secret) -> Result<SecretKey, &'static str> {
    let text = Zeroizing::new(secret.expose().split_whitespace().collect::<String>());
    if text.starts_with("-----") {
        return Err("it is PEM; paste only what is between its first and last line");
    }
    if text.contains(['-', '_']) {
        return Err("it is in the URL-safe alphabet, with - and _ where + and / belong");
    }
    let der = Zeroizing::new(STANDARD.decode(text.as_bytes()).map_err(|_says_no_more| ELSE)?);
    let read = SecretKey::from_pkcs8_der(&der).ok().or_else(|| SecretKey::from_sec1_der(&der).ok());
    let holds = |mark: &[u8]| der.windows(mark.len()).any(|window| window == mark);
    read.ok_or_else(|| match OTHERS.iter().find(|(mark, _)| holds(mark)) {
        Some((_, what)) => what,
        None if der.len() == 32 => "it is the bare number of a key, without the DER around it",
        None => ELSE,
    })
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;

    use super::*;

    const PKCS8: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ";
    const SEC1: &str = "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==";
    const PUBLIC: &str = "A2D+1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p+2";
    const DATE: &str = "2026-01-02T03:04:05Z";
    const BODY: &str = r#"{"limit":1}"#;

    /// The published example key: path, body, the text under the signature as a hash, a signature by the vendor's own
    /// library, and the deterministic one.
    const VECTORS: [(&str, &str, &str, &str, &str); 3] = [
        (
            "/shop/_router",
            "",
            "aba3653493fb8c9933e0785b618812d0690e4fa5553aeb4660220b89f3d4e861",
            "MEUCIQDIdQuG+4JLdOyTjSVZrcCChQyGo/n40GEmDohQvJMA0QIgN5SauQWP4GsRserrZXegZYsVScHNkjC95aNE6foVb7c=",
            "MEUCID2PCd0QVKlrRlelp1yEELiKqqWfDZbRkD79u0hZ3X/cAiEArDfMKqvC9RV2ivUkEmZcyUF/wi4aVRNWl4zkZBWIAYI=",
        ),
        (
            "/shop/articles/_search",
            BODY,
            "bab530afa5271d96a8f4743fb32dd540c5330ca1f307324bffc3ea9dba373c6d",
            "MEQCIDJzlPGNd02LQrrL1fv3Tp8pIUhWuLPsHxOIajehTeMcAiBlc8NxRToK7FRkF1SRJ8Oj6kyGRfN5sfwVK4zzTTszEA==",
            "MEYCIQDEzBcWJUfGjeLq3uZ3ZugfFHCWpWoU2sQ06KEe4avDgQIhAJSmrS+coj5LxpG2YrEne5eEPEcK6oeJUVQZrgkJ+Biy",
        ),
        (
            "/v1/env123/permissions/flux-api/api-keys/",
            "",
            "67a2cb273d3adeb1b0e9f88c1344151ee09159a1324e8ea3a488b2619ff91581",
            "MEYCIQCXRSKAnQKduc4nEYqUjjXnMHbM9BHaqGbU0FxUq57NogIhAP2u2+37GPVAJrEpsHTniaqEchxg9QncLtmYAhoQccCr",
            "MEUCIHiAx3pW/+fSsKUBGwm/oF69AJeeCnpRq+ua09s2AHzwAiEAyGxxX0ilpVvDXpuvy19unAOrpD7idtDH5RpOO1kAjOc=",
        ),
    ];

    fn pair(secret: &str) -> Pair {
        Pair::new(PUBLIC, &Secret::new(secret.to_owned())).unwrap_or_else(|why| panic!("{why}"))
    }

    fn verifies(text: &str, signature: &str) -> bool {
        let key = VerifyingKey::from_sec1_bytes(&STANDARD.decode(PUBLIC).expect("Base64")).expect("a point");
        let signature =
            Signature::from_der(&STANDARD.decode(signature).expect("Base64")).expect("a signature");
        key.verify(text.as_bytes(), &signature).is_ok()
    }

    #[test]
    fn signatures_are_those_of_the_worked_examples() {
        for secret in [PKCS8, SEC1] {
            let pair = pair(secret);
            let signer = pair.signer().expect("a signer");
            for (path, body, hashed, of_the_vendor, wanted) in VECTORS {
                let text = to_sign(path, body.as_bytes(), DATE);
                assert_eq!(hash(text.as_bytes()), hashed, "{text}");
                assert!(verifies(&text, of_the_vendor));
                let header = pair.signed(&signer, path, body.as_bytes(), DATE);
                assert_eq!(header.expose(), format!("{PUBLIC}:{wanted}"));
            }
        }
    }

    #[test]
    fn anything_else_is_not_what_was_signed() {
        let (path, body, _, signature, _) = VECTORS[1];
        for text in [
            to_sign("/shop/articles/_search?limit=1", body.as_bytes(), DATE),
            to_sign(path, br#"{"limit": 1}"#, DATE),
            to_sign(path, body.as_bytes(), "2026-01-02T03:04:04Z"),
            format!("POST{}", to_sign(path, body.as_bytes(), DATE)),
            format!("env123.fxns.io{}", to_sign(path, body.as_bytes(), DATE)),
        ] {
            assert!(!verifies(&text, signature), "{text}");
        }
        assert!(to_sign("", b"", DATE).starts_with("/|e3b0c442"));
    }

    #[test]
    fn the_moment_is_cut_off_and_in_utc() {
        for moment in ["2026-01-02T03:04:05.678901Z", "2026-01-01T22:04:05.999-05:00"] {
            assert_eq!(date(moment.parse().expect("a timestamp")), DATE);
        }
    }

    #[test]
    fn what_cannot_sign_says_why() {
        let (start, end) = PKCS8.split_at(64);
        let wrapped = format!("{start}\n{end}\n");
        assert!(pair(&wrapped).signer().is_ok(), "newlines inside are fine");
        assert_eq!(public_of(&Secret::new(PKCS8.to_owned())).as_deref(), Some(PUBLIC));
        let p384 = STANDARD.encode([0x30, 0x10, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]);
        let ed25519 = STANDARD.encode([0x30, 0x10, 0x06, 0x03, 0x2b, 0x65, 0x70]);
        let bare = STANDARD.encode([7_u8; 32]);
        let url_safe = PKCS8.replace('+', "-").replace('/', "_");
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{PKCS8}\n-----END PRIVATE KEY-----");
        for (secret, word) in [
            (p384.as_str(), "P-384"),
            (&ed25519, "Ed25519"),
            (&bare, "bare number"),
            (&url_safe, "URL-safe"),
            (&pem, "PEM"),
            ("not a key", "not Base64"),
            (start, "not Base64"),
        ] {
            let why = pair(secret).signer().expect_err("refused");
            assert!(why.contains(word), "{why}");
        }
    }

    #[test]
    fn halves_that_cannot_be_halves() {
        let secret = Secret::new(PKCS8.to_owned());
        let masked = Secret::new(String::from("********IiaZ"));
        for (public, secret, word) in [
            ("", &secret, "a line of"),
            ("a:b", &secret, "no ':'"),
            ("a b", &secret, "a line of"),
            (PUBLIC, &Secret::new(String::from(" \n")), "needed"),
            (PUBLIC, &masked, "masked"),
        ] {
            assert!(Pair::new(public, secret).err().is_some_and(|why| why.contains(word)), "{word}");
        }
    }
}
