//! What probing shows, with a gateway that judges each request and with one that remembers.

use serde_json::json;

use super::lives::Bench;
use super::*;
use crate::domain::answer::{Progress, Verdict};
use crate::domain::scope::Granted;

const ALL: [&str; 5] = ["zpool", "job", "sshkey", "pat", "billing"];

fn listed(scopes: &[&str]) -> Granted {
    Granted::Listed(scopes.iter().map(|scope| Text::clean(scope)).collect())
}

#[tokio::test]
async fn a_gateway_that_judges_each_request_is_noticed_and_not_waited_for() {
    let bench = Bench::new().await;
    let wide = parts(&bench.sandbox.announcement().zpools.pat);
    // All scopes at once look like a memory, so each is asked again.
    assert_eq!((bench.granted(&wide).await, bench.waits()), (Some(listed(&ALL)), 5));
    for scopes in [&["zpool"][..], &["zpool", "job"], &["sshkey", "pat"], &["billing"]] {
        let made = bench.create(scopes).await;
        assert_eq!(
            (bench.granted(&made.parts).await, bench.waits()),
            (Some(listed(scopes)), 0),
            "{scopes:?}"
        );
    }
    // From then on nothing is waited for.
    assert_eq!((bench.granted(&wide).await, bench.waits()), (Some(listed(&ALL)), 0));
    assert_eq!((bench.granted(&parts(PAT)).await, bench.waits()), (None, 0));
}

#[tokio::test]
async fn a_gateway_that_remembers_is_asked_slowly() {
    let bench = Bench::new().await;
    bench.quirks(json!({ "authorizer_cache_seconds": 5 })).await;
    for scopes in [&["zpool"][..], &["zpool", "job"], &["billing"], &ALL] {
        let made = bench.create(scopes).await;
        assert_eq!(
            (bench.granted(&made.parts).await, bench.waits()),
            (Some(listed(scopes)), 5),
            "{scopes:?}"
        );
    }
    // A refusal can be a memory, too: it is asked for twice.
    assert_eq!((bench.granted(&parts(PAT)).await, bench.waits()), (None, 1));
    let made = bench.create(&["job"]).await;
    let outside = session(made.parts.get("secret").expect("one").expose());
    assert!(
        bench.backend.send(&outside, Call::read(&["zpools"]).bearer(&outside.bearer)).await.is_err(),
        "somebody else asks too much"
    );
    assert_eq!((bench.granted(&made.parts).await, bench.waits()), (Some(listed(&["job"])), 6));
    // Right after it was revoked it is still let through, on every route; that is not taken for an answer.
    let warm = session(made.parts.get("secret").expect("one").expose());
    bench.sandbox.advance_clock(6);
    bench.backend.send(&warm, Call::read(&["jobs"]).bearer(&warm.bearer)).await.expect("used just now");
    bench.backend.revoke(&bench.session, &reference(made.credential.id.as_str())).await.expect("revoked");
    bench.backend.send(&warm, Call::read(&["hello"]).bearer(&warm.bearer)).await.expect("from memory");
    assert_eq!((bench.granted(&made.parts).await, bench.waits()), (None, 6));
}

#[tokio::test]
async fn a_route_for_logins_only_proves_nothing_about_the_memory() {
    let bench = Bench::new().await;
    bench.quirks(json!({ "authorizer_cache_seconds": 5, "pats_manage_pats": false })).await;
    let wide = parts(&bench.sandbox.announcement().zpools.pat);
    let without_pat = listed(&["zpool", "job", "sshkey", "billing"]);
    match bench.backend.verify(&wide, &crate::backend::unheard).await.expect("a verdict") {
        Verdict::Accepted { scopes, untold, .. } => {
            assert_eq!(
                (scopes, untold),
                (without_pat, vec!["pat".into()]),
                "it is not missing, it is not told"
            );
        }
        Verdict::Refused { why } | Verdict::Untold { why } => panic!("{why}"),
    }
    assert_eq!(bench.waits(), 5);
    let narrow = bench.create(&["sshkey"]).await;
    assert_eq!((bench.granted(&narrow.parts).await, bench.waits()), (Some(listed(&["sshkey"])), 5));
}

#[tokio::test]
async fn more_than_was_asked_for_shows() {
    let bench = Bench::new().await;
    bench.quirks(json!({ "grants_more": ["billing"] })).await;
    let made = bench.create(&["job"]).await;
    let granted = bench.granted(&made.parts).await.expect("accepted");
    assert_eq!(granted, listed(&["job", "billing"]));
    assert!(!granted.within(&made.credential.scopes));
}

#[tokio::test]
async fn whose_it_is_shows_where_an_answer_names_the_user() {
    let bench = Bench::new().await;
    let user = bench.sandbox.announcement().zpools.username.clone();
    for (scopes, want) in
        [(["billing"], user.as_str()), (["zpool"], user.as_str()), (["job"], "a user this PAT cannot name")]
    {
        let made = bench.create(&scopes).await;
        match bench.backend.verify(&made.parts, &crate::backend::unheard).await.expect("a verdict") {
            Verdict::Accepted { who, .. } => assert_eq!(who.as_str(), want, "{scopes:?}"),
            Verdict::Refused { why } | Verdict::Untold { why } => panic!("{scopes:?}: {why}"),
        }
    }
}

#[tokio::test]
async fn anything_but_a_verdict_is_none() {
    for path in ["/hello", "/jobs", "/billing/balance"] {
        let failing = server(vec![(path, Answer::Status(503, "", String::new())), ("GET", ok("{}"))]).await;
        let failure =
            adapter(&failing).0.verify(&parts(PAT), &crate::backend::unheard).await.expect_err("no verdict");
        assert_eq!(failure.kind, FailureKind::ServerFailed, "{path}");
    }
    let closed = server(vec![("GET", Answer::Close)]).await;
    let failure =
        adapter(&closed).0.verify(&parts(PAT), &crate::backend::unheard).await.expect_err("no verdict");
    assert_eq!(failure.kind, FailureKind::CutOff);
}

#[tokio::test]
async fn probes_are_reads_that_carry_the_pat_and_nothing_else() {
    let server =
        server(vec![("GET", Answer::Status(403, "", r#"{"message":"Forbidden"}"#.to_owned()))]).await;
    let (adapter, waited) = adapter(&server);
    let verdict = adapter.verify(&parts(PAT), &crate::backend::unheard).await.expect("a verdict");
    assert_eq!(verdict, Verdict::Refused { why: errors::REFUSED.into() });
    let lines: Vec<_> = server.seen().iter().map(|seen: &Seen| seen.line.clone()).collect();
    assert_eq!((lines, waited.load(Ordering::Relaxed)), (vec![String::from("GET /base/hello"); 2], 1));
    assert!(server.seen().iter().all(|seen| seen.head.contains(&format!("authorization: Bearer {PAT}"))));
}

#[tokio::test]
async fn each_question_is_told_once_before_it_is_asked() {
    let bench = Bench::new().await;
    let made = bench.create(&["job"]).await;
    let heard = std::sync::Mutex::new(Vec::new());
    let hearing = |progress: Progress| heard.lock().expect("whole").push(progress.words());
    bench.backend.verify(&made.parts, &hearing).await.expect("a verdict");
    let quick = [
        "1 of 6: whether it works",
        "2 of 6: zpool",
        "3 of 6: job",
        "4 of 6: sshkey",
        "5 of 6: pat",
        "6 of 6: billing",
    ];
    assert_eq!(*heard.lock().expect("whole"), quick);

    // A gateway with a memory is asked again, slowly, and that shows.
    let bench = Bench::new().await;
    bench.quirks(json!({ "authorizer_cache_seconds": 5 })).await;
    let made = bench.create(&["job"]).await;
    heard.lock().expect("whole").clear();
    let hearing = |progress: Progress| heard.lock().expect("whole").push(progress.words());
    bench.backend.verify(&made.parts, &hearing).await.expect("a verdict");
    assert_eq!(*heard.lock().expect("whole"), [&quick[..], &quick[1..]].concat());
}
