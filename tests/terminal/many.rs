//! Many at once, from outside: twenty keys of two servers with everything that goes wrong, stopped and killed in the
//! middle; and how fast many are rotated beside a bare load generator. What the screen says is compared with the servers.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use support::home::Home;
use support::keyring::Keyring;
use support::pty::{Signal, Start, Terminal};
use support::{skip, wait};

use crate::program::{BINARY, Desk, log_in, records, switch_to};
use crate::sandbox::{Sandbox, Server};

const ROTATE: &str = "/api/v1/service_accounts/*/api_keys/*/rotate";
/// How many are rotated for the figures; a variable makes it a thousand.
const FEW: usize = 40;
/// As many requests at once as keywright sends to one account.
const AT_ONCE: usize = 8;
/// Between two keys of somebody who types fast. Without a pause the keys themselves would be the load.
const TYPING: Duration = Duration::from_millis(100);

/// Makes so many keys of one service account.
fn make_keys(server: &Server, count: usize) {
    server.make_owner("bulk");
    for number in 0..count {
        server.make_key("bulk", &format!("b-{number:02}"));
    }
}

/// How many of those keys were rotated.
fn rotated(server: &Server) -> usize {
    let keys = (0..20).flat_map(|number| server.keys("bulk", &format!("b-{number:02}")));
    keys.filter(|key| key.rotated.is_some()).count()
}

/// One machine with two accounts, the second protected.
fn two_accounts(one: &Sandbox, two: &Sandbox) -> Desk {
    let desk = Desk::new(one);
    let account = |name: &str, server: &Server, more: &str| {
        format!(
            "[accounts.{name}]\nbackend = \"kitaru\"\nendpoint = \"{}\"\nlogin = \"{}\"\n{more}",
            server.url, server.username
        )
    };
    let second = account("deep", &two.server, "protected = true\n");
    desk.home.write_settings(&format!("{}{second}", account("sand", &one.server, "")));
    desk
}

/// Selects everything of `bulk`, and goes to the count that is to be typed.
fn up_to_count(terminal: &mut Terminal, count: usize) {
    terminal
        .keys("/")
        .send(b"owner:bulk")
        .wait_for(&format!("{count} of "))
        .keys("<enter>")
        .wait_for("n new");
    terminal.keys("<c-a>").wait_for(&format!("{count} selected"));
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading everything again");
    terminal.keys("<enter>").wait_for("▸ retention").keys("<enter>").wait_for("▸ check");
}

/// The number before a word in the line of counts.
fn counted(terminal: &Terminal, word: &str) -> usize {
    let text = terminal.text();
    let words: Vec<&str> = text.split_whitespace().collect();
    let place = words.windows(2).find(|pair| pair[1] == word && pair[0].parse::<usize>().is_ok());
    place.map_or(0, |pair| pair[0].parse().expect("a number"))
}

/// The operations of the records in a phase.
fn operations(desk: &Desk, phase: &str) -> usize {
    let sql = "SELECT count(*) FROM operations WHERE kind = 'rotate' AND phase = ?1";
    let count: i64 = records(desk).query_row(sql, [phase], |row| row.get(0)).expect("a count");
    usize::try_from(count).expect("a count")
}

#[test]
fn twenty_of_two_accounts_with_refusals_and_a_lost_answer() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let (one, two) = (Sandbox::start(), Sandbox::start());
    make_keys(&one.server, 10);
    make_keys(&two.server, 10);
    let desk = two_accounts(&one, &two);
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for("all accounts");
    for (name, sandbox) in [("sand", &one), ("deep", &two)] {
        switch_to(&mut terminal, name);
        log_in(&mut terminal, &sandbox.server.password, false);
    }
    switch_to(&mut terminal, "all accounts");
    up_to_count(&mut terminal, 20);
    terminal.send(b"20").keys("<enter>").wait_for("Nothing was done");
    assert_eq!(rotated(&one.server) + rotated(&two.server), 0, "nothing before it is typed whole");
    let limit = json!({ "retry-after": "1" });
    one.fault(
        &json!({ "backend": "kitaru", "method": "PUT", "path": ROTATE, "kind": "answer", "status": 429,
        "body": { "detail": "slow down" }, "headers": limit, "times": 5 }),
    );
    two.fault(
        &json!({ "backend": "kitaru", "method": "PUT", "path": ROTATE, "kind": "cut_after", "times": 1 }),
    );
    terminal.send(b" deep").keys("<enter>").wait_for("Done.");
    assert_eq!(
        (counted(&terminal, "verified"), counted(&terminal, "unknown")),
        (19, 1),
        "{}",
        terminal.text()
    );
    assert_eq!((rotated(&one.server), rotated(&two.server)), (10, 10));
    assert_eq!((operations(&desk, "done"), operations(&desk, "unclear")), (19, 1));
    let entries = desk.keyring.entries("keywright").into_iter();
    let names = entries.filter_map(|entry| entry.attribute("username").map(str::to_owned));
    assert_eq!(names.filter(|name| name.contains("/bulk/")).count(), 19, "each secret that came is stored");
    // The one whose answer was lost stays selected, and the next start tells of it.
    terminal.keys("f").wait_for("only what failed is shown").wait_for("see unfinished work");
    terminal
        .keys("<esc>")
        .wait_gone("only what failed is shown")
        .wait_for("1 selected")
        .keys("q")
        .wait_exit();
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for("Unfinished work · 1");
}

/// Twenty rotations, slow enough to be met in the middle: the first is done; where there is no keyring it tells so and
/// gives nothing.
fn in_the_middle() -> Option<(Sandbox, Desk, Terminal)> {
    if !Keyring::available() {
        skip::because("no gnome-keyring");
        return None;
    }
    let sandbox = Sandbox::start();
    make_keys(&sandbox.server, 20);
    let desk = Desk::new(&sandbox);
    let mut terminal = desk.logged_in();
    up_to_count(&mut terminal, 20);
    sandbox.fault(&json!({ "backend": "kitaru", "method": "PUT", "path": ROTATE, "kind": "delay",
        "delay_ms": 3000, "times": null }));
    terminal.send(b"20").keys("<enter>").wait_for("▸ results");
    wait::until("the first is rotated", || (rotated(&sandbox.server) > 0).then_some(()));
    Some((sandbox, desk, terminal))
}

#[test]
fn stopped_in_the_middle_nothing_is_half_done() {
    let Some((sandbox, desk, mut terminal)) = in_the_middle() else { return };
    terminal.keys("<esc>").wait_for("Stop?").keys("<enter>").wait_for("Stopped.");
    let (verified, untouched) = (counted(&terminal, "verified"), counted(&terminal, "untouched"));
    assert_eq!(verified + untouched, 20, "{}", terminal.text());
    assert!(untouched > 0, "it was stopped in the middle:\n{}", terminal.text());
    assert_eq!((rotated(&sandbox.server), operations(&desk, "done")), (verified, verified));
    let open: usize = ["planned", "sent", "unclear"].iter().map(|phase| operations(&desk, phase)).sum();
    assert_eq!(open, 0, "what was written down and never sent is no unfinished work");
    // What is left is still selected, and can be gone on with.
    sandbox.mend();
    terminal.keys("<esc>").wait_for("Close?").keys("<enter>").wait_gone("Stopped.");
    terminal.wait_for(&format!("{untouched} selected"));
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading everything again");
    terminal.keys("<enter>").wait_for("▸ retention").keys("<enter>").wait_for("▸ check");
    terminal.send(untouched.to_string().as_bytes()).keys("<enter>").wait_for("Done.");
    assert_eq!((rotated(&sandbox.server), operations(&desk, "done")), (20, 20));
}

#[test]
fn killed_in_the_middle_the_next_start_tells_of_each() {
    let Some((sandbox, desk, mut terminal)) = in_the_middle() else { return };
    terminal.signal(Signal::KILL).wait_exit();
    drop(terminal);
    sandbox.mend();
    let open: usize = ["sent", "stored", "unclear"].iter().map(|phase| operations(&desk, phase)).sum();
    assert!(
        rotated(&sandbox.server) <= open + operations(&desk, "done"),
        "no rotation that is not written down"
    );
    assert!(open > 0);
    let mut terminal = desk.start().size(100, 30).spawn();
    terminal.wait_for(&format!("Unfinished work · {open}"));
}

/// Sends the same requests with nothing around them, and tells how many a second were answered.
fn bare(server: &Server, keys: &[(String, Option<String>)]) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    // A second time it is there already.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let queue = std::sync::Arc::new(std::sync::Mutex::new(keys.to_vec()));
    let bearer = server.bearer();
    let began = Instant::now();
    runtime.block_on(async {
        let mut workers = Vec::new();
        for _ in 0..AT_ONCE {
            let (queue, client) = (std::sync::Arc::clone(&queue), client.clone());
            let (url, bearer) = (server.url.clone(), bearer.clone());
            workers.push(tokio::spawn(async move {
                loop {
                    let Some((path, _)) = queue.lock().expect("a queue").pop() else { return };
                    let sent = client.put(format!("{url}{path}/rotate")).bearer_auth(&bearer);
                    let sent = sent.header("content-type", "application/json");
                    let answer = sent.body(r#"{"retain_period_minutes":0}"#).send().await.expect("an answer");
                    assert_eq!(answer.status(), 200);
                    answer.bytes().await.expect("a body");
                }
            }));
        }
        for worker in workers {
            worker.await.expect("no panic");
        }
    });
    rate(keys.len(), began.elapsed())
}

fn rate(count: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(count).expect("a count")) / took.as_secs_f64()
}

/// How long a key typed meanwhile took to be answered, and when it was typed.
type Typed = (Duration, Duration);

/// What was seen from outside while many were rotated.
struct Seen {
    /// When it was asked for, on the clock of the records.
    began: Timestamp,
    /// How long it took until every one had its result.
    whole: Duration,
    /// The keys typed meanwhile.
    keys: Vec<Typed>,
}

/// Rotates every key by keyboard, with keys typed meanwhile.
fn by_keyboard(terminal: &mut Terminal, count: usize) -> Seen {
    // A long listing comes in parts, and only what is there is selected.
    terminal
        .wait_for(&format!("Credentials · {count} "))
        .keys("<c-a>")
        .wait_for(&format!("{count} selected"));
    terminal.keys("r").wait_for("▸ review").wait_gone("Reading everything again");
    terminal.keys("<enter>").wait_for("▸ retention").keys("<enter>").wait_for("▸ check");
    // All of it is typed before the clock runs.
    terminal.send(count.to_string().as_bytes()).wait_for(&format!("type it here       {count}"));
    let (start, began) = (Timestamp::now(), Instant::now());
    terminal.keys("<enter>").wait_for("▸ results");
    let mut keys = Vec::new();
    let ended = |terminal: &Terminal| terminal.look().contains("Every credential has its result");
    let mut only_failed = false;
    while !ended(terminal) {
        let pressed = Instant::now();
        only_failed = !only_failed;
        terminal.keys("f").wait_until("the key is answered", |output| {
            output.contains("only what failed is shown") == only_failed
        });
        keys.push((pressed.elapsed(), pressed - began));
        std::thread::sleep(TYPING.saturating_sub(pressed.elapsed()));
    }
    let whole = began.elapsed();
    if only_failed {
        terminal.keys("f").wait_gone("only what failed is shown");
    }
    Seen { began: start, whole, keys }
}

/// How many were rotated a second: from when it was asked for until the last of them was stored and written down, as the
/// audit log has it. The screen tells it a little later.
fn rotated_at(records: &rusqlite::Connection, began: Timestamp) -> f64 {
    let mut lines =
        records.prepare("SELECT at FROM activity WHERE action = 'rotate'").expect("the audit log");
    let lines = lines.query_map([], |row| row.get::<_, String>(0)).expect("lines");
    let moments: Vec<Timestamp> =
        lines.map(|at| at.expect("a line").parse().expect("a moment")).filter(|at| *at >= began).collect();
    let last = moments.iter().max().expect("something was rotated");
    rate(moments.len(), Duration::try_from(last.duration_since(began)).expect("later"))
}

#[expect(clippy::print_stdout, reason = "figures are for people to read")]
fn figures(name: &str, count: usize, bare: [f64; 2], rotated: f64, Seen { whole, mut keys, .. }: Seen) {
    let [before, after] = bare;
    keys.sort_unstable();
    let at = |part: usize| {
        keys.get(keys.len() * part / 100).or(keys.last()).map_or(0.0, |(key, _)| key.as_secs_f64() * 1e3)
    };
    let slowest: Vec<String> =
        keys.iter().rev().take(3).map(|(_, typed)| format!("{:.1} s", typed.as_secs_f64())).collect();
    println!(
        "{name}: {count} rotated at {rotated:.0} a second, {:.0} % of what a bare client gets, {before:.0} a second before \
         and {after:.0} after ({AT_ONCE} at once); with every one verified {:.1} s; key to frame p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms of {}, the slowest \
         three after {}",
        200.0 * rotated / (before + after),
        whole.as_secs_f64(),
        at(50),
        at(99),
        at(100),
        keys.len(),
        slowest.join(", "),
    );
}

/// Asserts that every key is accounted for; how fast it was is printed, and no test.
#[test]
fn as_fast_as_the_server_and_every_one_accounted_for() {
    let extra: usize =
        std::env::var("KEYWRIGHT_MANY").ok().and_then(|count| count.parse().ok()).unwrap_or(FEW);
    for real in [false, true] {
        if real && !Keyring::available() {
            return skip::because("no gnome-keyring");
        }
        let sandbox = Sandbox::with(&["--seed-credentials", &extra.to_string()]);
        let keys = sandbox.server.all_keys();
        let first = bare(&sandbox.server, &keys);
        let before: Vec<_> = sandbox.server.all_keys();
        let desk = real.then(|| Desk::new(&sandbox));
        let home = Home::new();
        home.write_settings(&format!("secrets = \"memory\"\n{}", crate::program::settings(&sandbox.server)));
        let start = desk.as_ref().map_or_else(|| Start::new(BINARY, &home), Desk::start);
        let mut terminal = start.size(100, 30).spawn();
        terminal.wait_for("not logged in");
        log_in(&mut terminal, &sandbox.server.password, false);
        let found = by_keyboard(&mut terminal, keys.len());
        let (verified, rest) = (counted(&terminal, "verified"), counted(&terminal, "attention"));
        assert_eq!(verified + rest, keys.len(), "{}", terminal.text());
        let after = sandbox.server.all_keys();
        let changed = before.iter().zip(&after).filter(|(before, after)| before.1 != after.1).count();
        assert_eq!(changed, keys.len(), "each was rotated");
        // Once more after it: other programs on this machine come and go.
        let bare = [first, bare(&sandbox.server, &keys)];
        let records = desk.as_ref().map_or(&home, |desk| &desk.home).path().join("state/keywright/state.db");
        let records = rusqlite::Connection::open(records).expect("the records");
        let name = if real { "real keyring" } else { "in memory" };
        figures(name, keys.len(), bare, rotated_at(&records, found.began), found);
        let sql = "SELECT count(*) FROM operations WHERE kind = 'rotate' AND phase IN ('done', 'stored', 'in memory')";
        let written: i64 = records.query_row(sql, [], |row| row.get(0)).expect("a count");
        assert_eq!(usize::try_from(written).ok(), Some(keys.len()), "each is written down");
    }
}
