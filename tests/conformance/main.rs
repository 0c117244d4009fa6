//! One list of promises, kept by every backend against every server there is for it: the embedded one, whose clock can
//! be moved, and the real ones that `tests/tools/real-servers` started. Start with [`promises::keep`].

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a client for the sandbox's clock, the machine's own clock; helpers of tests may fail them"
)]

mod clients;
mod desk;
mod foxnose;
mod kitaru;
mod listing;
mod pangolin;
mod promises;
mod second;
mod service_users;
mod storage;
mod targets;
mod zpools;
mod ztick;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use keywright::backend::{Backend, Context, Session, registry};
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::failure::FailureKind;
use keywright::domain::request::Login;
use keywright::secret::Secret;
use uuid::Uuid;

/// Moves a server's clock ahead by seconds.
type PassTime = Box<dyn Fn(i64) -> Pin<Box<dyn Future<Output = ()>>>>;

/// The website that makes credentials where a session cannot: takes the address of the filled-in page, gives the secret.
type Website = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = Secret>>>>;

/// A server to keep promises against.
struct Place {
    account: Account,
    backend: Arc<dyn Backend>,
    username: String,
    password: String,
    pass_time: Option<PassTime>,
    /// Whether credentials can only be made for whoever is logged in.
    only_own: bool,
    /// What is logged in with instead of name and password: the method and its one secret.
    key: Option<(&'static str, String)>,
    website: Option<Website>,
    /// Whether presenting a secret shows that it works, and nothing of its scopes.
    tells_no_scopes: bool,
}

impl Place {
    fn new(open: registry::Open, url: &str, username: &str, password: &str) -> Self {
        let mut place = Self::of(open, Endpoint::parse(url).expect("an address"), &[]);
        username.clone_into(&mut place.username);
        password.clone_into(&mut place.password);
        place
    }

    /// A server where nobody is asked to log in, with what else its account says.
    fn of(open: registry::Open, endpoint: Endpoint, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let account = Account {
            name: AccountName::parse("conformance").expect("a name"),
            backend: String::from("conformance"),
            endpoint,
            login: None,
            ca_file: None,
            protected: false,
            settings: settings.collect(),
        };
        let context = Context { clock: Arc::new(jiff::Timestamp::now), device: Uuid::new_v4() };
        let backend = open(&account, &context).expect("a backend");
        Self {
            account,
            backend,
            username: String::new(),
            password: String::new(),
            pass_time: None,
            only_own: false,
            key: None,
            website: None,
            tells_no_scopes: false,
        }
    }

    /// The place where nothing is shown of what a secret may do.
    fn without_scopes(mut self) -> Self {
        self.tells_no_scopes = true;
        self
    }

    /// The place with a way to move its clock, which the sandbox's control address is.
    fn with_clock(mut self, control: &str) -> Self {
        let address = format!("{}/clock", control.trim_end_matches('/'));
        let client = reqwest::Client::new();
        self.pass_time = Some(Box::new(move |seconds| {
            let body = format!(r#"{{"advance_seconds":{seconds}}}"#);
            let sent = client.post(&address).body(body).send();
            Box::pin(async move { assert!(sent.await.expect("an answer").status().is_success()) })
        }));
        self
    }

    /// The place as who has one secret and a website sees it. The method and its field have one name.
    fn with_key(mut self, method: &'static str, secret: &str, website: Website) -> Self {
        self.key = Some((method, secret.to_owned()));
        self.website = Some(website);
        self
    }

    async fn refuses_a_wrong_password(&self) {
        let wrong = Login {
            method: "password",
            fields: vec![("username", self.username.clone())],
            secrets: vec![("password", Secret::new(String::from("wrong")))],
        };
        let refused = self.backend.log_in(wrong).await.err().expect("refused");
        assert_eq!(refused.kind, FailureKind::WrongLogin, "{}", refused.sentence());
    }

    async fn log_in(&self) -> Session {
        if let Some((method, secret)) = &self.key {
            let secrets = vec![(*method, Secret::new(secret.clone()))];
            return self
                .backend
                .log_in(Login { method, fields: Vec::new(), secrets })
                .await
                .expect("a session");
        }
        let fields = vec![("username", self.username.clone())];
        let secrets = vec![("password", Secret::new(self.password.clone()))];
        self.backend.log_in(Login { method: "password", fields, secrets }).await.expect("a session")
    }
}
