//! What an entry is called. The name alone must be enough to find out, after a crash, whose secret it holds.

use uuid::Uuid;

/// The longest name of an entry, in bytes; every store takes that much.
pub const ENTRY_MAX: usize = 255;

/// The longest of the three parts before the identifier, so that all of them and the identifier fit.
const PART_MAX: usize = 64;

/// The name of the entry for the secret an operation will bring: `prod-kitaru/ci-runner/default#<operation>`.
///
/// Letters, digits, `.`, `_` and `-` stay; every other character becomes `_`, because stores differ in what they
/// take and `/`, `#` and `@` separate. Each part is cut at 64 bytes. Names that become alike are still told
/// apart by the operation's identifier.
pub fn entry_name(account: &str, owner: &str, credential: &str, operation: Uuid) -> String {
    format!("{}/{}/{}#{operation}", part(account), part(owner), part(credential))
}

fn part(raw: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    let kept: String = raw.chars().take(PART_MAX).map(plain).collect();
    if kept.is_empty() { String::from("_") } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_short_and_apart() {
        let id = Uuid::from_u128(7);
        let cases = [
            (("prod-kitaru", "ci-runner", "default"), "prod-kitaru/ci-runner/default#"),
            (("a", "日本/語", "x#y@z"), "a/____/x_y_z#"),
            (("a", "", "\n"), "a/_/_#"),
        ];
        for ((account, owner, credential), want) in cases {
            assert_eq!(entry_name(account, owner, credential, id), format!("{want}{id}"));
        }
        let long = "é".repeat(9_000);
        assert!(entry_name(&long, &long, &long, id).len() <= ENTRY_MAX);
        assert_ne!(entry_name("a", "é", "c", id), entry_name("a", "è", "c", Uuid::from_u128(8)));
    }
}
