//! The whole job against real servers with a real Secret Service, its window watched to the end.

use std::time::Duration;

use support::keyring::Keyring;
use support::servers::{self, RealServer};
use support::{skip, wait};

use crate::program::{Desk, canary, log_in, up_to_create};
use crate::sandbox::Server;
use crate::secrets::{look_and_close, shown_masked, stored};

/// A window of a minute, a slow server, and a busy machine.
const WINDOW: Duration = Duration::from_secs(150);

#[test]
fn the_whole_job_against_real_servers() {
    let servers = servers::of("kitaru");
    if servers.is_empty() {
        return skip::because("no real servers");
    }
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    // Each waits for a window of a minute, so they wait together.
    std::thread::scope(|scope| {
        for server in &servers {
            scope.spawn(move || whole_job(server));
        }
    });
}

fn whole_job(real: &RealServer) {
    let server =
        Server { url: real.url.clone(), username: real.username.clone(), password: real.password.clone() };
    let owner = format!("terminal-{}", std::process::id());
    server.make_owner(&owner);
    let desk = Desk::at(&server);
    let mut terminal = desk.start().args(["--log", "debug"]).size(100, 40).spawn();
    terminal.wait_for("not logged in").wait_for("keyring ●");
    log_in(&mut terminal, &desk.server.password, true);
    terminal.wait_for(&format!("ZenML server {}", real.version));

    up_to_create(&mut terminal, &owner, "fresh");
    terminal.keys("<enter>");
    let first = shown_masked(&mut terminal, &desk, &[]);
    look_and_close(&mut terminal, "New API key", &first);
    terminal.wait_for(&format!("accepted as {owner}"));

    terminal
        .keys("r")
        .wait_for("▸ review")
        .wait_gone("Reading it again")
        .keys("<enter>")
        .wait_for("▸ retention");
    terminal.keys("<down><down><down>").wait_for("▸ another length").send(b"1m").keys("<enter>");
    terminal.wait_for("▸ targets").keys("<enter>").wait_for("▸ check").keys("<enter>");
    let second = shown_masked(&mut terminal, &desk, std::slice::from_ref(&first));
    let closed = look_and_close(&mut terminal, "New secret", &second);
    terminal.wait_for("accepted: it works").keys("o").wait_for("still accepted");

    let guarded = [canary(&first), canary(&second)];
    for secret in &guarded {
        secret.assert_absent("the bytes written after the reveal", &terminal.raw()[closed..]);
        assert_eq!(secret.leaks_in_tree(desk.home.path()), []);
        assert_eq!(secret.leaks_in_process(terminal.pid()), []);
    }

    let ended = wait::within(WINDOW, || terminal.text().contains("Its window has ended").then_some(()));
    assert!(ended.is_some(), "the countdown ends:\n{}", terminal.text());
    // Clocks that tell whole seconds may be one apart.
    let refused = wait::within(wait::PATIENCE, || {
        terminal.keys("o").wait_gone("presenting it to the server");
        terminal.text().contains("verified: refused").then_some(())
    });
    assert!(refused.is_some(), "the old one is refused:\n{}", terminal.text());
    assert!(!server.accepts(&first) && server.accepts(&second));

    terminal.keys("<enter>").wait_gone("▸ verify").keys("x").wait_for("Revoke fresh");
    terminal.wait_gone("Reading it again").keys("<enter>");
    terminal.wait_for("is revoked; presented again, it was refused");
    assert_eq!(server.keys(&owner, "fresh"), []);
    assert_eq!(stored(&desk, "/fresh"), Vec::<String>::new());
    assert_eq!(stored(&desk, "session").len(), 1);
    terminal.keys("q");
    assert_eq!(terminal.wait_exit().code, Some(0));
    terminal.assert_restored();
    for secret in &guarded {
        assert_eq!(secret.leaks_in_tree(desk.home.path()), []);
    }
}
