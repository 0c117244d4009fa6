//! How a secret of several parts lies in one entry: a secret of a single part as it is, several as one value that says
//! its version. The store sees one secret either way.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::secret::{Part, Parts, Secret};

/// What the value of several parts begins with; no backend gives secrets that look so.
const OPENING: &str = r#"{"keywright":"parts 1","#;

/// The names parts have. What an entry holds beyond them, a later version wrote.
const NAMES: [&str; 5] = ["secret", "public", "id", "session", "key"];

#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    keywright: Cow<'a, str>,
    #[serde(borrow)]
    parts: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// The value that is stored.
pub fn pack(parts: &Parts) -> Secret {
    let mut all = parts.iter();
    if let (Some(only), None) = (all.next(), all.next()) {
        return only.secret.share();
    }
    let packed = Packed {
        keywright: Cow::Borrowed("parts 1"),
        parts: parts.iter().map(|part| (part.name.into(), Cow::Borrowed(part.secret.expose()))).collect(),
    };
    // Text always has a form as JSON; were it not so, nothing would be better than half a secret.
    Secret::new(serde_json::to_string(&packed).unwrap_or_default())
}

/// The parts of a stored value. What is not of several parts is a single one.
pub fn unpack(stored: Secret) -> Parts {
    let read = |text: &str| {
        let packed: Packed<'_> = serde_json::from_str(text).ok()?;
        let part = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
            let name = NAMES.into_iter().find(|known| known == name).unwrap_or("part");
            Part { name, secret: Secret::from_zeroizing(Zeroizing::new(value.clone().into_owned())) }
        };
        Some(Parts::named(packed.parts.iter().map(part).collect()))
    };
    let several = Some(stored.expose()).filter(|text| text.starts_with(OPENING)).and_then(read);
    several.unwrap_or_else(|| Parts::single(stored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_were_and_a_single_one_is_not_wrapped() {
        let part = |name, value: &str| Part { name, secret: Secret::new(String::from(value)) };
        let single = pack(&Parts::single(Secret::new(String::from("zpat_x"))));
        assert_eq!(single.expose(), "zpat_x");
        assert_eq!(unpack(single).get("secret").map(Secret::expose), Some("zpat_x"));

        let stored = pack(&Parts::named(vec![part("public", "p\"\\\n日本"), part("secret", "s")]));
        assert!(stored.expose().starts_with(OPENING));
        let back = unpack(stored);
        let all: Vec<_> = back.iter().map(|part| (part.name, part.secret.expose())).collect();
        assert_eq!(all, [("public", "p\"\\\n日本"), ("secret", "s")]);

        for odd in
            [r#"{"keywright":"parts 1","parts":[["public"]]}"#, r#"{"keywright":"parts 2","parts":[]}"#, "{}"]
        {
            assert_eq!(unpack(Secret::new(String::from(odd))).count(), 1, "{odd} is a secret as it is");
        }
    }
}
