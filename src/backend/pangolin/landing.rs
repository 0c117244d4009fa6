//! The port of this machine that a sign-in by browser comes back to. One request is understood, one code is taken;
//! everything else gets a page that says so. It listens on loopback only, and only while a login waits.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::domain::failure::{Failure, FailureKind};
use crate::secret::Secret;

/// The port, unless the account names another.
pub(super) const PORT: u16 = 19876;
/// The path on it.
const PATH: &str = "/keywright";
/// The longest request that is read.
const LONGEST: usize = 8192;
/// How long one caller may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a caller is waited for at each question.
const PAUSE: Duration = Duration::from_millis(300);

/// The address that the server has to list, exactly.
pub(super) fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}{PATH}")
}

/// Begins to listen.
pub(super) async fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        let words = format!(
            "port {port} of this machine cannot be used ({}); name another in the account (e), or paste the code",
            error.kind()
        );
        Failure::new(FailureKind::Unsupported, words)
    })
}

/// The code, if somebody has come with one.
pub(super) async fn arrived(listener: &TcpListener) -> Option<Secret> {
    while let Ok(Ok((stream, _))) = tokio::time::timeout(PAUSE, listener.accept()).await {
        if let Ok(Some(code)) = tokio::time::timeout(PATIENCE, serve(stream)).await {
            return Some(code);
        }
    }
    None
}

async fn serve(mut stream: TcpStream) -> Option<Secret> {
    let mut head = Vec::with_capacity(LONGEST);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read_buf(&mut head).await.ok()?;
        if read == 0 || head.len() >= LONGEST {
            return None;
        }
    }
    let code = code_in(&String::from_utf8_lossy(&head));
    let (status, words) = if code.is_some() {
        ("200 OK", "Signed in. You can close this page and go back to keywright.")
    } else {
        ("404 Not Found", "Nothing is waited for here.")
    };
    let page = format!("<!doctype html><meta charset=utf-8><title>keywright</title><p>{words}");
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    // Whoever is gone already has brought the code all the same.
    drop(stream.write_all(answer.as_bytes()).await);
    drop(stream.shutdown().await);
    code
}

/// The code of a request for the landing page. The server's codes are 64 hexadecimal digits.
fn code_in(head: &str) -> Option<Secret> {
    let target = head.lines().next()?.strip_prefix("GET ")?.split(' ').next()?;
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    if url.path() != PATH || !target.starts_with('/') || target.starts_with("//") {
        return None;
    }
    let mut codes = url.query_pairs().filter(|(name, _)| name == "code");
    let code = codes.next()?.1.into_owned();
    let one = codes.next().is_none();
    (one && code.len() == 64 && code.chars().all(|c| c.is_ascii_hexdigit())).then(|| Secret::new(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_code_on_the_right_path() {
        let code = "0a".repeat(32);
        let cases = [
            (format!("GET /keywright?code={code} HTTP/1.1"), true),
            (format!("GET /keywright?x=1&code={code} HTTP/1.1"), true),
            (format!("GET /keywright?code={code}&code={code} HTTP/1.1"), false),
            (format!("GET /keywright/?code={code} HTTP/1.1"), false),
            (format!("GET //evil/keywright?code={code} HTTP/1.1"), false),
            (format!("POST /keywright?code={code} HTTP/1.1"), false),
            (String::from("GET /keywright?code=short HTTP/1.1"), false),
            (format!("GET /keywright?code={}g HTTP/1.1", "0".repeat(63)), false),
            (String::from("GET /keywright HTTP/1.1"), false),
            (String::from("GET /favicon.ico HTTP/1.1"), false),
            (String::from("\u{16}\u{3}"), false),
            (String::new(), false),
        ];
        for (head, taken) in cases {
            assert_eq!(code_in(&head).is_some(), taken, "{head}");
        }
    }
}
