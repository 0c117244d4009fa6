//! Why no whole answer came, in our own kinds. The client's own texts carry addresses and are not shown.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::Nature;
use crate::domain::failure::{Failure, FailureKind};

/// The failure behind a client's error. While the connection is being made nothing has been sent; afterwards a
/// write may have arrived.
pub(super) fn failure(error: &reqwest::Error, nature: Nature) -> Failure {
    if error.is_builder() {
        return Failure::new(FailureKind::Unexpected, "the request could not be put together");
    }
    if error.is_connect() {
        return connecting(error);
    }
    let kind = match () {
        () if error.is_timeout() => FailureKind::Slow,
        () if is_garbage(error) => FailureKind::Unexpected,
        () => FailureKind::CutOff,
    };
    let detail = if kind == FailureKind::Unexpected { "this is not an HTTP answer" } else { "" };
    nature.mark(Failure::new(kind, detail))
}

fn connecting(error: &reqwest::Error) -> Failure {
    if error.is_dns() {
        return Failure::new(FailureKind::UnknownHost, "");
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return untrusted(tls);
    }
    if error.is_timeout() {
        return Failure::new(FailureKind::Unreachable, "no connection was made in time");
    }
    Failure::new(FailureKind::Unreachable, find::<io::Error>(error).map_or("", io_words))
}

fn untrusted(error: &rustls::Error) -> Failure {
    if let rustls::Error::InvalidCertificate(why) = error {
        return Failure::new(FailureKind::Untrusted, certificate_words(why));
    }
    if matches!(error, rustls::Error::InvalidMessage(_)) {
        return Failure::new(FailureKind::Unexpected, "this port does not speak TLS; is it plain http?");
    }
    Failure::new(FailureKind::Untrusted, error.to_string())
}

fn certificate_words(why: &CertificateError) -> String {
    use CertificateError as E;
    let known = match () {
        () if matches!(why, E::Expired | E::ExpiredContext { .. }) => "it has expired",
        () if matches!(why, E::NotValidYet | E::NotValidYetContext { .. }) => {
            "it is not valid yet, or the clock of this machine is wrong"
        }
        () if matches!(why, E::UnknownIssuer) => {
            "it is signed by an authority that this machine does not know"
        }
        () if matches!(why, E::NotValidForName | E::NotValidForNameContext { .. }) => {
            "it is made out to another host name"
        }
        () if matches!(why, E::Revoked) => "it was revoked",
        () => return why.to_string(),
    };
    String::from(known)
}

fn io_words(error: &io::Error) -> &'static str {
    match () {
        () if error.kind() == io::ErrorKind::ConnectionRefused => "nothing listens at this port",
        () if error.kind() == io::ErrorKind::HostUnreachable => "there is no way to this host",
        () if error.kind() == io::ErrorKind::NetworkUnreachable => "there is no way to this network",
        () if error.kind() == io::ErrorKind::ConnectionReset => {
            "the connection was refused while it was made"
        }
        () => "",
    }
}

/// The client tells what it could not parse in words only; a test for each of them would notice other words.
fn is_garbage(error: &reqwest::Error) -> bool {
    let words = innermost(error);
    words.contains("parsed") || words.contains("head is too large")
}

/// The text of the cause that has no further cause; that one names no address.
pub(super) fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

/// The first cause of a type, also inside an I/O error, which hides the one it wraps.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(cause) = next {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let wrapped: Option<&'a (dyn Error + 'static)> = wrapped.map(|inner| inner as _);
        if let Some(found) = cause.downcast_ref().or_else(|| wrapped.and_then(find)) {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
