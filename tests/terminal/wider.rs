//! A server that grants more than was asked for, and `rotate`: what may do something else than was reviewed is brought
//! nowhere, and nothing is promised for it.

use serde_json::{Value, json};

use crate::commands::words;
use crate::due::pools;
use crate::program::records;

#[test]
fn rotate_brings_a_secret_that_may_do_something_else_nowhere() {
    let Some((sandbox, desk)) = pools() else { return };
    let file = desk.home.path().join("app.env");
    let settings = desk.home.settings_file();
    let before = std::fs::read_to_string(&settings).expect("the settings");
    let target = format!("\n[targets.app]\nkind = \"file\"\npath = \"{}\"\nkey = \"PAT\"\n", file.display());
    std::fs::write(&settings, before + &target).expect("the settings");

    let listed: Vec<Value> = serde_json::from_slice(&desk.run(&["list", "--json"]).stdout).expect("an array");
    let narrow = |one: &&Value| {
        let scopes = one["scopes"].as_str().unwrap_or_default();
        one["state"] == "active" && !scopes.contains(['*', '!']) && !scopes.contains("billing")
    };
    let old = listed.iter().find(narrow).unwrap_or_else(|| panic!("{listed:?}"));
    let (id, name) = (old["id"].as_str().expect("an id"), old["name"].as_str().expect("a name"));
    let sql = "INSERT INTO targets (account, owner, credential, target, position) VALUES ('pools', 'user', ?1, 'app', 0)";
    assert_eq!(records(&desk).execute(sql, [id]), Ok(1));

    sandbox.quirk_of("zpools", "grants_more", &json!(["billing"]));
    let out = desk.run(&["rotate", id, "--yes", name, "--retain", "1h", "--json"]);
    let said = words(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{}{said}", words(&out.stdout));
    let told: Value = serde_json::from_slice(&out.stdout).expect("an object");
    assert_eq!((told["wider"].as_bool(), told["verdict"].as_str()), (Some(true), Some("accepted")), "{told}");
    assert_eq!((&told["targets"], told["stored"].as_str()), (&json!([]), Some("keyring")), "{told}");
    assert!(told["old"].as_str().is_some_and(|old| old.contains("does not revoke it by itself")), "{told}");
    assert!(said.contains("its targets were not given the new secret"), "{said}");
    assert!(said.contains("can do more than was reviewed"), "{said}");
    assert!(!file.exists(), "it was brought there");
    assert_eq!(words(&desk.run(&["due", "--dry-run", "--json"]).stdout), "[]\n", "nothing is promised");

    // As it was reviewed, it is brought there, and the old one's end is promised.
    sandbox.quirk_of("zpools", "grants_more", &json!([]));
    let out = desk.run(&["rotate", id, "--yes", name, "--retain", "1h", "--shared-targets", "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}{}", words(&out.stdout), words(&out.stderr));
    let told: Value = serde_json::from_slice(&out.stdout).expect("an object");
    assert_eq!(told["targets"][0]["result"].as_str(), Some("read back"), "{told}");
    assert!(std::fs::read_to_string(&file).is_ok_and(|text| text.starts_with("PAT=zpat_")));
}
