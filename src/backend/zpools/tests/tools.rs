//! What the backend's own tools left: each rule of reading it, as a case.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::found::find;
use super::*;
use crate::backend::found::{Found, FoundFile, Holds, Surroundings, no_names};

const HOME: &str = "/h";
const RC: &str = "/h/.config/zpools.io/zpoolrc";
const TWO: &str = "zpat_0123456789abcdef01234567";
const CACHED: &str = r#"{"access_token":"eyJ.e30.x","id_token":null,"expires_at":1795299800}"#;

/// Names with values, or paths with texts.
type Pairs = Vec<(&'static str, &'static str)>;

/// Looks around with these variables and files; a file whose name begins with `loose ` may be read by others.
fn look(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Vec<Found> {
    let variables: BTreeMap<String, Secret> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned())))
        .collect();
    let files: BTreeMap<PathBuf, (String, bool)> = files
        .iter()
        .map(|(path, text)| {
            let tight = path.strip_prefix("loose ");
            (PathBuf::from(tight.unwrap_or(path)), ((*text).to_owned(), tight.is_some()))
        })
        .collect();
    let read = move |path: &Path| {
        let (text, loose) = files.get(path)?;
        Some(FoundFile { text: Secret::new(text.clone()), loose: *loose })
    };
    find(&Surroundings { variables, home: PathBuf::from(HOME), read: &read, names: &no_names })
}

/// What was found, in one line.
fn told(found: &Found) -> String {
    let holds = match &found.holds {
        Holds::Credential(parts) => parts.get("secret").map_or("", Secret::expose).to_owned(),
        Holds::Login { method, fields, secrets } => {
            let fields = fields.iter().map(|(name, value)| format!("{name}={value}"));
            let secrets = secrets.iter().map(|(name, value)| format!("{name}={}", value.expose()));
            format!("{method} {}", fields.chain(secrets).collect::<Vec<_>>().join(" "))
        }
        Holds::Account => String::from("account"),
    };
    format!("{} | {} | {holds}", found.what, found.source)
}

#[test]
fn what_is_found_and_what_wins() {
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static [(&'static str, &'static str)],
        &'static [&'static str],
    );
    let cases: &[Case] = &[
        (&[], &[], &[]),
        (&[("ZPOOL_PAT", PAT)], &[], &[]),
        (&[("ZPOOLPAT", PAT)], &[], &["PAT | $ZPOOLPAT | zpat_d0347074e0d75d36ba14dc79"]),
        (&[], &[(RC, "ZPOOLPAT=\"zpat_x\"\n")], &["PAT | ZPOOLPAT in ~/.config/zpools.io/zpoolrc | zpat_x"]),
        (
            &[("ZPOOLPAT", PAT)],
            &[(RC, "ZPOOLPAT=zpat_0123456789abcdef01234567")],
            &[
                "PAT | $ZPOOLPAT, which wins over the one in the file | zpat_d0347074e0d75d36ba14dc79",
                "PAT | ZPOOLPAT in ~/.config/zpools.io/zpoolrc, which $ZPOOLPAT wins over | zpat_0123456789abcdef01234567",
            ],
        ),
        (
            &[("ZPOOLPAT", "")],
            &[(RC, "ZPOOLPAT=zpat_x")],
            &[
                "PAT | ZPOOLPAT in ~/.config/zpools.io/zpoolrc; $ZPOOLPAT is set to nothing, which hides it from zpcli \
               and not from the shell client | zpat_x",
            ],
        ),
        (&[("ZPOOLPAT", "")], &[(RC, "")], &[]),
        (&[], &[(RC, "ZPOOLPAT=\nexport ZPOOLPAT=zpat_x\n# ZPOOLPAT=zpat_y")], &[]),
        (&[], &[(RC, "\u{0}\u{fffd}junk\n===\n\u{1b}[2J")], &[]),
        (
            &[("ZPOOL_USER", "ada"), ("ZPOOL_PASSWORD", "p w")],
            &[],
            &[
                "login of ada by password | $ZPOOL_USER and $ZPOOL_PASSWORD | password username=ada password=p w",
            ],
        ),
        (
            &[("ZPOOL_PASSWORD", "pw")],
            &[(RC, "ZPOOL_USER=ada")],
            &[
                "login of ada by password | ZPOOL_USER in ~/.config/zpools.io/zpoolrc and $ZPOOL_PASSWORD | password \
               username=ada password=pw",
            ],
        ),
        // A password is never taken from the file, and a name with a space is none.
        (
            &[],
            &[(RC, "ZPOOL_USER=ada\nZPOOL_PASSWORD=pw")],
            &["account | ZPOOL_USER in ~/.config/zpools.io/zpoolrc | account"],
        ),
        (&[("ZPOOL_USER", "a b"), ("ZPOOL_PASSWORD", "pw")], &[], &[]),
        (&[("ZPOOL_PASSWORD", "pw")], &[], &[]),
        (&[("ZPOOL_USER", ""), ("ZPOOL_PASSWORD", "pw")], &[(RC, "ZPOOL_USER=ada")], &[]),
        (&[("ZPOOL_API_URL", "https://api.dev.zpools.io/v1")], &[], &["account | $ZPOOL_API_URL | account"]),
        (&[("ZPOOLUSER", "ada")], &[], &["account | $ZPOOLUSER | account"]),
        (
            &[],
            &[(RC, "CLI_USERNAME=ada")],
            &["account | CLI_USERNAME in ~/.config/zpools.io/zpoolrc | account"],
        ),
    ];
    for (variables, files, want) in cases {
        let found: Vec<String> = look(variables, files).iter().map(told).collect();
        assert_eq!(found, *want, "{variables:?} {files:?}");
    }
}

#[test]
fn the_cache_of_logins() {
    const USUAL: &str = "/shm/zpool_token_api.zpools.io_ada";
    let login = |path: &str, from: &str| {
        format!(
            "login of ada, until 2026-11-21 22:23 UTC | {path}, a file in {from} | bearer username=ada \
             bearer=eyJ.e30.x"
        )
    };
    let by_variable = [("ZPOOL_USER", "ada"), ("ZPOOL_TOKEN_CACHE_DIR", "/shm")];
    let in_file = "ZPOOL_USER=ada\nZPOOL_TOKEN_CACHE_DIR=/shm";
    let of_file = "ZPOOL_TOKEN_CACHE_DIR in ~/.config/zpools.io/zpoolrc";
    let account = || String::from("account | ZPOOL_USER in ~/.config/zpools.io/zpoolrc | account");
    let cases: Vec<(Pairs, Pairs, String)> = vec![
        (by_variable.to_vec(), vec![(USUAL, CACHED)], login(USUAL, "$ZPOOL_TOKEN_CACHE_DIR")),
        (vec![], vec![(RC, in_file), (USUAL, CACHED)], login(USUAL, of_file)),
        // Set to nothing or to blanks is no cache, whatever the file says.
        (vec![("ZPOOL_TOKEN_CACHE_DIR", "")], vec![(RC, in_file), (USUAL, CACHED)], account()),
        (vec![("ZPOOL_TOKEN_CACHE_DIR", "  ")], vec![(RC, in_file), (USUAL, CACHED)], account()),
        (vec![], vec![(RC, "ZPOOL_USER=ada"), (USUAL, CACHED)], account()),
        // Another server or another user has another file, and `~` is a directory of that name.
        (
            vec![("ZPOOL_API_URL", "https://api.dev.zpools.io/v1")],
            vec![(RC, in_file), (USUAL, CACHED)],
            account(),
        ),
        (
            vec![("ZPOOL_USER", "eve")],
            vec![(RC, in_file), (USUAL, CACHED)],
            String::from("account | $ZPOOL_USER | account"),
        ),
        (
            vec![("ZPOOL_API_URL", "http://127.0.0.1:18431/v1")],
            vec![
                (RC, "ZPOOL_USER=ada\nZPOOL_TOKEN_CACHE_DIR=~/x"),
                ("~/x/zpool_token_127.0.0.1:18431_ada", CACHED),
            ],
            login("~/x/zpool_token_127.0.0.1:18431_ada", of_file),
        ),
        (
            vec![("ZPOOL_USER", "../ada")],
            vec![(RC, in_file), ("/shm/zpool_token_api.zpools.io_../ada", CACHED)],
            String::from("account | $ZPOOL_USER | account"),
        ),
    ];
    for (variables, files, want) in cases {
        let found: Vec<String> = look(&variables, &files).iter().map(told).collect();
        assert_eq!(found, [want], "{variables:?} {files:?}");
    }
    for spoiled in [
        "",
        "{",
        "null",
        r#"{"access_token":""}"#,
        r#"{"access_token":"x"}"#,
        r#"{"access_token":7,"expires_at":1}"#,
    ] {
        let found = look(&by_variable, &[(USUAL, spoiled)]);
        assert!(found.iter().all(|found| matches!(found.holds, Holds::Account)), "{spoiled}");
    }
}

#[test]
fn what_should_be_known_of_it() {
    let warned = |variables: &[(&str, &str)], files: &[(&str, &str)]| {
        look(variables, files).remove(0).warnings.iter().map(Text::as_str).collect::<Vec<_>>().join(" ")
    };
    let pat = &[("ZPOOLPAT", PAT)];
    let both = &[("ZPOOL_USER", "ada"), ("ZPOOL_PASSWORD", "pw")];
    let cases: [(String, &str); 10] = [
        (warned(pat, &[]), "Every program started from this shell can read it"),
        (warned(pat, &[]), "as long as there is no ~/.config/zpools.io/zpoolrc"),
        (warned(&[("ZPOOLPAT", JWT)], &[]), "It cannot be used: this is the bearer of a login"),
        (warned(&[("ZPOOLPAT", "hunter2")], &[]), "It cannot be used: this is not a PAT"),
        (warned(both, &[]), "Every program"),
        (warned(&[("ZPOOLPAT", PAT), ("ZPOOL_API_URL", "")], &[]), "$ZPOOL_API_URL is set to nothing"),
        (warned(&[("ZPOOLPAT", PAT), ("ZPOOL_API_URL", "pools")], &[]), "$ZPOOL_API_URL cannot be used"),
        (warned(&[], &[(RC, "ZPOOLPAT=zpat_x # mine")]), "line 1, ZPOOLPAT: zpcli keeps the comment"),
        (warned(&[], &[(RC, "ZPOOLPAT=zpat_x\nZPOOL_PASSWORD=pw")]), "line 2, ZPOOL_PASSWORD: no tool reads"),
        (warned(&[("ZPOOLUSER", "ada")], &[]), "before November 2025"),
    ];
    for (told, want) in cases {
        assert!(told.contains(want), "{want}: {told}");
    }
    assert!(!warned(pat, &[(RC, "")]).contains("as long as there is no"));
    assert_eq!(warned(&[], &[(RC, "ZPOOLPAT=zpat_x")]), "");
    let second = |variables: &[(&str, &str)]| look(variables, &[(RC, "ZPOOLPAT=zpat_x")]).remove(1).warnings;
    assert!(second(both).iter().any(|told| told.as_str().starts_with("The tools use the PAT")));
}

#[test]
fn where_it_belongs() {
    let endpoint = |found: &[Found]| {
        found.first().and_then(|one| one.endpoint.as_ref().map(|at| at.as_str().to_owned()))
    };
    let in_file = [(RC, "ZPOOLPAT=zpat_x\nZPOOL_API_URL=https://api.dev.zpools.io/v1/\nZPOOL_USER=ada")];
    let found = look(&[], &in_file);
    assert_eq!(endpoint(&found).as_deref(), Some("https://api.dev.zpools.io/v1"));
    assert_eq!(found[0].login.as_deref(), Some("ada"));
    assert_eq!(
        endpoint(&look(&[("ZPOOL_API_URL", "http://127.0.0.1:9/v1")], &in_file)).as_deref(),
        Some("http://127.0.0.1:9/v1")
    );
    assert_eq!(endpoint(&look(&[("ZPOOLPAT", TWO)], &[])).as_deref(), Some("https://api.zpools.io/v1"));
    assert_eq!(
        endpoint(&look(&[("ZPOOL_API_URL", "http://pools.example/v1")], &in_file)),
        None,
        "plain http"
    );
    // A file that others may read is told, but only with what is from it.
    let loose = look(&[("ZPOOLPAT", TWO)], &[(&format!("loose {RC}"), "ZPOOLPAT=zpat_x")]);
    let loose: Vec<Option<PathBuf>> = loose.into_iter().map(|found| found.loose_file).collect();
    assert_eq!(loose, [None, Some(PathBuf::from(RC))]);
    let cache = look(
        &[("ZPOOL_USER", "ada"), ("ZPOOL_TOKEN_CACHE_DIR", "/shm")],
        &[("loose /shm/zpool_token_api.zpools.io_ada", CACHED)],
    );
    assert_eq!(cache[0].loose_file, Some(PathBuf::from("/shm/zpool_token_api.zpools.io_ada")));
}
