//! The throttle of logins and mints: so many attempts from one address, both together and successes counted too, and so
//! many logins of one account. Each counted attempt starts the window anew; refused ones count for nothing.

use std::collections::HashMap;

use super::super::clock::{Micros, SECOND};
use super::problem::{Outcome, Problem};
use super::{Quirks, Visit};

const WORDS: &str = "too many authentication attempts; try again later";

/// The attempts so far.
#[derive(Default)]
pub(super) struct Throttle {
    /// How many, and when the last one was.
    counted: HashMap<String, (u32, Micros)>,
}

impl Throttle {
    fn so_far(&self, who: &str, quirks: &Quirks, now: Micros) -> u32 {
        let window = i64::from(quirks.auth_rate_window_secs) * SECOND;
        self.counted.get(who).filter(|(_, last)| now - last < window).map_or(0, |(count, _)| *count)
    }

    fn is_full(&self, who: &str, quirks: &Quirks, now: Micros) -> bool {
        quirks.auth_rate_limit > 0 && self.so_far(who, quirks, now) >= quirks.auth_rate_limit
    }

    fn count(&mut self, who: String, quirks: &Quirks, now: Micros) {
        if quirks.auth_rate_limit == 0 {
            return;
        }
        let count = self.so_far(&who, quirks, now).saturating_add(1);
        self.counted.insert(who, (count, now));
    }
}

/// The address it came from.
fn address(visit: &Visit<'_>) -> String {
    let forwarded = visit.call.header("x-forwarded-for").filter(|_| visit.quirks.trust_forwarded_for);
    format!("from {}", forwarded.unwrap_or("127.0.0.1"))
}

fn account_key(account: &str) -> String {
    format!("as {account}")
}

/// Counts an attempt, or refuses it. Mints have no account.
pub(super) fn attempt(visit: &mut Visit<'_>, account: Option<&str>) -> Outcome<()> {
    let (address, account) = (address(visit), account.map(account_key));
    let (throttle, quirks, now) = (&mut visit.server.throttle, visit.quirks, visit.now);
    let refusal = if throttle.is_full(&address, quirks, now) {
        Problem::Nested { status: 429, kind: "TooManyRequests", message: WORDS.to_owned() }
    } else if account.as_deref().is_some_and(|account| throttle.is_full(account, quirks, now)) {
        Problem::text(429, WORDS)
    } else {
        for who in [Some(address), account].into_iter().flatten() {
            throttle.count(who, quirks, now);
        }
        return Ok(());
    };
    visit.server.metrics.throttled();
    Err(Problem::Throttled(Box::new(refusal)))
}

/// Forgets an account's attempts after a success.
pub(super) fn clear(visit: &mut Visit<'_>, account: &str) {
    visit.server.throttle.counted.remove(&account_key(account));
}
