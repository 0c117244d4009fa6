//! What a PAT really may do: one read for each scope, asked and not believed.
//!
//! The gateway can keep a verdict for five seconds under the PAT alone, and then gives it on every route. So a quick
//! pass over all scopes ends with the call it began with. If that was accepted both times and something between was
//! refused, within those seconds, verdicts are made for each request, and all of them count: the gateway cannot have
//! changed its mind twice from memory. Otherwise nothing is known, and every scope is asked again after a pause: five
//! grants of a PAT for everything look just like one remembered grant. That takes half a minute, which is said.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use super::super::http::{Call, Reply};
use super::super::{Hearing, unheard};
use super::{Zpools, convert, errors, token, wire};
use crate::domain::answer::{Progress, Verdict};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::text::Text;
use crate::domain::time::SignedDuration;
use crate::secret::{Parts, Secret};

/// Longer than the gateway remembers.
pub(super) const MEMORY: Duration = Duration::from_secs(6);
/// Within this time all verdicts can come from its memory.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(5);

/// A read that shows a scope.
struct Probe {
    scope: &'static str,
    path: &'static [&'static str],
    limit: Option<u8>,
}

const HELLO: &[&str] = &["hello"];
const PROBES: [Probe; 5] = [
    Probe { scope: "zpool", path: &["zpools"], limit: None },
    Probe { scope: "job", path: &["jobs"], limit: Some(1) },
    Probe { scope: "sshkey", path: &["sshkey"], limit: None },
    Probe { scope: "pat", path: &["pat"], limit: None },
    Probe { scope: "billing", path: &["billing", "balance"], limit: None },
];

/// Why the questions come slowly.
const SLOWLY: &str = "6 s before each, 30 s in all: the gateway may answer from memory for 5 s";
/// Why a refusal is asked about again.
const TWICE: &str = "once more after 6 s: the refusal may come from the gateway's memory";

/// Tells which question comes now; the first is whether the PAT works at all.
fn tell(hearing: Hearing<'_>, position: usize, what: &str, why: &'static str) {
    hearing(Progress { done: position + 1, of: PROBES.len() + 1, what: what.into(), why });
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    scopes: Vec<&'static str>,
    who: Option<Text>,
    /// Scopes whose read takes no PAT on this server.
    untold: Vec<&'static str>,
    /// Whether the authorizer said no; a route that takes no PAT has another gatekeeper, without a memory.
    denied: bool,
}

/// What the gateway made of a request.
enum Judged {
    Granted(Reply),
    Denied,
    NotForPats,
}

impl Zpools {
    pub(super) async fn verify_pat(&self, secret: &Parts, hearing: Hearing<'_>) -> Result<Verdict, Failure> {
        let missing = || Failure::new(FailureKind::Invalid, "there is no secret to verify");
        let secret = &token::presentable(secret.get("secret").ok_or_else(missing)?)?;
        let began = (self.clock)();
        if !self.is_alive_told(secret, None, hearing).await? {
            return Ok(Verdict::Refused { why: errors::REFUSED.into() });
        }
        let mut seen = self.pass(secret, Duration::ZERO, hearing).await?;
        if !self.judges_each() {
            let again = || self.present(secret, HELLO, None);
            let mixed = seen.denied && matches!(again().await?, Judged::Granted(_));
            if mixed && (self.clock)().duration_since(began) < REMEMBERED {
                self.judges_each.store(true, Ordering::Relaxed);
            } else {
                let slowly = self.pass(secret, MEMORY, hearing).await?;
                // All of the first pass can have been memory: of a PAT that was revoked a moment ago.
                if slowly.scopes.is_empty() && slowly.denied && !self.is_alive(secret, None).await? {
                    return Ok(Verdict::Refused { why: errors::REFUSED.into() });
                }
                seen = Seen { who: slowly.who.or(seen.who), ..slowly };
            }
        }
        let who = seen.who.unwrap_or_else(|| Text::clean("a user this PAT cannot name"));
        let untold = seen.untold.into_iter().map(Text::clean).collect();
        Ok(Verdict::Accepted { who, scopes: convert::granted(&seen.scopes), untold })
    }

    /// Whether the gateway was seen to judge each request by itself.
    pub(super) fn judges_each(&self) -> bool {
        self.judges_each.load(Ordering::Relaxed)
    }

    /// Whether the server takes the PAT at all.
    pub(super) async fn is_alive(&self, secret: &Secret, agent: Option<&str>) -> Result<bool, Failure> {
        self.is_alive_told(secret, agent, &unheard).await
    }

    /// The same, with somebody who hears of it. A refusal can come from memory, so it is asked for twice.
    async fn is_alive_told(
        &self,
        secret: &Secret,
        agent: Option<&str>,
        hearing: Hearing<'_>,
    ) -> Result<bool, Failure> {
        const WHAT: &str = "whether it works";
        let call = || Call::present(HELLO).bearer(secret);
        let call = || agent.map_or_else(call, |agent| call().agent(agent));
        let accepted = |reply| judged(reply).map(|judged| matches!(judged, Judged::Granted(_)));
        tell(hearing, 0, WHAT, "");
        if accepted(self.http.send(call()).await?)? {
            return Ok(true);
        }
        if self.judges_each() {
            return Ok(false);
        }
        tell(hearing, 0, WHAT, TWICE);
        (self.wait)(MEMORY).await;
        accepted(self.http.send(call()).await?)
    }

    /// Asks for every scope, with a pause before each.
    async fn pass(&self, secret: &Secret, pause: Duration, hearing: Hearing<'_>) -> Result<Seen, Failure> {
        let mut seen = Seen::default();
        for (position, probe) in PROBES.iter().enumerate() {
            tell(hearing, position + 1, probe.scope, if pause.is_zero() { "" } else { SLOWLY });
            if !pause.is_zero() {
                (self.wait)(pause).await;
            }
            match self.present(secret, probe.path, probe.limit).await? {
                Judged::Granted(reply) => {
                    seen.scopes.push(probe.scope);
                    seen.who = seen.who.or_else(|| whose(&reply));
                }
                Judged::Denied => seen.denied = true,
                Judged::NotForPats => seen.untold.push(probe.scope),
            }
        }
        Ok(seen)
    }

    async fn present(&self, secret: &Secret, path: &[&str], limit: Option<u8>) -> Result<Judged, Failure> {
        let call = Call::present(path).bearer(secret);
        let call = if let Some(limit) = limit { call.query("limit", &limit) } else { call };
        judged(self.http.send(call).await?)
    }
}

/// Anything but a verdict is a failure.
fn judged(reply: Reply) -> Result<Judged, Failure> {
    match reply.status {
        200..300 => Ok(Judged::Granted(reply)),
        401 => Ok(Judged::NotForPats),
        403 => Ok(Judged::Denied),
        _ => Err(errors::failure(&reply, token::Reading::Pat)),
    }
}

/// The user's name, where an answer has it: the bill names the customer, and each pool its user.
fn whose(reply: &Reply) -> Option<Text> {
    let billing = serde_json::from_slice::<wire::Envelope<wire::Billing>>(&reply.body).ok();
    let customer = billing.and_then(|told| told.detail?.balance?.customer);
    customer.or_else(|| user_of_a_pool(&reply.body)).filter(|name| !name.is_empty()).map(Text::from)
}

fn user_of_a_pool(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let pools = value.pointer("/detail/zpools")?.as_object()?;
    pools.values().find_map(|pool| pool.get("Username")?.as_str().map(str::to_owned))
}
