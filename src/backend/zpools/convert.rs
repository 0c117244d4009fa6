//! From the wire to the domain. What is missing is left empty or unknown; nothing missing is a failure except
//! the identifier, without which a PAT cannot be addressed.

use super::abilities::{EVERYTHING, NOUN};
use super::wire;
use crate::domain::credential::{Credential, Expiry, LastUse, Told};
use crate::domain::owner::{Id, OwnerRef};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

/// A PAT of `owner`.
pub(super) fn credential(row: wire::Row, owner: &OwnerRef) -> Option<Credential> {
    let status = row.status();
    let (soft_end, hard_end) = (row.expiry_at.0, row.hard_expiry_at.0);
    Some(Credential {
        id: Id::new(row.key_id.filter(|id| !id.is_empty())?),
        owner: owner.clone(),
        name: text(row.label),
        kind: NOUN,
        description: Text::default(),
        scopes: granted(&row.scopes.unwrap_or_default()),
        created: row.created_at.0,
        rotated: None,
        expires: expires(&status, [soft_end, hard_end], row.created_at.0),
        last_use: row.last_used_at.0.map_or(LastUse::Never, LastUse::At),
        // A state that is none of the three known ones is not called active.
        enabled: matches!(status.as_str(), "active" | "expired"),
        owner_enabled: true,
        window: None,
        particulars: Told {
            soft_end,
            hard_end,
            last_address: row.last_ip.map(Text::from),
            last_agent: row.last_ua.map(Text::from),
            uses: row.usage_count,
            ..Told::NOTHING
        }
        .into(),
    })
}

/// The earlier of both ends counts. A PAT that the server calls expired has ended, even if it names no end.
fn expires(status: &str, ends: [Option<Timestamp>; 2], created: Option<Timestamp>) -> Expiry {
    let told = ends.into_iter().flatten().min();
    let ended = (status == "expired").then(|| created.unwrap_or(Timestamp::UNIX_EPOCH));
    told.or(ended).map_or(Expiry::Never, Expiry::At)
}

/// What scopes come to.
pub(super) fn granted<T: AsRef<str>>(scopes: &[T]) -> Granted {
    if scopes.iter().any(|scope| scope.as_ref() == EVERYTHING) {
        return Granted::Everything;
    }
    Granted::Listed(scopes.iter().map(|scope| Text::clean(scope.as_ref())).collect())
}

fn text(raw: Option<String>) -> Text {
    raw.map(Text::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_end_counts() {
        let at = |second| Timestamp::from_second(second).ok();
        let cases = [
            ("active", [None, None], Expiry::Never),
            ("active", [at(20), at(30)], Expiry::At(at(20).expect("in range"))),
            ("active", [at(40), at(30)], Expiry::At(at(30).expect("in range"))),
            ("active", [None, at(30)], Expiry::At(at(30).expect("in range"))),
            ("expired", [at(20), None], Expiry::At(at(20).expect("in range"))),
            ("expired", [None, None], Expiry::At(at(10).expect("in range"))),
        ];
        for (status, ends, want) in cases {
            assert_eq!(expires(status, ends, at(10)), want, "{status} {ends:?}");
        }
    }
}
