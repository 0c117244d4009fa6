//! An auth file by keyboard: its tokens made, rotated and removed with a running server beside it; what waits for a
//! restart and the restart itself; two editors at once; files and servers that are none; and the program killed in the
//! middle of an edit.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use support::canary::Canary;
use support::keyring::{Keyring, State};
use support::pty::{Output, Signal, Terminal};
use support::{skip, wait};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::program::{Desk, copy_revealed, point_at};
use crate::sandbox::Sandbox;

/// What the program generates, without a prefix.
const LENGTH: usize = 43;

/// The sandbox's own file and server.
struct Service {
    address: String,
    file: PathBuf,
    restart: String,
}

impl Service {
    fn of(sandbox: &Sandbox) -> Self {
        let told = &sandbox.told["ztick"];
        let text = |name: &str| told[name].as_str().expect("a text").to_owned();
        let file = PathBuf::from(text("auth_file"));
        let restart = format!("tee '{}'", file.with_file_name("restart").display());
        Self { address: text("address"), file, restart }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).expect("the file")
    }

    /// Whether the running server takes this secret. Whoever closes first holds the port, and a restart may follow, so
    /// the end is a reset.
    fn accepts(&self, secret: &str) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut stream = tokio::net::TcpStream::connect(&self.address).await.expect("it listens");
            stream.set_zero_linger().expect("set");
            let question = format!("AUTH {secret}\np STAT\n");
            stream.write_all(question.as_bytes()).await.expect("sent");
            let mut answer = String::new();
            let mut piece = [0_u8; 4096];
            while !answer.contains("p OK\n") && !answer.starts_with("ERROR") {
                let read = stream.read(&mut piece).await.expect("an answer");
                answer.push_str(&String::from_utf8_lossy(&piece[..read]));
                assert!(read > 0, "it ended early: {answer}");
            }
            answer.starts_with("OK\n")
        })
    }
}

/// A machine with one account, `jobs`: a server and its file, and how it is restarted, if at all.
fn desk(sandbox: &Sandbox, address: &str, file: &Path, more: &str) -> Desk {
    let desk = Desk {
        home: support::home::Home::new(),
        keyring: Keyring::start(State::Unlocked),
        server: sandbox.server.clone(),
    };
    write_settings(&desk, address, file, more);
    desk
}

fn write_settings(desk: &Desk, address: &str, file: &Path, more: &str) {
    desk.home.write_settings(&format!(
        "[accounts.jobs]\nbackend = \"ztick\"\nendpoint = \"tcp://{address}\"\nauth_file = \"{}\"\n{more}\n",
        file.display()
    ));
}

fn restarting(service: &Service) -> String {
    format!("restart = \"{}\"", service.restart)
}

/// Goes from the table to the check of a new token.
fn up_to_create(terminal: &mut Terminal, name: &str, namespace: &str) {
    terminal.keys("n").wait_for("▸ name").send(name.as_bytes()).keys("<enter>").wait_for("▸ scopes");
    terminal.keys("/").send(namespace.as_bytes()).keys("<enter>");
    // It stands chosen at the end of the list, which may be out of sight.
    terminal.wait_for("It allows: all that begins with it");
    terminal.keys("<enter>").wait_for("▸ check");
}

/// Closes the reveal and gives the secret.
fn take(terminal: &mut Terminal) -> String {
    terminal.wait_for("Masked.");
    let secret = copy_revealed(terminal);
    terminal.keys("<c-d>").wait_gone("Masked.");
    assert_eq!(secret.len(), LENGTH);
    secret
}

/// Whether the words stand on the screen, however its lines break.
fn said(output: &Output, words: &str) -> bool {
    let all = output.rows().join(" ").replace(['│', '║'], " ");
    all.split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
}

fn wait_said(terminal: &mut Terminal, words: &str) {
    terminal.wait_until(words, |output| said(output, words));
}

#[test]
fn a_tokens_life_with_restarts_by_key() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let service = Service::of(&sandbox);
    let before = service.text();
    let desk = desk(&sandbox, &service.address, &service.file, "");
    let mut terminal = desk.start().size(140, 40).spawn();
    terminal.wait_for("deploy");

    // Without a command the new token waits, and what is to be done is said.
    up_to_create(&mut terminal, "ci", "ci.");
    assert_eq!(service.text(), before, "nothing is written before it is said");
    terminal.keys("<enter>");
    let secret = take(&mut terminal);
    assert!(service.text().starts_with(&before), "every byte that was there is still there");
    assert!(!service.accepts(&secret), "the server goes by the old file");
    terminal.wait_for("pending r");
    terminal.keys("t").wait_for("Restart the server of jobs").wait_for("Then refresh (R)").keys("<esc>");
    terminal.wait_gone("Then refresh (R)").keys("q").wait_exit();

    // With one it is asked for and run, and what waited counts.
    write_settings(&desk, &service.address, &service.file, &restarting(&service));
    let mut terminal = desk.start().size(140, 40).spawn();
    terminal.wait_for("pending r").keys("t").wait_for("This will be run: tee");
    terminal.keys("<esc>").wait_gone("This will be run");
    assert!(!service.accepts(&secret), "asked and not done");
    terminal.keys("t").wait_for("This will be run: tee").keys("<enter>");
    terminal.wait_for("done: Restart the server of jobs").wait_gone("pending r");
    assert!(service.accepts(&secret));
    point_at(&mut terminal, "ci");
    terminal.keys("v").wait_for("accepted as ci");

    // Rotated and removed, each with its own restart; the rest of the file is as it was.
    terminal
        .keys("x")
        .wait_for("Revoke ci")
        .wait_gone("Reading it again")
        .keys("<enter>")
        .wait_for("refused");
    assert!(!service.accepts(&secret));
    assert_eq!(service.text().trim_end(), before.trim_end(), "what was made and removed leaves nothing");
    terminal.keys("<c-c>").wait_exit();
    Canary::of(&secret, 0).assert_absent("the screen", &terminal.raw());
    assert_eq!(Canary::of(&secret, 0).leaks_in_tree(desk.home.path()), []);
}

#[test]
fn the_second_of_two_editors_is_told_with_the_difference() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let service = Service::of(&sandbox);
    let desk = desk(&sandbox, &service.address, &service.file, "");
    let mut terminal = desk.start().size(140, 40).spawn();
    terminal.wait_for("deploy");
    up_to_create(&mut terminal, "ci", "ci.");
    // Somebody else is quicker.
    let theirs = format!(
        "{}\n[token.theirs]\nsecret = \"0123456789abcdef0123\"\nnamespace = \"t.\"\n",
        service.text()
    );
    fs::write(&service.file, &theirs).expect("written");
    terminal.keys("<enter>");
    wait_said(&mut terminal, "Somebody else changed it since it was read");
    wait_said(&mut terminal, "[token.theirs]");
    assert!(!terminal.text().contains("0123456789abcdef"), "{}", terminal.text());
    assert_eq!(service.text(), theirs, "what they wrote is left alone");
    // Told, the next try goes on from what is there.
    terminal.keys("<enter>");
    take(&mut terminal);
    assert!(service.text().starts_with(&theirs));
}

/// A listener that answers everybody with these words, or with nothing at all.
fn listener(words: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            drop(stream.read(&mut [0_u8; 512]));
            match words {
                Some(words) => drop(stream.write_all(words.as_bytes())),
                None => open.push(stream),
            }
        }
    });
    address
}

#[test]
fn files_and_servers_that_are_none_have_their_sentences() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let service = Service::of(&sandbox);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let good = service.text();
    fs::write(at("big"), vec![b'#'; 2 << 20]).expect("written");
    fs::create_dir(at("folder")).expect("made");
    std::os::unix::fs::symlink(at("nothing"), at("dangling")).expect("linked");
    fs::write(
        at("bytes"),
        [b"[token.odd]\nsecret = \"\xff\xfe0123456789abcdef\"\nnamespace = \"o.\"\n".as_slice()].concat(),
    )
    .expect("written");
    fs::write(at("good"), &good).expect("written");
    for name in ["big", "bytes", "good"] {
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o600)).expect("set");
    }
    let desk = desk(&sandbox, &service.address, &at("big"), "");
    let http = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let silent = listener(None);
    let cases = [
        ("big", service.address.clone(), "is larger than 1,048,576 bytes, more than the server loads"),
        ("folder", service.address.clone(), "is not a file"),
        ("dangling", service.address.clone(), "is a link to a file that does not exist"),
        ("bytes", service.address.clone(), "secret"),
        ("good", listener(Some(http)), "What answers there is not ztick"),
        ("good", listener(Some("\u{1b}[31mgarbage\u{7}\n")), "What answers there is not ztick"),
        ("good", silent, "said nothing at all"),
    ];
    for (name, address, words) in cases {
        write_settings(&desk, &address, &at(name), "");
        let mut terminal = desk.start().size(140, 40).spawn();
        terminal.wait_for("jobs");
        // What is found in a file that can be read stands among the findings; one that cannot has its place taken.
        let token = match name {
            "bytes" => Some("odd"),
            "good" => Some("deploy"),
            _ => None,
        };
        if let Some(token) = token {
            terminal.wait_for(token).keys("4");
        }
        wait_said(&mut terminal, words);
        terminal.keys("q").wait_exit();
    }
    assert_eq!(fs::read_to_string(at("good")).expect("there"), good, "looking changes nothing");
}

/// An `ssh` that stays on this machine: it runs what the other one would, and waits before or after a replacement where
/// it is told to.
fn other_machine(desk: &Desk) -> PathBuf {
    let bin = desk.home.path().join("bin");
    fs::create_dir_all(&bin).expect("made");
    let script = "#!/bin/sh\n\
        for last; do :; done\n\
        here=$(dirname \"$0\")\n\
        hold() {\n\
          [ -e \"$here/$1\" ] || return 0\n\
          touch \"$here/reached\"\n\
          while [ -e \"$here/$1\" ]; do sleep 0.02; done\n\
          exit 1\n\
        }\n\
        case $last in *\"'known'\"*) writes=yes ;; *) writes=no ;; esac\n\
        [ $writes = no ] || hold wait-before\n\
        answer=$(sh -c \"$last\"; echo .)\n\
        [ $writes = no ] || hold wait-after\n\
        printf %s \"${answer%.}\"\n";
    fs::write(bin.join("ssh"), script).expect("written");
    fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755)).expect("set");
    bin
}

/// The sections of a file beyond what it began with, checked to be one whole section or none.
fn added(before: &str, now: &str) -> bool {
    let rest = now.strip_prefix(before).unwrap_or_else(|| panic!("the old bytes are not there:\n{now}"));
    if rest.trim().is_empty() {
        return false;
    }
    let lines: Vec<&str> = rest.trim().lines().collect();
    assert!(lines[0].starts_with("[token.ci"), "{rest}");
    assert!(lines.iter().any(|line| line.starts_with("secret = \"") && line.ends_with('"')), "{rest}");
    assert_eq!(lines.last(), Some(&"namespace = \"ci.\""), "{rest}");
    true
}

#[test]
fn killed_in_an_edit_the_file_is_the_old_one_or_the_new_one_and_the_next_start_tells() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let service = Service::of(&sandbox);
    // The file is reached as on another machine, whose steps can be made to wait.
    let remote = PathBuf::from(format!("ssh://other{}", service.file.display()));
    for (point, is_new) in [("wait-before", false), ("wait-after", true)] {
        let desk = desk(&sandbox, &service.address, &remote, "");
        let bin = other_machine(&desk);
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
        let start = || desk.start().envs(vec![(String::from("PATH"), path.clone())]).size(140, 40).spawn();
        let before = service.text();
        let mut terminal = start();
        terminal.wait_for("deploy");
        up_to_create(&mut terminal, &format!("ci-{point}"), "ci.");
        fs::write(bin.join(point), "").expect("written");
        terminal.keys("<enter>");
        wait::until("the step is reached", || bin.join("reached").exists().then_some(()));
        terminal.signal(Signal::KILL).wait_exit();
        for name in [point, "reached"] {
            fs::remove_file(bin.join(name)).expect("removed");
        }
        assert_eq!(added(&before, &service.text()), is_new, "{point}");
        // The next start tells by itself, finds out what is true, and where the file has the secret gets it back.
        let mut terminal = start();
        terminal.wait_for("Unfinished work").keys("c");
        wait_said(&mut terminal, if is_new { "was found again, and is stored now" } else { "was not made" });
        terminal.signal(Signal::KILL).wait_exit();
    }
}

/// A file on this machine: the program is killed as soon as a step of the edit shows beside the file. Whatever instant
/// that was, the file is whole.
#[test]
fn killed_at_any_instant_the_file_is_whole() {
    if !Keyring::available() {
        return skip::because("no gnome-keyring");
    }
    let sandbox = Sandbox::start();
    let service = Service::of(&sandbox);
    let beside = |name: &str| service.file.with_file_name(name);
    let moments = [None, Some(".auth.toml.keywright-backup-part"), Some("auth.toml.keywright-backup")];
    for (round, moment) in
        moments.into_iter().chain([Some(".auth.toml.keywright-part"), Some("")]).enumerate()
    {
        let desk = desk(&sandbox, &service.address, &service.file, "");
        let before = service.text();
        drop(fs::remove_file(beside("auth.toml.keywright-backup")));
        let mut terminal = desk.start().size(140, 40).spawn();
        terminal.wait_for("deploy");
        up_to_create(&mut terminal, &format!("ci-{round}"), "ci.");
        terminal.keys("<enter>");
        let reached = || match moment {
            None => true,
            Some("") => service.text() != before,
            Some(name) => beside(name).exists() || service.text() != before,
        };
        let deadline = std::time::Instant::now() + wait::PATIENCE;
        // Asked without a pause: these steps are over in an instant.
        while !reached() {
            assert!(std::time::Instant::now() < deadline, "round {round}");
            std::thread::yield_now();
        }
        terminal.signal(Signal::KILL).wait_exit();
        let is_new = added(&before, &service.text());
        assert!(is_new || moment != Some(""), "round {round}");
        // The next start shows what is in the file, and that something was not finished.
        let mut terminal = desk.start().size(140, 40).spawn();
        if is_new {
            terminal.wait_for("Unfinished work").keys("c");
            wait_said(&mut terminal, "is stored");
        } else {
            terminal.wait_for("deploy");
        }
        terminal.signal(Signal::KILL).wait_exit();
    }
}
