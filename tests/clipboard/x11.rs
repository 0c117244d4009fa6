//! The native way, on an X server of our own. The clipboard finds its display in the environment, so each test runs
//! itself again in a process that has one.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keywright::runtime::clipboard::{Cleared, Clipboard, Copied, CopyWay};
use rustix::process::{Pid, Signal, kill_process};

use super::{clipboard, installed, secret, wait_for};

/// Set in the process that has a display; the X server's process id.
const INSIDE: &str = "KEYWRIGHT_TEST_X_SERVER";

/// An X server on a free display, ended when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().expect("the X server was ours");
        self.0.wait().expect("the X server was ours");
    }
}

/// Runs `test` in a process of its own on a display of its own; `name` is the test's.
fn on_a_display(name: &str, test: impl AsyncFnOnce(Pid)) {
    if let Ok(server) = std::env::var(INSIDE) {
        let server = server.parse().ok().and_then(Pid::from_raw).expect("a process id");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        return runtime.block_on(test(server));
    }
    if !installed(&["Xvfb", "xclip"]) {
        return;
    }
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Server)
        .expect("an X server");
    let mut display = String::new();
    BufReader::new(server.0.stdout.take().expect("piped")).read_line(&mut display).expect("a display");
    let inside = Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", &format!("x11::{name}"), "--nocapture"])
        .env_remove("WAYLAND_DISPLAY")
        .env("DISPLAY", format!(":{}", display.trim()))
        .env(INSIDE, server.0.id().to_string())
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&inside.stdout);
    assert!(inside.status.success(), "{said}{}", String::from_utf8_lossy(&inside.stderr));
    assert!(said.contains("1 passed"), "{said}");
}

/// What another program finds in the clipboard.
fn pasted(target: &str) -> Option<String> {
    let xclip = Command::new("xclip")
        .args(["-o", "-selection", "clipboard", "-t", target])
        .stderr(Stdio::null())
        .output()
        .expect("xclip");
    xclip.status.success().then(|| String::from_utf8(xclip.stdout).expect("text"))
}

/// Another program copies.
fn copied_elsewhere(text: &str) {
    let mut xclip = Command::new("xclip")
        .args(["-i", "-selection", "clipboard"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("xclip");
    xclip.stdin.take().expect("piped").write_all(text.as_bytes()).expect("read");
    xclip.wait().expect("it goes on in the background");
    wait_for("the other program's copy", || pasted("STRING").filter(|found| found == text));
}

#[test]
fn a_copy_arrives_with_a_hint_for_managers_and_is_cleared() {
    on_a_display("a_copy_arrives_with_a_hint_for_managers_and_is_cleared", async |_server| {
        let (clipboard, written) = clipboard(&[("DISPLAY", ":x"), ("TERM", "xterm")]);
        assert_eq!(clipboard.clear_if_ours().await, Cleared::Nothing);
        let secret = secret();
        let copied = clipboard.copy(&secret).await;
        assert_eq!(copied, Ok(Copied { way: CopyWay::Native, confirmed: true }));
        assert_eq!(pasted("UTF8_STRING").as_deref(), Some(secret.expose()));
        let targets = pasted("TARGETS").expect("targets");
        assert!(targets.contains("x-kde-passwordManagerHint"), "{targets}");
        assert!(!targets.contains("SAVE_TARGETS"), "{targets}");
        assert_eq!(pasted("x-kde-passwordManagerHint").as_deref(), Some("secret"));

        assert_eq!(clipboard.clear_if_ours().await, Cleared::Cleared);
        assert_eq!(pasted("UTF8_STRING").filter(|text| !text.is_empty()), None);
        assert_eq!(clipboard.clear_if_ours().await, Cleared::Nothing);

        assert!(clipboard.copy(&secret).await.is_ok());
        let started = Instant::now();
        assert_eq!(clipboard.clear_at_exit().await, Cleared::Cleared);
        assert!(started.elapsed() < Duration::from_millis(200));
        assert!(written.lock().expect("lock").is_empty(), "the terminal had no part in it");
    });
}

#[test]
fn what_another_program_copied_stays() {
    on_a_display("what_another_program_copied_stays", async |_server| {
        let (clipboard, _) = clipboard(&[("DISPLAY", ":x"), ("TERM", "xterm")]);
        assert!(clipboard.copy(&secret()).await.is_ok());
        copied_elsewhere("theirs");
        assert_eq!(clipboard.clear_if_ours().await, Cleared::NotOurs);
        assert_eq!(pasted("STRING").as_deref(), Some("theirs"));
    });
}

#[test]
fn a_display_that_hangs_is_not_waited_for_and_gets_nothing_later() {
    on_a_display("a_display_that_hangs_is_not_waited_for_and_gets_nothing_later", async |server| {
        let (clipboard, written) = clipboard(&[("DISPLAY", ":x"), ("TERM", "xterm")]);
        let secret = secret();
        kill_process(server, Signal::STOP).expect("stopped");
        let started = Instant::now();
        let copied = clipboard.copy(&secret).await;
        let took = started.elapsed();
        let cleared = clipboard.clear_at_exit().await;
        let all = started.elapsed();
        kill_process(server, Signal::CONT).expect("continued");

        assert_eq!(copied, Ok(Copied { way: CopyWay::Terminal, confirmed: false }));
        assert!(took < Duration::from_secs(3), "{took:?}");
        assert!(all < took + Duration::from_secs(1), "leaving took {:?}", all.checked_sub(took));
        assert_eq!(cleared, Cleared::Unknown);
        assert!(written.lock().expect("lock").starts_with(b"\x1b]52;c;"));
        // The thread catches up with the server, and takes the late copy back before it answers anything else.
        wait_for("the server's next answer", || pasted("TARGETS").or(Some(String::new())));
        assert_eq!(clipboard.clear_if_ours().await, Cleared::Nothing);
        assert_ne!(pasted("UTF8_STRING").as_deref(), Some(secret.expose()));
    });
}
