//! AUTH: contract section 4, the AUTH rows of 6, and the deadline.

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;

use super::bench::{Lines, read_lines, read_to_end};

/// What the server answers on a fresh connection before it closes or the client does: sent, bare, coded.
const FIRST: &[(&str, &str, &str)] = &[
    ("AUTH sk_deploy_a1b2c3d4e5f6\n", "OK\n", "OK\n"),
    ("AUTH nope\n", "ERROR\n", "ERROR auth_failed\n"),
    ("r1 STAT\n", "ERROR\n", "ERROR auth_required\n"),
    ("r1 AUTH s1\n", "ERROR\n", "ERROR auth_required\n"),
    ("auth s1\n", "ERROR\n", "ERROR auth_required\n"),
    ("AUTH sk_deploy_a1b2c3d4e5f6\r\n", "ERROR\n", "ERROR auth_failed\n"),
    ("AUTH\n", "", "ERROR auth_required\n"),
    ("AUTH   \n", "", "ERROR auth_required\n"),
    ("\r\n", "", "ERROR auth_required\n"),
    ("\n", "", "ERROR invalid_command\n"),
    ("   \n", "", "ERROR invalid_command\n"),
    ("\nAUTH s1\n", "OK\n", "ERROR invalid_command\nOK\n"),
    ("AUTH\nAUTH s1\n", "OK\n", "ERROR auth_required\n"),
    ("AUTH \"sk_deploy_a1b2c3d4e5f6\"\n", "OK\n", "OK\n"),
    ("AUTH two words\n", "ERROR\n", "ERROR auth_failed\n"),
    ("AUTH \"two words\"\n", "OK\n", "OK\n"),
    ("AUTH \"two\\ wor\\ds\"\n", "OK\n", "OK\n"),
    ("AUTH \"\"\n", "OK\n", "OK\n"),
    ("AUTH\ts1\n", "", "ERROR auth_required\n"),
    ("AUTH s1 junk\n", "OK\n", "OK\n"),
    ("  AUTH   s1  \n", "OK\n", "OK\n"),
    ("AUTH s1\"x\"\n", "OK\n", "OK\n"),
    ("AUTH sk_\"x\"\n", "ERROR\n", "ERROR auth_failed\n"),
    ("\"AUTH\" \"s1\"\n", "OK\n", "OK\n"),
    ("\"AUTH\"\"s1\"\n", "OK\n", "OK\n"),
    ("AUTH bad\nAUTH s1\n", "ERROR\n", "ERROR auth_failed\n"),
    ("AUTH s1\nAUTH bad\n", "OK\n", "OK\n"),
    ("AUTH s1", "", ""),
];

#[test]
fn the_first_line_in_both_dialects() {
    for (dialect, place) in [("bare", 0), ("coded", 1)] {
        let lines = Lines::new(dialect);
        for (sent, bare, coded) in FIRST {
            assert_eq!(lines.talk(sent), [*bare, *coded][place], "{dialect} {sent:?}");
        }
    }
}

#[test]
fn byte_by_byte_is_the_same() {
    let lines = Lines::new("bare");
    let mut stream = lines.connect();
    for byte in b"AUTH s1\n" {
        stream.write_all(&[*byte]).unwrap();
    }
    assert_eq!(read_lines(&mut stream, 1), "OK\n");
}

#[test]
fn whoever_is_silent_is_closed_at_the_deadline_without_a_byte() {
    let lines = Lines::new("bare");
    lines.quirks(&json!({ "auth_deadline_ms": 400 }));
    let almost = Duration::from_millis(380);
    let partial = [b"".as_slice(), b"AUTH s1", b"\n\n", b"AUTH\n", &[b'x'; 4096]];
    for sent in partial {
        let (said, after) = lines.wait(sent);
        assert_eq!(said, b"", "{} bytes", sent.len());
        assert!(after >= almost, "{after:?}");
    }
    // Activity does not move the deadline.
    let mut stream = lines.connect();
    let began = std::time::Instant::now();
    while stream.write_all(b"\n").is_ok() && began.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn there_is_no_deadline_after_auth_nor_without_authentication() {
    let lines = Lines::new("bare");
    lines.quirks(&json!({ "auth_deadline_ms": 1500 }));
    let mut known = lines.connect();
    known.write_all(b"AUTH s1\n").unwrap();
    assert_eq!(read_lines(&mut known, 1), "OK\n");
    lines.quirks(&json!({ "auth": false }));
    let mut anybody = lines.connect();
    anybody.write_all(b"a GET deploy.none\n").unwrap();
    assert_eq!(read_lines(&mut anybody, 1), "a ERROR\n");
    lines.quirks(&json!({ "auth": true }));
    // By the time a silent client is closed the others have been silent for as long.
    assert_eq!(lines.wait(b"").0, b"");
    for stream in [&mut known, &mut anybody] {
        stream.write_all(b"p GET deploy.none\n").unwrap();
        assert_eq!(read_lines(stream, 1), "p ERROR\n");
    }
}

#[test]
fn without_authentication_auth_gets_no_reply_and_everything_is_open() {
    let lines = Lines::new("bare");
    lines.quirks(&json!({ "auth": false }));
    let said = lines.talk("AUTH sk_d\nprobe STAT\nr SET backup.x 1\n");
    assert!(said.starts_with("probe uptime_ns "), "{said}");
    assert!(said.contains("\nprobe auth_enabled 0\n"));
    assert!(said.ends_with("\nprobe OK\nr OK\n"));
}

#[test]
fn hundreds_of_wrong_attempts_are_not_slowed_down_and_the_reply_comes_whole() {
    let lines = Lines::new("bare");
    for _ in 0..300 {
        let mut stream = lines.connect();
        stream.write_all(b"AUTH nope\n").unwrap();
        assert_eq!(read_to_end(&mut stream), b"ERROR\n");
    }
}
