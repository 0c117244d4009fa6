//! Long listings from a slow server: what there is comes at once and in parts, the whole is the sum of them, and what
//! was read before a failure is not lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use keywright::app::effect::Keeping;
use keywright::config::Paths;
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::answer::{Listing, Reach};
use keywright::domain::failure::FailureKind;
use keywright::domain::owner::Id;
use keywright::domain::request::Login;
use keywright::runtime::clipboard::MemoryClipboard;
use keywright::runtime::tasks::{Setup, Tasks};
use keywright::sandbox::{Options, PasswordLogin, Sandbox, start};
use keywright::secret::Secret;
use keywright::state::State;
use keywright::vault::Vault;
use serde_json::{Value, json};

const SEEDED: u32 = 2000;

fn name() -> AccountName {
    AccountName::parse("large").expect("a name")
}

/// A sandbox with many credentials.
fn large() -> Sandbox {
    rustls::crypto::ring::default_provider().install_default().ok();
    start(Options { seed_credentials: Some(SEEDED), ..Options::default() }).expect("a sandbox")
}

/// Somebody logged in to one of its servers.
async fn logged_in(backend: &str, login: &PasswordLogin) -> Tasks {
    let account = Account {
        name: name(),
        backend: backend.to_owned(),
        endpoint: Endpoint::parse(&login.url).expect("an address"),
        login: None,
        ca_file: None,
        protected: false,
        settings: BTreeMap::new(),
    };
    let nowhere = |file: &str| std::path::Path::new("/nonexistent").join(file);
    let tasks = Tasks::new(Setup {
        clock: Arc::new(jiff::Timestamp::now),
        clipboard: Arc::new(MemoryClipboard::default()),
        messages: tokio::sync::mpsc::unbounded_channel().0,
        paths: Paths { config: nowhere("config"), state: nowhere("state"), log: nowhere("log") },
        keeping: Keeping::Memory,
        accounts: vec![account],
    });
    tasks.use_state(State::in_memory().expect("the records"));
    tasks.use_vault(Keeping::Memory, Vault::memory());
    let login = Login {
        method: "password",
        fields: vec![("username", login.username.clone())],
        secrets: vec![("password", Secret::new(login.password.clone()))],
    };
    tasks.log_in(&name(), login, false).await.expect("logged in");
    tasks
}

async fn fault(sandbox: &Sandbox, fault: &Value) {
    let url = format!("{}/faults", sandbox.announcement().control.url.trim_end_matches('/'));
    let sent = reqwest::Client::new().post(url).body(fault.to_string()).send().await.expect("an answer");
    assert!(sent.status().is_success());
}

/// The parts as they came, and how it ended.
async fn read(
    tasks: &Tasks,
) -> (Vec<(Listing, Reach)>, Result<Listing, keywright::domain::failure::Failure>) {
    let parts = Mutex::new(Vec::new());
    let telling = |part: keywright::app::msg::Listed, reach| {
        parts.lock().expect("the parts").push((part.listing, reach));
    };
    let whole = tasks.list_in_parts(&name(), &telling).await.map(|listed| listed.listing);
    (parts.into_inner().expect("the parts"), whole)
}

fn ids(listing: &Listing) -> BTreeSet<&str> {
    listing.credentials.iter().map(|credential| credential.id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_shown_page_by_page() {
    let sandbox = large();
    let told = sandbox.announcement();
    for (part, login, path, what) in [
        ("kitaru", &told.kitaru, "/api/v1/service_accounts/*/api_keys", "accounts"),
        ("kitaru_k", &told.kitaru_k, "/api/v1/api-keys", "API keys"),
    ] {
        let tasks = logged_in("kitaru", login).await;
        let slow = json!({
            "backend": part, "kind": "delay", "path": path, "method": "GET", "delay_ms": 150, "times": null
        });
        fault(&sandbox, &slow).await;
        let (parts, whole) = read(&tasks).await;
        let whole = whole.expect("the whole");
        assert!(whole.credentials.len() >= SEEDED as usize && whole.failed.is_empty());
        assert!(parts.len() > 1, "{part} gave {} parts", parts.len());
        let (first, reach) = &parts[0];
        assert!(!first.credentials.is_empty() && first.credentials.len() < whole.credentials.len());
        assert_eq!(reach.what, what);
        assert!(reach.of.is_none_or(|of| reach.done < of && of == whole.owners.len()), "{reach:?}");
        let mut sum = Listing::default();
        for (listing, _) in &parts {
            sum.take_in(listing.clone());
            assert!(ids(listing).is_subset(&ids(&whole)));
        }
        // The last parts may have come with the whole.
        assert!(sum.credentials.len() > first.credentials.len());
        assert_eq!(sum.credentials.len(), ids(&sum).len(), "nothing stands there twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_a_failure_is_told() {
    let sandbox = large();
    let told = sandbox.announcement();
    for (part, login) in [("kitaru", &told.kitaru), ("kitaru_k", &told.kitaru_k)] {
        let tasks = logged_in("kitaru", login).await;
        let whole = read(&tasks).await.1.expect("the whole");
        // Its keys take several pages, which come one after the other: the third one fails.
        let of = |id: &Id| whole.credentials.iter().filter(|one| one.owner.id == *id).count();
        let owner = whole.owners.iter().map(|owner| &owner.id).max_by_key(|id| of(id)).expect("an owner");
        let path = match part {
            "kitaru" => format!("/api/v1/service_accounts/{}/api_keys", owner.as_str()),
            _ => String::from("/api/v1/api-keys"),
        };
        let good = json!({ "backend": part, "kind": "delay", "path": path, "method": "GET", "times": 2 });
        let out = json!({
            "backend": part, "kind": "answer", "path": path, "method": "GET", "status": 401,
            "body": { "detail": ["CredentialsNotValid", "over"] }, "times": null
        });
        fault(&sandbox, &good).await;
        fault(&sandbox, &out).await;
        let (parts, broken) = read(&tasks).await;
        assert_eq!(broken.err().map(|failure| failure.kind), Some(FailureKind::LoggedOut));
        let came = parts.iter().flat_map(|(listing, _)| &listing.credentials);
        let came = came.filter(|one| one.owner.id == *owner).count();
        assert!(came > 0 && came < of(owner), "{part}: {came} of {}", of(owner));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_cannot_be_read_are_told_by_name() {
    let sandbox = large();
    let login = &sandbox.announcement().kitaru;
    let tasks = logged_in("kitaru", login).await;
    let path = "/api/v1/service_accounts/*/api_keys";
    let cut = json!({ "backend": "kitaru", "kind": "answer", "path": path, "status": 500, "times": 1 });
    fault(&sandbox, &cut).await;
    let (parts, whole) = read(&tasks).await;
    let whole = whole.expect("the rest");
    assert_eq!(whole.failed.len(), 1);
    assert!(whole.credentials.len() > SEEDED as usize / 2);
    let owner = &whole.failed[0].0;
    assert!(whole.owners.iter().any(|one| one.id == owner.id), "it stands among the owners");
    assert!(parts.iter().all(|(part, _)| part.credentials.iter().all(|one| one.owner.id != owner.id)));
}
