//! A connection, plain or TLS, and why there is none.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Client;
use crate::domain::failure::{Failure, FailureKind};

/// An open connection.
pub(super) enum Connection {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Why a connection could not be had.
pub(super) enum NoConnection {
    /// Nothing listens there, which says something about the server.
    NotListening,
    /// Anything else.
    Failed(Failure),
}

impl From<Failure> for NoConnection {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Client {
    /// Opens a connection.
    pub(super) async fn connect(&self) -> Result<Connection, NoConnection> {
        // The certificates are read first: a file that cannot be used must not look like a server that is gone.
        let connector = if self.place.tls { Some(connector(self.ca_file.as_deref())?) } else { None };
        let slow = |_elapsed| Failure::new(FailureKind::Unreachable, "no connection was made in time");
        let stream = timeout(self.limits.connect, self.tcp()).await.map_err(slow)??;
        // All questions leave in one write, and a line waits for nothing.
        drop(stream.set_nodelay(true));
        let Some(connector) = connector else { return Ok(Connection::Plain(stream)) };
        let name = ServerName::try_from(self.place.host.clone()).map_err(|_says_less| {
            Failure::new(FailureKind::Invalid, "this host name cannot be in a certificate")
        })?;
        let slow =
            |_elapsed| Failure::new(FailureKind::Slow, "no TLS handshake in time; is this the plain port?");
        let shaken = timeout(self.limits.handshake, connector.connect(name, stream)).await.map_err(slow)?;
        Ok(Connection::Tls(Box::new(shaken.map_err(|error| handshake(&error))?)))
    }

    async fn tcp(&self) -> Result<TcpStream, NoConnection> {
        let found = tokio::net::lookup_host((self.place.host.as_str(), self.place.port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|_names_the_host| Failure::new(FailureKind::UnknownHost, ""))?.collect();
        let elsewhere = addresses.iter().find(|address| !address.ip().is_loopback());
        if let Some(address) = elsewhere.filter(|_| !self.place.tls) {
            let words =
                format!("{} leads to {}, and plain TCP stays on this machine", self.place.host, address.ip());
            return Err(Failure::new(FailureKind::Invalid, words).into());
        }
        TcpStream::connect(addresses.as_slice()).await.map_err(|error| {
            if error.kind() == io::ErrorKind::ConnectionRefused {
                NoConnection::NotListening
            } else {
                Failure::new(FailureKind::Unreachable, error.kind().to_string()).into()
            }
        })
    }
}

fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, Failure> {
    let extra = ca_file.map_or_else(|| Ok(Vec::new()), certificates)?;
    let kind = if ca_file.is_some() { FailureKind::CertificateFile } else { FailureKind::Untrusted };
    let refused = |error: rustls::Error| Failure::new(kind, error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(refused)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        // The platform's own verifier; the library calls every verifier that is handed in dangerous.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let refused =
        |why: &str| Failure::new(FailureKind::CertificateFile, format!("{}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| refused(&error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(refused("there is no certificate in it (PEM is expected)")),
        Ok(found) => Ok(found),
        Err(_) => Err(refused("it is not a PEM file of certificates")),
    }
}

fn handshake(error: &io::Error) -> Failure {
    let inside = error.get_ref().and_then(|inside| inside.downcast_ref::<rustls::Error>());
    match inside {
        Some(rustls::Error::InvalidCertificate(why)) => {
            Failure::new(FailureKind::Untrusted, certificate_words(why))
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            Failure::new(FailureKind::Unexpected, "this port does not speak TLS; is it the plain one?")
        }
        Some(other) => Failure::new(FailureKind::Untrusted, other.to_string()),
        None => Failure::new(FailureKind::CutOff, "during the TLS handshake; is this the plain port?"),
    }
}

fn certificate_words(why: &CertificateError) -> String {
    use CertificateError as E;
    let known = match () {
        () if matches!(why, E::UnknownIssuer) => {
            "it is signed by an authority that this machine does not know; this server shows no intermediate \
             certificate, so the account's certificate file must hold that one too"
        }
        () if matches!(why, E::Expired | E::ExpiredContext { .. }) => "it has expired",
        () if matches!(why, E::NotValidForName | E::NotValidForNameContext { .. }) => {
            "it is made out to another host name"
        }
        () => return why.to_string(),
    };
    String::from(known)
}

impl Connection {
    /// From now on closing is a reset, which leaves no port taken on the other side.
    pub(super) fn reset_on_close(&self) {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        };
        // On a connection that is gone already there is nothing to reset.
        drop(stream.set_zero_linger());
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
