//! A sandbox with the adapter beside it, in which time passes only when the adapter waits; and whole lives in it.

use serde_json::{Value, json};

use super::*;
use crate::domain::answer::Verdict;
use crate::domain::credential::{Expiry, LastUse};
use crate::domain::failure::Effected;
use crate::domain::scope::Granted;
use crate::sandbox::{Options, Sandbox, start};

/// The second user; both have one password.
const OTHER: &str = "grace@example.com";

pub(super) struct Bench {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) backend: Zpools,
    pub(super) session: Session,
    waited: Arc<AtomicUsize>,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let sandbox = Arc::new(start(Options::default()).expect("a sandbox"));
        let told = sandbox.announcement().zpools.clone();
        let waited = Arc::new(AtomicUsize::new(0));
        let (count, moved) = (Arc::clone(&waited), Arc::clone(&sandbox));
        let wait: Wait = Arc::new(move |span| {
            count.fetch_add(1, Ordering::Relaxed);
            assert!(moved.advance_clock(i64::try_from(span.as_secs()).expect("short")));
            Box::pin(std::future::ready(()))
        });
        let context = Context { clock: Arc::new(crate::runtime::clock::now), device: Uuid::nil() };
        let endpoint = Endpoint::parse(&told.url).expect("an address");
        let backend = Zpools::new(&account(&endpoint), &context, Limits::default(), wait);
        let session = backend.log_in(with_password(&told.username, &told.password)).await.expect("a session");
        Self { sandbox, backend, session, waited }
    }

    pub(super) async fn control(&self, path: &str, body: Value) {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/{path}", self.sandbox.announcement().control.url);
        let answer = client.post(url).body(body.to_string()).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{body}");
    }

    pub(super) async fn quirks(&self, quirks: Value) {
        self.control("quirks", json!({ "zpools": quirks })).await;
    }

    /// How often the adapter has waited since it was asked last.
    pub(super) fn waits(&self) -> usize {
        self.waited.swap(0, Ordering::Relaxed)
    }

    pub(super) async fn create(&self, scopes: &[&str]) -> Issued {
        self.backend.create(&self.session, &create_request(scopes)).await.expect("a PAT")
    }

    /// What a PAT proves to be good for; none if it is refused.
    pub(super) async fn granted(&self, parts: &Parts) -> Option<Granted> {
        match self.backend.verify(parts, &crate::backend::unheard).await.expect("a verdict") {
            Verdict::Accepted { scopes, .. } => Some(scopes),
            Verdict::Refused { .. } | Verdict::Untold { .. } => None,
        }
    }

    /// A PAT of the other user.
    async fn of_another(&self) -> Issued {
        let password = &self.sandbox.announcement().zpools.password;
        let session = self.backend.log_in(with_password(OTHER, password)).await.expect("a session");
        self.backend.create(&session, &create_request(&["job"])).await.expect("a PAT")
    }
}

fn secret(issued: &Issued) -> Secret {
    issued.parts.get("secret").expect("a secret").share()
}

#[tokio::test]
async fn created_used_replaced_revoked() {
    let bench = &Bench::new().await;
    let old = bench.create(&["zpool", "job"]).await;
    assert_eq!(old.credential.last_use, LastUse::Never);
    assert_eq!(bench.granted(&old.parts).await, Some(old.credential.scopes.clone()));
    let rotated = bench.backend.rotate(&bench.session, &rotate_request(old.credential.id.as_str())).await;
    let new = rotated.expect("a successor");
    assert_ne!(new.credential.id, old.credential.id);
    assert_eq!((new.credential.name.as_str(), &new.credential.scopes), ("ci deploy", &old.credential.scopes));
    for issued in [&old, &new] {
        assert!(bench.granted(&issued.parts).await.is_some(), "both work");
    }
    let used =
        bench.backend.read(&bench.session, &reference(old.credential.id.as_str())).await.expect("a row");
    assert!(used.particulars.uses.is_some_and(|uses| uses >= 6), "{used:?}");
    assert_eq!(used.particulars.last_address.as_ref().map(Text::as_str), Some("127.0.0.1"));
    assert!(
        used.particulars.last_agent.as_ref().is_some_and(|agent| agent.as_str().starts_with("keywright/"))
    );
    let id = reference(old.credential.id.as_str());
    bench.backend.revoke(&bench.session, &id).await.expect("revoked");
    assert_eq!((bench.granted(&old.parts).await, bench.granted(&new.parts).await.is_some()), (None, true));
    let again = bench.backend.revoke(&bench.session, &id).await.expect_err("gone");
    assert_eq!((again.kind, again.effected), (FailureKind::NotFound, Effected::No));
}

#[tokio::test]
async fn a_successor_keeps_its_length_of_life() {
    let bench = &Bench::new().await;
    let today = crate::runtime::clock::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let after = |days: i32| today.saturating_add(jiff::Span::new().days(days));
    let request = CreateRequest { expiry: Some(after(30)), ..create_request(&["job"]) };
    let old = bench.backend.create(&bench.session, &request).await.expect("a PAT");
    assert!(bench.sandbox.advance_clock(20 * 86_400));
    let told = bench.sandbox.announcement().zpools.clone();
    let session =
        bench.backend.log_in(with_password(&told.username, &told.password)).await.expect("a session");
    let rotated = bench.backend.rotate(&session, &rotate_request(old.credential.id.as_str())).await;
    let end = rotated.expect("a successor").credential.expires;
    let wanted = after(50).to_zoned(jiff::tz::TimeZone::UTC).expect("in range").timestamp();
    assert_eq!(end, Expiry::At(wanted));
}

#[tokio::test]
async fn a_successor_may_have_fewer_scopes_and_never_more() {
    let bench = &Bench::new().await;
    let old = bench.create(&["zpool", "job"]).await;
    let wide = bench.create(&["*"]).await;
    let rotate = |id: String, scopes: &'static [&'static str]| async move {
        let scopes = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
        let request = RotateRequest { scopes, ..rotate_request(&id) };
        bench.backend.rotate(&bench.session, &request).await
    };
    let id = |issued: &Issued| issued.credential.id.as_str().to_owned();
    for (of, scopes) in
        [(&old, &["job"][..]), (&old, &["zpool", "job"]), (&wide, &["pat", "billing"]), (&wide, &["*"])]
    {
        let new = rotate(id(of), scopes).await.expect("a successor");
        assert_eq!(new.credential.scopes, convert::granted(scopes));
        // `*` shows as the five it holds.
        let seen = bench.granted(&new.parts).await.expect("accepted");
        assert!(seen == new.credential.scopes || new.credential.scopes == Granted::Everything, "{seen:?}");
    }
    for (of, scopes, words) in [
        (&old, &["zpool", "billing"][..], "never more"),
        (&old, &["*"], "the old PAT has zpool job"),
        (&old, &[], "choose at least one"),
        (&wide, &["*", "job"], "choose it alone"),
    ] {
        let failure = rotate(id(of), scopes).await.err().expect("refused");
        assert_eq!((failure.kind, failure.effected), (FailureKind::Invalid, Effected::No), "{words}");
        assert!(detail(&failure).contains(words), "{words}: {failure:?}");
    }
    let listing = bench.backend.list(&bench.session).await.expect("a listing");
    let made = listing.credentials.iter().filter(|one| one.name.as_str() == "ci deploy").count();
    assert_eq!(made, 6, "nothing that was refused was made");
}

#[tokio::test]
async fn another_tools_login_goes_on_here() {
    let bench = &Bench::new().await;
    let bearer = bench.session.bearer.expose().to_owned();
    let log_in = |username: &str, bearer: &str| {
        let fields = vec![("username", username.to_owned())];
        let secrets = vec![("bearer", Secret::new(bearer.to_owned()))];
        bench.backend.log_in(Login { method: "bearer", fields, secrets })
    };
    let session = log_in("", &format!(" {bearer}\n")).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.kind), ("ada@example.com", "user"));
    let (mine, its) = (bench.session.facts.expires.expect("an end"), session.facts.expires.expect("an end"));
    assert!(
        its.duration_since(mine).abs() <= crate::domain::time::SignedDuration::from_secs(2),
        "{mine} {its}"
    );
    bench
        .backend
        .create(&session, &create_request(&["job"]))
        .await
        .expect("it may do all that the password may");
    assert_eq!(log_in("ada", &bearer).await.expect("a session").facts.who.as_str(), "ada");
    for (bearer, words) in [
        (JWT, "the server does not take it"),
        (PAT, "this is a PAT"),
        ("", "this is not the bearer"),
        ("hunter2", "this is not the bearer"),
    ] {
        let failure = log_in("", bearer).await.err().expect("refused");
        assert_eq!(failure.kind, FailureKind::WrongLogin, "{words}");
        assert!(detail(&failure).contains(words), "{words}: {failure:?}");
    }
    assert!(bench.sandbox.advance_clock(3600));
    assert_eq!(log_in("", &bearer).await.err().map(|failure| failure.kind), Some(FailureKind::WrongLogin));
}

#[tokio::test]
async fn a_pasted_pat_finds_its_row() {
    let bench = &Bench::new().await;
    let mine = bench.create(&["job"]).await;
    let found = |secret: Secret| async move { bench.backend.identify(&bench.session, &secret, &[]).await };
    let row = found(secret(&mine)).await.expect("an answer").expect("a row");
    assert_eq!(row.id, mine.credential.id);
    assert_eq!(found(secret(&bench.of_another().await)).await, Ok(None), "another user's");
    let announced = Secret::new(bench.sandbox.announcement().zpools.pat.clone());
    let row = found(announced).await.expect("an answer").expect("a row");
    assert_eq!((row.name.as_str(), row.scopes), ("announced by the sandbox", Granted::Everything));
    // A session by PAT finds its own row, and another one's as well.
    let by_pat =
        bench.backend.log_in(with_pat(&bench.sandbox.announcement().zpools.pat)).await.expect("a session");
    for pat in [by_pat.bearer.share(), secret(&mine)] {
        let row = bench.backend.identify(&by_pat, &pat, &[]).await.expect("an answer").expect("a row");
        assert_eq!(row.id == mine.credential.id, pat.expose() != by_pat.bearer.expose());
    }
    let strange = bench.backend.identify(&by_pat, &secret(&bench.of_another().await), &[]).await;
    assert_eq!(strange, Ok(None));
    bench.backend.revoke(&bench.session, &reference(mine.credential.id.as_str())).await.expect("revoked");
    let refused = found(secret(&mine)).await.expect_err("refused");
    assert_eq!((refused.kind, detail(&refused)), (FailureKind::WrongLogin, errors::REFUSED));
}

#[tokio::test]
async fn a_refusal_is_explained_by_the_list() {
    let bench = &Bench::new().await;
    let reason = |id: String| async move {
        bench
            .backend
            .why_refused(&bench.session, &reference(&id))
            .await
            .expect("an answer")
            .expect("a reason")
    };
    let listing = bench.backend.list(&bench.session).await.expect("a listing");
    let named = |name: &str| {
        let found = listing.credentials.iter().find(|credential| credential.name.as_str() == name);
        found.expect("seeded").id.as_str().to_owned()
    };
    let live = bench.create(&["job"]).await.credential.id.as_str().to_owned();
    let cases = [
        (named("contractor, spring"), "it expired on "),
        (named("last year's"), "it expired on "),
        (named("made without scopes"), "it has no scopes"),
        (live.clone(), "the list calls it active"),
        (String::from("no-such-row-here"), "it is not in the list"),
    ];
    for (id, words) in cases {
        let told = reason(id).await;
        assert!(told.as_str().starts_with(words), "{words}: {told}");
    }
    bench.backend.revoke(&bench.session, &reference(&live)).await.expect("revoked");
    assert_eq!(reason(live).await.as_str(), "it was revoked");
}

#[tokio::test]
async fn where_logging_in_is_off_a_pat_logs_in() {
    let bench = &Bench::new().await;
    bench.quirks(json!({ "login": false })).await;
    let told = bench.sandbox.announcement().zpools.clone();
    let refused =
        bench.backend.log_in(with_password(&told.username, &told.password)).await.err().expect("off");
    assert_eq!(refused.kind, FailureKind::Unsupported);
    assert!(detail(&refused).contains("/dashboard/tokens"), "{refused:?}");
    let info = bench.backend.inspect().await.expect("a server");
    assert!(info.notes.iter().any(|note| note.as_str().contains("switched off")), "{info:?}");

    let ways: Vec<&str> = bench.backend.abilities().logins.iter().map(|way| way.id).collect();
    assert_eq!(ways, ["pat", "bearer"], "what is off is not offered");

    let session = bench.backend.log_in(with_pat(&format!(" {}\n", told.pat))).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.kind), ("PAT announced by the sandbox", "PAT"));
    let why = session.facts.may_create.clone().expect_err("made on the website");
    assert!(why.as_str().contains("/dashboard/tokens") && session.facts.expires.is_some(), "{why}");
    let listing = bench.backend.list(&session).await.expect("a listing");
    assert!(listing.credentials.iter().any(|one| Some(&one.id) == session.facts.credential.as_ref()));
    assert!(bench.backend.creation_page(&session, &create_request(&["job"])).is_some());
    let made = bench.create(&["job"]).await;
    bench.backend.revoke(&session, &reference(made.credential.id.as_str())).await.expect("revoked");
}

#[tokio::test]
async fn a_pat_that_may_not_manage_pats_says_so() {
    let bench = &Bench::new().await;
    let narrow = bench.create(&["job"]).await;
    let wide = bench.sandbox.announcement().zpools.pat.clone();
    let log_in = |pat: String| async move {
        bench.backend.log_in(with_pat(&pat)).await.expect("a session").facts.may_revoke
    };
    let why = log_in(secret(&narrow).expose().to_owned()).await.expect_err("not allowed");
    assert!(why.as_str().contains("lacks the scope pat"), "{why}");
    bench.quirks(json!({ "pats_manage_pats": false })).await;
    let why = log_in(wide).await.expect_err("not allowed");
    assert!(why.as_str().contains("takes no PAT"), "{why}");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_in_the_list_and_never_sent_again() {
    let bench = &Bench::new().await;
    let fault = json!({ "kind": "cut_after", "backend": "zpools", "method": "POST", "path": "/v1/pat" });
    bench.control("faults", fault).await;
    let lost = bench.backend.create(&bench.session, &create_request(&["job"])).await.err().expect("lost");
    assert_eq!((lost.kind, lost.effected), (FailureKind::CutOff, Effected::Unknown));
    let listing = bench.backend.list(&bench.session).await.expect("a listing");
    let orphans = listing.credentials.iter().filter(|one| one.name.as_str() == "ci deploy").count();
    assert_eq!(orphans, 1);
}
