//! What a PAT really may do, and what is no PAT: verifications that take long, that are stopped, that find more or less
//! than there should be; and what people paste and type wrongly, each with its sentence.

use serde_json::{Value, json};
use support::canary::Canary;
use support::keyring::Keyring;
use support::pty::Terminal;
use support::skip;

use crate::program::{Desk, log_in, point_at, records};
use crate::sandbox::Sandbox;
use crate::zpools::{Website, desk, log_in_with_pat, stored};

const PREFIX: &str = "zpat_";

/// Takes in a PAT by pasting it.
fn import(terminal: &mut Terminal, pat: &str, label: &str) {
    terminal.keys("i").wait_for("Import into").paste(pat).keys("<enter>");
    terminal.wait_for(&format!("stored the secret of '{label}'")).wait_gone("Import into");
}

/// The checks of ours that are written down: whether each has an end, and what the server counted for it.
fn checks(desk: &Desk) -> Vec<(bool, Option<i64>)> {
    let records = records(desk);
    let mut found =
        records.prepare("SELECT ended IS NOT NULL, uses FROM checks ORDER BY id").expect("checks");
    let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

fn uses(site: &Website, label: &str) -> i64 {
    site.active(label)["usage_count"].as_i64().expect("a count")
}

#[test]
fn a_slow_verification_says_why_and_stops_with_esc() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let (site, desk) = (Website::open(&sandbox), desk(&sandbox));
    let pat = site.make(&json!({ "label": "wide", "scopes": ["job"] }));
    let mut terminal = desk.start().size(160, 40).spawn();
    terminal.wait_for("not logged in");
    log_in(&mut terminal, &desk.server.password, false);
    // The memory is there before anything was seen of the gateway, so that nothing can be known of it.
    sandbox.quirk_of("zpools", "authorizer_cache_seconds", &json!(5));
    terminal.keys("i").wait_for("Import into").paste(&pat).keys("<enter>");
    // Each step of it takes six seconds; a wait is for one or two of them.
    for step in ["gateway may answer from memory", "3 of 6: job", "5 of 6: pat", "6 of 6: billing"] {
        terminal.wait_for(step);
    }
    terminal.wait_for("stored the secret of 'wide'").wait_gone("Import into");
    point_at(&mut terminal, "wide");

    let (before, known) = (uses(&site, "wide"), checks(&desk).len());
    terminal.keys("v").wait_for("6 s before each").wait_for("(Esc stops it)").keys("<esc>");
    terminal.wait_for("stopped; nothing is known of it").wait_gone("6 s before each");
    // What it had used until then is ours, and nobody else's.
    let counted = support::wait::until("the check has its end", || {
        checks(&desk).get(known).filter(|(ended, _)| *ended).map(|(_, counted)| *counted)
    });
    assert!(counted.is_some_and(|counted| counted > 0), "{counted:?}");
    assert_eq!(counted, Some(uses(&site, "wide") - before));

    // Asked to the end it is told what it may do, and nothing more.
    terminal.keys("v").wait_for("6 s before each");
    for step in ["3 of 6: job", "5 of 6: pat", "6 of 6: billing"] {
        terminal.wait_for(step);
    }
    // The bill was read from memory, so its customer is known; that it may be read is not claimed.
    terminal.wait_for("accepted as ada@example.com, job");
    assert!(!terminal.text().contains("more than it should"), "{}", terminal.text());
    Canary::of(&pat, PREFIX.len()).assert_absent("the screen", &terminal.raw());
}

#[test]
fn more_and_less_than_there_should_be_is_told_scope_by_scope() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let (site, desk) = (Website::open(&sandbox), desk(&sandbox));
    let narrow = site.make(&json!({ "label": "narrow", "scopes": ["zpool", "job"] }));
    let wide = site.make(&json!({ "label": "wide", "scopes": ["*"] }));
    let mut terminal = desk.start().size(160, 40).spawn();
    terminal.wait_for("not logged in");
    log_in(&mut terminal, &desk.server.password, false);
    import(&mut terminal, &narrow, "narrow");
    import(&mut terminal, &wide, "wide");

    sandbox.quirk_of("zpools", "grants_more", &json!(["billing"]));
    sandbox.quirk_of("zpools", "grants_fewer", &json!(["job"]));
    point_at(&mut terminal, "narrow");
    terminal.keys("v").wait_for("more than it should: billing; less than it should: job");
    // Everything is spelled out, so that it can be said what of it is missing.
    terminal.keys("<esc>").wait_gone("/narrow").wait_for("Credentials · 14 ·");
    point_at(&mut terminal, "wide");
    terminal.keys("v").wait_until("the missing one is told", |output| {
        said(output, "zpool sshkey pat billing; less than it should: job")
    });
}

#[test]
fn what_is_pasted_and_typed_wrongly_has_its_sentence() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let desk = desk(&sandbox);
    let pat = sandbox.told["zpools"]["pat"].as_str().expect("a PAT").to_owned();
    let site = Website::open(&sandbox);
    let tomorrow =
        jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date().tomorrow().expect("a day");
    let expired = site.make(&json!({ "label": "short", "scopes": ["job"], "expiry": tomorrow.to_string() }));
    sandbox.advance(2 * 86_400);
    let site = Website::open(&sandbox);
    let revoked = site.make(&json!({ "label": "gone", "scopes": ["job"] }));
    let id = site.active("gone")["key_id"].as_str().expect("an id").to_owned();
    assert_eq!(site.call(&site.bearer, "DELETE", &format!("/pat/{id}"), "browser", "").status, 200);
    let foreign =
        Website::of(&sandbox, "grace@example.com").make(&json!({ "label": "hers", "scopes": ["job"] }));

    sandbox.quirk_of("zpools", "login", &json!(false));
    let mut terminal = desk.start().size(160, 45).spawn();
    log_in_with_pat(&mut terminal, &pat, false);
    terminal.keys("i").wait_for("Import into");
    for (pasted, words) in [
        ("hunter2", "this is not a PAT"),
        ("zpat_", "this is not a PAT"),
        (id.as_str(), "this is not a PAT"),
        (site.bearer.as_str(), "this is the bearer of a login (a JWT), not a PAT"),
        (foreign.as_str(), "it is another account's"),
        (expired.as_str(), "it was revoked, has expired"),
        (revoked.as_str(), "it was revoked, has expired"),
    ] {
        terminal.paste(pasted).keys("<enter>").wait_until(words, |output| said(output, words));
        assert_eq!(stored(&desk, ""), Vec::<String>::new(), "{words}: what is not taken is not kept");
    }
    terminal.keys("<esc>").wait_gone("Import into").keys("q").wait_exit();

    // Names and dates are refused before anything is sent.
    sandbox.quirk_of("zpools", "login", &json!(true));
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for("not logged in");
    log_in(&mut terminal, &desk.server.password, false);
    terminal.keys("n").wait_for("▸ name").keys("<enter>").wait_for("a name is needed");
    terminal.paste(&"x".repeat(10_000)).keys("<enter>").wait_for("at most 200 characters");
    terminal.keys("<c-u>").send(b"ci").keys("<enter>").wait_for("▸ scopes").keys("<enter>");
    terminal.wait_for("choose at least one").keys("<space><enter>").wait_for("▸ expiry");
    terminal.keys("<down>");
    for (typed, words) in [
        ("2020-01-31", "2020-01-31 is in the past"),
        ("2027-02-30", "this is not a date"),
        ("9999-01-01", "at the latest"),
        ("0", "today"),
    ] {
        terminal.send(typed.as_bytes()).keys("<enter>").wait_for(words).keys("<c-u>");
    }
    assert_eq!(sandbox.requests("POST", "/pat").len(), 3, "only what the website made was asked for");
}

/// Whether the words stand on the screen, however its lines break.
fn said(output: &support::pty::Output, words: &str) -> bool {
    let all = output.rows().join(" ").replace(['│', '║'], " ");
    all.split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
}

#[test]
fn what_the_tools_left_is_shown_with_what_wins() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let (site, desk) = (Website::open(&sandbox), desk(&sandbox));
    let pat = site.make(&json!({ "label": "mine", "scopes": ["pat", "job"] }));
    let home = desk.home.environment().into_iter().find(|(name, _)| name == "HOME").expect("a home").1;
    let home = std::path::Path::new(&home);
    let (rc, cache) = (home.join(".config/zpools.io"), home.join("cache"));
    std::fs::create_dir_all(&rc).expect("made");
    std::fs::create_dir_all(&cache).expect("made");
    let text = format!(
        "# mine\nZPOOL_API_URL={}\nZPOOLPAT=\"zpat_of_the_file\"\nZPOOL_USER={}\nZPOOL_TOKEN_CACHE_DIR={}\n",
        desk.server.url,
        desk.server.username,
        cache.display()
    );
    std::fs::write(rc.join("zpoolrc"), text).expect("written");
    let host = site.base.strip_prefix("http://").expect("an address");
    let ends = jiff::Timestamp::now().as_second() + 3000;
    let login = json!({ "access_token": site.bearer, "id_token": Value::Null, "expires_at": ends });
    let file = cache.join(format!("zpool_token_{host}_{}", desk.server.username));
    std::fs::write(&file, login.to_string()).expect("written");

    let variables = vec![(String::from("ZPOOLPAT"), pat.clone())];
    let mut terminal = desk.start().envs(variables).size(160, 60).spawn();
    terminal.wait_for("not logged in").keys("i").wait_for("Import into");
    for words in [
        "from $ZPOOLPAT, which wins over the one in the file",
        "from ZPOOLPAT in ~/.config/zpools.io/zpoolrc, which $ZPOOLPAT wins over",
        "a file in ZPOOL_TOKEN_CACHE_DIR in ~/.config/zpools.io/zpoolrc",
        "one wins over a name and a password",
    ] {
        terminal.wait_until(words, |output| said(output, words));
    }
    // The kept login of the tools goes on here, and may do all a password may.
    terminal.keys("<down><down><down>").wait_for("Enter logs in with it").keys("<enter>");
    terminal.wait_for("CI pools").wait_for(&desk.server.username);
    assert_eq!(std::fs::read_to_string(&file).expect("there"), login.to_string(), "it is only read");
    for secret in [&pat, &site.bearer] {
        Canary::of(secret, PREFIX.len()).assert_absent("the screen", &terminal.raw());
    }
}
