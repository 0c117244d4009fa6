//! Requests and answers as the backends see them: read completely, plain data, nothing of the connection.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::HeaderName;
use hyper::{HeaderMap, Method};
use serde_json::Value;
use url::form_urlencoded;

/// A request that has arrived completely.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The path as sent, still encoded, for the journal and for faults.
    pub(super) path: String,
    /// The decoded path's parts. A `/` that was encoded separates too, as it does on the real servers.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    /// Takes a request apart.
    pub(super) fn new(head: &hyper::http::request::Parts, body: Bytes) -> Self {
        let path = head.uri.path().to_owned();
        Self {
            method: head.method.clone(),
            segments: segments(&path),
            path,
            query: form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
            headers: head.headers.clone(),
            body,
        }
    }

    /// A header as text; absent if it is not text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The last value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as a form; nothing if it was sent as something else.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        let kind = self.header("content-type").unwrap_or_default();
        if kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded") {
            form_urlencoded::parse(&self.body).into_owned().collect()
        } else {
            Vec::new()
        }
    }
}

fn segments(path: &str) -> Vec<String> {
    let decoded = percent_decode(path);
    decoded.trim_start_matches('/').split('/').map(str::to_owned).collect()
}

/// Decodes `%xx`. (A form's decoder would also turn `+` into a space, which a path does not mean.)
fn percent_decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digits = (ahead.next().and_then(hex_digit), ahead.next().and_then(hex_digit));
        if let (b'%', (Some(high), Some(low))) = (byte, digits) {
            decoded.push(high << 4 | low);
            bytes = ahead;
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// An answer, before any fault spoils it.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Bytes,
    /// How long to hold the finished answer back.
    pub(super) pause: Duration,
}

impl Reply {
    /// A JSON answer.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// A plain-text answer.
    pub(super) fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body.to_owned())
    }

    /// An answer of any kind.
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into(), pause: Duration::ZERO }
    }

    /// The same with one more header.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((HeaderName::from_static(name), value.into()));
        self
    }
}
