//! A sandbox with a client beside it. Calls are plain functions here, so that tests read as transcripts.

use std::path::Path;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::sandbox::{Options, Sandbox, start};

/// What came back.
pub(in crate::sandbox) struct Answer {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) headers: HeaderMap,
    pub(in crate::sandbox) text: String,
}

impl Answer {
    /// The body, or null if it is no JSON.
    pub(in crate::sandbox) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A member of the body by its pointer.
    pub(in crate::sandbox) fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_default()
    }

    /// The same as text; empty if it is none.
    pub(in crate::sandbox) fn text_at(&self, pointer: &str) -> String {
        self.at(pointer).as_str().unwrap_or_default().to_owned()
    }

    pub(in crate::sandbox) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub(in crate::sandbox) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// A sandbox with a client.
pub(in crate::sandbox) struct Bench {
    pub(in crate::sandbox) sandbox: Sandbox,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    pub(in crate::sandbox) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(in crate::sandbox) fn on(directory: &Path) -> Self {
        Self::with(Options { data: Some(directory.to_owned()), ..Options::default() })
    }

    pub(in crate::sandbox) fn with(options: Options) -> Self {
        // Another test may have installed it already.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { sandbox: start(options).unwrap(), client, runtime }
    }

    /// A request to the Kitaru part; paths that do not start with a slash are under `/api/v1/`.
    pub(in crate::sandbox) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let base = &self.sandbox.announcement().kitaru.url;
        let url =
            if path.starts_with('/') { format!("{base}{path}") } else { format!("{base}/api/v1/{path}") };
        self.request_to(method, &url)
    }

    /// A request to any address.
    pub(in crate::sandbox) fn request_to(&self, method: &str, url: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url)
    }

    /// Sends it; the error is that of a connection that broke.
    pub(in crate::sandbox) fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = String::from_utf8_lossy(&response.bytes().await?).into_owned();
            Ok(Answer { status, headers, text })
        })
    }

    pub(in crate::sandbox) fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).unwrap()
    }

    pub(in crate::sandbox) fn get(&self, token: &str, path: &str) -> Answer {
        self.send(self.request("GET", path).bearer_auth(token))
    }

    pub(in crate::sandbox) fn write(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        self.send(with_json(self.request(method, path), body).bearer_auth(token))
    }

    pub(in crate::sandbox) fn delete(&self, token: &str, path: &str) -> Answer {
        self.send(self.request("DELETE", path).bearer_auth(token))
    }

    pub(in crate::sandbox) fn form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request("POST", path).form(form))
    }

    /// A token of the administrator.
    pub(in crate::sandbox) fn admin(&self) -> String {
        let login = &self.sandbox.announcement().kitaru;
        self.form("login", &[("username", &login.username), ("password", &login.password)])
            .expect(200)
            .text_at("/access_token")
    }

    /// A control call, which must succeed.
    #[track_caller]
    pub(in crate::sandbox) fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_control(method, path, body).expect(200)
    }

    pub(in crate::sandbox) fn try_control(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(with_json(self.control_request(method, path), body))
    }

    pub(in crate::sandbox) fn control_request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}/{path}", self.sandbox.announcement().control.url);
        self.request_to(method, &url)
    }

    pub(in crate::sandbox) fn advance(&self, seconds: i64) {
        self.control("POST", "clock", &json!({ "advance_seconds": seconds }));
    }

    pub(in crate::sandbox) fn quirks(&self, kitaru: &Value) {
        self.control("POST", "quirks", &json!({ "kitaru": kitaru }));
    }

    pub(in crate::sandbox) fn fault(&self, fault: &Value) {
        self.control("POST", "faults", fault);
    }
}

pub(in crate::sandbox) fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}
