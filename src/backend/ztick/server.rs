//! The server's own settings, which are only read, and what they leave open beside the tokens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::Ztick;
use super::store::Store;
use crate::domain::failure::Failure;
use crate::domain::finding::{Finding, Severity};
use crate::domain::text::Text;

/// How long the HTTP listener is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What matters of the settings.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    auth_file: Option<String>,
    http: Option<String>,
    bearer: bool,
}

impl Ztick {
    /// What the server's settings say, if the account names them.
    pub(super) async fn about_settings(&self) -> Vec<Finding> {
        let Some(config) = &self.config else { return Vec::new() };
        let say = |severity, what: String, mend: &str| Finding {
            severity,
            credential: None,
            what: Text::from(what),
            mend: mend.into(),
        };
        let read = match self.settings_text(config).await {
            Ok(text) => settings(&text),
            Err(failure) => {
                let what = format!("The server's settings could not be read: {}.", failure.sentence());
                return vec![say(
                    Severity::Hint,
                    what,
                    "Correct their path in the account (e), or leave it empty.",
                )];
            }
        };
        let mut told = Vec::new();
        match read.auth_file.as_deref() {
            None | Some("") => told.push(say(
                Severity::Alarm,
                format!(
                    "{config} names no auth_file: from its next start on the server asks nobody who they are."
                ),
                &format!("Add auth_file = \"{}\" under [controller], and restart it.", self.location.path()),
            )),
            Some(file) if file.starts_with('/') && file != self.location.path() => told.push(say(
                Severity::Warning,
                format!("{config} names another auth file: {file}."),
                "Name that one in the account (e), or correct the server's settings and restart it.",
            )),
            Some(_) => {}
        }
        if let Some(listen) = read.http {
            let open = self.probe(&listen).await;
            let severity =
                if open == Some(false) || read.bearer { Severity::Warning } else { Severity::Alarm };
            let what = match (open, read.bearer) {
                (Some(true), _) => format!(
                    "The HTTP listener at {listen} answers everybody: tokens and namespaces do not apply there."
                ),
                (Some(false), _) => format!(
                    "The HTTP listener at {listen} asks for a token of its own, which may do everything: namespaces do not apply there."
                ),
                (None, true) => format!(
                    "There is an HTTP listener at {listen} with one token of its own: namespaces do not apply there."
                ),
                (None, false) => format!(
                    "There is an HTTP listener at {listen}: tokens and namespaces do not apply there."
                ),
            };
            told.push(say(
                severity,
                what,
                "Take listen out of [http] in the server's settings, or let nobody reach that address.",
            ));
        }
        told
    }

    async fn settings_text(&self, path: &str) -> Result<Zeroizing<String>, Failure> {
        let held = match &self.store {
            Store::Here(_) => Store::Here(path.into()),
            Store::There(remote) => Store::There(remote.beside(path)),
        };
        let held = held.load().await?;
        if !held.exists() {
            return Err(super::not_here("such file"));
        }
        Ok(Zeroizing::new(String::from_utf8_lossy(held.bytes()).into_owned()))
    }

    /// Whether the jobs can be read there by anybody; none if that cannot be asked from here. Reads the first words only,
    /// and ends with a reset, so that no port stays taken.
    async fn probe(&self, listen: &str) -> Option<bool> {
        if matches!(self.store, Store::There(_)) {
            return None;
        }
        let address = reachable(listen)?;
        let ask = async {
            let mut stream = TcpStream::connect(address).await.ok()?;
            stream.set_zero_linger().ok()?;
            let question = format!("GET /jobs HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            stream.write_all(question.as_bytes()).await.ok()?;
            let mut first = [0_u8; 12];
            stream.read_exact(&mut first).await.ok()?;
            match &first {
                b"HTTP/1.1 200" | b"HTTP/1.0 200" => Some(true),
                b"HTTP/1.1 401" | b"HTTP/1.0 401" => Some(false),
                _ => None,
            }
        };
        timeout(PATIENCE, ask).await.ok().flatten()
    }
}

/// Where a listener can be reached from its own machine.
fn reachable(listen: &str) -> Option<SocketAddr> {
    let (host, port) = listen.rsplit_once(':')?;
    let host: IpAddr = host.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    let host = match host {
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V4(_) | IpAddr::V6(_) => host,
    };
    Some(SocketAddr::new(host, port.parse().ok()?))
}

/// Reads what matters line by line, as the server does.
fn settings(text: &str) -> Settings {
    let mut found = Settings::default();
    let mut section = "";
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default().trim();
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        let value =
            value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value).to_owned();
        match (section, key.trim()) {
            ("controller", "auth_file") => found.auth_file = Some(value),
            ("http", "listen") => found.http = Some(value).filter(|listen| !listen.is_empty()),
            ("http", "bearer_token") => found.bearer = !value.is_empty(),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_of_the_settings() {
        let text = "[log]\nlevel = \"info\"\n[controller]\nlisten = \"127.0.0.1:5678\"\nauth_file = \"/etc/ztick/auth.toml\"\n\
                    # [http]\n[http]\nlisten = \"0.0.0.0:8080\"\n";
        let want = Settings {
            auth_file: Some(String::from("/etc/ztick/auth.toml")),
            http: Some(String::from("0.0.0.0:8080")),
            bearer: false,
        };
        assert_eq!(settings(text), want);
        assert!(settings("auth_file = \"x\"\n[http]\nbearer_token = \"t\"\n").bearer);
        assert_eq!(reachable("0.0.0.0:80").unwrap().to_string(), "127.0.0.1:80");
        assert_eq!(reachable("::1:80").unwrap().to_string(), "[::1]:80");
        assert_eq!(reachable("localhost:80"), None);
    }
}
