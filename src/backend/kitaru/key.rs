//! What a secret or a bearer tells about itself without asking anyone.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::owner::Id;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

use super::Generation;

/// Before the Base64 on ZenML servers; the second one is that of the hosted product. It may be left off.
const PREFIXES: [&str; 2] = ["ZENKEY_", "ZENPROKEY_"];
/// Before the Base64 on Kitaru's own servers; it may not be left off.
const PREFIX: &str = "KITKEY_";

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What a pasted text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// An API key, with the identifier of its record.
    Key(Uuid),
    /// A bearer, not a key.
    Bearer,
    /// A key of the other generation.
    OtherGeneration,
    /// Something else, or a damaged key.
    Other,
}

impl Reading {
    /// Why this is not a key of that generation, in a sentence; `None` when it is one.
    pub(super) fn refusal(self, generation: Generation) -> Option<&'static str> {
        match (self, generation) {
            (Self::Key(_), _) => None,
            (Self::Bearer, Generation::Z) => Some(
                "this is a bearer (a JWT), not an API key; an API key starts with ZENKEY_ and was shown when it \
                 was created",
            ),
            (Self::Bearer, Generation::K) => Some(
                "this is a bearer (a JWT), not an API key; an API key starts with KITKEY_ and was shown when it \
                 was created",
            ),
            (Self::OtherGeneration, Generation::Z) => Some(
                "this is a key of a Kitaru 0.22 or later server (KITKEY_); ZenML servers take ZENKEY_ keys",
            ),
            (Self::OtherGeneration, Generation::K) => Some(
                "this is a key of a ZenML server (ZENKEY_), as Kitaru was up to 0.21; this server takes KITKEY_ keys",
            ),
            (Self::Other, Generation::Z) => {
                Some("this is not an API key; it should start with ZENKEY_ and be copied whole")
            }
            (Self::Other, Generation::K) => {
                Some("this is not an API key; it should start with KITKEY_ and be copied whole")
            }
        }
    }
}

/// What the text is on a server of that generation, told offline.
pub(super) fn read(text: &str, generation: Generation) -> Reading {
    let text = text.trim();
    let ours = text.strip_prefix(PREFIX);
    let zenml = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix));
    let bare = match generation {
        Generation::Z if ours.is_some() => return Reading::OtherGeneration,
        Generation::K if zenml.is_some() => return Reading::OtherGeneration,
        Generation::Z => Some(zenml.unwrap_or(text)),
        Generation::K => ours,
    };
    match bare.and_then(id) {
        Some(id) => Reading::Key(id),
        None if claims(text).is_some() => Reading::Bearer,
        None => Reading::Other,
    }
}

/// What is said where a new secret is of another key than the answer names, or than was asked for.
pub(super) fn contradiction(id: &Id, told: Option<&Id>, asked: Option<&Id>) -> Option<Text> {
    let other = [told, asked].into_iter().flatten().find(|other| *other != id)?;
    let words = format!(
        "the server's answer names the key {}, but this secret is of the key {}: it was kept as that one's; verify both",
        other.as_str(),
        id.as_str()
    );
    Some(Text::clean(&words))
}

/// The identifier inside a key of that generation.
pub(super) fn id_of(text: &str, generation: Generation) -> Option<Uuid> {
    match read(text, generation) {
        Reading::Key(id) => Some(id),
        Reading::Bearer | Reading::OtherGeneration | Reading::Other => None,
    }
}

#[derive(Deserialize)]
struct Inside<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "key")]
    _secret_half: IgnoredAny,
}

fn id(bare: &str) -> Option<Uuid> {
    let decoded = Zeroizing::new(STANDARD.decode(bare).ok()?);
    let inside: Inside<'_> = serde_json::from_slice(&decoded).ok()?;
    Uuid::parse_str(&inside.id).ok()
}

/// What we use of a bearer's claims.
#[derive(Debug, Default, Deserialize, PartialEq)]
pub(super) struct Claims {
    exp: Option<f64>,
    api_key_id: Option<String>,
}

impl Claims {
    /// When the bearer ends, on the server's clock.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast saturates, and the end of time is refused"
        )]
        self.exp.and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
    }

    /// The key it came from.
    pub(super) fn key(&self) -> Option<Uuid> {
        self.api_key_id.as_deref().and_then(|id| Uuid::parse_str(id).ok())
    }
}

/// The claims of a JWT, unverified: they only describe our own bearer to us.
pub(super) fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let decoded = Zeroizing::new(URL_SAFE.decode(payload).ok()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "31792b15-e97c-4306-9f11-96c11b2e2d21";

    fn encode(json: &str) -> String {
        STANDARD.encode(json)
    }

    #[test]
    fn what_a_pasted_text_is() {
        let half = "ab".repeat(32);
        let json = format!(r#"{{"id":"{ID}","key":"{half}"}}"#);
        let padded = encode(&json);
        assert_eq!(format!("ZENKEY_{padded}").len(), 167, "as the contract measured");
        let key = Reading::Key(Uuid::parse_str(ID).expect("a UUID"));
        let payload = URL_SAFE.encode(format!(r#"{{"sub":"x","api_key_id":"{ID}","exp":1.5}}"#));
        let cases = [
            (format!("ZENKEY_{padded}"), key),
            (format!("  ZENKEY_{padded}\n"), key),
            (format!("ZENKEY_{}", padded.trim_end_matches('=')), key),
            (padded.clone(), key),
            (format!("ZENPROKEY_{padded}"), key),
            (format!("ZENKEY_{}", encode(&json.replace(':', ": "))), key),
            (format!("KITKEY_{padded}"), Reading::OtherGeneration),
            (format!("eyJhbGciOiJIUzI1NiJ9.{payload}.c2ln"), Reading::Bearer),
            (format!("ZENKEY_{}", encode(r#"{"id":"x","key":"y"}"#)), Reading::Other),
            (format!("ZENKEY_{}", encode(&format!(r#"{{"id":"{ID}"}}"#))), Reading::Other),
            (format!("ZENKEY_{}", padded.get(..40).expect("long enough")), Reading::Other),
            (String::from("ZENKEY_"), Reading::Other),
            (String::from("correct horse"), Reading::Other),
            (String::from("a.b.c"), Reading::Other),
            (String::new(), Reading::Other),
            ("x".repeat(100_000), Reading::Other),
        ];
        for (text, want) in cases {
            assert_eq!(read(&text, Generation::Z), want, "{text}");
            assert_eq!(read(&text, Generation::Z).refusal(Generation::Z).is_none(), want == key, "{text}");
        }
    }

    #[test]
    fn the_same_texts_on_the_other_generation() {
        let json = format!(r#"{{"id": "{ID}", "key": "{}"}}"#, "ab".repeat(32));
        let padded = encode(&json);
        assert_eq!(format!("KITKEY_{padded}").len(), 171, "as the contract measured");
        let key = Reading::Key(Uuid::parse_str(ID).expect("a UUID"));
        let bearer =
            format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE.encode(r#"{"sub":"account:x","exp":1}"#));
        let cases = [
            (format!(" KITKEY_{padded}\n"), key),
            (format!("ZENKEY_{padded}"), Reading::OtherGeneration),
            (format!("ZENPROKEY_{padded}"), Reading::OtherGeneration),
            (padded, Reading::Other),
            (bearer, Reading::Bearer),
            (String::from("KITKEY_"), Reading::Other),
            (String::from("correct horse"), Reading::Other),
        ];
        for (text, want) in cases {
            assert_eq!(read(&text, Generation::K), want, "{text}");
            assert_eq!(read(&text, Generation::K).refusal(Generation::K).is_none(), want == key, "{text}");
        }
    }

    #[test]
    fn what_a_bearer_tells() {
        let payload = URL_SAFE.encode(format!(r#"{{"api_key_id":"{ID}","exp":1700000000.7,"iat":1.5}}"#));
        let told = claims(&format!("h.{payload}.s")).expect("claims");
        assert_eq!(told.expires(), Timestamp::from_second(1_700_000_000).ok());
        assert_eq!(told.key().map(|id| id.to_string()).as_deref(), Some(ID));
        assert_eq!(claims(&format!("h.{}.s", URL_SAFE.encode("{}"))), Some(Claims::default()));
        assert_eq!(claims(&format!("h.{payload}")), None);
    }
}
