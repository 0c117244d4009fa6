//! Tenants, users, service users and minted tokens by keyboard: as the administrator of a tenant, as a plain user of it, as
//! root over all and as root in one, on both kinds of store and with keys in their own header taken and refused. After
//! each step the server's own rows are looked at.

use serde_json::{Value, json};
use support::canary::Canary;
use support::keyring::Keyring;
use support::skip;

use crate::lake::{
    Client, administrator, at_cursor, desk, let_time_pass, logged_in, show_all, take_key, to_row, told,
};
use crate::program::{copy_revealed, point_at};
use crate::sandbox::Sandbox;

/// A key's life in the administrator's tenant: made, verified, replaced, its predecessor switched off and deleted.
fn a_key_is_made_and_replaced(store: &str, legacy: &str) {
    let sandbox = Sandbox::start();
    sandbox.quirk_of("pangolin", "store", &json!(store));
    sandbox.quirk_of("pangolin", "legacy_keys", &json!(legacy));
    let client = Client::open(&sandbox);
    let desk = desk(&sandbox, &told(&sandbox, "username"), &told(&sandbox, "password"), Some(&client.tenant));
    let mut terminal = logged_in(&desk);
    let rows = || client.named("/service-users", "name", "tour");

    // Only the tenant can own a key, so there is no step for it.
    terminal.keys("n").wait_for("Which kind of credential?").keys("<enter>").wait_for("▸ name");
    terminal.send(b"tour").keys("<enter>").wait_for("▸ description").keys("<enter>").wait_for("▸ scopes");
    terminal.keys("<space>").wait_for("read everything in the tenant (read, list)").keys("<enter>");
    terminal
        .wait_for("▸ expiry")
        .wait_for("at the time of day it is made")
        .keys("<enter>")
        .wait_for("▸ check");
    assert_eq!(rows(), [] as [Value; 0], "nothing is made before it is said");
    terminal.keys("<enter>");
    let first = take_key(&mut terminal);
    let old = rows()[0]["id"].as_str().expect("an id").to_owned();
    let at = |name: &str| {
        rows()[0][name].as_str().expect("a moment").parse::<jiff::Timestamp>().expect("a moment")
    };
    let lives = at("expires-at").duration_since(at("created-at")).as_secs();
    assert!((lives - 90 * 86_400).abs() <= 60, "whole days, from the moment it was made: {lives}");
    assert!(client.exchanges(&old, &first));
    assert_eq!(client.held(&old), [r#""read" {"type":"tenant"}"#]);
    point_at(&mut terminal, "tour");
    let says = if legacy == "on" { "as X-API-Key" } else { "refuses every key" };
    terminal.wait_for(says).keys("v").wait_for("accepted as tour");
    assert_eq!(client.takes_in_header(&first), legacy == "on", "as was told");

    // Rotated in place only if chosen, and told as what it is.
    terminal
        .keys("r")
        .wait_for("▸ review")
        .wait_gone("Reading it again")
        .keys("<enter>")
        .wait_for("▸ retention");
    terminal.wait_for("f: rotate in place").keys("f").wait_for("at the moment of the rotation");
    terminal.keys("<enter>").wait_for("▸ targets").keys("<enter>").wait_for("▸ check");
    terminal.send(b"0").keys("<enter>");
    let second = if store == "memory" {
        let second = take_key(&mut terminal);
        terminal.wait_for("accepted: it works").keys("<enter>").wait_gone("▸ verify");
        assert_eq!((client.exchanges(&old, &first), client.exchanges(&old, &second)), (false, true));
        at_cursor(&mut terminal, "tour", "");
        terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again").keys("<enter>");
        second
    } else {
        terminal.wait_for("the old key works on");
        assert!(client.exchanges(&old, &first), "nothing was changed");
        terminal.keys("<esc>").wait_for("▸ targets").keys("<esc>").wait_for("▸ retention").keys("f");
        first.clone()
    };
    assert_eq!(rows().len(), 1, "in place there is no second one");

    // Replaced: both work, with the same permissions.
    terminal.wait_for("▸ retention").wait_for("switched off then");
    terminal.keys("<up><up>").wait_for("▸ 10 m").wait_for("switched off then").keys("<enter>");
    terminal.wait_for("▸ targets").keys("<enter>").wait_for("▸ check").keys("<enter>");
    let third = take_key(&mut terminal);
    terminal.wait_for("accepted: it works").wait_for("off at");
    assert_eq!(rows().len(), 2);
    let new = rows().iter().find(|row| row["id"] != *old).expect("a second one")["id"].clone();
    let new = new.as_str().expect("an id");
    assert!(client.exchanges(&old, &second) && client.exchanges(new, &third));
    assert_eq!(client.held(&old), client.held(new), "copied, compared as sets");
    terminal.keys("<enter>").wait_gone("▸ verify").keys("q").wait_exit();

    // When its time comes it is switched off, and later deleted.
    let due = || {
        let told = desk.run(&["due", "--json"]);
        let promises: Vec<Value> = serde_json::from_slice(&told.stdout).expect("JSON");
        promises.into_iter().map(|one| one["state"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    let_time_pass(&desk);
    // Nobody is logged in there: it says so, and the next open program does it.
    assert_eq!(due(), ["failed"]);
    assert!(client.exchanges(&old, &second));
    let mut terminal = logged_in(&desk);
    terminal.wait_for("switched off");
    let active = |id: &str| rows().iter().find(|row| row["id"] == id).map(|row| row["active"] == true);
    assert_eq!((active(&old), active(new)), (Some(false), Some(true)));
    assert!(!client.exchanges(&old, &second) && client.exchanges(new, &third));
    terminal.keys("q").wait_exit();
    let_time_pass(&desk);
    let mut terminal = logged_in(&desk);
    terminal.wait_for("revoked");
    assert_eq!((active(&old), active(new)), (None, Some(true)));

    // And the new one by hand.
    point_at(&mut terminal, "tour");
    terminal.keys("x").wait_for("Revoke tour").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked");
    assert_eq!(rows(), [] as [Value; 0]);
    for secret in [&first, &second, &third] {
        Canary::of(secret, "pgl_".len()).assert_absent("the screen", terminal.text().as_bytes());
        assert_eq!(Canary::of(secret, "pgl_".len()).leaks_in_tree(desk.home.path()), []);
    }
}

#[test]
fn a_keys_life_on_an_sql_store_that_refuses_keys_in_their_header() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    a_key_is_made_and_replaced("sql", "off");
}

#[test]
fn a_keys_life_on_an_sql_store_that_takes_keys_in_their_header() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    a_key_is_made_and_replaced("sql", "on");
}

#[test]
fn a_keys_life_in_memory_where_keys_are_refused_in_their_header() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    a_key_is_made_and_replaced("memory", "off");
}

#[test]
fn a_keys_life_in_memory_where_keys_are_taken_in_their_header() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    a_key_is_made_and_replaced("memory", "on");
}

#[test]
fn a_user_is_made_with_a_password_and_gets_a_token_that_is_named_and_revoked() {
    let Some((sandbox, client, desk, mut terminal)) = administrator() else { return };
    let users = || client.named("/users", "username", "eve");
    terminal.keys("3").wait_for("tenant-admin").keys("n").wait_for("▸ name").send(b"eve").keys("<enter>");
    terminal.wait_for("▸ e-mail").send(b"eve@acme.test").keys("<enter>").wait_for("▸ password");
    terminal.send(b"correct horse").keys("<enter>").wait_for("▸ account role");
    assert_eq!(users(), [] as [Value; 0]);
    terminal.keys("<enter>").wait_for("made eve");
    let eve = users()[0].clone();
    assert_eq!((&eve["email"], &eve["role"]), (&json!("eve@acme.test"), &json!("tenant-user")));
    assert!(client.log_in("eve", "correct horse", Some(&client.tenant)).is_some());
    assert!(!String::from_utf8_lossy(&terminal.raw()).contains("correct"), "typed unseen");

    // It goes on to the one kind a user can have: a token, with a name that only we keep.
    terminal.wait_for("▸ name").send(b"loader").keys("<enter>").wait_for("▸ description").keys("<enter>");
    terminal.wait_for("▸ scopes").keys("<enter>").wait_for("▸ expiry").keys("<enter>").wait_for("▸ check");
    terminal.keys("<enter>").wait_for("Masked.");
    let token = copy_revealed(&mut terminal);
    terminal.keys("<c-d>").wait_gone("Masked.");
    assert!(client.takes(&token));
    let tokens = || client.get(&format!("/users/{}/tokens", eve["id"].as_str().expect("an id")));
    assert_eq!(tokens().as_array().map(Vec::len), Some(1));
    terminal.keys("1");
    point_at(&mut terminal, "loader");
    terminal.keys("e").wait_for("Edit 'loader'").keys("<c-u>").send(b"night loader").keys("<enter><enter>");
    terminal.wait_gone("Edit 'loader'").keys("R");
    at_cursor(&mut terminal, "night loader", "");
    terminal.keys("x").wait_for("Revoke night loader").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked");
    assert!(!client.takes(&token));
    sandbox.advance(3 * 86_400);
    assert!(!client.takes(&token), "also when the server has forgotten what is revoked by id");

    // A new password, and the user's end.
    terminal.keys("q").wait_exit();
    let mut terminal = logged_in(&desk);
    terminal.keys("3").wait_for("eve");
    to_row(&mut terminal, "eve");
    terminal.keys("e").wait_for("▸ e-mail").keys("<tab>").wait_for("▸ password").send(b"battery staple");
    terminal.keys("<enter>").wait_for("changed");
    assert!(client.log_in("eve", "correct horse", Some(&client.tenant)).is_none());
    assert!(client.log_in("eve", "battery staple", Some(&client.tenant)).is_some());
    terminal.keys("x").wait_for("deleted for good").send(b"eve").keys("<enter>").wait_for("done: Delete");
    assert_eq!(client.log_in("eve", "battery staple", Some(&client.tenant)), None);
}

#[test]
fn a_plain_user_sees_their_own_tokens_and_may_end_them() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let client = Client::open(&sandbox);
    let desk = desk(&sandbox, "alice", &told(&sandbox, "password"), Some(&client.tenant));
    let mut terminal = logged_in(&desk);
    terminal.wait_for("token ");
    assert!(!terminal.text().contains("ci-pipeline"), "service users are for administrators");
    terminal.keys("n").wait_for("may not change anything").keys("<enter>").wait_gone("may not change");
    terminal.keys("3").wait_for("alice").keys("n").wait_for("users and tenants cannot be made here");
    terminal.keys("x").wait_for("users and tenants cannot be deleted here").keys("1");
    let alice = client.named("/users", "username", "alice")[0]["id"].as_str().expect("an id").to_owned();
    let tokens = || client.get(&format!("/users/{alice}/tokens")).as_array().expect("a list").clone();
    let before = tokens();
    let token = before[0]["token"].as_str().expect("a token").to_owned();
    terminal.keys("g").keys("x").wait_for("Revoke token").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked");
    assert_eq!(tokens().len() + 1, before.len());
    assert!(!client.takes(&token));
}

#[test]
fn root_makes_a_tenant_and_its_first_administrator() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let client = Client::open(&sandbox);
    let (root, password) = (told(&sandbox, "root_username"), told(&sandbox, "root_password"));
    let over_all = desk(&sandbox, &root, &password, None);
    let mut terminal = logged_in(&over_all);
    let as_root = client.log_in(&root, &password, None).expect("logged in");
    let tenants = |name: &str| {
        let all = client.get_as(&as_root, "/tenants");
        all.as_array().expect("a list").iter().filter(|row| row["name"] == name).cloned().collect::<Vec<_>>()
    };
    terminal.keys("3").wait_for("globex").keys("n").wait_for("▸ name").send(b"born").keys("<enter>");
    terminal.wait_for("made born");
    assert_eq!(tenants("born").len(), 1);
    // Renamed, as root may.
    terminal.keys("<esc>").wait_for("▸ owner").keys("<esc>").wait_gone("New service-user key");
    to_row(&mut terminal, "born");
    terminal
        .keys("e")
        .wait_for("its new name")
        .keys("<c-u>")
        .send(b"reborn")
        .keys("<enter>")
        .wait_for("changed");
    let tenant = tenants("reborn")[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(tenants("born"), [] as [Value; 0]);
    terminal.keys("q").wait_exit();

    // In the new tenant root makes administrators only; the first one makes users.
    let inside = desk(&sandbox, &root, &password, Some(&tenant));
    let mut terminal = inside.start().size(150, 46).spawn();
    terminal.wait_for("not logged in").keys("L").wait_for("Log in to").keys("<up><up><right>");
    terminal
        .wait_for("Root, in the account's tenant")
        .keys("<tab><tab>")
        .send(password.as_bytes())
        .keys("<enter>");
    terminal.wait_gone("Log in to").keys("3").wait_for("reborn").keys("n").wait_for("▸ name").send(b"first");
    terminal
        .keys("<enter>")
        .wait_for("▸ e-mail")
        .send(b"first@born.test")
        .keys("<enter>")
        .wait_for("▸ password");
    terminal
        .send(b"correct horse")
        .keys("<enter>")
        .wait_for("root makes administrators only")
        .keys("<enter>")
        .wait_for("made first");
    let first = client.log_in("first", "correct horse", Some(&tenant)).expect("logged in");
    assert_eq!(client.get_as(&first, "/users/me")["role"], "tenant-admin");
}

#[test]
fn root_looks_after_the_keys_of_a_tenant_as_far_as_root_sees() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let client = Client::open(&sandbox);
    let (root, password) = (told(&sandbox, "root_username"), told(&sandbox, "root_password"));
    let desk = desk(&sandbox, &root, &password, None);
    let mut terminal = logged_in(&desk);
    let rows = || client.named("/service-users", "name", "of-root");
    terminal.keys("n").wait_for("which tenant?").send(b"acme").keys("<enter>").wait_for("▸ name");
    terminal.send(b"of-root").keys("<enter>").wait_for("▸ description").keys("<enter>").wait_for("▸ scopes");
    terminal.keys("<space>").wait_for("(●) administrator of the tenant").keys("<enter>").wait_for("is wide");
    terminal.keys("<enter>").wait_for("▸ expiry").keys("<enter>").wait_for("▸ check").keys("<enter>");
    let first = take_key(&mut terminal);
    let old = rows()[0].clone();
    assert_eq!((&old["role"], &old["tenant-id"]), (&json!("tenant-admin"), &json!(client.tenant)));
    let old = old["id"].as_str().expect("an id").to_owned();
    assert!(client.exchanges(&old, &first));
    point_at(&mut terminal, "of-root");
    terminal.keys("v").wait_for("accepted as of-root");

    // Replaced with the same account role; a plain user's permissions root cannot see, so that one is left alone.
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("▸ retention").wait_for("log in as an administrator of its").keys("<up><up>");
    terminal.wait_for("▸ 10 m").keys("<enter>").wait_for("▸ targets").keys("<enter>").wait_for("▸ check");
    terminal.keys("<enter>");
    let second = take_key(&mut terminal);
    terminal.wait_for("accepted: it works");
    let new = rows().into_iter().find(|row| row["id"] != *old).expect("a second one");
    assert_eq!(new["role"], "tenant-admin");
    let new = new["id"].as_str().expect("an id").to_owned();
    assert!(client.exchanges(&old, &first) && client.exchanges(&new, &second));
    terminal.keys("<enter>").wait_gone("▸ verify");
    let before = client.get("/service-users").as_array().map(Vec::len);
    show_all(&mut terminal, "of-root");
    point_at(&mut terminal, "nightly-export");
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading it again").keys("<enter>");
    terminal
        .wait_for("▸ retention")
        .keys("<enter>")
        .wait_for("▸ targets")
        .keys("<enter>")
        .wait_for("▸ check");
    terminal.keys("<enter>").wait_for("only an administrator of the tenant can see and copy");
    assert_eq!(client.get("/service-users").as_array().map(Vec::len), before, "nothing was made");
    for step in ["▸ targets", "▸ retention", "▸ review"] {
        terminal.keys("<esc>").wait_for(step);
    }
    terminal.keys("<esc>").wait_gone("▸ review");
    show_all(&mut terminal, "nightly-export");

    point_at(&mut terminal, "of-root");
    terminal.keys("x").wait_for("Revoke of-root").wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked");
    assert_eq!(rows().len(), 1);
}
