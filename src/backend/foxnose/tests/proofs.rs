//! Presenting secrets to the sandbox: what counts as proof, and what the words are when there is none.

use serde_json::json;

use super::lives::Bench;
use super::*;
use crate::domain::answer::Verdict;
use crate::domain::scope::Granted;
use crate::secret::Part;

fn word(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Accepted { who, .. } => ("accepted", who.to_string()),
        Verdict::Refused { why } => ("refused", why.to_string()),
        Verdict::Untold { why } => ("untold", why.to_string()),
    }
}

#[track_caller]
fn says(verdict: &Verdict, wanted: &str, words: &str) {
    let (kind, told) = word(verdict);
    assert!(kind == wanted && told.contains(words), "{kind}: {told}");
}

#[tokio::test]
async fn keys_of_both_kinds_and_tokens_prove_themselves_until_they_are_gone() {
    let bench = Bench::new().await;
    for (kind, role, scopes) in [
        ("Flux key", vec!["r1shopreader"], Granted::Listed(vec!["r1shopreader".into()])),
        ("Management key", vec![], Granted::Everything),
        ("Management key", vec!["m2inventory4"], Granted::Listed(vec!["m2inventory4".into()])),
    ] {
        let made = bench.create(kind, &role).await;
        let verdict = bench.verdict(&made.parts).await;
        assert_eq!(
            verdict,
            Verdict::Accepted {
                who: format!("{kind} made here of Fernwood / Storefront / production").into(),
                scopes,
                untold: Vec::new(),
            }
        );
        bench.fox.end(&bench.session, &bench.reference(&made.credential.id)).await.expect("deleted");
        says(&bench.verdict(&made.parts).await, "refused", "signed and plain");
    }
}

#[tokio::test]
async fn a_secret_is_presented_in_a_run_that_listed_nothing() {
    let bench = Bench::new().await;
    for (kind, role) in [("Flux key", vec!["r1shopreader"]), ("Management key", vec![])] {
        let made = bench.create(kind, &role).await;
        let fresh = Bench::open(&bench.told, &[]);
        says(&fresh.prove(&made.parts).await.expect("a verdict"), "untold", "not among the credentials");
        fresh.read_one(&bench.session, &bench.reference(&made.credential.id)).await.expect("read");
        says(&fresh.prove(&made.parts).await.expect("a verdict"), "accepted", "Storefront / production");
    }
}

#[tokio::test]
async fn a_key_whose_role_lets_it_read_nothing_is_genuine() {
    let bench = Bench::new().await;
    for (kind, role) in [("Flux key", "r4emptyrole2"), ("Management key", "m3content55w")] {
        let made = bench.create(kind, &[role]).await;
        says(&bench.verdict(&made.parts).await, "accepted", "lets it read nothing");
    }
}

#[tokio::test]
async fn halves_of_different_keys_prove_nothing() {
    let bench = Bench::new().await;
    let (one, other) = (
        bench.create("Flux key", &["r1shopreader"]).await,
        bench.create("Flux key", &["r1shopreader"]).await,
    );
    let share = |issued: &Issued, name: &str| issued.parts.get(name).expect("a part").share();
    let mixed = Parts::named(vec![
        Part { name: "public", secret: share(&one, "public") },
        Part { name: "secret", secret: share(&other, "secret") },
    ]);
    says(&bench.verdict(&mixed).await, "refused", "different keys");
    // The secret alone tells its other half.
    says(&bench.verdict(&Parts::single(share(&one, "secret"))).await, "accepted", "made here");
}

#[tokio::test]
async fn a_wrong_clock_is_told_from_a_dead_key() {
    let bench = Bench::new().await;
    let made = bench.create("Flux key", &["r1shopreader"]).await;
    // Ahead by an hour: the signature is dated by the server's clock, so it is good all the same.
    assert!(bench.sandbox.advance_clock(3600));
    says(&bench.verdict(&made.parts).await, "accepted", "clock, which is 3600 s ahead of ours");
    bench.quirks(json!({ "breaks_signatures": true })).await;
    says(&bench.verdict(&made.parts).await, "untold", "clock is 3600 s ahead");
}

#[tokio::test]
async fn what_shows_nothing_says_why() {
    let bench = Bench::new().await;
    let made = bench.create("Flux key", &["r1shopreader"]).await;
    let strange = Parts::named(vec![
        Part { name: "public", secret: Secret::new(PUBLIC.to_owned()) },
        Part { name: "secret", secret: Secret::new(SECRET.to_owned()) },
    ]);
    says(&bench.verdict(&strange).await, "untold", "refresh the list");
    for (fault, words) in [
        (json!({ "status": 429, "body": { "message": "slow", "error_code": "rate_limited" } }), "429"),
        (json!({ "status": 402, "body": { "error_code": "plan_exhausted", "axis": "retrievals" } }), "402"),
        (json!({ "status": 200, "body": {} }), "200"),
    ] {
        let mut fault = fault;
        fault["backend"] = json!("foxnose");
        fault["kind"] = json!("answer");
        fault["path"] = json!("/shop");
        fault["times"] = json!(null);
        bench.control("faults", fault.clone()).await;
        // The other API of the environment refuses this role to read, which shows that the key is genuine.
        says(&bench.verdict(&made.parts).await, "accepted", "lets it read nothing");
        fault["path"] = json!("/feed");
        bench.control("faults", fault).await;
        says(&bench.verdict(&made.parts).await, "untold", words);
        bench.clear_faults().await;
    }
}

#[tokio::test]
async fn a_switched_off_environment_shows_nothing() {
    let bench = Bench::new().await;
    let made = bench.create("Flux key", &["r1shopreader"]).await;
    bench.fox.toggle(&bench.session, &Id::new(&bench.told.environment), false).await.expect("off");
    says(&bench.verdict(&made.parts).await, "untold", "403 and not 401");
}

#[tokio::test]
async fn a_token_is_one_per_key_and_the_next_ends_it() {
    let bench = Bench::new().await;
    let key = bench.create("Flux key", &["r1shopreader"]).await;
    let id = key.credential.id.as_str().strip_prefix("flux:").expect("a Flux key").to_owned();
    let first = bench.create("Flux bearer token", &[&id]).await;
    assert_eq!(
        (first.credential.id.as_str(), first.credential.kind),
        (format!("bearer:{id}").as_str(), "Flux bearer token")
    );
    says(&bench.verdict(&first.parts).await, "accepted", "Flux bearer token made here");
    let reference = bench.reference(&first.credential.id);
    let again = CreateRequest {
        owner: Id::new(&bench.told.environment),
        ..request("Flux bearer token", "made here token", &[&id])
    };
    let failure = bench.fox.create_one(&bench.session, &again).await.err().expect("refused");
    assert!(detail(&failure).contains("has a token already"), "{}", failure.sentence());
    let second = bench.fox.replace_one(&bench.session, &rotation(reference.clone())).await.expect("a token");
    assert_eq!(second.credential.id, first.credential.id);
    assert!(second.credential.rotated > first.credential.rotated);
    says(&bench.verdict(&first.parts).await, "refused", "another one was issued");
    says(&bench.verdict(&second.parts).await, "accepted", "made here");
    let found = bench.fox.identify(&bench.session, second.parts.get("secret").expect("a part"), &[]).await;
    assert_eq!(found.expect("an answer").map(|found| found.id), Some(first.credential.id.clone()));
    bench.fox.end(&bench.session, &reference).await.expect("revoked");
    says(&bench.verdict(&second.parts).await, "refused", "");
    assert_eq!(
        bench.fox.end(&bench.session, &reference).await.expect_err("gone").kind,
        crate::domain::failure::FailureKind::NotFound
    );
    says(&bench.verdict(&key.parts).await, "accepted", "made here");
}

#[tokio::test]
async fn a_token_that_plain_calls_never_take_is_not_called_dead() {
    let bench = Bench::new().await;
    bench.quirks(json!({ "bearer_on_rest": false })).await;
    let key = bench.create("Flux key", &["r1shopreader"]).await;
    let id = key.credential.id.as_str().strip_prefix("flux:").expect("a Flux key").to_owned();
    let token = bench.create("Flux bearer token", &[&id]).await;
    says(&bench.verdict(&token.parts).await, "untold", "MCP");
}

#[tokio::test]
async fn secrets_find_their_credentials() {
    let bench = Bench::new().await;
    let made = bench.create("Management key", &["m2inventory4"]).await;
    let secret = made.parts.get("secret").expect("a part");
    assert_eq!(bench.fox.belongs_to(secret), Some(made.credential.id.clone()));
    let fresh = Bench::open(&bench.told, &[]);
    assert_eq!(fresh.belongs_to(secret), None, "nothing was listed yet");
    let found = fresh.identify(&bench.session, secret, &[]).await.expect("an answer");
    assert_eq!(found.map(|found| found.id), Some(made.credential.id));
    assert_eq!(fresh.belongs_to(&Secret::new(String::from("nothing"))), None);
}
