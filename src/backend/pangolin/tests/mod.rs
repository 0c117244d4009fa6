//! The adapter against scripted answers, and against the sandbox's own server.

mod browser;
mod keys;
mod leftovers;
mod logins;
mod minted;
mod people;
mod refusals;
mod storage;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::abilities::{KEY, MINTED, PORT, TENANT};
use super::*;
use crate::backend::http::script::{Answer, Script};
use crate::domain::account::{AccountName, Endpoint};
use crate::domain::failure::FailureKind;
use crate::domain::retention::Retention;
use crate::domain::scope::Granted;
use crate::domain::time::Date;
use crate::sandbox::{Options, Sandbox, TenantLogin, start};

/// A tenant of scripted servers.
const TENANT_ID: &str = "8d1eeee3-7a41-4c5e-9d0b-5f0c3a2e093a";

fn account(endpoint: &Endpoint, settings: &[(&str, &str)]) -> Account {
    let settings = settings.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned()));
    Account {
        name: AccountName::parse("test").expect("a name"),
        backend: String::from("pangolin"),
        endpoint: endpoint.clone(),
        login: None,
        ca_file: None,
        protected: false,
        settings: settings.collect::<BTreeMap<_, _>>(),
    }
}

fn adapter(endpoint: &Endpoint, settings: &[(&str, &str)]) -> Pangolin {
    let context = Context { clock: Arc::new(crate::runtime::clock::now), device: Uuid::nil() };
    Pangolin::new(&account(endpoint, settings), &context, Limits::default())
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn detail(failure: &Failure) -> &str {
    failure.detail.as_ref().map_or("", Text::as_str)
}

fn login(method: &'static str, fields: &[(&'static str, &str)], secrets: &[(&'static str, &str)]) -> Login {
    Login {
        method,
        fields: fields.iter().map(|(id, value)| (*id, (*value).to_owned())).collect(),
        secrets: secrets.iter().map(|(id, value)| (*id, secret(value))).collect(),
    }
}

fn by_password(username: &str, password: &str) -> Login {
    login("password", &[("username", username)], &[("password", password)])
}

fn as_root(told: &TenantLogin) -> Login {
    login("root", &[("username", &told.root_username)], &[("password", &told.root_password)])
}

/// A sandbox with the adapter for its tenant, logged in as the administrator.
struct Bench {
    sandbox: Sandbox,
    told: TenantLogin,
    endpoint: Endpoint,
    backend: Pangolin,
    session: Session,
}

impl Bench {
    async fn new() -> Self {
        let sandbox = start(Options::default()).expect("a sandbox");
        let told = sandbox.announcement().pangolin.clone();
        let endpoint = Endpoint::parse(&told.url).expect("an address");
        let backend = adapter(&endpoint, &[(TENANT, &told.tenant_id)]);
        let session = backend.log_in(by_password(&told.username, &told.password)).await.expect("a session");
        let bench = Self { sandbox, told, endpoint, backend, session };
        bench.quirks(json!({ "auth_rate_limit": 0 })).await;
        bench
    }

    async fn control(&self, path: &str, body: Value) {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/{path}", self.sandbox.announcement().control.url);
        let answer = client.post(url).body(body.to_string()).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{body}");
    }

    async fn quirks(&self, quirks: Value) {
        self.control("quirks", json!({ "pangolin": quirks })).await;
    }

    /// The adapter with no tenant, and root's session with it.
    async fn root(&self) -> (Pangolin, Session) {
        let backend = adapter(&self.endpoint, &[]);
        let told = &self.told;
        let session = backend.log_in(by_password(&told.root_username, &told.root_password)).await;
        (backend, session.expect("a session"))
    }

    async fn session_of(&self, username: &str) -> Session {
        self.backend.log_in(by_password(username, &self.told.password)).await.expect("a session")
    }

    fn tenant(&self) -> Id {
        OwnerId::Tenant(self.told.tenant_id.clone()).id()
    }

    async fn user(&self, name: &str) -> Id {
        let listing = self.backend.list(&self.session).await.expect("a listing");
        listing.owners.iter().find(|owner| owner.name.as_str() == name).expect("seeded").id.clone()
    }

    async fn named(&self, name: &str) -> Credential {
        let listing = self.backend.list(&self.session).await.expect("a listing");
        let found = listing.credentials.into_iter().find(|one| one.name.as_str() == name);
        found.expect("seeded")
    }

    fn key_request(&self, name: &str, scopes: &[&str]) -> CreateRequest {
        request(KEY, &self.tenant(), name, scopes, None)
    }

    async fn create(&self, scopes: &[&str]) -> Issued {
        let request = self.key_request("made", scopes);
        let made = self.backend.create(&self.session, &request).await.expect("a key");
        let chosen = Equipment { like: None, scopes: request.scopes };
        self.equipped(&self.session, made, &chosen).await
    }

    /// Goes on with a new key as the runtime does once it is stored.
    async fn equipped(&self, session: &Session, made: Issued, equipment: &Equipment) -> Issued {
        let made_ref = reference(&made.credential);
        let equipped = self.backend.equip(session, &made_ref, equipment).await.expect("an answer");
        let credential = self.backend.read(session, &made_ref).await.expect("listed");
        let note = match equipped {
            Equipped::Whole => None,
            Equipped::Lacking(what) => Some(what),
        };
        Issued { credential, note, ..made }
    }

    /// What a secret proves to be good for; none if it is refused.
    async fn granted(&self, parts: &Parts) -> Option<Granted> {
        match self.backend.verify(parts, &crate::backend::unheard).await.expect("a verdict") {
            Verdict::Accepted { scopes, .. } => Some(scopes),
            Verdict::Refused { .. } | Verdict::Untold { .. } => None,
        }
    }

    async fn rotate(&self, credential: &Credential) -> Result<Issued, Failure> {
        let made = self.backend.rotate(&self.session, &rotation(credential)).await?;
        let like = Equipment { like: Some(reference(credential)), scopes: Vec::new() };
        Ok(self.equipped(&self.session, made, &like).await)
    }

    /// A date so many days from now, by the sandbox's clock.
    fn in_days(&self, days: i32) -> Date {
        let today = self.backend.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        today.saturating_add(jiff::Span::new().days(days))
    }
}

fn request(kind: &str, owner: &Id, name: &str, scopes: &[&str], expiry: Option<Date>) -> CreateRequest {
    CreateRequest {
        kind: kind.to_owned(),
        owner: owner.clone(),
        name: name.to_owned(),
        description: String::from("by a test"),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        expiry,
        idempotency_key: Uuid::nil(),
    }
}

fn reference(credential: &Credential) -> CredentialRef {
    credential.reference(&AccountName::parse("test").expect("a name"))
}

fn rotation(credential: &Credential) -> RotateRequest {
    RotateRequest {
        credential: reference(credential),
        retention: Retention::minutes(10),
        scopes: None,
        in_place: false,
        idempotency_key: Uuid::nil(),
    }
}

fn listed(scopes: &[&str]) -> Granted {
    Granted::Listed(scopes.iter().map(|scope| Text::clean(scope)).collect())
}

/// A token of an administrator, unsigned: it only has to tell about itself.
fn bearer(role: &str, tenant: Option<&str>) -> Session {
    use base64::Engine as _;
    let claims = json!({
        "sub": TENANT_ID, "jti": TENANT_ID, "username": "ada", "tenant_id": tenant, "role": role,
        "exp": 4_000_000_000_i64, "iat": 1_000_000_000,
    });
    let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims.to_string());
    let endpoint = Endpoint::parse("http://127.0.0.1:1").expect("an address");
    adapter(&endpoint, &[]).session(secret(&format!("h.{body}.s")), None).expect("a session")
}
