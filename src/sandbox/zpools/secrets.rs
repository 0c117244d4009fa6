//! What a PAT looks like: an opaque token, and four words that name its row and tell nothing of the token.

use super::super::{SandboxError, random};

const PREFIX: &str = "zpat_";
const LENGTH: usize = 24;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A new token.
pub(super) fn token() -> Result<String, SandboxError> {
    let mut token = PREFIX.to_owned();
    while token.len() < PREFIX.len() + LENGTH {
        // Two of sixty-four values fall out, so that every letter is as likely as any other.
        let letters = random::bytes::<LENGTH>()?;
        let letters = letters.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 63)));
        let room = PREFIX.len() + LENGTH - token.len();
        token.extend(letters.take(room).map(|letter| char::from(*letter)));
    }
    Ok(token)
}

/// A new name of a row.
pub(super) fn key_id() -> Result<String, SandboxError> {
    let words = random::bytes::<4>()?.map(|byte| WORDS.get(usize::from(byte & 63)).copied().unwrap_or("law"));
    Ok(words.join("-"))
}

const WORDS: [&str; 64] = [
    "apple",
    "aware",
    "basket",
    "bird",
    "bridge",
    "candle",
    "castle",
    "cedar",
    "cloud",
    "coast",
    "community",
    "copper",
    "dance",
    "desert",
    "door",
    "early",
    "earth",
    "fabric",
    "field",
    "forest",
    "garden",
    "glass",
    "harbor",
    "honey",
    "hotel",
    "island",
    "jacket",
    "kettle",
    "ladder",
    "lake",
    "law",
    "lemon",
    "linen",
    "marble",
    "meadow",
    "mirror",
    "morning",
    "mountain",
    "north",
    "ocean",
    "orange",
    "paper",
    "pencil",
    "planet",
    "quiet",
    "rain",
    "river",
    "road",
    "salt",
    "shape",
    "silver",
    "sleep",
    "stone",
    "summer",
    "table",
    "thunder",
    "ticket",
    "timber",
    "valley",
    "violet",
    "water",
    "window",
    "winter",
    "yellow",
];
