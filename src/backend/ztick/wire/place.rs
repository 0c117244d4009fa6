//! Where the server listens. A secret is never sent in the clear to another machine.

use std::fmt;
use std::net::IpAddr;

use url::Url;

/// The port by convention, plain and TLS.
const PORTS: (u16, u16) = (5678, 5679);

/// A host, a port, and whether TLS is spoken there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
}

/// Why an address was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Not an address at all.
    #[error("this is not an address; type one such as tls://host.example:5679 or tcp://127.0.0.1:5678")]
    NotAddress,
    /// Another scheme.
    #[error("the address must start with tls:// (or tcp:// for this machine)")]
    Scheme,
    /// More than host and port.
    #[error("leave everything but host and port out of the address")]
    Extras,
    /// Plain text to another machine.
    #[error("plain TCP would send secrets in the clear to {0}; use tls://, or a loopback address")]
    PlainTcp(String),
}

impl Place {
    /// Checks a typed address. Without a scheme it is plain TCP, as in the server's own settings.
    pub fn parse(typed: &str) -> Result<Self, PlaceError> {
        let typed = typed.trim();
        let typed = typed.strip_suffix('/').filter(|rest| !rest.ends_with('/')).unwrap_or(typed);
        let full = if typed.contains("://") { typed.to_owned() } else { format!("tcp://{typed}") };
        if full.ends_with(':') || full.ends_with("://") {
            return Err(PlaceError::NotAddress);
        }
        let url = Url::parse(&full).map_err(|_says_less| PlaceError::NotAddress)?;
        let tls = match url.scheme() {
            "tls" => true,
            "tcp" => false,
            _ => return Err(PlaceError::Scheme),
        };
        let host = url.host_str().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        let extras = [url.username(), url.password().unwrap_or_default(), url.path()];
        if extras.iter().any(|extra| !extra.is_empty()) || url.query().is_some() || url.fragment().is_some() {
            return Err(PlaceError::Extras);
        }
        if host.is_empty() {
            return Err(PlaceError::NotAddress);
        }
        if !tls && !is_loopback(&host) {
            return Err(PlaceError::PlainTcp(host));
        }
        let usual = if tls { PORTS.1 } else { PORTS.0 };
        Ok(Self { host, port: url.port().unwrap_or(usual), tls })
    }

    /// Whether TLS is spoken there.
    pub fn is_tls(&self) -> bool {
        self.tls
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "tls" } else { "tcp" };
        if self.host.contains(':') {
            write!(formatter, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// A loopback address, or the one name for it. What the name leads to is checked once more when connecting.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
