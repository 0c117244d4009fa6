//! The terminal: typing, waiting, what is seen and heard, how a program ends.

use support::home::Home;
use support::keys;
use support::pty::{COOKED, Exit, LineSettings, Signal, Start, Terminal};

/// A shell script in a terminal, and the home it lives in.
fn script(text: &str) -> (Home, Terminal) {
    let home = Home::new();
    let terminal = Start::new("/bin/sh", &home).arg("-c").arg(text).spawn();
    (home, terminal)
}

#[test]
fn types_and_waits() {
    let (_home, mut terminal) = script("echo ready; read word; echo got:$word; exit 3");
    terminal.wait_for("ready").keys("abc<bs>d<enter>").wait_for("got:abd");
    assert_eq!(*terminal.wait_exit(), Exit { code: Some(3), signal: None });
    assert_eq!(terminal.look().rows()[0], "ready");
}

#[test]
fn waits_for_text_to_go() {
    let (_home, mut terminal) = script("echo here; read x; printf '\\033[2J'; read x");
    terminal.wait_for("here").keys("<enter>").wait_gone("here");
    assert!(terminal.is_running());
}

#[test]
fn half_a_frame_is_not_looked_at() {
    let (_home, mut terminal) =
        script(r"printf '\033[?2026hone'; read x; printf '\033[2K\rtwo\033[?2026l'; read x");
    terminal.keys("<enter>").wait_until("something is seen", |output| !output.text().trim().is_empty());
    assert!(terminal.text().contains("two"), "one was never shown");
}

#[test]
#[should_panic(expected = "the program ended")]
fn waiting_in_vain_ends_with_the_program() {
    let (_home, mut terminal) = script("echo something else");
    terminal.wait_for("this");
}

#[test]
fn resizes() {
    let (_home, mut terminal) = script("stty size; read x; stty size; read x; stty size");
    terminal.wait_for("24 80").resize(100, 30).keys("<enter>").wait_for("30 100");
    terminal.resize(1, 1).keys("<enter>").wait_exit();
    assert!(terminal.raw().ends_with(b"1 1\r\n"));
}

#[test]
fn hears_copies_and_titles() {
    let (_home, mut terminal) =
        script(r"printf '\033]52;c;aGVsbG8=\007\033]2;name\007'; printf '\033]52;c;\007done'");
    terminal.wait_for("done").wait_exit();
    assert_eq!(terminal.copied(), [b"hello".to_vec(), Vec::new()]);
    assert_eq!(terminal.look().titles(), ["name"]);
}

#[test]
fn pastes_in_brackets() {
    let (_home, mut terminal) = script("stty -echo; echo ready; read word; printf %s \"$word\" | od -An -c");
    terminal
        .wait_for("ready")
        .paste("two words")
        .keys("<enter>")
        .wait_for("033   [   2   0   0   ~   t   w   o");
}

#[test]
fn the_environment_is_private() {
    let (home, mut terminal) = script("env; pwd; echo done");
    terminal.resize(200, 60).wait_for("done").wait_exit();
    let raw = String::from_utf8(terminal.raw()).expect("text");
    assert!(!raw.contains("CARGO") && !raw.contains("DBUS") && !raw.contains("DISPLAY"), "{raw}");
    let inside = home.path().to_str().expect("text");
    assert!(
        raw.contains(&format!("HOME={inside}/home")) && raw.contains(&format!("\n{inside}/home\r")),
        "{raw}"
    );
}

#[test]
fn a_clean_end_counts_as_restored() {
    let (_home, mut terminal) =
        script(r"printf '\033[?1049h\033[?1004h'; stty -echo; stty echo; printf '\033[?1049l\033[?1004l'");
    terminal.wait_exit();
    terminal.assert_restored();
}

#[test]
fn what_is_left_on_is_noticed() {
    let left = [
        (r"printf '\033[?1049h'", "alternate screen"),
        (r"printf '\033[?25l'", "cursor"),
        (r"printf '\033[?2004h'", "bracketed paste"),
        (r"printf '\033[?1000h'", "mouse"),
        (r"printf '\033[?1004l\033[?1004h'", "focus"),
        ("stty -echo", "line settings"),
        ("stty raw", "line settings"),
    ];
    for (text, complaint) in left {
        let (_home, mut terminal) = script(text);
        terminal.wait_exit();
        let check = std::panic::AssertUnwindSafe(|| terminal.assert_restored());
        let words = std::panic::catch_unwind(check).expect_err(text);
        let words = words.downcast::<String>().expect("words");
        assert!(words.contains(complaint), "{text}: {words}");
    }
}

#[test]
fn line_settings_are_seen_while_it_runs() {
    let (_home, mut terminal) = script("stty -echo -icanon; echo quiet; read x");
    terminal.wait_for("quiet");
    assert_eq!(terminal.line_settings(), LineSettings { echo: false, by_line: false });
    terminal.keys("<enter>").wait_exit();
    assert_ne!(terminal.line_settings(), COOKED);
}

#[test]
fn signals_end_it_by_name() {
    for (signal, name) in [(Signal::KILL, "Killed"), (Signal::TERM, "Terminated"), (Signal::HUP, "Hangup")] {
        let (_home, mut terminal) = script("echo ready; read x");
        terminal.wait_for("ready").signal(signal);
        assert_eq!(*terminal.wait_exit(), Exit { code: None, signal: Some(name.to_owned()) });
    }
}

#[test]
fn a_job_is_suspended_and_resumed() {
    let home = Home::new();
    let mut start = Start::new("/bin/sh", &home).under_shell();
    start = start.arg("-c").arg("stty -echo; echo working; read word; echo resumed:$word; exit 4");
    let mut terminal = start.spawn();
    terminal.wait_for("working").signal(Signal::TSTP).wait_suspended();
    assert!(!terminal.line_settings().echo, "this shell does not tidy up for the program");
    terminal.send(b"\n").keys("a<enter>").wait_for("resumed:a");
    assert_eq!(terminal.wait_exit().code, Some(4));
}

#[test]
fn key_scripts_become_bytes() {
    let cases: [(&str, &[u8]); 6] = [
        ("q", b"q"),
        ("a<lt>b<space>", b"a<b "),
        ("<c-c><c-d><a-x>", b"\x03\x04\x1bx"),
        ("<esc><up><f5>", b"\x1b\x1b[A\x1b[15~"),
        ("<tab><btab>", b"\t\x1b[Z"),
        ("é日", "é日".as_bytes()),
    ];
    for (script, bytes) in cases {
        assert_eq!(keys::bytes(script), bytes, "{script}");
    }
}
