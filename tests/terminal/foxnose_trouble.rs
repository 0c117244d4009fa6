//! Pairs by keyboard where something goes wrong: an answer that never comes, roles that go meanwhile, refusals of every
//! kind, and input that cannot be. Nothing is ever made twice.

use serde_json::{Value, json};
use support::pty::{Signal, Terminal};

use crate::foxnose::{Site, desk, log_in, type_both, up_to_check};
use crate::program::{Desk, point_at};
use crate::sandbox::Sandbox;
use support::web;

const KEYS: &str = "/api-keys/";
const MAKING: &str = "/v1/*/permissions/*/api-keys/";

/// A machine with the person logged in; none where there is no keyring.
fn at_the_desk(sandbox: &Sandbox) -> Option<(Desk, Site, Terminal)> {
    let desk = desk(sandbox, "")?;
    let mut terminal = desk.start().size(120, 40).spawn();
    log_in(&mut terminal, &desk, true);
    Some((desk, Site::of(sandbox), terminal))
}

/// Whatever is asked to make a key is answered like this, once.
fn answer(sandbox: &Sandbox, status: u16, headers: &Value, body: &Value) {
    let fault = json!({
        "backend": "foxnose", "method": "POST", "path": MAKING, "kind": "answer", "status": status,
        "headers": headers, "body": body,
    });
    sandbox.fault(&fault);
}

#[test]
fn a_key_whose_answer_never_came_is_found_and_offered_and_no_second_one_is_made() {
    let sandbox = Sandbox::start();
    let Some((desk, site, mut terminal)) = at_the_desk(&sandbox) else { return };
    up_to_check(&mut terminal, "tour");
    sandbox.fault(&json!({ "backend": "foxnose", "method": "POST", "path": MAKING, "kind": "cut_after" }));
    terminal
        .keys("<enter>")
        .wait_for("The connection ended before the answer did")
        .wait_for("nobody knows yet");
    terminal.signal(Signal::KILL).wait_exit();
    assert_eq!((site.keys("tour").len(), sandbox.requests("POST", KEYS).len()), (1, 1));

    // The next start tells of it, finds it, and offers to delete it.
    let mut terminal = desk.start().size(120, 40).spawn();
    terminal.wait_for("Unfinished work").wait_for("c check what is true").wait_gone("log in first");
    terminal.keys("c").wait_for("its secret never arrived").wait_for("x revoke it");
    assert_eq!((site.keys("tour").len(), sandbox.requests("POST", KEYS).len()), (1, 1), "looking makes none");
    terminal.keys("x").wait_for("Revoke tour").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked").wait_gone("Unfinished work").wait_gone("1 unfinished");
    assert_eq!((site.keys("tour").len(), sandbox.requests("POST", KEYS).len()), (0, 1));
}

#[test]
fn every_refusal_is_a_sentence_and_the_key_can_be_made_after_all() {
    let sandbox = Sandbox::start();
    let Some((_desk, site, mut terminal)) = at_the_desk(&sandbox) else { return };
    // Pages that do not say whether another one follows are read all the same.
    sandbox.quirk_of("foxnose", "page_without_next", &json!(true));
    let read = sandbox.requests("GET", KEYS).len();
    terminal.keys("R");
    support::wait::until("the keys are read again", || {
        (sandbox.requests("GET", KEYS).len() > read + 4).then_some(())
    });
    terminal.wait_for("read just now");

    up_to_check(&mut terminal, "tour");
    let wait = |value: &str| json!({ "Retry-After": value });
    let told = |code: &str| json!({ "message": "told so", "error_code": code, "detail": null });
    let limit = json!({ "entity": "api_keys", "limit": 5, "current": 5 });
    let cap = json!({ "error_code": "spend_cap_reached", "cap_usd": 25 });
    let exhausted = json!({ "error_code": "plan_exhausted", "axis": "writes" });
    let full = json!({ "message": "no", "error_code": "plan_limit_exceeded", "detail": limit });
    for (status, headers, body, sentence) in [
        (402, json!({}), cap, "spending cap of $25 is reached"),
        (402, json!({}), exhausted, "allowance of writes is used up"),
        (402, json!({}), told("insufficient_units"), "cannot pay for it: told so"),
        (403, json!({}), told("access_denied"), "told so"),
        (403, json!({}), full, "the plan allows 5 api_keys"),
        (429, wait("0"), told("rate_limited"), "Too many requests"),
        (429, wait("Sat, 21 Nov 2026 21:23:50 GMT"), told("rate_limited"), "Too many requests"),
    ] {
        let before = sandbox.requests("POST", KEYS).len();
        answer(&sandbox, status, &headers, &body);
        terminal.keys("<enter>").wait_for(sentence);
        assert_eq!(sandbox.requests("POST", KEYS).len(), before + 1, "{sentence}: sent once");
        terminal.keys("<esc>").wait_for("▸ scopes").wait_gone(sentence).keys("<enter>").wait_for("▸ check");
    }
    assert!(site.keys("tour").is_empty());
    // One whose secret is masked is nobody's; the next one is whole.
    let masked = json!({
        "key": "k9masked4me2", "description": "tour", "public_key": "A2", "secret_key": "********IiaZ",
        "role": "r1shopreader", "environment": site.environment, "created_at": "2026-11-22T08:00:00Z",
    });
    answer(&sandbox, 201, &json!({}), &masked);
    terminal.keys("<enter>").wait_for("masked, so nobody holds it").wait_for("1 unfinished");
    terminal.keys("<esc>").wait_gone("New Flux key through");
    up_to_check(&mut terminal, "tour");
    terminal.keys("<enter>").wait_for("Masked.").keys("<c-d>").wait_for("accepted as Flux key tour");
    assert_eq!(site.keys("tour").len(), 1);
}

#[test]
fn a_server_that_asks_to_wait_in_either_form_is_not_asked_again_before() {
    let date =
        (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(20)).strftime("%a, %d %b %Y %H:%M:%S GMT");
    for wait in [String::from("1200"), date.to_string()] {
        let sandbox = Sandbox::start();
        let Some((_desk, _site, mut terminal)) = at_the_desk(&sandbox) else { return };
        up_to_check(&mut terminal, "tour");
        let body = json!({ "message": "told so", "error_code": "rate_limited", "detail": null });
        answer(&sandbox, 429, &json!({ "Retry-After": wait }), &body);
        terminal.keys("<enter>").wait_for("Too many requests");
        terminal.keys("<enter>").wait_for("the server takes another attempt in");
        assert_eq!(sandbox.requests("POST", KEYS).len(), 1, "{wait}");
    }
}

/// Deletes a role behind the program's back.
fn delete_role(site: &Site, kind: &str, role: &str) {
    let bearer = format!("authorization: Bearer {}", site.bearer);
    let path = format!("/v1/{}/permissions/{kind}-api/roles/{role}/", site.environment);
    assert_eq!(web::call("DELETE", &site.management, &path, &[&bearer], "").status, 204);
}

#[test]
fn a_role_that_goes_meanwhile_makes_no_key_without_one() {
    let sandbox = Sandbox::start();
    let Some((_desk, site, mut terminal)) = at_the_desk(&sandbox) else { return };
    sandbox.quirk_of("foxnose", "deleted_role", &json!("clears"));
    up_to_check(&mut terminal, "tour");
    delete_role(&site, "flux", "r1shopreader");
    terminal.keys("<enter>").wait_for("this role is not there any more");
    terminal
        .keys("<esc>")
        .wait_for("▸ scopes")
        .keys("<esc><esc><esc><esc>")
        .wait_gone("New Flux key through");
    terminal.keys("<esc>").wait_gone("/web frontend");

    // A Management key that has none any more may do everything: another one like that was not looked at.
    point_at(&mut terminal, "audit export");
    terminal
        .keys("r")
        .wait_for("▸ review")
        .wait_gone("Reading it again")
        .wait_for("inventory")
        .keys("<enter>");
    terminal
        .wait_for("▸ retention")
        .keys("<enter>")
        .wait_for("▸ targets")
        .keys("<enter>")
        .wait_for("▸ check");
    delete_role(&site, "management", "m2inventory4");
    terminal.keys("<enter>").wait_for("its role is not the one that was looked at");
    assert_eq!(sandbox.requests("POST", KEYS).len(), 0, "nothing was asked for");
}

#[test]
fn what_cannot_be_a_key_or_an_environment_is_not_sent() {
    let sandbox = Sandbox::start();
    let Some((_desk, site, mut terminal)) = at_the_desk(&sandbox) else { return };
    type_both(&mut terminal, "half:half", "MIGHAgEA").wait_for("a public key has no ':' in it");
    terminal.keys("<esc>").wait_gone("Import into fox");

    let before = sandbox.requests("GET", "/roles/").len();
    terminal.keys("L").wait_for("Log in to").keys("<up><up><right><right><right>");
    terminal
        .wait_for("Management key, signed")
        .keys("<tab>")
        .send(b"../x")
        .wait_until("it is there", |output| output.contains("../x"));
    terminal.keys("<tab>").send(b"half:half").wait_for("half:half").keys("<tab>").send(b"MIGHAgEA");
    terminal.wait_for("•••").keys("<enter>").wait_for("because a key cannot look around");
    terminal.keys("<btab><btab><c-e><c-u>").send(site.environment.as_bytes()).wait_for(&site.environment);
    terminal
        .keys("<tab><tab>")
        .send(b"MIGHAgEA")
        .wait_for("•••")
        .keys("<enter>")
        .wait_for("a public key has no ':' in it");
    assert_eq!(sandbox.requests("GET", "/roles/").len(), before);
}
