//! The backend as a whole: lives of tokens on the embedded server, files without a server, and a real SSH server.

#![expect(clippy::disallowed_methods, reason = "the tests are the operator with an editor")]

mod edges;
mod files;
mod lives;
mod remote;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use super::Ztick;
use super::wire::Limits;
use crate::backend::{Backend as _, Context, Session};
use crate::domain::account::{Account, AccountName, Endpoint};
use crate::domain::answer::{Issued, Listing, Verdict};
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::owner::Id;
use crate::domain::request::{CreateRequest, RotateRequest};
use crate::domain::retention::Retention;
use crate::sandbox::{Options, Sandbox, start};

/// A backend and how it is called in tests.
struct Bench {
    ztick: Ztick,
    session: Session,
}

impl Bench {
    fn new(endpoint: &str, settings: &[(&str, &str)]) -> Self {
        Self::within(endpoint, settings, Limits::default())
    }

    fn within(endpoint: &str, settings: &[(&str, &str)], limits: Limits) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let account = Account {
            name: name(),
            backend: String::from("test"),
            endpoint: Endpoint::parse_as(endpoint, &["tcp", "tls"]).unwrap(),
            login: None,
            ca_file: None,
            protected: false,
            settings: settings.collect(),
        };
        let context = Context { clock: Arc::new(jiff::Timestamp::now), device: Uuid::nil() };
        let ztick = Ztick::new(&account, &context, limits).unwrap_or_else(|why| panic!("{}", why.sentence()));
        let session = ztick.session();
        Self { ztick, session }
    }

    async fn list(&self) -> Listing {
        self.ztick.list(&self.session).await.unwrap()
    }

    /// The names with their states, in file order; `?` for those that wait for a restart.
    async fn shown(&self) -> String {
        let shown = |one: &Credential| {
            let mark = if one.particulars.pending.is_some() { "?" } else { "" };
            format!("{}{mark}", one.id.as_str())
        };
        self.list().await.credentials.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    async fn create(&self, name: &str, namespace: &str) -> Result<Issued, String> {
        self.create_as(name, namespace, Uuid::new_v4()).await
    }

    async fn create_as(&self, name: &str, namespace: &str, key: Uuid) -> Result<Issued, String> {
        let request = CreateRequest {
            kind: String::from("namespace token"),
            owner: Id::new("file"),
            name: name.to_owned(),
            description: String::new(),
            scopes: vec![namespace.to_owned()],
            expiry: None,
            idempotency_key: key,
        };
        self.ztick.create(&self.session, &request).await.map_err(|failure| failure.sentence())
    }

    async fn rotate(&self, id: &str) -> Result<Issued, String> {
        let request = RotateRequest {
            credential: reference(id),
            retention: Retention::minutes(10),
            scopes: None,
            in_place: false,
            idempotency_key: Uuid::new_v4(),
        };
        self.ztick.rotate(&self.session, &request).await.map_err(|failure| failure.sentence())
    }

    async fn revoke(&self, id: &str) -> Result<(), String> {
        self.ztick.revoke(&self.session, &reference(id)).await.map_err(|failure| failure.sentence())
    }

    /// What presenting a secret comes to, in a word.
    async fn presented(&self, issued: &Issued) -> String {
        match self.ztick.verify(&issued.parts, &crate::backend::unheard).await {
            Ok(Verdict::Accepted { who, scopes, .. }) => format!("{who} {}", scopes.words()),
            Ok(Verdict::Refused { why }) => format!("refused: {why}"),
            Ok(Verdict::Untold { why }) => format!("untold: {why}"),
            Err(failure) => failure.sentence(),
        }
    }

    /// What was found, as `severity what`, without the rule that the embedded server always begins with.
    async fn told(&self) -> Vec<String> {
        let mut found = self.list().await.findings;
        found.retain(|one| !one.what.as_str().contains(SPY));
        found.iter().map(|one| format!("{} {} -> {}", one.severity.word(), one.what, one.mend)).collect()
    }
}

/// The embedded server's rule that crosses namespaces.
const SPY: &str = "The rule 'deploy.spy'";

fn name() -> AccountName {
    AccountName::parse("test").unwrap()
}

fn reference(id: &str) -> CredentialRef {
    CredentialRef { account: name(), owner: Id::new("file"), id: Id::new(id) }
}

/// The embedded server with a file of the test's.
struct Server {
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Server {
    fn new(file: &str) -> Self {
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let sandbox = tokio::task::block_in_place(|| start(Options::default())).unwrap();
        let server = Self { sandbox, http: reqwest::Client::builder().no_proxy().build().unwrap() };
        fs::write(server.file(), file).unwrap();
        server
    }

    fn file(&self) -> PathBuf {
        PathBuf::from(&self.sandbox.announcement().ztick.auth_file)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn endpoint(&self) -> String {
        format!("tcp://{}", self.sandbox.announcement().ztick.address)
    }

    /// With the sandbox's own restart command, or without any.
    fn bench(&self, restarts: bool) -> Bench {
        let (_, account) = self.sandbox.files().remove(0);
        let settings = account.settings.iter().filter(|(key, _)| restarts || *key != "restart");
        let settings: Vec<(&str, &str)> = settings.map(|(key, value)| (*key, value.as_str())).collect();
        Bench::new(&self.endpoint(), &settings)
    }

    async fn control(&self, path: &str, body: &str) -> String {
        let url = format!("{}/{path}", self.sandbox.announcement().control.url);
        let answer = self.http.post(url).body(body.to_owned()).send().await.unwrap();
        String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap()
    }

    async fn restart(&self) {
        let report = self.control("restart", r#"{"backend":"ztick"}"#).await;
        assert!(report.contains("\"running\":true"), "{report}");
    }
}

/// An ordinary file.
const FILE: &str = "# ours\n\n[token.ops]\nsecret = \"sk_ops_a1b2c3d4e5f6a7b8\"\nnamespace = \"*\"\n\n\
                    [token.deploy]\nsecret = \"sk_deploy_a1b2c3d4e5f6\"\nnamespace = \"deploy.\"\n";
