//! The device flow: a code approved by somebody who is logged in to the server's pages. The approved device can be
//! exchanged for bearers again and again, which is how such a session renews itself.

use super::{Adapter, errors, wire};
use crate::backend::http::Call;
use crate::backend::kitaru::{decode, z};
use crate::backend::{DeviceAnswer, DeviceLogin};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::Approval;
use crate::domain::text::Text;
use crate::domain::time::SignedDuration;
use crate::secret::Secret;

/// The name of the grant.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Seconds between two questions where the server names none, and what `slow_down` adds.
const INTERVAL: u64 = 5;
/// The longest interval and life of a code that we believe, in seconds.
const LONGEST_INTERVAL: u64 = 60;
const LONGEST_LIFE: u64 = 3600;
/// Between the device's identifier and its code, where both are kept as one.
const SEPARATOR: char = ' ';

/// The identifier and the code of a device, kept as one secret; `None` for anything else.
pub(super) fn unpacked(secret: &Secret) -> Option<(&str, &str)> {
    secret.expose().split_once(SEPARATOR)
}

impl Adapter {
    pub(super) async fn begin_device_login(&self) -> Result<DeviceLogin, Failure> {
        self.server.admits()?;
        let form = [("hostname", "keywright")];
        let reply = self.http.send(Call::exchange(&["api", "v1", "device_authorization"], &form)).await?;
        if !reply.is_success() {
            return Err(errors::login_failure(&reply));
        }
        let told: wire::Pairing = decode(&reply, "the device code")?;
        let address = |uri: &str| {
            let url = url::Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
            let missing = || z::unexpected(&reply, "the address to approve this login at");
            url.map(|url| Text::clean(url.as_str())).ok_or_else(missing)
        };
        let life = told.expires_in.unwrap_or(300).min(LONGEST_LIFE);
        let life = SignedDuration::from_secs(i64::try_from(life).unwrap_or_default());
        let code = told.device_code.0;
        let packed = zeroize::Zeroizing::new(format!("{}{SEPARATOR}{}", told.device_id, code.expose()));
        Ok(DeviceLogin {
            address: address(&told.verification_uri)?,
            address_with_code: address(
                told.verification_uri_complete.as_ref().unwrap_or(&told.verification_uri),
            )?,
            approval: Approval::Code(Text::clean(&told.user_code)),
            interval: told.interval.unwrap_or(INTERVAL).clamp(1, LONGEST_INTERVAL),
            expires: (self.clock)().checked_add(life).unwrap_or_default(),
            device_code: Secret::from_zeroizing(packed),
        })
    }

    pub(super) async fn ask_device_login(&self, login: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        let refused = |words: &str| Err(Failure::new(FailureKind::WrongLogin, words));
        let Some((id, code)) = unpacked(&login.device_code) else { return refused("start again") };
        let told = match self.redeem(id, code).await? {
            Ok(bearer) => {
                let session = self.session(bearer, Some(login.device_code.share())).await?;
                return Ok(DeviceAnswer::Approved(session));
            }
            Err(told) => told,
        };
        match told.code.as_deref() {
            Some("authorization_pending") => Ok(DeviceAnswer::Pending { interval: login.interval }),
            Some("slow_down") => {
                Ok(DeviceAnswer::Pending { interval: login.interval.saturating_add(INTERVAL) })
            }
            Some("expired_token") => refused("the code has ended; start again"),
            Some("access_denied") => {
                refused("the server has locked this device; after three wrong codes it does")
            }
            Some("invalid_grant") => refused("the server does not know this device any more; start again"),
            Some(_) | None => refused(&told.words),
        }
    }
}
