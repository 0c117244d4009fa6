//! The contract's transcripts, decoded.

use super::*;
use crate::domain::credential::{Expiry, LastUse, Told};
use crate::domain::scope::Granted;

const LISTED: &str = r#"{"message":"PATs retrieved","detail":{"items":[{"key_id":"stone-aware-cloud-shape",
    "label":"ci deploy","scopes":["zpool","job"],"status":"active","usage_count":0,"token_ver":1,
    "created_at":"2026-11-21T21:19:11.946+00:00","hard_expiry_at":"2027-11-21T21:19:11.946+00:00",
    "expiry_at":"2027-01-31T00:00:00.000+00:00","last_used_at":null}]}}"#;
const CREATED: &str = r#"{"message":"PAT created",
    "detail":{"key_id":"stone-aware-cloud-shape","token":"zpat_d0347074e0d75d36ba14dc79"}}"#;

fn wanted() -> Credential {
    Credential {
        id: Id::new(KEY),
        owner: crate::domain::owner::OwnerRef { id: Id::new("user"), name: "alice".into() },
        name: "ci deploy".into(),
        kind: "PAT",
        description: Text::default(),
        scopes: Granted::Listed(vec!["zpool".into(), "job".into()]),
        created: Some(at("2026-11-21T21:19:11.946Z")),
        rotated: None,
        expires: Expiry::At(at("2027-01-31T00:00:00Z")),
        last_use: LastUse::Never,
        enabled: true,
        owner_enabled: true,
        window: None,
        particulars: Told {
            soft_end: Some(at("2027-01-31T00:00:00Z")),
            hard_end: Some(at("2027-11-21T21:19:11.946Z")),
            uses: Some(0),
            ..Told::NOTHING
        }
        .into(),
    }
}

#[tokio::test]
async fn a_login() {
    let body = r#"{"message":"Login successful","detail":{"access_token":"eyJhY2Nlc3M","id_token":"eyJpZA",
        "refresh_token":"rt-1","expires_in":"3600"}}"#;
    let server = server(vec![("POST /base/login", ok(body))]).await;
    let session = adapter(&server).0.log_in(with_password("alice", "s3cret-pw")).await.expect("a session");
    assert_eq!((session.facts.who.as_str(), session.facts.may_create.clone()), ("alice", Ok(())));
    assert_eq!(session.facts.expires, Timestamp::from_second(NOW + 3600).ok());
    assert_eq!((session.bearer.expose(), session.renewal.is_none()), ("eyJhY2Nlc3M", true));
    let sent = server.seen().remove(0);
    assert_eq!(sent.body, r#"{"password":"s3cret-pw","username":"alice"}"#);
    assert!(sent.head.contains("content-type: application/json") && !sent.head.contains("authorization"));
}

#[tokio::test]
async fn refused_logins() {
    let told = |status, body: &str| Answer::Status(status, "", body.to_owned());
    let cases = [
        (
            told(401, r#"{"message":"Incorrect username or password."}"#),
            FailureKind::WrongLogin,
            "Incorrect username",
        ),
        (told(401, ""), FailureKind::WrongLogin, "status 401"),
        (told(404, r#"{"message":"Not Found"}"#), FailureKind::Unsupported, "/dashboard/tokens"),
        (told(429, r#"{"message":"Too Many Requests"}"#), FailureKind::TooMany, "Too Many"),
        (told(500, "<html>oops</html>"), FailureKind::ServerFailed, "status 500"),
        (ok("<html>"), FailureKind::Unexpected, "a web page came instead of the bearer"),
        (ok(r#"{"detail":{"access_token":null}}"#), FailureKind::Unexpected, "the bearer could not be read"),
        (ok(r#"{"detail":{"access_token":""}}"#), FailureKind::Unexpected, "could not be read"),
        (Answer::Close, FailureKind::CutOff, ""),
    ];
    for (answer, kind, words) in cases {
        let server = server(vec![("/login", answer.clone())]).await;
        let failure = adapter(&server).0.log_in(with_password("alice", "x")).await.err().expect("refused");
        assert_eq!(
            (failure.kind, failure.effected),
            (kind, crate::domain::failure::Effected::No),
            "{answer:?}"
        );
        assert!(detail(&failure).contains(words), "{words}: {failure:?}");
    }
}

#[tokio::test]
async fn what_is_not_sent() {
    let server = server(Vec::new()).await;
    let (adapter, _) = adapter(&server);
    for (login, words) in [
        (with_password("", "x"), "a user name is needed"),
        (with_password("two words", "x"), "no spaces"),
        (with_password("alice", ""), "a password is needed"),
        (with_pat("correct horse"), "this is not a PAT"),
        (with_pat(""), "this is not a PAT"),
        (with_pat(JWT), "the bearer of a login"),
    ] {
        let failure = adapter.log_in(login).await.err().expect("refused");
        assert_eq!(failure.kind, FailureKind::WrongLogin);
        assert!(detail(&failure).contains(words), "{words}: {failure:?}");
    }
    for pasted in ["correct horse", JWT, "law-hotel-shape-community"] {
        assert_eq!(
            adapter.verify(&parts(pasted), &crate::backend::unheard).await.err().map(|f| f.kind),
            Some(FailureKind::Invalid)
        );
        let found = adapter.identify(&session(JWT), &Secret::new(pasted.to_owned()), &[]).await;
        assert_eq!(found.err().map(|f| f.kind), Some(FailureKind::Invalid));
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_list() {
    let server = server(vec![("GET /base/pat", ok(LISTED))]).await;
    let listing = adapter(&server).0.list(&session(JWT)).await.expect("a listing");
    assert_eq!((listing.credentials, listing.failed), (vec![wanted()], Vec::new()));
    assert_eq!(listing.owners.first().map(|owner| owner.name.as_str()), Some("alice"));
    assert!(server.seen().remove(0).head.contains(&format!("authorization: Bearer {JWT}")));
    // A PAT does not tell whose it is.
    let listing = adapter(&server).0.list(&session(PAT)).await.expect("a listing");
    assert_eq!(
        listing.owners.first().map(|owner| (owner.id.as_str(), owner.name.as_str())),
        Some(("user", "the user"))
    );
}

#[tokio::test]
async fn odd_rows_do_not_spoil_the_rest() {
    let rows = r#"{"detail":{"items":[
        {"key_id":"a-a-a-a","label":null,"status":"revoked"},
        {"key_id":"b-b-b-b","status":"ACTIVE","scopes":["*"],"expiry_at":null,"hard_expiry_at":17},
        {"key_id":"c-c-c-c","status":"suspended","last_used_at":"2026-11-21T21:19:11Z","last_ip":"192.0.2.1",
         "last_ua":"curl/8\u001b[2J","usage_count":9,"label":"\u001b]0;x\u0007"},
        {"key_id":null,"label":"nameless"}, {"key_id":"","label":"empty"}, 17, {"key_id":5}]}}"#;
    let server = server(vec![("/pat", ok(rows))]).await;
    let listing = adapter(&server).0.list(&session(JWT)).await.expect("a listing");
    let [b, c] = listing.credentials.try_into().expect("two");
    assert_eq!(
        (b.scopes, b.expires, b.last_use, b.enabled),
        (Granted::Everything, Expiry::Never, LastUse::Never, true)
    );
    assert_eq!((c.enabled, c.name.as_str()), (false, "U+001B]0;xU+0007"));
    assert_eq!(c.last_use, LastUse::At(at("2026-11-21T21:19:11Z")));
    assert_eq!(c.particulars.last_address.as_ref().map(Text::as_str), Some("192.0.2.1"));
    assert_eq!(c.particulars.last_agent.as_ref().map(Text::as_str), Some("curl/8U+001B[2J"));
    let [(owner, failure)] = listing.failed.try_into().expect("one");
    assert_eq!((owner.id.as_str(), detail(&failure)), ("user", "4 of the PATs could not be read"));
}

#[tokio::test]
async fn a_new_pat() {
    let server = server(vec![("POST /base/pat", Answer::Status(201, "", CREATED.to_owned()))]).await;
    let request = CreateRequest { expiry: "2027-01-31".parse().ok(), ..create_request(&["zpool", "job"]) };
    let issued = adapter(&server).0.create(&session(JWT), &request).await.expect("a PAT");
    let told = Told { soft_end: Some(at("2027-01-31T00:00:00Z")), ..Told::NOTHING }.into();
    let created = Timestamp::from_second(NOW).ok();
    assert_eq!(issued.credential, Credential { created, particulars: told, ..wanted() });
    assert_eq!(server.seen().len(), 1, "the secret waits for nothing");
    assert_eq!(issued.parts.get("secret").map(Secret::expose), Some(PAT));
    let sent = server.seen().remove(0);
    assert_eq!(sent.body, r#"{"expiry":"2027-01-31","label":"ci deploy","scopes":["zpool","job"]}"#);
    assert!(!sent.head.contains("idempotency-key"));
}

#[tokio::test]
async fn a_secret_is_handed_over_whatever_else_is_odd() {
    let cases = [
        (CREATED, KEY),
        (r#"{"key_id":"a-b-c-d","token":"zpat_d0347074e0d75d36ba14dc79"}"#, "a-b-c-d"),
        (r#"{"detail":{"key_id":7,"token":"zpat_d0347074e0d75d36ba14dc79"}}"#, KEY),
        (r#"{"detail":{"token":"zpat_d0347074e0d75d36ba14dc79"}}"#, KEY),
    ];
    for (body, id) in cases {
        let server =
            server(vec![("POST", Answer::Status(201, "", body.to_owned())), ("GET", ok(LISTED))]).await;
        let issued = adapter(&server).0.create(&session(JWT), &create_request(&["zpool", "job"])).await;
        let issued = issued.unwrap_or_else(|failure| panic!("{body}: {failure:?}"));
        assert_eq!(
            (issued.credential.id.as_str(), issued.credential.name.as_str()),
            (id, "ci deploy"),
            "{body}"
        );
        assert_eq!(issued.parts.get("secret").map(Secret::expose), Some(PAT));
    }
}

#[tokio::test]
async fn a_successor_is_like_its_predecessor() {
    let made = CREATED.replace(KEY, "law-hotel-shape-community");
    let server =
        server(vec![("POST", Answer::Status(201, "", made)), ("GET", ok(LISTED)), ("DELETE", ok("{}"))])
            .await;
    let (adapter, _) = adapter(&server);
    let issued = adapter.rotate(&session(JWT), &rotate_request(KEY)).await.expect("a successor");
    assert_eq!(issued.credential.id.as_str(), "law-hotel-shape-community");
    assert_eq!(issued.credential.scopes, wanted().scopes);
    // The first had 71 days from its making to its end, so this one has as many from now.
    let lines: Vec<_> = server.seen().into_iter().map(|seen| (seen.line, seen.body)).collect();
    assert_eq!(
        lines.get(1).map(|(line, body)| (line.as_str(), body.as_str())),
        Some(("POST /base/pat", r#"{"expiry":"2027-01-31","label":"ci deploy","scopes":["zpool","job"]}"#))
    );
    assert!(
        lines.iter().all(|(line, _)| !line.starts_with("DELETE")),
        "the old one is left alone: {lines:?}"
    );
    adapter.revoke(&session(JWT), &reference(KEY)).await.expect("revoked");
    assert_eq!(server.seen().last().map(|seen| seen.line.clone()), Some(format!("DELETE /base/pat/{KEY}")));
}

#[tokio::test]
async fn the_page_that_makes_a_pat() {
    let request = CreateRequest {
        name: String::from("CLI - laptop"),
        expiry: "2027-01-01".parse().ok(),
        ..create_request(&["zpool", "job"])
    };
    let context = Context { clock: Arc::new(|| Timestamp::UNIX_EPOCH), device: Uuid::nil() };
    let cases = [
        ("https://api.zpools.io/v1", "https://zpools.io/dashboard/tokens"),
        ("https://api.dev.zpools.io/v1", "https://dev.zpools.io/dashboard/tokens"),
        ("https://pools.example:8443/v1", "https://pools.example:8443/dashboard/tokens"),
    ];
    for (endpoint, page) in cases {
        let backend =
            open(&account(&Endpoint::parse(endpoint).expect("an address")), &context).expect("opens");
        let told = backend.creation_page(&session(PAT), &request).expect("a page");
        let query = "?create=1&label=CLI+-+laptop&scopes=zpool%2Cjob&expiry=2027-01-01";
        assert_eq!(told.as_str(), format!("{page}{query}"));
        let bare = CreateRequest { name: String::new(), ..create_request(&[]) };
        let told = backend.creation_page(&session(PAT), &bare).expect("a page");
        assert_eq!(told.as_str(), format!("{page}?create=1"));
        assert_eq!(backend.creation_page(&session(JWT), &request), None, "this one can make it itself");
    }
}

#[tokio::test]
async fn what_a_server_is() {
    let told = |status, body: &'static str| Answer::Status(status, "", body.to_owned());
    let unauthorized = || told(401, r#"{"message":"Unauthorized"}"#);
    let cases: [(Answer, Answer, Result<&str, FailureKind>); 6] = [
        (unauthorized(), told(400, "{}"), Ok("")),
        (unauthorized(), told(404, r#"{"message":"Not Found"}"#), Ok("switched off")),
        (ok(r#"{"message":"Hello"}"#), told(400, "{}"), Ok("without any credential")),
        (told(404, r#"{"message":"Not Found"}"#), unauthorized(), Err(FailureKind::Unexpected)),
        (told(401, "<html>sign in</html>"), unauthorized(), Err(FailureKind::Unexpected)),
        (told(503, ""), unauthorized(), Err(FailureKind::ServerFailed)),
    ];
    for (hello, login, want) in cases {
        let server = server(vec![("/hello", hello.clone()), ("/login", login)]).await;
        match (adapter(&server).0.inspect().await, want) {
            (Ok(info), Ok(note)) => {
                let notes = info.notes.iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
                assert!(notes.contains(note) && notes.is_empty() == note.is_empty(), "{hello:?}: {notes}");
            }
            (Err(failure), Err(kind)) => assert_eq!(failure.kind, kind, "{hello:?}"),
            (told, want) => panic!("{hello:?}: {told:?}, not {want:?}"),
        }
    }
}

#[tokio::test]
async fn without_user_agents_the_only_new_row_is_taken() {
    let row = |id: &str, more: &str| format!(r#"{{"key_id":"{id}","label":"l","status":"active"{more}}}"#);
    let old = row("a-a-a-a", "");
    let cases = [
        (vec![old.clone(), row(KEY, "")], Some(KEY)),
        (vec![old.clone(), row(KEY, ""), row("b-b-b-b", "")], None),
        (vec![old.clone()], None),
        (vec![old.clone(), row(KEY, r#","last_ua":"curl/8""#)], None),
    ];
    for (rows, want) in cases {
        let body = format!(r#"{{"detail":{{"items":[{}]}}}}"#, rows.join(","));
        let server = server(vec![("/hello", ok("{}")), ("/pat", ok(body))]).await;
        let ((adapter, _), session, secret) = (adapter(&server), session(JWT), Secret::new(PAT.to_owned()));
        let found = adapter.identify(&session, &secret, &[Id::new("a-a-a-a")]).await.expect("an answer");
        assert_eq!(found.map(|row| row.id), want.map(Id::new), "{rows:?}");
    }
}
