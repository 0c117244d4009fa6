//! Signing in by browser: the server sends the browser to a provider, and back to a port of this machine with a code.
//! Nothing of ours comes back with the code, so one code is taken for each attempt, and who we are is asked afterwards.

use super::super::http::Call;
use super::super::{DeviceAnswer, DeviceLogin};
use super::{Pangolin, errors, landing, wire};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::session::Approval;
use crate::domain::text::Text;
use crate::domain::time::SignedDuration;
use crate::secret::Secret;

/// How long the server keeps an attempt.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

impl Pangolin {
    pub(super) async fn begin_browser(&self) -> Result<DeviceLogin, Failure> {
        let provider = self.chosen_provider().await?;
        let back = landing::address(self.port);
        self.is_listed(&provider, &back).await?;
        let listener = landing::listen(self.port).await;
        // An earlier attempt is over, and whoever comes for it is turned away.
        let mut slot = self.landing.lock().await;
        *slot = None;
        *slot = Some(match listener {
            Ok(listener) => listener,
            Err(_held_by_the_earlier_attempt) => landing::listen(self.port).await?,
        });
        let mut address = self.http.endpoint().url().clone();
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(["oauth", "authorize", &provider]);
        }
        address.query_pairs_mut().append_pair("redirect_uri", &back);
        let address = Text::clean(address.as_str());
        Ok(DeviceLogin {
            approval: Approval::WayBack { provider: Text::clean(&provider), address: Text::clean(&back) },
            address: address.clone(),
            address_with_code: address,
            interval: 1,
            expires: (self.clock)().checked_add(LIFE).unwrap_or_default(),
            device_code: Secret::new(String::new()),
        })
    }

    pub(super) async fn ask_browser(&self, login: &DeviceLogin) -> Result<DeviceAnswer, Failure> {
        let mut slot = self.landing.lock().await;
        if (self.clock)() >= login.expires {
            // Whoever comes now comes for an attempt that the server has forgotten.
            *slot = None;
            let words =
                "nobody came back from the browser within ten minutes; start again, or paste the code";
            return Err(Failure::new(FailureKind::Cancelled, words));
        }
        let Some(listener) = slot.as_ref() else {
            return Err(Failure::new(FailureKind::Cancelled, "this sign-in is over; start again"));
        };
        let Some(code) = landing::arrived(listener).await else {
            return Ok(DeviceAnswer::Pending { interval: 1 });
        };
        *slot = None;
        drop(slot);
        self.with_code(&code).await.map(DeviceAnswer::Approved)
    }

    async fn chosen_provider(&self) -> Result<String, Failure> {
        let reply = self.send(Call::read(&["api", "v1", "oauth", "providers"])).await?;
        let told: wire::Providers = wire::decode(&reply, "the list of providers")?;
        let none = |words: &str| Failure::new(FailureKind::Unsupported, words);
        match &self.provider {
            Some(wanted) if told.providers.contains(wanted) => Ok(wanted.clone()),
            Some(wanted) => Err(none(&format!("the server has no sign-in by {wanted}"))),
            // Signing in by GitHub fails on every server, so it is only taken when asked for.
            None => {
                let first = told.providers.into_iter().find(|provider| provider != "github");
                first.ok_or_else(|| none("the server has no sign-in by browser that works"))
            }
        }
    }

    /// Asks for the redirect without following it: a refusal tells what its operator has to list.
    async fn is_listed(&self, provider: &str, back: &str) -> Result<(), Failure> {
        let call = Call::present(&["oauth", "authorize", provider]).query("redirect_uri", &back);
        match self.http.send(call).await {
            Err(failure) if failure.kind == FailureKind::Redirected => Ok(()),
            Err(failure) => Err(failure),
            Ok(reply) if reply.status == 400 && errors::words(&reply.body).starts_with("redirect_uri") => {
                let words =
                    format!("the server's operator must add exactly {back} to PANGOLIN_OAUTH_REDIRECT_URIS");
                Err(Failure::new(FailureKind::Unsupported, words))
            }
            Ok(reply) => Err(errors::failure(&reply)),
        }
    }
}
