//! `zpoolrc`, read as the Python tools read it: `KEY=VALUE` a line, the last one counts, quotes are taken off the ends,
//! nothing is expanded. Their shell client runs the file instead, so lines that the two understand differently are told.

use std::collections::BTreeMap;

/// Names that are read today.
const NAMES: [&str; 5] =
    ["ZPOOLPAT", "ZPOOL_USER", "ZPOOL_API_URL", "ZPOOL_TOKEN_CACHE_DIR", "ZPOOL_PASSWORD"];

/// Every key with its value.
pub(super) fn values(text: &str) -> BTreeMap<&str, &str> {
    lines(text).map(|(_, key, value)| (key.trim(), unquoted(value))).collect()
}

/// Lines about the login with a key and a value, as they stand.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.starts_with('#'));
    lines.filter_map(|(number, line)| line.split_once('=').map(|(key, value)| (number, key, value)))
}

fn unquoted(value: &str) -> &str {
    value.trim_matches('"').trim_matches('\'')
}

/// What should be known of lines about the login, in sentences without their values.
pub(super) fn oddities(text: &str) -> Vec<String> {
    let mut told = Vec::new();
    for (number, key, value) in lines(text) {
        let key = key.trim();
        let name = key.strip_prefix("export ").map_or(key, str::trim);
        if NAMES.contains(&name)
            && let Some(words) = oddity(key, name, value)
        {
            told.push(format!("line {number}, {name}: {words}"));
        }
    }
    told
}

fn oddity(key: &str, name: &str, value: &str) -> Option<&'static str> {
    match () {
        () if key != name => Some("export in front hides it from zpcli; only the shell client reads it"),
        () if name == "ZPOOL_PASSWORD" => Some("no tool reads a password from this file; take it out"),
        () if value.starts_with(char::is_whitespace) => {
            Some("zpcli keeps the space after = as a part of the value, and the quotes behind it")
        }
        () if value.contains(" #") => Some("zpcli keeps the comment as a part of the value"),
        () if value.contains(['$', '`', '\\']) => {
            Some("zpcli takes $, ` and \\ as they stand; the shell client expands them")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_python_tools_read_them() {
        let cases = [
            ("ZPOOLPAT=zpat_x", Some("zpat_x")),
            ("  ZPOOLPAT = zpat_x  \r\n", Some(" zpat_x")),
            ("ZPOOLPAT=\"zpat_x\"", Some("zpat_x")),
            ("ZPOOLPAT='zpat_x'", Some("zpat_x")),
            ("ZPOOLPAT=\"'zpat_x'\"", Some("zpat_x")),
            ("ZPOOLPAT='\"zpat_x\"'", Some("\"zpat_x\"")),
            ("ZPOOLPAT=", Some("")),
            ("ZPOOLPAT=a=b", Some("a=b")),
            ("ZPOOLPAT=one\nZPOOLPAT=two", Some("two")),
            ("ZPOOLPAT=zpat_x # mine", Some("zpat_x # mine")),
            ("ZPOOLPAT=$OTHER", Some("$OTHER")),
            ("#ZPOOLPAT=zpat_x", None),
            ("  # ZPOOLPAT=zpat_x", None),
            ("export ZPOOLPAT=zpat_x", None),
            ("ZPOOLPAT zpat_x", None),
            ("", None),
            ("\u{0}\u{1b}[2J=\u{7}\n=\n==\nZPOOLPAT", None),
        ];
        for (text, want) in cases {
            assert_eq!(values(text).get("ZPOOLPAT").copied(), want, "{text:?}");
        }
    }

    #[test]
    fn what_the_tools_understand_differently_is_told() {
        let cases = [
            ("ZPOOLPAT=zpat_x\nSSH_HOST=$HOST # other people's business", None),
            ("\nexport ZPOOLPAT=zpat_x", Some("line 2, ZPOOLPAT: export in front")),
            ("ZPOOL_PASSWORD=x", Some("line 1, ZPOOL_PASSWORD: no tool reads")),
            ("ZPOOL_USER= ada", Some("zpcli keeps the space")),
            ("ZPOOL_USER=ada # me", Some("zpcli keeps the comment")),
            ("ZPOOL_TOKEN_CACHE_DIR=$HOME/x", Some("the shell client expands them")),
        ];
        for (text, want) in cases {
            let told = oddities(text);
            assert_eq!(told.len(), usize::from(want.is_some()), "{text:?}: {told:?}");
            assert!(want.is_none_or(|want| told.iter().all(|words| words.contains(want))), "{told:?}");
        }
    }
}
