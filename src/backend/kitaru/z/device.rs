//! The device flow: a code approved by somebody who is logged in to the server's pages.

use super::info::Scheme;
use super::{Adapter, decode, errors, wire};
use crate::backend::http::Call;
use crate::backend::{DeviceAnswer, DeviceLogin};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::Approval;
use crate::domain::text::Text;
use crate::domain::time::SignedDuration;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Seconds between two questions where the server names none, and what `slow_down` adds.
const INTERVAL: u64 = 5;
/// The longest interval and life of a code that we believe, in seconds.
const LONGEST_INTERVAL: u64 = 60;
const LONGEST_LIFE: u64 = 3600;

impl Adapter {
    pub(super) async fn begin_device_login(&self) -> Result<DeviceLogin, Failure> {
        let server = self.server().await?;
        server.admits()?;
        if server.scheme == Scheme::Off {
            let words = "authentication is off on this server; choose the user name and type any";
            return Err(Failure::new(FailureKind::Unsupported, words));
        }
        let client = self.device.to_string();
        let call = Call::exchange(&["api", "v1", "device_authorization"], &[("client_id", &client)]);
        let reply = self.http.send(call).await?;
        if !reply.is_success() {
            return Err(errors::login_failure(&reply));
        }
        let told: wire::Pairing = decode(&reply, "the device code")?;
        let address = |uri: &str| {
            let joined = join(self.http.endpoint().as_str(), uri);
            joined.ok_or_else(|| errors::unexpected(&reply, "the address to approve this login at"))
        };
        let life = told.expires_in.unwrap_or(300).min(LONGEST_LIFE);
        let life = SignedDuration::from_secs(i64::try_from(life).unwrap_or_default());
        Ok(DeviceLogin {
            address: address(&told.verification_uri)?,
            address_with_code: address(
                told.verification_uri_complete.as_ref().unwrap_or(&told.verification_uri),
            )?,
            approval: Approval::Code(Text::clean(&told.user_code)),
            interval: told.interval.unwrap_or(INTERVAL).clamp(1, LONGEST_INTERVAL),
            expires: (self.clock)().checked_add(life).unwrap_or_default(),
            device_code: told.device_code.0,
        })
    }

    pub(super) async fn ask_device_login(&self, login: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        let client = self.device.to_string();
        let form =
            [("grant_type", GRANT), ("client_id", &client), ("device_code", login.device_code.expose())];
        let refused = |words: &str| Err(Failure::new(FailureKind::WrongLogin, words));
        let told = match self.exchange_device(&form).await? {
            Ok(bearer) => {
                let server = self.server().await?;
                return self.session(&server, bearer, None).await.map(DeviceAnswer::Approved);
            }
            Err(told) => told,
        };
        match told.code.as_deref() {
            Some("authorization_pending") => Ok(DeviceAnswer::Pending { interval: login.interval }),
            Some("slow_down") => {
                Ok(DeviceAnswer::Pending { interval: login.interval.saturating_add(INTERVAL) })
            }
            Some("expired_token") => refused("the code has ended or was used already; start again"),
            Some("access_denied") => {
                refused("the server has locked this device; after three wrong codes it does")
            }
            Some("invalid_client") => refused("the server does not know this device any more; start again"),
            Some(_) | None => refused(told.words()),
        }
    }
}

/// The server names its pages without a host unless it was told its own address.
fn join(endpoint: &str, uri: &str) -> Option<Text> {
    let whole = if uri.starts_with('/') { format!("{endpoint}{uri}") } else { uri.to_owned() };
    let url = url::Url::parse(&whole).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| Text::clean(url.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_joined_to_the_endpoint() {
        let cases = [
            ("/devices/verify?a=1", Some("https://h.example/base/devices/verify?a=1")),
            ("https://other.example/devices", Some("https://other.example/devices")),
            ("javascript:alert(1)", None),
            ("file:///etc/passwd", None),
            ("devices", None),
            ("", None),
        ];
        for (uri, want) in cases {
            let joined = join("https://h.example/base", uri);
            assert_eq!(joined.as_ref().map(Text::as_str), want, "{uri}");
        }
    }
}
