//! Builds a client: certificates, proxies, what is never sent.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use super::Limits;
use crate::domain::account::Endpoint;
use crate::domain::failure::{Failure, FailureKind};

/// Connections of reads are kept this long; a server behind a balancer rarely keeps them longer.
const IDLE: Duration = Duration::from_secs(20);

/// A client for what only reads, or for everything else.
pub(super) fn build(
    endpoint: &Endpoint,
    ca_file: Option<&Path>,
    limits: Limits,
    reads: bool,
) -> Result<Client, Failure> {
    provide_cryptography();
    let builder = Client::builder()
        .user_agent(concat!("keywright/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .https_only(!endpoint.is_plain())
        .connect_timeout(limits.connect)
        .timeout(limits.whole);
    let builder = if reads {
        builder.pool_idle_timeout(IDLE)
    } else {
        // Also no second try by the client itself: whether a write may be sent again is not its decision. What it could
        // not begin to send, because the connection had ended before, goes over a new one.
        builder.pool_idle_timeout(limits.warm).retry(reqwest::retry::never())
    };
    certificates(builder, endpoint, ca_file)?.build().map_err(|error| {
        let kind = if ca_file.is_some() { FailureKind::CertificateFile } else { FailureKind::Untrusted };
        let named = ca_file.map(|path| format!("{}: ", path.display())).unwrap_or_default();
        Failure::new(kind, format!("{named}{}", super::transport::innermost(&error.without_url())))
    })
}

/// Plain http stays on this machine: no proxy sees it, and no certificates are loaded for it.
fn certificates(
    builder: ClientBuilder,
    endpoint: &Endpoint,
    ca_file: Option<&Path>,
) -> Result<ClientBuilder, Failure> {
    match ca_file {
        _ if endpoint.is_plain() => Ok(builder.no_proxy().tls_certs_only([])),
        None => Ok(builder),
        Some(path) => Ok(builder.tls_certs_merge(read_certificates(path)?)),
    }
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let refused =
        |why: &str| Failure::new(FailureKind::CertificateFile, format!("{}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| refused(&error.to_string()))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(refused("there is no certificate in it (PEM is expected)")),
        Err(_) => Err(refused("it is not a PEM file of certificates")),
    }
}

/// The program installs the provider at its start; tests and other users of the library may not have.
fn provide_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _another_thread_may_be_first = rustls::crypto::ring::default_provider().install_default();
    }
}
