//! One careful HTTP client for every backend that speaks HTTP.
//!
//! Owns time limits, size limits, certificates, redirects (never followed), the clock difference, and the
//! translation of what went wrong into a [`Failure`] that says whether a write may have happened. Keeps out what
//! the bytes mean. Two clients: reads keep connections; what carries or brings a secret, or changes something, goes
//! over a connection that is new or was answered on a moment ago, so that no secret stays in a pool's buffers and no
//! write meets a connection that died while idle. Start with [`Http::send`].

mod call;
mod client;
mod dates;
mod transport;

#[cfg(test)]
pub(super) mod script;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Client, Response};
use zeroize::Zeroizing;

pub(super) use self::call::{Call, Nature};
use super::Clock;
use crate::domain::account::Endpoint;
use crate::domain::failure::{Effected, Failure, FailureKind};
use crate::domain::time::Skew;

/// How long and how much we are willing to take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Until a connection stands, TLS included.
    pub(super) connect: Duration,
    /// Until the last byte of the answer.
    pub(super) whole: Duration,
    /// The largest answer in bytes.
    pub(super) body: usize,
    /// How long after its last answer a connection may carry a write. No server closes one so soon: the shortest times
    /// that are usual are two to five seconds. It is what makes many writes one after the other cheap.
    pub(super) warm: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(30),
            body: 1 << 20,
            warm: Duration::from_millis(500),
        }
    }
}

/// An answer, whatever its status, with its body in memory that is wiped.
pub(super) struct Reply {
    /// The status code; never a redirect.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Zeroizing<Vec<u8>>,
    /// How long the server asks us to wait.
    pub(super) retry_after: Option<Duration>,
    /// The server's name for this request, to find it in its log.
    pub(super) request_id: Option<String>,
    /// What a failure past this point means for what was asked.
    pub(super) nature: Nature,
}

impl Reply {
    /// Whether the server did what was asked.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The client for one account.
pub(super) struct Http {
    endpoint: Endpoint,
    ca_file: Option<PathBuf>,
    clock: Clock,
    limits: Limits,
    skew: AtomicI64,
    reading: OnceLock<Client>,
    writing: OnceLock<Client>,
}

impl Http {
    /// Remembers where and how; nothing is opened or read before the first request.
    pub(super) fn new(endpoint: &Endpoint, ca_file: Option<PathBuf>, clock: Clock, limits: Limits) -> Self {
        Self {
            endpoint: endpoint.clone(),
            ca_file,
            clock,
            limits,
            skew: AtomicI64::new(0),
            reading: OnceLock::new(),
            writing: OnceLock::new(),
        }
    }

    /// Where requests go.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How far the server's clock is ahead, as its last answer told.
    pub(super) fn skew(&self) -> Skew {
        Skew(self.skew.load(Ordering::Relaxed))
    }

    /// Sends one request once and takes the whole answer.
    ///
    /// Any status but a redirect is an answer. The failure of a write says [`Effected::Unknown`] as soon as the
    /// request may have left this machine.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Reply, Failure> {
        let nature = call.nature;
        let mut request = call.build(&self.endpoint)?;
        if let Some(deadline) = request.timeout_mut() {
            *deadline = (*deadline).min(self.limits.whole);
        }
        let client = self.client(nature)?;
        let lost = |error: reqwest::Error| transport::failure(&error, nature);
        let mut response = client.execute(request).await.map_err(lost)?;
        self.notice_clock(response.headers());
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            return Err(redirected(&response, nature));
        }
        let retry_after = self.retry_after(response.headers());
        let request_id =
            text(response.headers(), &HeaderName::from_static("x-request-id")).map(str::to_owned);
        let body = self.body(&mut response, nature).await?;
        Ok(Reply { status, body, retry_after, request_id, nature })
    }

    /// The client for this kind of request, built when first needed because that takes milliseconds.
    fn client(&self, nature: Nature) -> Result<Client, Failure> {
        let reads = nature == Nature::Read;
        let slot = if reads { &self.reading } else { &self.writing };
        if let Some(client) = slot.get() {
            return Ok(client.clone());
        }
        let built = client::build(&self.endpoint, self.ca_file.as_deref(), self.limits, reads)?;
        Ok(slot.get_or_init(|| built).clone())
    }

    /// Reads the body into memory reserved once: growing would leave copies of a secret behind.
    async fn body(&self, response: &mut Response, nature: Nature) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let too_large = || nature.mark(Failure::new(FailureKind::TooLarge, ""));
        let announced = text(response.headers(), &CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if announced.is_some_and(|length: usize| length > self.limits.body) {
            return Err(too_large());
        }
        let mut body = Zeroizing::new(Vec::with_capacity(announced.unwrap_or(self.limits.body)));
        loop {
            match response.chunk().await {
                Ok(None) => return Ok(body),
                Ok(Some(chunk)) if body.len() + chunk.len() > self.limits.body => return Err(too_large()),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => return Err(transport::failure(&error, nature)),
            }
        }
    }

    fn notice_clock(&self, headers: &HeaderMap) {
        if let Some(date) = text(headers, &DATE).and_then(dates::http_date) {
            self.skew.store(dates::skew(date, (self.clock)()).0, Ordering::Relaxed);
        }
    }

    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let there = self.skew().server_time((self.clock)());
        dates::retry_after(text(headers, &RETRY_AFTER)?, there)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A redirect is told, never followed: the next host has no business with our credentials. After a `303` the
/// write has been carried out where the server keeps to the standard, so that one is not certain.
fn redirected(response: &Response, nature: Nature) -> Failure {
    let location = text(response.headers(), &LOCATION).and_then(|to| response.url().join(to).ok());
    let host = location.as_ref().and_then(url::Url::host_str).unwrap_or("an address it did not name");
    let mut failure = Failure::new(FailureKind::Redirected, format!("to {host}"));
    if response.status().as_u16() == 303 {
        failure = nature.mark(failure);
    }
    failure
}

impl Nature {
    /// What is known of the effect once the request may have left.
    pub(super) fn effected(self) -> Effected {
        match self {
            Self::Read | Self::Exchange => Effected::No,
            Self::Write => Effected::Unknown,
        }
    }

    /// The failure with that knowledge in it.
    pub(super) fn mark(self, mut failure: Failure) -> Failure {
        failure.effected = self.effected();
        failure
    }
}
