//! The client against the embedded server: both dialects, TLS, what a token covers, and restarts after a check.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Client, Covers, Limits, Manner, Place, Seen, crossing};
use super::secret;
use crate::domain::failure::FailureKind;
use crate::sandbox::{LineService, Options, Sandbox, start};

const TOKENS: &str = "\
    [token.ops]\nsecret = \"sk_ops\"\nnamespace = \"*\"\n\
    [token.deploy]\nsecret = \"sk_deploy\"\nnamespace = \"deploy.\"\n\
    [token.words]\nsecret = \"two \"quoted\\ words\"\nnamespace = \"w\"\n\
    [token.empty]\nsecret = \"\"\nnamespace = \"none.\"\n";

struct Server {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Server {
    async fn new(quirks: Value) -> Self {
        // Another test may have installed it already.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let sandbox = start(Options::default()).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let server = Self { sandbox, http };
        server.control("quirks", json!({ "ztick": quirks })).await;
        server.tokens(TOKENS.as_bytes()).await;
        server
    }

    fn place(&self) -> &LineService {
        &self.sandbox.announcement().ztick
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/{path}", self.sandbox.announcement().control.url);
        let answer = self.http.post(url).body(body.to_string()).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn restart(&self) -> Value {
        self.control("restart", json!({ "backend": "ztick" })).await
    }

    /// Writes the auth file and restarts.
    #[expect(clippy::disallowed_methods, reason = "this test is the operator with an editor")]
    async fn tokens(&self, text: &[u8]) -> Value {
        std::fs::write(&self.place().auth_file, text).unwrap();
        self.restart().await
    }

    fn plain(&self) -> Client {
        Client::new(Place::parse(&self.place().address).unwrap(), None, Limits::default())
    }

    fn tls(&self, ca_file: Option<PathBuf>) -> Client {
        let place = Place::parse(&format!("tls://{}", self.place().tls_address)).unwrap();
        Client::new(place, ca_file, Limits::default())
    }
}

#[tokio::test]
async fn checks_in_both_dialects_over_both_ways() {
    for dialect in ["bare", "coded"] {
        let server = Server::new(json!({ "dialect": dialect })).await;
        let ways = [server.plain(), server.tls(Some(server.place().ca_file.clone().into()))];
        for (client, tls) in ways.iter().zip([false, true]) {
            for manner in [Manner::HalfClose, Manner::Reset] {
                for good in ["sk_ops", "sk_deploy", "two \"quoted\\ words", ""] {
                    let Ok(Seen::Valid(stat)) = client.check(&secret(good), manner).await else {
                        panic!("{dialect} {manner:?} {good:?}")
                    };
                    assert_eq!((stat.auth, stat.tls, stat.rows.len()), (Some(true), Some(tls), 15));
                    assert!(stat.uptime.is_some_and(|uptime| uptime < Duration::from_mins(10)));
                }
                for bad in ["nope", "sk_ops\r", " sk_ops", "STAT"] {
                    let seen = client.check(&secret(bad), manner).await.unwrap();
                    assert_eq!(seen, Seen::Unknown, "{dialect} {manner:?} {bad:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_server_without_authentication_is_an_alarm_and_no_verdict() {
    let server = Server::new(json!({ "auth": false })).await;
    for manner in [Manner::HalfClose, Manner::Reset] {
        let seen = server.plain().check(&secret("whatever"), manner).await.unwrap();
        assert!(matches!(seen, Seen::Open(_)), "{seen:?}");
        assert_eq!(seen.works(), None);
        assert!(seen.sentence().starts_with("ALARM"));
    }
}

#[tokio::test]
async fn no_check_takes_the_port_of_a_restart() {
    let server = Server::new(json!({})).await;
    let tls = server.tls(Some(server.place().ca_file.clone().into()));
    // Over TLS only the reset is sure, because the server may take the end of the encryption for ours and close first.
    let plain = (server.plain(), [Manner::Reset, Manner::HalfClose]);
    for (client, manners) in [plain, (tls, [Manner::Reset; 2])] {
        for _ in 0..10 {
            assert_eq!(client.check(&secret("nope"), Manner::Reset).await.unwrap(), Seen::Unknown);
            for manner in manners {
                assert_eq!(client.check(&secret("sk_ops"), manner).await.unwrap().works(), Some(true));
            }
            let report = server.restart().await;
            assert_eq!(report["running"], true, "{report}");
        }
    }
}

#[tokio::test]
async fn a_server_that_did_not_start_does_not_listen() {
    let server = Server::new(json!({})).await;
    let report = server.tokens(b"[token.a]\nsecret = \"x\"\n").await;
    assert_eq!(report["stderr"].as_array().unwrap().last().unwrap(), "[ERROR] EmptyNamespace");
    let seen = server.plain().check(&secret("sk_ops"), Manner::HalfClose).await.unwrap();
    assert_eq!(seen, Seen::NotListening);
}

#[tokio::test]
async fn certificates_and_wrong_ports() {
    let server = Server::new(json!({})).await;
    let folder = tempfile::tempdir().unwrap();
    let bundle = std::fs::read_to_string(&server.place().ca_file).unwrap();
    let (_, root) = bundle.rsplit_once("-----BEGIN").unwrap();
    let files = [
        (
            write(folder.path(), "root.pem", &format!("-----BEGIN{root}")),
            FailureKind::Untrusted,
            "intermediate",
        ),
        (
            write(folder.path(), "text.pem", "no certificate"),
            FailureKind::CertificateFile,
            "no certificate in it",
        ),
        (folder.path().join("missing.pem"), FailureKind::CertificateFile, "missing.pem"),
    ];
    for (file, kind, words) in files {
        let failure = server.tls(Some(file)).check(&secret("sk_ops"), Manner::Reset).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure:?}");
        assert!(failure.sentence().contains(words), "{failure:?}");
    }
    let failure = server.tls(None).check(&secret("sk_ops"), Manner::Reset).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Untrusted, "{failure:?}");

    let wrong = Place::parse(&server.place().tls_address).unwrap();
    let seen = Client::new(wrong, None, Limits::default()).check(&secret("sk_ops"), Manner::HalfClose).await;
    assert_eq!(seen, Ok(Seen::ClosedAtOnce), "plain bytes to the TLS port");

    server.control("quirks", json!({ "ztick": { "auth_deadline_ms": 200 } })).await;
    let wrong = Place::parse(&format!("tls://{}", server.place().address)).unwrap();
    let client = Client::new(wrong, Some(server.place().ca_file.clone().into()), Limits::default());
    let failure = client.check(&secret("sk_ops"), Manner::HalfClose).await.unwrap_err();
    assert!(failure.sentence().contains("plain"), "TLS to the plain port: {failure:?}");
}

#[expect(clippy::disallowed_methods, reason = "this test is the operator with a certificate")]
fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file
}

#[tokio::test]
async fn what_a_token_covers() {
    let coded = Server::new(json!({ "dialect": "coded" })).await.plain_with_server();
    let rows = [
        ("sk_deploy", "deploy.", Covers::ThisOne),
        ("sk_deploy", "deploy", Covers::AnotherOne),
        ("sk_deploy", "deploy.x", Covers::AnotherOne),
        ("sk_deploy", "backup.", Covers::AnotherOne),
        ("sk_deploy", "*", Covers::AnotherOne),
        ("sk_ops", "*", Covers::Everything),
        ("sk_ops", "deploy.", Covers::Everything),
        ("two \"quoted\\ words", "w", Covers::ThisOne),
        ("nope", "*", Covers::CannotTell),
    ];
    for (token, namespace, covers) in rows {
        assert_eq!(
            coded.1.covers(&secret(token), namespace.as_bytes()).await,
            Ok(covers),
            "{token} {namespace}"
        );
    }
    let bare = Server::new(json!({})).await.plain_with_server();
    assert_eq!(bare.1.covers(&secret("sk_deploy"), b"deploy.").await, Ok(Covers::CannotTell));
}

impl Server {
    /// The server has to live as long as its client.
    fn plain_with_server(self) -> (Self, Client) {
        let client = self.plain();
        (self, client)
    }
}

#[tokio::test]
async fn rules_and_jobs_are_read_without_what_they_run() {
    let server = Server::new(json!({})).await;
    let rules = server.plain().rules(&secret("sk_deploy")).await.unwrap();
    let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["backup.all", "deploy.all", "deploy.spy", "report.send"]);
    assert!(!format!("{rules:?}").contains("not-so-secret"));
    let crossing = crossing(&rules, &["*", "deploy.", "backup.", "report"]);
    assert_eq!(crossing.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["deploy.spy"]);

    let jobs = |token: &'static str, prefix: &'static str| {
        let client = server.plain();
        async move {
            let jobs = client.jobs(&secret(token), prefix.as_bytes()).await.unwrap();
            jobs.iter().map(ToString::to_string).collect::<Vec<_>>()
        }
    };
    assert_eq!(jobs("sk_deploy", "").await, ["deploy.api", "deploy.web"]);
    assert_eq!(jobs("sk_ops", "deploy").await, ["deploy.api", "deploy.web", "deployment.canary"]);
    assert!(jobs("sk_deploy", "backup.").await.is_empty());
    let failure = server.plain().rules(&secret("nope")).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::WrongLogin);
}
