//! What needs no credential and no state: health, the server's mode, its counters, its Iceberg configuration.

use serde_json::json;

use super::super::http::Reply;
use super::problem::{Outcome, Problem};
use super::quirks::{NoAuth, Switch};
use super::visit::ok;
use super::{Caller, Visit};

/// How often callers were let in, turned away, and slowed down.
#[derive(Default)]
pub(super) struct Metrics {
    success: u64,
    failure: u64,
    throttled: u64,
}

impl Metrics {
    /// Counts what the gatekeeper said. Public paths count for nothing.
    pub(super) fn count(&mut self, admitted: &Outcome<Option<Caller>>) {
        match admitted {
            Ok(Some(_)) => self.success += 1,
            Ok(None) => {}
            Err(_) => self.failure += 1,
        }
    }

    /// Counts one that was slowed down.
    pub(super) fn throttled(&mut self) {
        self.throttled += 1;
    }
}

pub(super) fn ready(visit: &mut Visit<'_>) -> Outcome {
    up(visit)?;
    ok(&json!({ "status": "ready", "store": "ok", "store_latency_ms": 0 }))
}

pub(super) fn live(visit: &mut Visit<'_>) -> Outcome {
    up(visit)?;
    ok(&json!({ "status": "alive" }))
}

/// Going down, it says so for some seconds before its port closes.
fn up(visit: &Visit<'_>) -> Outcome<()> {
    if visit.quirks.draining == Switch::On {
        return Err(Problem::JsonWith(503, json!({ "status": "draining" })));
    }
    Ok(())
}

pub(super) fn app_config(visit: &mut Visit<'_>) -> Outcome {
    ok(&json!({ "auth_enabled": visit.quirks.no_auth != NoAuth::True }))
}

pub(super) fn iceberg_config(_: &mut Visit<'_>) -> Outcome {
    ok(&json!({ "defaults": {}, "overrides": {} }))
}

#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
pub(super) fn metrics(visit: &mut Visit<'_>) -> Outcome {
    let Metrics { success, failure, throttled } = visit.server.metrics;
    let text = format!(
        "pangolin_auth_success_total {success}\npangolin_auth_failure_total {failure}\n\
         pangolin_auth_throttled_total {throttled}\n"
    );
    Ok(Reply::text(200, &text))
}
