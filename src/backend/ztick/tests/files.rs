//! Edits through the whole backend on files without a server: changed meanwhile, mutilated, odd names.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{Bench, FILE};
use crate::backend::ztick::file::read;

/// Nothing listens there.
const NOWHERE: &str = "tcp://127.0.0.1:1";

fn on(file: &[u8]) -> (TempDir, PathBuf, Bench) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("auth.toml");
    fs::write(&path, file).unwrap();
    let bench = Bench::new(NOWHERE, &[("auth_file", path.to_str().unwrap())]);
    (directory, path, bench)
}

#[tokio::test]
async fn what_changed_since_it_was_looked_at_is_told_once() {
    let (_directory, path, bench) = on(FILE.as_bytes());
    bench.list().await;
    fs::write(&path, FILE.replace("deploy.\"", "deploy.eu.\"")).unwrap();
    let why = bench.revoke("deploy").await.unwrap_err();
    assert_eq!(
        why,
        "Somebody else changed it since it was read: -    9  namespace = \"deploy.\"; +    9  namespace = \"deploy.eu.\""
    );
    assert!(fs::read_to_string(&path).unwrap().contains("deploy.eu."));
    bench.revoke("deploy").await.unwrap();
    assert!(!fs::read_to_string(&path).unwrap().contains("deploy"));
    // Without having looked there is nothing to compare with.
    let (_directory, _path, bench) = on(FILE.as_bytes());
    assert!(bench.create("ci", "ci.").await.is_ok());
}

#[tokio::test]
async fn two_at_once_and_the_second_is_told() {
    let (_directory, path, first) = on(FILE.as_bytes());
    let second = Bench::new(NOWHERE, &[("auth_file", path.to_str().unwrap())]);
    first.list().await;
    second.list().await;
    first.create("one", "one.").await.unwrap_or_else(|why| panic!("{why}"));
    let why = second.create("two", "two.").await.err().unwrap();
    assert!(why.contains("+   11  [token.one]") && !why.contains("sk_"), "{why}");
    second.create("two", "two.").await.unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(second.shown().await, "ops deploy one two");
}

#[tokio::test]
async fn what_people_type_is_checked() {
    let (_directory, path, bench) = on(FILE.as_bytes());
    for (name, namespace) in [
        ("a b", "x."),
        ("a]\nsecret = \"x\"", "x."),
        ("", "x."),
        ("é", "x."),
        ("ops", "x."),
        ("ok", ""),
        ("ok", "a b"),
        ("ok", "x\"\nsecret = \"y"),
        ("ok", "deploy.*"),
        ("ok", "é"),
    ] {
        assert!(bench.create(name, namespace).await.is_err(), "{name:?} {namespace:?}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
}

#[tokio::test]
async fn repeated_names_are_told_apart_and_never_confused() {
    let file = FILE.replace("token.ops", "token.deploy");
    let (_directory, path, bench) = on(file.as_bytes());
    assert_eq!(bench.shown().await, "deploy~1of2 deploy~2of2");
    bench.revoke("deploy~1of2").await.unwrap();
    assert_eq!(bench.shown().await, "deploy");
    assert!(bench.revoke("deploy~2of2").await.is_err());
    assert!(fs::read_to_string(&path).unwrap().contains("sk_deploy"));
}

#[tokio::test]
async fn findings_name_line_token_and_what_mends_them() {
    let file = FILE.replace("\"deploy.\"", "\"deploy\" # all of it");
    let (_directory, _path, bench) = on(file.as_bytes());
    let told = bench.told().await;
    assert!(
        told.iter().any(|one| one.starts_with("alarm Line 9, deploy: The comment behind this value")),
        "{told:#?}"
    );
    assert!(told.iter().any(|one| one.starts_with("warning Nothing listens there")), "{told:#?}");
    assert!(told.iter().all(|one| !one.contains("sk_") && !one.ends_with("-> ")), "{told:#?}");
    let about = bench.list().await.findings.iter().filter_map(|one| one.credential.clone()).count();
    assert!(about > 0);
}

/// Lines that mean something, in any order.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "\\[token\\.[a-c]\\]",
        3 => "secret = \"[a-f0-9]{4,20}\"",
        3 => "namespace = \"[a-z.*]{1,6}\"",
        1 => "#? ?\\[{1,2}token\\.?[a-b]?\\]?.{0,3}",
        1 => "\\PC{0,12}",
    ];
    prop::collection::vec(line, 0..16).prop_map(|lines| lines.join("\n").into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in the file: it is made longer at its end or left alone, and what was made can be taken out again.
    #[test]
    fn any_file_at_all(file in lines()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_directory, path, bench) = on(&file);
            let before = read(&file).tokens.len();
            let ids = bench.list().await.credentials;
            assert_eq!(ids.len(), before);
            match bench.create("brand-new", "n.").await {
                Ok(made) => {
                    let now = fs::read(&path).unwrap();
                    assert!(now.starts_with(&file));
                    assert_eq!(read(&now).failure, None);
                    assert_eq!(read(&now).tokens.len(), before + 1);
                    bench.revoke(made.credential.id.as_str()).await.unwrap();
                    assert!(fs::read(&path).unwrap().starts_with(&file));
                }
                Err(_) => assert_eq!(fs::read(&path).unwrap(), file),
            }
        });
    }
}
