//! An account: one named connection to one backend, as the settings describe it. No secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

/// The name of an account: letters, digits, `.`, `_`, `-`; at most 32 characters. Copies share the letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(Arc<str>);

/// Why a name or an endpoint was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Nothing was typed.
    #[error("an account needs a name")]
    NameEmpty,
    /// Longer than 32 characters.
    #[error("an account's name has at most 32 characters")]
    NameLong,
    /// A character that has no place in a name.
    #[error(
        "an account's name has only letters a-z, digits, '.', '_' and '-', and starts with a letter or digit"
    )]
    NameCharacters,
    /// Not an address at all.
    #[error("this is not an address; type one such as https://host.example")]
    NotAddress,
    /// None of the schemes that the backend takes.
    #[error("the address must start with {0}")]
    Scheme(String),
    /// A user name or password inside the address.
    #[error("leave user and password out of the address; they are asked for at login")]
    Userinfo,
    /// Plain http to another machine.
    #[error("plain http would send secrets in the clear to {0}; use https, or a loopback address")]
    PlainHttp(String),
    /// A plain connection to another machine.
    #[error("plain TCP would send secrets in the clear to {0}; use tls://, or a loopback address")]
    PlainTcp(String),
    /// A query or fragment.
    #[error("leave ? and # out of the address")]
    Extras,
}

impl AccountName {
    /// Checks a typed name.
    pub fn parse(typed: &str) -> Result<Self, AccountError> {
        let name = typed.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match name {
            "" => Err(AccountError::NameEmpty),
            _ if name.chars().count() > 32 => Err(AccountError::NameLong),
            _ if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(allowed) => {
                Err(AccountError::NameCharacters)
            }
            _ => Ok(Self(name.into())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Where a backend is reached: an address without user, query or fragment, and plain http only to this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Checks a typed address of the web. A trailing slash is dropped.
    pub fn parse(typed: &str) -> Result<Self, AccountError> {
        Self::parse_as(typed, &WEB)
    }

    /// Checks a typed address that begins with one of these schemes. A trailing slash is dropped.
    pub fn parse_as(typed: &str, schemes: &[&str]) -> Result<Self, AccountError> {
        let typed = typed.trim().trim_end_matches('/');
        let url = Url::parse(typed).map_err(|_ignored| AccountError::NotAddress)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        match url.scheme() {
            scheme if schemes.contains(&scheme) => {}
            _ => return Err(AccountError::Scheme(in_words(schemes))),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AccountError::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AccountError::Extras);
        }
        if host.is_empty() {
            return Err(AccountError::NotAddress);
        }
        match url.scheme() {
            "http" if !is_loopback(&url) => Err(AccountError::PlainHttp(host)),
            "tcp" if !is_loopback(&url) => Err(AccountError::PlainTcp(host)),
            _ => Ok(Self(url)),
        }
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The address as text without its trailing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether the address is plain http (to this machine).
    pub fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }
}

/// The schemes of the web.
pub const WEB: [&str; 2] = ["https", "http"];

fn in_words(schemes: &[&str]) -> String {
    if *schemes == WEB {
        return String::from("https:// (or http:// for this machine)");
    }
    schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(" or ")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain("localhost")) => true,
        // An address of a scheme that is not of the web is kept as it was typed.
        Some(url::Host::Domain(name)) => match url::Host::parse(name) {
            Ok(url::Host::Ipv4(address)) => address.is_loopback(),
            Ok(url::Host::Ipv6(_) | url::Host::Domain(_)) | Err(_) => false,
        },
        None => false,
    }
}

/// One named connection to one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name, unique in the settings.
    pub name: AccountName,
    /// The backend's word in the settings.
    pub backend: String,
    /// Where the backend is reached.
    pub endpoint: Endpoint,
    /// The login name offered in the login form.
    pub login: Option<String>,
    /// A file with certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Destructive steps on a protected account ask for a typed name.
    pub protected: bool,
    /// What else its backend needs, by the words of [`super::ability::Abilities::settings`].
    pub settings: BTreeMap<String, String>,
}

impl Account {
    /// One of the further settings.
    pub fn setting(&self, id: &str) -> Option<&str> {
        self.settings.get(id).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "prod-kitaru", "x.y_z-1", "9lives"] {
            assert!(AccountName::parse(good).is_ok(), "{good}");
        }
        let long = "x".repeat(33);
        for bad in ["", "  ", "-a", "a b", "a/b", "é", long.as_str()] {
            assert!(AccountName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn endpoints() {
        for good in [
            "https://h.example/",
            "https://h.example:8443/base",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(Endpoint::parse(good).is_ok(), "{good}");
        }
        let cases = [
            ("", AccountError::NotAddress),
            ("host.example", AccountError::NotAddress),
            ("ftp://h.example", AccountError::Scheme(String::from("https:// (or http:// for this machine)"))),
            ("https://u:p@h.example", AccountError::Userinfo),
            ("https://h.example/?a=1", AccountError::Extras),
            ("http://h.example", AccountError::PlainHttp(String::from("h.example"))),
            (
                "http://localhost.evil.example",
                AccountError::PlainHttp(String::from("localhost.evil.example")),
            ),
            ("http://10.0.0.1", AccountError::PlainHttp(String::from("10.0.0.1"))),
        ];
        for (typed, want) in cases {
            assert_eq!(Endpoint::parse(typed), Err(want), "{typed}");
        }
        let lines = |typed: &str| Endpoint::parse_as(typed, &["tls", "tcp"]);
        for good in ["tcp://127.0.0.1:1", "tcp://[::1]:1", "tcp://localhost", "tls://h.example:5679"] {
            assert!(lines(good).is_ok(), "{good}");
        }
        assert_eq!(lines("tcp://10.0.0.1:1"), Err(AccountError::PlainTcp(String::from("10.0.0.1"))));
        assert!(lines("https://h.example").is_err());
    }
}
