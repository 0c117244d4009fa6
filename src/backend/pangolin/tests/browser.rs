//! Signing in by browser: the way there, the way back, and what else comes by.

use std::sync::atomic::{AtomicU16, Ordering};

use super::*;
use crate::domain::session::Approval;

/// A port for one test alone: below the range that the system hands out by itself, and counted within this process,
/// so that no other test can come by it between the choice and its use.
fn own_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 20_000 + u16::try_from(std::process::id() % 600).expect("small") * 20;
    let ports = std::iter::repeat_with(|| base + NEXT.fetch_add(1, Ordering::Relaxed)).take(200);
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.into_iter().find(free).expect("a port")
}

/// The way through the server and its provider without a browser: the address that it comes back to, with the code.
async fn come_back(bench: &Bench, back: &str) -> String {
    let stay = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let stay = stay.build().expect("one");
    let mut url = format!("{}oauth/authorize/google?redirect_uri={back}", bench.endpoint.url());
    for _ in 0..3 {
        let answer = stay.get(&url).send().await.expect("a redirect");
        url = answer.headers()["location"].to_str().expect("text").to_owned();
    }
    assert!(url.starts_with(back), "{url}");
    url
}

async fn bench() -> (Bench, Pangolin, String) {
    let bench = Bench::new().await;
    let port = own_port();
    let back = landing::address(port);
    bench.quirks(json!({ "oauth_redirect_uris": [back] })).await;
    // The person at the provider becomes a user of the built-in tenant.
    let backend = adapter(&bench.endpoint, &[(PORT, &port.to_string())]);
    (bench, backend, back)
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// A browser that follows everywhere, beside somebody who asks as the runtime does.
async fn sign_in(backend: &Pangolin, login: &DeviceLogin, url: String) -> (Result<Session, Failure>, u16) {
    let visit = async { browser().get(url).send().await.expect("a page").status().as_u16() };
    let ask = async {
        loop {
            match backend.ask_device(login).await? {
                DeviceAnswer::Pending { .. } => {}
                DeviceAnswer::Approved(session) => return Ok(session),
            }
        }
    };
    tokio::join!(ask, visit)
}

#[tokio::test]
async fn there_and_back() {
    let (_bench, backend, back) = bench().await;
    let login = backend.begin_device().await.expect("a way");
    let google = Approval::WayBack { provider: "google".into(), address: Text::clean(&back) };
    assert_eq!(login.approval, google);
    let (session, page) = sign_in(&backend, &login, login.address.as_str().to_owned()).await;
    let session = session.expect("signed in");
    assert_eq!((session.facts.who.as_str(), page), ("google-person", 200));
    // Nothing is taken afterwards.
    let over = backend.ask_device(&login).await.err().expect("over");
    assert_eq!(over.kind, FailureKind::Cancelled);
    assert!(browser().get(&back).send().await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn whatever_else_comes_by_is_turned_away() {
    let (_bench, backend, back) = bench().await;
    let login = backend.begin_device().await.expect("a way");
    for strange in [format!("{back}?code=short"), back.replace("/keywright", "/favicon.ico"), back.clone()] {
        let visit = async { browser().get(strange).send().await.expect("a page").status().as_u16() };
        let (answer, status) = tokio::join!(backend.ask_device(&login), visit);
        assert!(matches!(answer, Ok(DeviceAnswer::Pending { .. })));
        assert_eq!(status, 404);
    }
    // A code of nobody is refused by the server, and that ends the attempt.
    let (session, _) = sign_in(&backend, &login, format!("{back}?code={}", "0a".repeat(32))).await;
    let refused = session.err().expect("refused");
    assert_eq!(refused.kind, FailureKind::WrongLogin);
    assert!(detail(&refused).contains("used already"), "{refused:?}");
    let again = backend.begin_device().await.expect("another attempt");
    let (session, _) = sign_in(&backend, &again, again.address.as_str().to_owned()).await;
    session.expect("signed in");
}

#[tokio::test]
async fn what_cannot_work_is_told_before_the_browser_opens() {
    let (bench, backend, back) = bench().await;
    bench.quirks(json!({ "oauth_redirect_uris": [] })).await;
    let told = backend.begin_device().await.err().expect("not listed");
    assert!(detail(&told).contains(&back), "{told:?}");
    bench.quirks(json!({ "oauth_redirect_uris": [back], "oauth_providers": ["github"] })).await;
    let told = backend.begin_device().await.err().expect("no provider that works");
    assert_eq!(told.kind, FailureKind::Unsupported);
    bench.quirks(json!({ "oauth_providers": ["google"] })).await;
    let port = back.trim_end_matches("/keywright").rsplit_once(':').expect("a port").1.to_owned();
    let _taken = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).expect("free");
    let told = backend.begin_device().await.err().expect("taken");
    assert!(detail(&told).contains(&port), "{told:?}");
}

#[tokio::test]
async fn a_pasted_code_does_as_well_and_once() {
    let (bench, backend, back) = bench().await;
    backend.begin_device().await.expect("a way");
    let url = come_back(&bench, &back).await;
    let with_code = || login("code", &[], &[("code", &url)]);
    let session = backend.log_in(with_code()).await.expect("signed in");
    assert_eq!(session.facts.who.as_str(), "google-person");
    assert!(backend.log_in(with_code()).await.is_err(), "a code is redeemed once");
}

#[tokio::test]
async fn a_code_that_never_comes_ends_the_attempt_with_its_ten_minutes() {
    let (bench, _, back) = bench().await;
    let port = back.trim_end_matches("/keywright").rsplit_once(':').expect("a port").1.to_owned();
    let late = Arc::new(std::sync::atomic::AtomicI64::new(0));
    let ahead = Arc::clone(&late);
    let now = move || {
        let ahead = crate::domain::time::SignedDuration::from_secs(ahead.load(Ordering::Relaxed));
        crate::runtime::clock::now() + ahead
    };
    let context = Context { clock: Arc::new(now), device: Uuid::nil() };
    let backend = Pangolin::new(&account(&bench.endpoint, &[(PORT, &port)]), &context, Limits::default());
    let login = backend.begin_device().await.expect("a way");
    assert!(matches!(backend.ask_device(&login).await, Ok(DeviceAnswer::Pending { .. })));
    late.store(601, Ordering::Relaxed);
    let over = backend.ask_device(&login).await.err().expect("over");
    assert_eq!(over.kind, FailureKind::Cancelled);
    assert!(detail(&over).contains("ten minutes"), "{over:?}");
    assert!(browser().get(&back).send().await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_code_that_comes_twice_is_taken_once() {
    let (bench, backend, back) = bench().await;
    let login = backend.begin_device().await.expect("a way");
    let url = come_back(&bench, &back).await;
    let (session, page) = sign_in(&backend, &login, url.clone()).await;
    session.expect("signed in");
    assert_eq!(page, 200);
    assert!(browser().get(&url).send().await.is_err(), "nobody listens any more");
    // It comes again, to the next attempt.
    let again = backend.begin_device().await.expect("another attempt");
    let (refused, _) = sign_in(&backend, &again, url).await;
    let refused = refused.err().expect("used");
    assert!(detail(&refused).contains("used already"), "{refused:?}");
}

#[tokio::test]
async fn a_code_of_someone_elses_attempt_shows_whose_it_is_or_is_of_another_tenant() {
    let (bench, backend, back) = bench().await;
    // Nothing of ours comes back with a code, so another person's is taken; the login says who they are.
    let theirs = come_back(&bench, &back).await;
    let login = backend.begin_device().await.expect("a way");
    let (session, _) = sign_in(&backend, &login, theirs).await;
    assert_eq!(session.expect("signed in").facts.who.as_str(), "google-person");
    // Where the account names a tenant, a person of another one is not let in.
    let port = back.trim_end_matches("/keywright").rsplit_once(':').expect("a port").1.to_owned();
    let named = adapter(&bench.endpoint, &[(PORT, &port), (TENANT, &bench.told.tenant_id)]);
    let login = named.begin_device().await.expect("a way");
    let (refused, _) = sign_in(&named, &login, login.address.as_str().to_owned()).await;
    let refused = refused.err().expect("of another tenant");
    assert!(detail(&refused).contains("another tenant"), "{refused:?}");
}
