//! What the server's own tools left behind.

use std::path::{Path, PathBuf};

use super::*;
use crate::backend::found::{FoundFile, Holds, Surroundings};

fn look(
    files: &[(&'static str, String, bool)],
    variables: &[(&str, &str)],
) -> Vec<crate::backend::found::Found> {
    let files = files.to_vec();
    let paths: Vec<&'static str> = files.iter().map(|(path, ..)| *path).collect();
    let names = move |folder: &Path| {
        let inside = paths.iter().filter_map(|path| path.rsplit_once('/'));
        inside.filter(|(of, _)| Path::new(of) == folder).map(|(_, name)| name.to_owned()).collect()
    };
    let read = move |path: &Path| {
        let found = files.iter().find(|(known, ..)| Path::new(known) == path)?;
        Some(FoundFile { text: secret(&found.1), loose: found.2 })
    };
    let around = Surroundings {
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), secret(value))).collect(),
        home: PathBuf::from("/h"),
        read: &read,
        names: &names,
    };
    found::find(&around)
}

fn token() -> String {
    bearer("tenant-admin", Some(TENANT_ID)).bearer.expose().to_owned()
}

#[test]
fn the_command_lines_file() {
    let json = json!({ "base_url": "https://p.example", "auth_token": token(), "username": "ada",
        "tenant_id": TENANT_ID, "tenant_name": null })
    .to_string();
    for (path, variables) in [
        ("/h/.config/cli/config.json", vec![]),
        ("/x/cli/config.json", vec![("XDG_CONFIG_HOME", "/x")]),
        ("/h/Library/Application Support/com.pangolin.cli/config.json", vec![]),
    ] {
        let all = look(&[(path, json.clone(), true)], &variables);
        let [one] = all.as_slice() else { panic!("{path}: {}", all.len()) };
        assert_eq!(one.what.as_str(), "login of the command line of ada");
        assert_eq!(one.endpoint.as_ref().map(Endpoint::as_str), Some("https://p.example"));
        assert!(one.warnings.iter().any(|words| words.as_str().contains(TENANT_ID)), "{:?}", one.warnings);
        assert!(
            one.warnings.iter().any(|words| words.as_str().contains("ends at 2096")),
            "{:?}",
            one.warnings
        );
        assert_eq!(one.loose_file.as_deref(), Some(Path::new(path)));
        let Holds::Login { method, secrets, .. } = &one.holds else { panic!("a login") };
        assert_eq!((*method, secrets[0].1.expose()), ("token", token().as_str()));
    }
    let empty =
        json!({ "base_url": null, "auth_token": null, "username": null, "tenant_id": null }).to_string();
    assert!(look(&[("/h/.config/cli/config.json", empty, false)], &[]).is_empty());
    assert!(look(&[("/h/.config/cli/config.json", String::from("not json"), false)], &[]).is_empty());
}

#[test]
fn its_profiles_lie_beside_it() {
    let of = |user: &str| {
        json!({ "base_url": "https://p.example", "auth_token": token(), "username": user }).to_string()
    };
    let folder = "/h/.config/cli";
    let files = [
        ("/h/.config/cli/config.json", of("ada"), false),
        ("/h/.config/cli/config-prod.json", of("grace"), true),
        ("/h/.config/cli/config-.json", of("nobody"), false),
        ("/h/.config/cli/config-old.json.bak", of("nobody"), false),
        ("/h/.config/cli/other.json", of("nobody"), false),
        ("/h/.config/cli/deeper/config-x.json", of("nobody"), false),
    ];
    let told: Vec<(String, String)> =
        look(&files, &[]).iter().map(|one| (one.what.to_string(), one.source.to_string())).collect();
    let shown = |name: &str| format!("{}/{name}", folder.replace("/h", "~"));
    assert_eq!(
        told,
        [
            (String::from("login of the command line of ada"), shown("config.json")),
            (String::from("profile prod of the command line of grace"), shown("config-prod.json")),
        ]
    );
}

#[test]
fn the_python_clients_profiles() {
    let yaml = format!(
        "active_profile: work\nprofiles:\n  work:\n    url: https://p.example\n    username: ada\n    token: {}\n    \
         tenant_id: {TENANT_ID}\n  'home one':\n    url: \"http://localhost:8080\"\n    token: null\nother:\n  x:\n    url: y\n",
        token()
    );
    let all = look(&[("/h/.pangolin/profiles.yaml", yaml, false)], &[]);
    let told: Vec<&str> = all.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(told, ["profile work of the Python client of ada", "profile home one of the Python client"]);
    assert!(matches!(all[0].holds, Holds::Login { .. }) && matches!(all[1].holds, Holds::Account));
    assert_eq!(all[1].endpoint.as_ref().map(Endpoint::as_str), Some("http://localhost:8080"));
}

#[test]
fn the_variables() {
    let all = look(&[], &[("PANGOLIN_URL", "https://p.example"), ("PANGOLIN_TENANT", "acme")]);
    assert!(matches!(all[0].holds, Holds::Account) && all[0].warnings[0].as_str().contains("acme"));
    assert!(look(&[], &[("PANGOLIN_URL", "nonsense")]).is_empty());
}
