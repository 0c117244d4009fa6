//! One list of promises, kept by every backend against every server there is for it: the embedded one, whose clock can
//! be moved, and the real ones that `tests/tools/real-servers` started. Start with [`promises::keep`].

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a client for the sandbox's clock, the machine's own clock; helpers of tests may fail them"
)]

mod kitaru;
mod promises;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use keywright::backend::{Backend, Context, Session, registry};
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::request::Login;
use keywright::secret::Secret;
use uuid::Uuid;

/// Moves a server's clock ahead by seconds.
type PassTime = Box<dyn Fn(i64) -> Pin<Box<dyn Future<Output = ()>>>>;

/// A server to keep promises against.
struct Place {
    account: Account,
    backend: Arc<dyn Backend>,
    username: String,
    password: String,
    pass_time: Option<PassTime>,
}

impl Place {
    fn new(backend: &str, url: &str, username: &str, password: &str) -> Self {
        let account = Account {
            name: AccountName::parse("conformance").expect("a name"),
            backend: backend.to_owned(),
            endpoint: Endpoint::parse(url).expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
        };
        let context = Context { clock: Arc::new(jiff::Timestamp::now), device: Uuid::new_v4() };
        let backend = registry::open(&account, &context).expect("a backend");
        Self {
            account,
            backend,
            username: username.to_owned(),
            password: password.to_owned(),
            pass_time: None,
        }
    }

    async fn log_in(&self) -> Session {
        let fields = vec![("username", self.username.clone())];
        let secrets = vec![("password", Secret::new(self.password.clone()))];
        self.backend.log_in(Login { method: "password", fields, secrets }).await.expect("a session")
    }
}
