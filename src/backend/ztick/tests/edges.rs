//! Bad input: files that are none, servers that are none, restart commands that do not.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::Duration;

use super::{Bench, FILE, Server};
use crate::backend::Backend as _;
use crate::backend::ztick::wire::Limits;
use crate::domain::failure::Effected;
use crate::secret::{Parts, Secret};

const NOWHERE: &str = "tcp://127.0.0.1:1";

#[tokio::test]
async fn files_that_are_none() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("big"), vec![b'#'; 2 << 20]).unwrap();
    fs::create_dir(at("folder")).unwrap();
    symlink(at("nothing"), at("dangling")).unwrap();
    for (name, words) in [
        ("big", "is larger than"),
        ("folder", "is not a file"),
        ("dangling", "is a link to a file that does not exist"),
    ] {
        let bench = Bench::new(NOWHERE, &[("auth_file", at(name).to_str().unwrap())]);
        let why = bench.ztick.list(&bench.session).await.unwrap_err();
        assert!(why.sentence().contains(words), "{}", why.sentence());
        let why = bench.create("ci", "ci.").await.err().unwrap();
        assert!(why.contains(words), "{why}");
    }
    // Not UTF-8: read as the server does, and edited without touching it.
    fs::write(
        at("bytes"),
        b"[token.\xff]\nsecret = \"\xfe\xfe\xfe\xfe\xfe\xfe\xfe\xfe\"\nnamespace = \"\xfd\"\n",
    )
    .unwrap();
    let bench = Bench::new(NOWHERE, &[("auth_file", at("bytes").to_str().unwrap())]);
    assert_eq!(bench.shown().await, "%FF");
    assert!(bench.create("ci", "ci.").await.is_ok());
    bench.revoke("%FF").await.unwrap();
    assert_eq!(bench.shown().await, "ci");
}

#[test]
fn settings_that_are_none() {
    use super::super::settings::{Location, namespace, words};
    for typed in [
        "auth.toml",
        "/etc/",
        "ssh://",
        "ssh://-oProxyCommand=x/etc/a",
        "ssh://h/",
        "ssh://u:p@h/a",
        "ssh://h/a?b",
        "",
    ] {
        assert!(Location::parse(typed).is_err(), "{typed}");
    }
    for typed in [
        "/etc/ztick/auth.toml",
        "ssh://host/etc/a.toml",
        "ssh://u@h.example:2222/etc/a.toml",
        "ssh://[::1]:22/a",
    ] {
        assert!(Location::parse(typed).is_ok(), "{typed}");
    }
    assert_eq!(words("a 'b c' \"d\"e").unwrap(), ["a", "b c", "de"]);
    for typed in ["", "a | b", "a && b", "a > b", "a $X", "a 'b", "-x", "a\nb", "'' x"] {
        assert!(words(typed).is_err(), "{typed}");
    }
    assert!(namespace("*").is_ok() && namespace("deploy.").is_ok() && namespace("deploy.*").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_said_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("auth.toml");
    fs::write(&path, FILE).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let bench = Bench::new(NOWHERE, &[("auth_file", path.to_str().unwrap())]);
    // Root may everything; whoever else runs this test may not.
    let refused = bench.session.facts.may_create.clone().err();
    let tried = bench.create("ci", "ci.").await.err();
    assert_eq!(refused.is_some(), tried.is_some(), "{refused:?} {tried:?}");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

/// A listener that answers every connection with these words and closes, or says nothing at all.
fn listener(words: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut piece = [0_u8; 512];
            drop(stream.read(&mut piece));
            if let Some(words) = words {
                drop(stream.write_all(words.as_bytes()));
            } else {
                open.push(stream);
            }
        }
    });
    format!("tcp://{address}")
}

#[tokio::test]
async fn servers_that_are_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("auth.toml");
    fs::write(&path, FILE).unwrap();
    let limits = Limits { whole: Duration::from_millis(200), ..Limits::default() };
    for (endpoint, words) in [
        (NOWHERE.to_owned(), "Nothing listens there"),
        (listener(None), "said nothing at all"),
        (listener(Some("HTTP/1.1 400 Bad Request\r\n\r\n")), "is not ztick"),
        (listener(Some("\u{1b}[31mgarbage\n")), "is not ztick"),
        (listener(Some("")), "closed at once"),
    ] {
        let bench = Bench::within(&endpoint, &[("auth_file", path.to_str().unwrap())], limits);
        // The file is what it is, whatever answers.
        let listing = bench.list().await;
        assert_eq!(listing.credentials.len(), 2, "{words}");
        assert!(
            listing.findings.iter().any(|one| one.what.as_str().contains(words)),
            "{:?}",
            listing.findings
        );
        let parts = Parts::single(Secret::new(String::from("sk_ops_a1b2c3d4e5f6a7b8")));
        let why = bench.ztick.verify(&parts, &crate::backend::unheard).await.unwrap_err();
        assert!(why.sentence().contains(words), "{}", why.sentence());
    }
    let bench = Bench::new(NOWHERE, &[("auth_file", path.to_str().unwrap())]);
    let newline = Parts::single(Secret::new(String::from("a\nb")));
    let why = bench.ztick.verify(&newline, &crate::backend::unheard).await.unwrap_err();
    assert!(why.sentence().contains("it was not sent") && why.effected == Effected::No);
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_commands_that_do_not() {
    let server = Server::new(FILE);
    server.restart().await;
    let file = server.text();
    let path = server.file();
    let path = path.to_str().unwrap();
    for (command, words) in [
        ("false", "The file is changed, the restart is not: "),
        ("/no/such/program x", "No such file"),
        // A program that fails and repeats a secret.
        ("grep -c sk_ops /no/such/file", "No such file"),
    ] {
        fs::write(path, &file).unwrap();
        let bench = Bench::new(&server.endpoint(), &[("auth_file", path), ("restart", command)]);
        let made = bench.create("ci", "ci.").await.unwrap_or_else(|why| panic!("{why}"));
        let note = made.note.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(note.contains(words), "{command}: {note}");
    }
    fs::write(path, &file).unwrap();
    let command = "sh -c 'echo a sk_ops_a1b2c3d4e5f6a7b8 >&2; exit 3'";
    let bench = Bench::new(&server.endpoint(), &[("auth_file", path), ("restart", command)]);
    let made = bench.create("ci", "ci.").await.unwrap_or_else(|why| panic!("{why}"));
    let note = made.note.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(note.contains("holds a secret and is not shown"), "{note}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_the_server_leaves_open_is_found() {
    let server = Server::new(FILE);
    server.restart().await;
    let file = server.file();
    let config = file.with_file_name("ztick.toml");
    let open = listener(Some("HTTP/1.1 200 OK\r\n\r\n[]"));
    let shut = listener(Some("HTTP/1.1 401 Unauthorized\r\n\r\n"));
    for (http, words) in [(open, "alarm The HTTP listener"), (shut, "warning The HTTP listener")] {
        let listen = http.trim_start_matches("tcp://");
        let text =
            format!("[controller]\nauth_file = \"{}\"\n[http]\nlisten = \"{listen}\"\n", file.display());
        fs::write(&config, text).unwrap();
        let settings = [("auth_file", file.to_str().unwrap()), ("config", config.to_str().unwrap())];
        let told = Bench::new(&server.endpoint(), &settings).told().await;
        assert!(told.len() == 1 && told[0].starts_with(words), "{told:#?}");
    }
    fs::write(&config, "[controller]\n").unwrap();
    let settings = [("auth_file", file.to_str().unwrap()), ("config", config.to_str().unwrap())];
    let told = Bench::new(&server.endpoint(), &settings).told().await;
    assert!(told[0].contains("names no auth_file"), "{told:#?}");
}
