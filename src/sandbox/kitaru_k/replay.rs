//! Answers kept under their `Idempotency-Key`: a repeated create or rotate gives the same raw key. In memory only,
//! because raw keys are in them. Only successes are kept; a refused request can be sent again under its key.

use std::collections::HashMap;

use super::super::clock::Micros;
use super::super::http::{Call, Reply};
use super::problem::{Outcome, Problem};

/// The longest key.
const LONGEST: usize = 255;

struct Kept {
    fingerprint: String,
    reply: Reply,
    made: Micros,
}

/// The kept answers, by account and key.
#[derive(Default)]
pub(super) struct Replays(HashMap<(String, String), Kept>);

/// The key of a request, if it carries one.
pub(super) fn key_of(call: &Call) -> Outcome<Option<String>> {
    let Some(sent) = call.headers.get("idempotency-key") else { return Ok(None) };
    let key = sent.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.chars().count() > LONGEST {
        return Err(Problem::plain(400, "Invalid Idempotency-Key header."));
    }
    Ok(Some(key.to_owned()))
}

/// What makes two requests the same one.
fn fingerprint(call: &Call) -> String {
    let query: Vec<_> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let body = String::from_utf8_lossy(&call.body);
    super::super::hash::secret(&format!("{}\n{}?{}\n{body}", call.method, call.path, query.join("&")))
}

impl Replays {
    /// The answer that this account got for this request, marked as a repetition; the refusal if the key stood for
    /// another request.
    pub(super) fn find(
        &mut self,
        account: &str,
        key: &str,
        call: &Call,
        since: Micros,
    ) -> Outcome<Option<Reply>> {
        self.0.retain(|_, kept| kept.made >= since);
        match self.0.get(&(account.to_owned(), key.to_owned())) {
            None => Ok(None),
            Some(kept) if kept.fingerprint == fingerprint(call) => {
                Ok(Some(kept.reply.clone().with("idempotent-replayed", "true")))
            }
            Some(_) => Err(Problem::value("Idempotency-Key was already used with a different request")),
        }
    }

    /// Keeps an answer.
    pub(super) fn keep(&mut self, account: &str, key: String, call: &Call, reply: Reply, made: Micros) {
        self.0.insert((account.to_owned(), key), Kept { fingerprint: fingerprint(call), reply, made });
    }
}
