//! A sandbox whose auth file the test writes, and a client that sends bytes and shows bytes.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::tests::bench::Bench;

/// The tokens most tests use: everything, one tenant, an edge case each.
pub(super) const TOKENS: &str = "\
    [token.ops]\nsecret = \"sk_ops\"\nnamespace = \"*\"\n\
    [token.deploy]\nsecret = \"sk_deploy_a1b2c3d4e5f6\"\nnamespace = \"deploy.\"\n\
    [token.open]\nsecret = \"s1\"\nnamespace = \"deploy\"\n\
    [token.words]\nsecret = \"two words\"\nnamespace = \"a b\"\n\
    [token.empty]\nsecret = \"\"\nnamespace = \"none.\"\n\
    [token.glob]\nsecret = \"glob\"\nnamespace = \"deploy.*\"\n";

/// How long a test waits for what should come at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// A sandbox with a line client.
pub(super) struct Lines {
    pub(super) bench: Bench,
}

impl Lines {
    /// With [`TOKENS`], and restarts that always get their port.
    pub(super) fn new(dialect: &str) -> Self {
        let lines = Self { bench: Bench::new() };
        lines.quirks(&json!({ "dialect": dialect, "reuse_address": true }));
        lines.tokens(TOKENS.as_bytes());
        assert_eq!(lines.restart().0["running"], true);
        lines.clear();
        lines
    }

    pub(super) fn quirks(&self, ztick: &Value) {
        self.bench.control("POST", "quirks", &json!({ "ztick": ztick }));
    }

    /// Writes the auth file; it counts from the next restart on.
    #[expect(clippy::disallowed_methods, reason = "this test is the operator with an editor")]
    pub(super) fn tokens(&self, text: &[u8]) {
        std::fs::write(&self.bench.sandbox.announcement().ztick.auth_file, text).unwrap();
    }

    /// Restarts; the report, and the last line it wrote.
    pub(super) fn restart(&self) -> (Value, String) {
        let report = self.bench.control("POST", "restart", &json!({ "backend": "ztick" })).json();
        let last = report["stderr"].as_array().unwrap().last().map(|line| line.as_str().unwrap().to_owned());
        (report, last.unwrap_or_default())
    }

    /// Takes every seeded job and rule away.
    fn clear(&self) {
        let rows = self.talk("AUTH sk_ops\nq QUERY\nl LISTRULES\n");
        let mut away = String::from("AUTH sk_ops\n");
        for row in rows.lines().filter(|row| !row.ends_with("OK")) {
            let mut words = row.split(' ');
            let command = if words.next() == Some("q") { "REMOVE" } else { "REMOVERULE" };
            away += "x ";
            away += command;
            away += " ";
            away += words.next().unwrap();
            away += "\n";
        }
        self.talk(&away);
    }

    /// A connection to the plain listener.
    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.bench.sandbox.announcement().ztick.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends everything at once, ends the sending side, and reads to the end.
    pub(super) fn talk(&self, sent: &str) -> String {
        String::from_utf8(self.talk_bytes(sent.as_bytes())).unwrap()
    }

    pub(super) fn talk_bytes(&self, sent: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        // The server may have closed already; what it said is still to be read.
        drop(stream.write_all(sent));
        drop(stream.shutdown(Shutdown::Write));
        read_to_end(&mut stream)
    }

    /// Sends everything at once and keeps the sending side open, so that only the server can end it: what it said, and
    /// after how long.
    pub(super) fn wait(&self, sent: &[u8]) -> (Vec<u8>, Duration) {
        let mut stream = self.connect();
        let began = Instant::now();
        drop(stream.write_all(sent));
        (read_to_end(&mut stream), began.elapsed())
    }
}

/// Everything up to the end; a reset is an end too.
pub(super) fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut piece = [0_u8; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return all,
            Ok(read) => all.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Exactly so many lines.
pub(super) fn read_lines(stream: &mut TcpStream, count: usize) -> String {
    let mut all = Vec::new();
    let mut byte = [0_u8];
    for _ in 0..count {
        while byte != *b"\n" {
            stream.read_exact(&mut byte).unwrap();
            all.push(byte[0]);
        }
        byte = [0];
    }
    String::from_utf8(all).unwrap()
}
