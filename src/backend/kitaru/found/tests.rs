//! What is found in files as the tools write them, and in variables.

use std::collections::BTreeMap;

use super::*;
use crate::backend::found::no_names;

const HALF: &str = "abababababababababababababababababababababababababababababababab";
const ID: &str = "31792b15-e97c-4306-9f11-96c11b2e2d21";

fn raw(prefix: &str) -> String {
    use base64::Engine as _;
    let json = format!(r#"{{"id": "{ID}", "key": "{HALF}"}}"#);
    format!("{prefix}{}", base64::engine::general_purpose::STANDARD.encode(json))
}

/// What is found with these variables and files; those in `loose` are readable by others.
fn look(variables: &[(&str, &str)], files: &[(&str, &str)], loose: &[&str]) -> Vec<Found> {
    let files: BTreeMap<PathBuf, (String, bool)> = files
        .iter()
        .map(|(path, text)| (PathBuf::from(path), ((*text).to_owned(), loose.contains(path))))
        .collect();
    let read = move |path: &Path| {
        let (text, loose) = files.get(path)?.clone();
        Some(FoundFile { text: Secret::new(text), loose })
    };
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned())))
        .collect();
    find(&Surroundings { variables, home: PathBuf::from("/ada"), read: &read, names: &no_names })
}

/// What, where, login, what it holds.
fn told(found: &Found) -> (String, String, String) {
    let address = found.endpoint.as_ref().map(|endpoint| endpoint.as_str().to_owned()).unwrap_or_default();
    let holds = match &found.holds {
        Holds::Credential(parts) => {
            format!("credential of {}", parts.get("secret").expect("a secret").expose().len())
        }
        Holds::Login { method, fields, secrets } => {
            let secrets: Vec<_> = secrets.iter().map(|(name, _)| *name).collect();
            format!("{method} {fields:?} {secrets:?}")
        }
        Holds::Account => String::from("account"),
    };
    (found.what.as_str().to_owned(), address, holds)
}

fn warned(found: &Found, words: &str) -> bool {
    found.warnings.iter().any(|warning| warning.as_str().contains(words))
}

#[test]
fn the_newer_tools_file_with_several_servers() {
    let path = "/ada/.config/kitaru/credentials.json";
    let text = format!(
        r#"{{"https://a.example": {{"url": "https://a.example", "type": "server", "api_key": "{}",
              "api_token": {{"access_token": "eyJ", "expires_at": "2026-11-21T22:32:03Z", "leeway_seconds": 180}}}},
            "https://b.example": {{"url": "https://b.example", "type": "server", "device_id": "{ID}",
              "device_code": "c0de", "api_token": {{"access_token": "eyJ"}}}},
            "https://c.example": {{"url": "https://c.example", "api_token": {{"access_token": "eyJ"}}}},
            "https://damaged.example": {{"url": 7}},
            "https://plane.example": {{"url": "https://plane.example", "type": "control_plane", "api_key": "x"}}}}"#,
        raw("KITKEY_")
    );
    let found = look(&[], &[(path, &text)], &[path]);
    let rows: Vec<_> = found.iter().map(told).collect();
    let row =
        |what: &str, address: &str, holds: &str| (what.to_owned(), address.to_owned(), holds.to_owned());
    assert_eq!(
        rows,
        [
            row("API key (KITKEY_…, Kitaru 0.22 and later)", "https://a.example", "credential of 171"),
            row("server", "https://b.example", "account"),
            row("server", "https://c.example", "account"),
        ]
    );
    assert!(found.iter().all(|one| one.loose_file.as_deref() == Some(Path::new(path))));
    let [a, b, c] = found.as_slice() else { panic!("three") };
    assert!(warned(a, "plain text") && warned(b, "as a device") && warned(c, "nothing but a bearer"));
    let found = look(&[], &[(path, &text)], &[]);
    assert!(found.iter().all(|one| one.loose_file.is_none()));
}

#[test]
fn the_older_tools_file_with_several_servers() {
    let path = "/ada/.config/kitaru/credentials.yaml";
    let text = format!(
        "http://127.0.0.1:18237:\n  api_key: {}\n  api_token:\n    access_token: eyJhbGciOi\n    expires_at: '2026-11-21T22:32:03.841126Z'\n    \
         expires_in: 3600\n  deployment_type: other\n  url: http://127.0.0.1:18237\n  version: 0.98.0\n\
         https://z.example:\n  password: 'it''s: a \"secret\"'\n  username: ada\n  url: https://z.example\n\
         https://old.example:\n  api_token:\n    access_token: eyJ\n  url: https://old.example\n",
        raw("ZENKEY_")
    );
    let found = look(&[], &[(path, &text)], &[]);
    let rows: Vec<_> = found.iter().map(told).collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    let [key, password, bearer] = found.as_slice() else { panic!("three") };
    assert_eq!(
        told(key),
        (
            String::from("API key (ZENKEY_…, Kitaru up to 0.21 or ZenML)"),
            String::from("http://127.0.0.1:18237"),
            format!("credential of {}", raw("ZENKEY_").len())
        )
    );
    assert_eq!(password.login.as_deref(), Some("ada"));
    let Holds::Login { secrets, .. } = &password.holds else { panic!("a login") };
    assert_eq!(secrets.first().map(|(_, secret)| secret.expose()), Some("it's: a \"secret\""));
    assert!(warned(bearer, "nothing but a bearer"));
}

#[test]
fn plain_zenml_and_named_directories_are_looked_at_too() {
    let text = format!("https://z.example:\n  api_key: {}\n", raw("ZENKEY_"));
    for (name, value, path) in [
        ("X", "", "/ada/.config/zenml/credentials.yaml"),
        ("XDG_CONFIG_HOME", "/etc/ada", "/etc/ada/kitaru/credentials.yaml"),
        ("KITARU_CONFIG_PATH", "/opt/k", "/opt/k/credentials.yaml"),
        ("KITARU_CONFIG_DIR", "/opt/d", "/opt/d/credentials.yaml"),
        ("ZENML_CONFIG_PATH", "/opt/z", "/opt/z/credentials.yaml"),
        ("X", "", "/ada/Library/Application Support/kitaru/credentials.yaml"),
    ] {
        let found = look(&[(name, value)], &[(path, &text)], &[]);
        assert_eq!(found.len(), 1, "{path}");
        assert!(found.iter().all(|one| one.source.as_str() == path));
    }
}

/// The variables, how many things are found, the address of each, and words of a warning.
type Case<'a> = (&'a [(&'a str, &'a str)], usize, &'a str, &'a str);

#[test]
fn variables_of_both_generations() {
    let (new, old) = (raw("KITKEY_"), raw("ZENKEY_"));
    let cases: &[Case<'_>] = &[
        (
            &[("KITARU_API_URL", "https://k.example"), ("KITARU_API_KEY", &new)],
            1,
            "https://k.example",
            "Every program",
        ),
        (
            &[("KITARU_SERVER_URL", "https://z.example/"), ("KITARU_AUTH_TOKEN", &old)],
            1,
            "https://z.example",
            "Every program",
        ),
        (&[("KITARU_AUTH_TOKEN", &old)], 1, "", "need each other"),
        (&[("KITARU_API_KEY", &new)], 1, "", "No server is named"),
        (&[("KITARU_API_KEY", &new), ("KITARU_API_TOKEN", "eyJ")], 1, "", "KITARU_API_TOKEN"),
        (
            &[("KITARU_AUTH_TOKEN", "eyJ.e30.x"), ("KITARU_SERVER_URL", "https://z.example")],
            1,
            "https://z.example",
            "cannot be used",
        ),
        (&[("KITARU_API_URL", "ftp://x")], 1, "", "cannot be used"),
        (&[("KITARU_API_URL", "https://k.example")], 1, "https://k.example", ""),
        (&[("KITARU_API_URL", "")], 0, "", ""),
        (&[], 0, "", ""),
    ];
    for (variables, count, address, warning) in cases {
        let found = look(variables, &[], &[]);
        assert_eq!(found.len(), *count, "{variables:?}");
        for one in &found {
            assert_eq!(told(one).1, *address, "{variables:?}");
            assert!(warning.is_empty() || warned(one, warning), "{variables:?}: {:?}", one.warnings);
        }
    }
}

#[test]
fn damaged_files_are_nothing() {
    for text in ["", "{", "[]", "null", "just a text", ":\n", "a:\nb", "  api_key: x\n"] {
        for name in ["credentials.json", "credentials.yaml"] {
            let path = format!("/ada/.config/kitaru/{name}");
            let found = look(&[], &[(&path, text)], &[]);
            assert!(found.iter().all(|one| matches!(one.holds, Holds::Account)), "{name} {text:?}");
        }
    }
}
