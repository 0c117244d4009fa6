//! Every row of the contract's table of refusals, and every bad input, with the one sentence it gets.

use serde_json::json;

use super::lives::Bench;
use super::*;
use crate::domain::answer::Verdict;

/// What the operator reads of something that was refused.
fn sentence<T>(result: Result<T, Failure>) -> String {
    result.err().expect("refused").sentence()
}

fn secret(issued: &Issued) -> Secret {
    issued.parts.get("secret").expect("a secret").share()
}

impl Bench {
    /// Why a secret is refused: what presenting it tells, then what the list tells of its row.
    async fn refusal(&self, issued: &Issued) -> [String; 2] {
        let verdict = self.backend.verify(&issued.parts, &crate::backend::unheard).await.expect("a verdict");
        let Verdict::Refused { why } = verdict else { panic!("{verdict:?}") };
        let id = reference(issued.credential.id.as_str());
        let told = self.backend.why_refused(&self.session, &id).await.expect("an answer");
        [why.as_str().to_owned(), told.expect("a reason").as_str().to_owned()]
    }

    async fn fresh_session(&mut self) {
        let told = self.sandbox.announcement().zpools.clone();
        let login = with_password(&told.username, &told.password);
        self.session = self.backend.log_in(login).await.expect("a session");
    }
}

#[tokio::test]
async fn each_row_has_its_sentence() {
    let bench = &mut Bench::new().await;
    let mut rows: Vec<(&str, String, &str)> = Vec::new();
    let told = bench.sandbox.announcement().zpools.clone();

    let wrong = bench.backend.log_in(with_password(&told.username, "wrong")).await;
    rows.push(("wrong password", sentence(wrong), "The login was refused: Incorrect username or password."));
    let dead = session(JWT);
    let ended = "The session has ended: the login has ended; they last an hour here";
    rows.push((
        "dead JWT where only one does",
        sentence(bench.backend.create(&dead, &create_request(&["job"])).await),
        ended,
    ));
    rows.push(("dead JWT where both do", sentence(bench.backend.list(&dead).await), ended));

    let narrow = bench.create(&["job"]).await;
    let by_narrow = session(secret(&narrow).expose());
    let by_wide = session(&told.pat);
    let made = bench.backend.create(&by_wide, &create_request(&["job"])).await;
    rows.push(("PAT where only a JWT does", sentence(made), "no PAT can make another one; make it at"));
    let lacks = "The server does not allow this: the server refused this PAT and never says why: it lacks the scope pat";
    rows.push(("PAT without the scope", sentence(bench.backend.list(&by_narrow).await), lacks));
    let revoked = bench.backend.revoke(&by_narrow, &reference(narrow.credential.id.as_str())).await;
    rows.push(("PAT without the scope", sentence(revoked), lacks));
    let gone = bench.backend.revoke(&bench.session, &reference("no-such-row-here")).await;
    rows.push(("unknown row", sentence(gone), "It is not there any more: PAT not found"));

    bench.quirks(json!({ "pats_manage_pats": false })).await;
    let no_pats = "The server does not allow this: this server takes no PAT for this";
    rows.push(("PAT where PATs manage none", sentence(bench.backend.list(&by_wide).await), no_pats));
    let revoked = bench.backend.revoke(&by_wide, &reference(narrow.credential.id.as_str())).await;
    rows.push(("PAT where PATs manage none", sentence(revoked), no_pats));
    bench.quirks(json!({ "login": false })).await;
    let off = bench.backend.log_in(with_password(&told.username, &told.password)).await;
    rows.push((
        "login switched off",
        sentence(off),
        "logging in with a password is switched off here; make a PAT at",
    ));

    let elsewhere =
        server(vec![("/", Answer::Status(404, "", r#"{"message":"Not Found"}"#.to_owned()))]).await;
    let lost = adapter(&elsewhere).0;
    let address = "the server's API is not at this address; it ends in /v1";
    rows.push(("unknown route", sentence(lost.list(&session(JWT)).await), address));
    rows.push(("unknown route", sentence(lost.inspect().await), address));
    let no_create = lost.create(&session(JWT), &create_request(&["job"])).await;
    rows.push(("no route to create", sentence(no_create), "this server makes no PATs by itself; make it at"));

    for (row, told, want) in rows {
        assert!(told.contains(want), "{row}: {told}");
        assert!(told.chars().count() <= 250 && !told.contains('\n'), "{row}: one sentence, please: {told}");
    }
}

/// One status for four situations: the refusal names all of them, and the list tells which.
#[tokio::test]
async fn what_a_refusal_leaves_open_the_list_tells() {
    let bench = &mut Bench::new().await;
    let today = crate::runtime::clock::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let tomorrow = today.saturating_add(jiff::Span::new().days(1));
    let ending = CreateRequest { expiry: Some(tomorrow), ..create_request(&["job"]) };
    let ending = bench.backend.create(&bench.session, &ending).await.expect("a PAT");
    let revoked = bench.create(&["job"]).await;
    let id = reference(revoked.credential.id.as_str());
    bench.backend.revoke(&bench.session, &id).await.expect("revoked");
    assert!(bench.sandbox.advance_clock(2 * 86_400));
    bench.fresh_session().await;

    let every = ["was revoked", "has expired", "has no scopes", "is no PAT of this server"];
    for (issued, want) in
        [(&revoked, String::from("it was revoked")), (&ending, format!("it expired on {tomorrow}"))]
    {
        let [presented, listed] = bench.refusal(issued).await;
        assert!(every.iter().all(|way| presented.contains(way)), "{presented}");
        assert_eq!(listed, want);
    }
    bench.quirks(json!({ "revoked_rows": "hidden" })).await;
    let [_, listed] = bench.refusal(&revoked).await;
    assert_eq!(listed, "it is not in the list: it was revoked, or belongs to another user");
    // Without the right to list there is nobody to ask, and the first sentence stays.
    let narrow = bench.create(&["job"]).await;
    let by_narrow = session(secret(&narrow).expose());
    assert!(bench.backend.why_refused(&by_narrow, &id).await.is_err());
}

#[tokio::test]
async fn what_is_pasted_and_cannot_be_used() {
    let bench = &mut Bench::new().await;
    let tomorrow =
        crate::runtime::clock::now().to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().expect("a day");
    let ending = CreateRequest { expiry: Some(tomorrow), ..create_request(&["job"]) };
    let expired = bench.backend.create(&bench.session, &ending).await.expect("a PAT");
    let revoked = bench.create(&["*"]).await;
    let id = reference(revoked.credential.id.as_str());
    bench.backend.revoke(&bench.session, &id).await.expect("revoked");
    assert!(bench.sandbox.advance_clock(2 * 86_400));
    bench.fresh_session().await;

    let key_id = revoked.credential.id.as_str().to_owned();
    for (pasted, want) in [
        ("hunter2", "it was not sent: this is not a PAT"),
        ("", "it was not sent: this is not a PAT"),
        ("zpat_", "it was not sent: this is not a PAT"),
        ("zpat_one zpat_two", "it was not sent: this is not a PAT"),
        (key_id.as_str(), "it was not sent: this is not a PAT"),
        (JWT, "it was not sent: this is the bearer of a login"),
        (PAT, errors::REFUSED),
        (secret(&expired).expose(), errors::REFUSED),
        (secret(&revoked).expose(), errors::REFUSED),
    ] {
        let pasted = Secret::new(pasted.to_owned());
        let told = sentence(bench.backend.identify(&bench.session, &pasted, &[]).await);
        assert!(told.contains(want), "{want}: {told}");
    }
}
