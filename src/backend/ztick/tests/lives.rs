//! Lives of tokens on the embedded server, with and without a restart command.

use std::fs;

use uuid::Uuid;

use super::{Bench, FILE, SPY, Server};
use crate::backend::Backend as _;
use crate::domain::answer::Verdict;
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

#[tokio::test(flavor = "multi_thread")]
async fn with_a_restart_command_every_change_counts_at_once() {
    let server = Server::new(FILE);
    server.restart().await;
    let bench = server.bench(true);
    assert_eq!(bench.shown().await, "ops deploy");
    let made = bench.create("ci", "ci.").await.unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(made.note, None);
    assert_eq!(bench.presented(&made).await, "ci ci.");
    let second = bench.rotate("ci").await.unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(second.credential.name.as_str(), "ci-2");
    assert_eq!(second.credential.scopes, Granted::Listed(vec!["ci.".into()]));
    assert_eq!(
        (bench.presented(&made).await, bench.presented(&second).await),
        ("ci ci.".into(), "ci-2 ci.".into())
    );
    assert_eq!(bench.shown().await, "ops deploy ci ci-2");
    bench.revoke("ci").await.unwrap();
    assert!(bench.presented(&made).await.starts_with("refused: "));
    assert_eq!(bench.presented(&second).await, "ci-2 ci.");
    bench.revoke("ci-2").await.unwrap();
    assert_eq!(server.text().trim_end(), FILE.trim_end(), "what was made and removed leaves nothing");
    assert_eq!(
        bench.revoke("ci-2").await.unwrap_err(),
        "It is not there any more: the file has no such namespace token any more"
    );
    // Only what is wide would be told, and that is told of the credential itself.
    assert_eq!(bench.told().await, Vec::<String>::new());
    let crossing = bench.list().await.findings;
    assert!(crossing.iter().any(|one| one.what.as_str().starts_with(SPY)), "{crossing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_what_is_pending_is_said() {
    let server = Server::new(FILE);
    server.restart().await;
    let bench = server.bench(false);
    let made = bench.create("ci", "ci.").await.unwrap_or_else(|why| panic!("{why}"));
    let note = made.note.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(note.starts_with("Restart the server"), "{note}");
    assert!(bench.presented(&made).await.starts_with("untold: pending restart: it is in the file"));
    assert_eq!(bench.shown().await, "ops deploy ci?");
    assert!(
        bench.told().await[0].starts_with("warning The file was written after the running server read it")
    );
    assert!(
        bench
            .ztick
            .inspect()
            .await
            .unwrap()
            .notes
            .iter()
            .any(|note| note.as_str().contains("restart is pending"))
    );
    server.restart().await;
    assert_eq!(bench.presented(&made).await, "ci ci.");
    assert_eq!(bench.shown().await, "ops deploy ci");
    // Removed, it works on until the restart, and is not called refused before.
    bench.revoke("ci").await.unwrap();
    assert!(bench.presented(&made).await.starts_with("untold: pending restart: it is not in the file"));
    assert_eq!(bench.shown().await, "ops deploy");
    server.restart().await;
    assert!(bench.presented(&made).await.starts_with("refused: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_check_keeps_the_port_from_the_next_start() {
    let server = Server::new(FILE);
    server.restart().await;
    let bench = server.bench(true);
    for round in 0..5 {
        // Refused secrets, and lists of a file that is newer than the server, before each restart.
        let stranger = server
            .bench(false)
            .create(&format!("x{round}"), "x.")
            .await
            .unwrap_or_else(|why| panic!("{why}"));
        assert!(bench.presented(&stranger).await.starts_with("untold: "));
        bench.list().await;
        let made = bench.create(&format!("y{round}"), "y.").await.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(made.note, None, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_and_reports_success_is_explained() {
    let server = Server::new(FILE);
    server.restart().await;
    let address = &server.sandbox.announcement().ztick.address;
    // Somebody else's check: a wrong secret and an ordinary close, after which the server holds the port.
    let mut stranger = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut stranger, b"AUTH wrong\n").unwrap();
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut stranger, &mut answer).unwrap();
    drop(stranger);
    let bench = server.bench(true);
    let made = bench.create("ci", "ci.").await.unwrap_or_else(|why| panic!("{why}"));
    let note = made.note.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(note.contains("The port is probably still taken"), "{note}");
    assert!(!note.contains("sk_"), "{note}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_written_and_never_stored_is_read_again() {
    let server = Server::new(FILE);
    server.restart().await;
    let bench = server.bench(true);
    let key = Uuid::new_v4();
    assert!(bench.ztick.recover(&bench.session, key).await.unwrap().is_none());
    let made = bench.create_as("ci", "ci.", key).await.unwrap_or_else(|why| panic!("{why}"));
    bench.create("other", "ci.").await.unwrap_or_else(|why| panic!("{why}"));
    let again = bench.ztick.recover(&bench.session, key).await.unwrap().expect("found");
    let text =
        |issued: &crate::domain::answer::Issued| issued.parts.get("secret").unwrap().expose().to_owned();
    assert_eq!((again.credential.id.as_str(), text(&again)), ("ci", text(&made)));
    assert!(again.credential.created.is_some());
    let found = bench.ztick.identify(&bench.session, made.parts.get("secret").unwrap(), &[]).await.unwrap();
    assert_eq!(found.map(|one| one.id), Some(made.credential.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_server_is_an_alarm() {
    let server = Server::new(FILE);
    server.restart().await;
    server.control("quirks", r#"{"ztick":{"auth":false}}"#).await;
    let bench = server.bench(false);
    assert!(bench.told().await[0].starts_with("alarm ALARM: this server runs without authentication"));
    let made = bench.create("ci", "ci.").await.unwrap_or_else(|why| panic!("{why}"));
    assert!(bench.presented(&made).await.contains("runs without authentication"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dialect_tells_a_namespace_and_the_other_does_not() {
    let server = Server::new(FILE);
    server.restart().await;
    let bench = server.bench(true);
    for (dialect, want) in [("bare", vec![Text::from("ci.")]), ("coded", vec![])] {
        server.control("quirks", &format!(r#"{{"ztick":{{"dialect":"{dialect}"}}}}"#)).await;
        let made = bench.create(&format!("ci-{dialect}"), "ci.").await.unwrap_or_else(|why| panic!("{why}"));
        let Ok(Verdict::Accepted { untold, .. }) =
            bench.ztick.verify(&made.parts, &crate::backend::unheard).await
        else {
            panic!("{dialect}")
        };
        assert_eq!(untold, want, "{dialect}");
    }
    // The file says more than the server goes by.
    fs::write(server.file(), server.text().replace("\"deploy.\"", "\"wider\"")).unwrap();
    let parts = Parts::single(Secret::new(String::from("sk_deploy_a1b2c3d4e5f6")));
    let Ok(Verdict::Untold { why }) = bench.ztick.verify(&parts, &crate::backend::unheard).await else {
        panic!("told")
    };
    assert!(why.as_str().contains("for another namespace than the file's"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_there_are_offered_to_compare_with() {
    let server = Server::new(FILE);
    server.restart().await;
    let bench = server.bench(false);
    let offers = bench.ztick.names_there().await.unwrap();
    assert!(
        offers.iter().any(|offer| offer.id == "deploy." && offer.group == "namespaces of the file"),
        "{offers:?}"
    );
    assert!(offers.iter().any(|offer| offer.group == "jobs and rules there are"), "{offers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_file_is_made_and_what_the_server_needs_is_said() {
    let server = Server::new(FILE);
    fs::remove_file(server.file()).unwrap();
    let bench: Bench = server.bench(false);
    let told = bench.told().await;
    assert!(told.len() == 1 && told[0].starts_with("alarm There is no auth file"), "{told:?}");
    let made = bench.create("ops", "*").await.unwrap_or_else(|why| panic!("{why}"));
    let note = made.note.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(note.contains("[controller]") && note.contains("auth_file = \""), "{note}");
    assert_eq!(made.credential.scopes, Granted::Everything);
    assert!(server.text().starts_with("[token.ops]\n# keywright "), "{}", server.text());
    server.restart().await;
    assert_eq!(bench.presented(&made).await, "ops everything");
    assert_eq!(bench.list().await.credentials[0].particulars.cautions.len(), 1);
}
