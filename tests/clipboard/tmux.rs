//! The way through tmux, with a server on a socket of our own, attached in a pseudo-terminal that we read.

use std::io::Read;
use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keywright::runtime::clipboard::{Cleared, Clipboard, Copied, CopyWay};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use tempfile::TempDir;

use super::{clipboard, installed, secret, wait_for};

/// A tmux server of our own, with one client.
struct Server {
    folder: TempDir,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pty = native_pty_system()
            .openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 })
            .expect("a terminal");
        let mut attach = CommandBuilder::new("tmux");
        attach.args(["-f", "/dev/null", "new-session", "cat"]);
        attach.env_remove("TMUX");
        attach.env("TMUX_TMPDIR", folder.path());
        attach.env("TERM", "xterm-256color");
        pty.slave.spawn_command(attach).expect("tmux");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (sink, mut reader) = (Arc::clone(&shown), pty.master.try_clone_reader().expect("a reader"));
        std::thread::spawn(move || {
            // The terminal stays open as long as it is read.
            let _open = pty;
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                sink.lock().expect("lock").extend_from_slice(buffer.get(..length).expect("read"));
            }
        });
        let server = Self { folder, shown };
        wait_for("tmux", || server.tmux(&["list-clients"]).filter(|clients| !clients.is_empty()));
        server
    }

    /// What a tmux command prints.
    fn tmux(&self, arguments: &[&str]) -> Option<String> {
        let mut tmux = Command::new("tmux");
        tmux.args(arguments).env_remove("TMUX").env("TMUX_TMPDIR", self.folder.path());
        let output = tmux.output().expect("tmux");
        output.status.success().then(|| String::from_utf8(output.stdout).expect("text"))
    }

    /// The value of `TMUX` inside.
    fn inside(&self) -> String {
        let inside = self.tmux(&["display-message", "-p", "#{socket_path},#{pid},0"]).expect("a server");
        inside.trim().to_owned()
    }

    /// Whether the terminal around tmux was asked to copy `text`.
    fn passed_on(&self, text: &str) -> Option<()> {
        let code = format!("{}\x07", STANDARD.encode(text));
        let shown = self.shown.lock().expect("lock");
        let text = String::from_utf8_lossy(&shown);
        text.split("\x1b]52;")
            .any(|rest| rest.split_once(';').is_some_and(|(_, rest)| rest.starts_with(&code)))
            .then_some(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tmux_passes_it_on_and_keeps_nothing() {
    if !installed(&["tmux"]) {
        return;
    }
    let server = Server::start();
    let (clipboard, written) = clipboard(&[("TMUX", &server.inside()), ("TERM", "tmux-256color")]);
    let secret = secret();
    let copied = clipboard.copy(&secret).await;
    assert_eq!(copied, Ok(Copied { way: CopyWay::Tmux, confirmed: false }));
    wait_for("the terminal's copy", || server.passed_on(secret.expose()));
    assert_eq!(server.tmux(&["list-buffers"]).as_deref(), Some(""), "no buffer is left behind");

    assert_eq!(clipboard.clear_if_ours().await, Cleared::Asked);
    wait_for("the terminal's overwriting", || server.passed_on(" "));
    assert_eq!(server.tmux(&["list-buffers"]).as_deref(), Some(""));
    assert!(written.lock().expect("lock").is_empty(), "nothing was written past tmux");
}
