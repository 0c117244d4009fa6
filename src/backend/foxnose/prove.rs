//! Whether a secret works, by three requests that only read: without a credential, with it, and with it spoilt. Refused,
//! taken, refused is proof; anything else tells why it is none.
//!
//! A key that the server knows and does not allow to read there is genuine all the same. Keys are tried signed first: that
//! keeps the secret at home. Only when the signature is refused are they sent plain, to tell a wrong clock from a dead key.

use p256::ecdsa::SigningKey;

use super::super::http::{Call, Http, Limits};
use super::access::{How, present, present_spoilt};
use super::known::{Fact, Reading};
use super::pair::{self, BEARER, Pair};
use super::path::{Kind, Which};
use super::{FoxNose, errors};
use crate::domain::account::Endpoint;
use crate::domain::answer::Verdict;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::text::Text;
use crate::domain::time::Skew;
use crate::secret::{Parts, Secret};

const UNKNOWN: &str = "it is not among the credentials that were listed, so there is no telling where to present it; refresh \
                       the list";
const NO_READING: &str =
    "its environment has no API that asks for a key, and on others a good answer proves nothing";
const NO_ADDRESS: &str =
    "where Flux answers for its environment is not known; set the Flux address of the account (e)";
const KEY_REFUSED: &str = "the server refuses it, signed and plain: it was deleted, is of another environment or the other API, \
                           or the halves are of different keys";
const PLAIN_REFUSED: &str = "the server refuses it: it was deleted, is of another environment or the other API, or the halves \
                             are of different keys";
const TOKEN_REFUSED: &str = "the server refuses it: it was revoked, or another one was issued in its place";
const TOKEN_MAYBE: &str = "plain calls refuse it, and none was ever seen to take a token here: it may be dead, or good for MCP \
                           alone";

/// What three requests showed.
enum Shown {
    /// Refused, taken, refused. `allowed` tells whether the role lets it read there.
    Works {
        allowed: bool,
    },
    Refused,
    /// Nothing: why, in words.
    Nothing(String),
}

/// A call that only reads, made anew for each request.
struct Question<'a> {
    http: &'a Http,
    path: Vec<&'a str>,
}

impl Question<'_> {
    /// With a query, which must not be under a signature.
    fn call(&self) -> Call<'_> {
        Call::present(&self.path).query("limit", &1)
    }

    async fn ask(&self, how: How<'_>) -> Result<Shown, Failure> {
        let nobody = present(self.http, self.call(), How::Nobody).await?;
        if nobody.status != 401 {
            let words = format!("without a credential the answer is {} and not 401", nobody.status);
            return Ok(Shown::Nothing(words));
        }
        let answer = present(self.http, self.call(), how).await?;
        let allowed = match answer.status {
            401 => return Ok(Shown::Refused),
            200..300 => true,
            403 if errors::is_own(&answer.body) => false,
            _ => {
                let why = errors::failure(&answer, errors::By::Key).sentence();
                return Ok(Shown::Nothing(format!("the answer tells nothing about it ({why})")));
            }
        };
        let spoilt = present_spoilt(self.http, self.call(), how).await?;
        if spoilt.status == 401 {
            return Ok(Shown::Works { allowed });
        }
        Ok(Shown::Nothing(format!("spoilt by one character it is answered {} and not 401", spoilt.status)))
    }
}

impl FoxNose {
    pub(super) async fn prove(&self, parts: &Parts) -> Result<Verdict, Failure> {
        let missing = || Failure::new(FailureKind::Invalid, "there is no secret to verify");
        let secret = parts.get("secret").ok_or_else(missing)?;
        if secret.expose().trim().starts_with(BEARER) {
            return self.prove_token(&Secret::new(secret.expose().trim().to_owned())).await;
        }
        let public = match parts.get("public") {
            Some(public) if parts.count() > 1 => public.expose().to_owned(),
            // The secret alone tells its public half, as long as it is the usual kind of key.
            Some(_) | None => pair::public_of(secret).ok_or_else(|| {
                Failure::new(FailureKind::Invalid, "a key is verified with both of its parts")
            })?,
        };
        let pair = Pair::new(&public, secret).map_err(|why| Failure::new(FailureKind::Invalid, why))?;
        let Some(fact) = self.known.by_mark(pair.public()) else { return Ok(untold(UNKNOWN)) };
        let signer = pair.signer().ok();
        match Which::read(&fact.id)? {
            Which::Key(Kind::Management, _) => {
                let path = vec!["v1", &fact.environment, "permissions", Kind::Management.api(), "roles", ""];
                let shown =
                    self.ask_pair(&Question { http: &self.http, path }, &pair, signer.as_ref()).await?;
                Ok(verdict(shown, &fact, self.http.skew(), refused(signer.as_ref())))
            }
            Which::Key(Kind::Flux, _) | Which::Bearer(_) => {
                let (http, readings) = match self.flux(&fact)? {
                    Ok(flux) => flux,
                    Err(why) => return Ok(untold(why)),
                };
                let mut shown = Shown::Nothing(NO_READING.to_owned());
                for reading in &readings {
                    let question = Question { http: &http, path: parts_of(reading) };
                    shown = better(shown, self.ask_pair(&question, &pair, signer.as_ref()).await?);
                    if is_settled(&shown) {
                        break;
                    }
                }
                Ok(verdict(shown, &fact, http.skew(), refused(signer.as_ref())))
            }
        }
    }

    async fn prove_token(&self, token: &Secret) -> Result<Verdict, Failure> {
        let prefix: String = token.expose().chars().take(12).collect();
        let Some(fact) = self.known.by_mark(&prefix) else { return Ok(self.unlisted_token()) };
        let (http, readings) = match self.flux(&fact)? {
            Ok(flux) => flux,
            Err(why) => return Ok(untold(why)),
        };
        let mut shown = Shown::Nothing(NO_READING.to_owned());
        for reading in &readings {
            let question = Question { http: &http, path: parts_of(reading) };
            shown = better(shown, question.ask(How::Bearer(token)).await?);
            if is_settled(&shown) {
                break;
            }
        }
        if matches!(shown, Shown::Works { .. }) {
            self.known.saw_token_open();
        }
        if matches!(shown, Shown::Refused) && !self.known.tokens_open() {
            return Ok(untold(TOKEN_MAYBE));
        }
        Ok(verdict(shown, &fact, http.skew(), TOKEN_REFUSED))
    }

    /// A key shows one token at most, by its beginning, so one that no key shows is not the one that works.
    fn unlisted_token(&self) -> Verdict {
        if self.known.tokens_open() {
            Verdict::Refused { why: TOKEN_REFUSED.into() }
        } else {
            untold(UNKNOWN)
        }
    }

    /// Asks signed, and plain where that is refused or not possible. The server's clock is known by the first answer.
    async fn ask_pair(
        &self,
        question: &Question<'_>,
        pair: &Pair,
        signer: Option<&SigningKey>,
    ) -> Result<Shown, Failure> {
        let Some(signer) = signer else { return question.ask(How::Plain(pair)).await };
        present(question.http, question.call(), How::Nobody).await?;
        let now = question.http.skew().server_time((self.clock)());
        let by_signature = question.ask(How::Signed(pair, signer, now)).await?;
        if !matches!(by_signature, Shown::Refused) {
            return Ok(by_signature);
        }
        match question.ask(How::Plain(pair)).await? {
            Shown::Works { .. } => Ok(Shown::Nothing(format!(
                "plain it is taken and signed it is refused: the server's clock is {} s ahead of ours, or something in \
                 between changes the path",
                question.http.skew().0
            ))),
            plain @ (Shown::Refused | Shown::Nothing(_)) => Ok(plain),
        }
    }

    /// Where to present a secret of an environment, and what to read there; or why that is not known.
    fn flux(&self, fact: &Fact) -> Result<Result<(Http, Vec<Reading>), &'static str>, Failure> {
        let Some((place, readings)) = self.known.place(&fact.environment) else { return Ok(Err(UNKNOWN)) };
        let Some(endpoint) = self.flux_address(&fact.environment, place.host.as_deref())? else {
            return Ok(Err(NO_ADDRESS));
        };
        if readings.is_empty() {
            return Ok(Err(NO_READING));
        }
        let clock = std::sync::Arc::clone(&self.clock);
        Ok(Ok((Http::new(&endpoint, self.ca_file.clone(), clock, Limits::default()), readings)))
    }

    /// The account's own address goes first, then the host that the environment names, then, at the vendor's own service,
    /// the host that its environments are known by. Plain http stays on this machine: the address itself refuses others.
    fn flux_address(&self, environment: &str, host: Option<&str>) -> Result<Option<Endpoint>, Failure> {
        if let Some(address) = &self.flux {
            return Ok(Some(address.clone()));
        }
        let scheme = self.http.endpoint().url().scheme();
        let vendors = self.http.endpoint().url().host_str() == Some(super::VENDOR);
        let address = match host.filter(|host| !host.is_empty()) {
            Some(host) => format!("{scheme}://{host}"),
            None if vendors => format!("https://{environment}.fxns.io"),
            None => return Ok(None),
        };
        let odd =
            |error| Failure::new(FailureKind::Unexpected, format!("the environment's host is odd: {error}"));
        Endpoint::parse(&address).map(Some).map_err(odd)
    }
}

fn parts_of(reading: &Reading) -> Vec<&str> {
    std::iter::once(reading.prefix.as_str()).chain(reading.rest.iter().map(String::as_str)).collect()
}

/// Nothing further can be learnt from another API: it works and may read, or the server does not know it.
fn is_settled(shown: &Shown) -> bool {
    matches!(shown, Shown::Works { allowed: true } | Shown::Refused)
}

/// What is known after one more answer: an answer that shows nothing takes nothing back.
fn better(before: Shown, after: Shown) -> Shown {
    match (before, after) {
        (before @ Shown::Works { .. }, Shown::Nothing(_)) => before,
        (_, after) => after,
    }
}

fn refused(signer: Option<&SigningKey>) -> &'static str {
    if signer.is_some() { KEY_REFUSED } else { PLAIN_REFUSED }
}

fn untold(why: &str) -> Verdict {
    Verdict::Untold { why: why.into() }
}

/// What a clock may be apart before it is said: signatures are good for a few minutes.
const APART: i64 = 60;

fn verdict(shown: Shown, fact: &Fact, skew: Skew, refused: &str) -> Verdict {
    match shown {
        Shown::Works { allowed } => {
            let role = if allowed { "" } else { ", whose role lets it read nothing that was asked" };
            let clock = match skew.0 {
                apart if apart.abs() <= APART => String::new(),
                apart => format!(
                    ", by the server's clock, which is {} s {} ours (what signs by this machine's clock may be refused)",
                    apart.abs(),
                    if apart > 0 { "ahead of" } else { "behind" }
                ),
            };
            let who = Text::clean(&format!("{}{role}{clock}", fact.who));
            Verdict::Accepted { who, scopes: fact.scopes.clone(), untold: Vec::new() }
        }
        Shown::Refused => Verdict::Refused { why: refused.into() },
        Shown::Nothing(why) => Verdict::Untold { why: why.into() },
    }
}
