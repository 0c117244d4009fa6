//! The smallest HTTP client there is: one request, one connection, a JSON answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// An answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// Where it sends a browser, if anywhere.
    pub location: Option<String>,
}

/// Sends one request to `http://HOST:PORT` with more header lines and a body, and reads the answer to its end.
pub fn call(method: &str, base: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let host = base.strip_prefix("http://").expect("plain HTTP").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a deadline");
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for header in headers {
        head += header;
        head += "\r\n";
    }
    head += "content-length: ";
    head += &body.len().to_string();
    head += "\r\n\r\n";
    head += body;
    stream.write_all(head.as_bytes()).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server answers");
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer with a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let location = head.lines().find_map(|line| line.strip_prefix("location: ")).map(str::to_owned);
    Answer { status, body: serde_json::from_str(body).unwrap_or(Value::Null), location }
}

/// A value of a form, percent-encoded.
pub fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}
