//! A request before it is sent: method, path, bearer, body. Paths are segments, never text glued together.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Method, Request};
use url::{Url, form_urlencoded};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::account::Endpoint;
use crate::domain::failure::{Failure, FailureKind};
use crate::secret::Secret;

/// What a request is for; decides the client that carries it and what its loss means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Changes nothing and may be repeated.
    Read,
    /// Presents a secret for a bearer: changes nothing that matters, but must leave no copies.
    Exchange,
    /// Changes something; sent once.
    Write,
}

/// One request.
pub(crate) struct Call<'a> {
    pub(crate) nature: Nature,
    method: Method,
    path: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
    authorization: Option<(&'static str, &'a Secret)>,
    date: Option<String>,
    body: Option<(&'static str, Vec<u8>)>,
    idempotency_key: Option<Uuid>,
    agent: Option<String>,
    headers: Vec<(&'static str, HeaderValue)>,
    deadline: Option<Duration>,
}

impl<'a> Call<'a> {
    fn new(nature: Nature, method: Method, path: &[&'a str]) -> Self {
        Self {
            nature,
            method,
            path: path.to_vec(),
            query: Vec::new(),
            authorization: None,
            date: None,
            body: None,
            idempotency_key: None,
            agent: None,
            headers: Vec::new(),
            deadline: None,
        }
    }

    /// A `GET`.
    pub(crate) fn read(path: &[&'a str]) -> Self {
        Self::new(Nature::Read, Method::GET, path)
    }

    /// A form that presents a secret.
    pub(crate) fn exchange(path: &[&'a str], form: &[(&str, &str)]) -> Self {
        let mut call = Self::new(Nature::Exchange, Method::POST, path);
        call.body = Some(("application/x-www-form-urlencoded", encode(form)));
        call
    }

    /// The same as JSON.
    pub(crate) fn exchange_json(path: &[&'a str], value: &serde_json::Value) -> Self {
        Self::new(Nature::Exchange, Method::POST, path).json(value)
    }

    /// A `GET` that presents a secret to see what it is good for.
    pub(crate) fn present(path: &[&'a str]) -> Self {
        Self::new(Nature::Exchange, Method::GET, path)
    }

    /// A request that changes something.
    pub(crate) fn write(method: Method, path: &[&'a str]) -> Self {
        Self::new(Nature::Write, method, path)
    }

    /// With a query parameter.
    pub(crate) fn query(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// With a bearer; an empty one means that the server wants none.
    pub(crate) fn bearer(self, bearer: &'a Secret) -> Self {
        self.authorized("Bearer", bearer)
    }

    /// With a credential of another scheme, the scheme's word exactly as written here.
    pub(crate) fn authorized(mut self, scheme: &'static str, credential: &'a Secret) -> Self {
        self.authorization = Some((scheme, credential)).filter(|(_, credential)| !credential.is_empty());
        self
    }

    /// With a `Date`, for schemes that sign it.
    pub(crate) fn dated(mut self, date: String) -> Self {
        self.date = Some(date);
        self
    }

    /// The path as it will be sent, for schemes that sign it.
    pub(crate) fn path_on(&self, endpoint: &Endpoint) -> String {
        self.url(endpoint).path().to_owned()
    }

    /// The body as it will be sent, likewise.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |(_, body)| body.as_slice())
    }

    /// With a JSON body.
    pub(crate) fn json(mut self, value: &serde_json::Value) -> Self {
        self.body = Some(("application/json", value.to_string().into_bytes()));
        self
    }

    /// With the key under which the server replays its answer.
    pub(crate) fn idempotency_key(mut self, key: Uuid) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    /// Under another name than the program's own.
    pub(crate) fn agent(mut self, agent: &str) -> Self {
        self.agent = Some(agent.to_owned());
        self
    }

    /// With a header of the backend's own, which is no secret. What cannot stand in one is left out.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// With a secret in a header of the backend's own.
    pub(crate) fn secret_header(mut self, name: &'static str, secret: &Secret) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(secret.expose()) {
            value.set_sensitive(true);
            self.headers.push((name, value));
        }
        self
    }

    /// With less time than usual.
    pub(crate) fn within(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Where it goes. The endpoint may have a path of its own, which stays in front.
    fn url(&self, endpoint: &Endpoint) -> Url {
        let mut url = endpoint.url().clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&self.path);
        }
        url
    }

    /// The request as the client takes it.
    pub(super) fn build(self, endpoint: &Endpoint) -> Result<Request, Failure> {
        let mut url = self.url(endpoint);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let mut request = Request::new(self.method, url);
        *request.timeout_mut() = self.deadline;
        if let Some((kind, body)) = self.body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            *request.body_mut() = Some(body.into());
        }
        if let Some((scheme, credential)) = self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization(scheme, credential)?);
        }
        if let Some(date) = self.date.and_then(|date| HeaderValue::from_str(&date).ok()) {
            request.headers_mut().insert(DATE, date);
        }
        if let Some(agent) = self.agent.and_then(|agent| HeaderValue::from_str(&agent).ok()) {
            request.headers_mut().insert(USER_AGENT, agent);
        }
        for (name, value) in self.headers {
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        if let Some(key) = self.idempotency_key
            && let Ok(value) = HeaderValue::from_str(&key.to_string())
        {
            request.headers_mut().insert(HeaderName::from_static("idempotency-key"), value);
        }
        Ok(request)
    }
}

/// The header is marked sensitive: it is neither printed nor compressed into a shared table.
fn authorization(scheme: &str, credential: &Secret) -> Result<HeaderValue, Failure> {
    let line = Zeroizing::new(format!("{scheme} {}", credential.expose()));
    let mut value = HeaderValue::from_str(&line).map_err(|_says_nothing_more| {
        Failure::new(FailureKind::LoggedOut, "the credential has characters that cannot be sent")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The form as bytes, in a buffer that is large enough from the start.
fn encode(form: &[(&str, &str)]) -> Vec<u8> {
    let longest: usize = form.iter().map(|(name, value)| 2 + 3 * (name.len() + value.len())).sum();
    form_urlencoded::Serializer::new(String::with_capacity(longest)).extend_pairs(form).finish().into_bytes()
}
