//! The control address, which only a sandbox has: JSON over HTTP on a port of its own, for tests and for the curious.
//!
//! | call | body | what it does |
//! |---|---|---|
//! | `GET /` | | describes every call, fault and quirk, as JSON |
//! | `GET /clock` | | `{"now", "offset_seconds"}` |
//! | `POST /clock` | `{"advance_seconds": N}` or `{"set": "<RFC 3339>"}` | moves the clock that every decision goes by |
//! | `GET /quirks` | | every switch and its value |
//! | `POST /quirks` | `{"kitaru": {"version": "0.96.1"}}` | changes the switches that are named |
//! | `GET /faults` | | the faults that are still in |
//! | `POST /faults` | a fault, see `GET /` | puts one in |
//! | `DELETE /faults` | | takes all of them out |
//! | `GET /requests` | | the last 500 requests: what arrived, never bodies or credentials |
//! | `DELETE /requests` | | forgets them |
//! | `POST /restart` | `{"backend": "ztick"}` | kills that server and starts it again: `{"running", "exit", "stderr", "tokens"}` |
//!
//! A request with an `Origin`, or for a host that is not loopback, is refused: no web page can reach in here.
//! An error is a 400 (or 403, 404) with `{"error": "<a sentence>"}`.

use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::clock::{SECOND, rfc3339};
use super::faults::{Fault, Kind};
use super::http::{Call, Reply};
use super::ports::Part;
use super::world::World;
use super::{foxnose, kitaru, kitaru_k, pangolin, zpools, ztick};

/// Answers a control call.
pub(super) fn answer(world: &World, call: &Call) -> Reply {
    route(world, call).map_or_else(
        |(status, text)| Reply::json(status, &json!({ "error": text })),
        |body| Reply::json(200, &body),
    )
}

type Refusal = (u16, String);

fn route(world: &World, call: &Call) -> Result<Value, Refusal> {
    refuse_strangers(call)?;
    let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (&call.method, path.as_slice()) {
        (&Method::GET, [""]) => Ok(describe()),
        (&Method::GET, ["clock"]) => Ok(clock(world)),
        (&Method::POST, ["clock"]) => move_clock(world, call),
        (&Method::GET, ["quirks"]) => Ok(json!(world.inner().quirks)),
        (&Method::POST, ["quirks"]) => change_quirks(world, call),
        (&Method::GET, ["faults"]) => Ok(json!(world.faults.all())),
        (&Method::POST, ["faults"]) => add_fault(world, call),
        (&Method::DELETE, ["faults"]) => {
            world.faults.clear();
            Ok(json!([]))
        }
        (&Method::GET, ["requests"]) => Ok(json!(world.journal.all())),
        (&Method::DELETE, ["requests"]) => {
            world.journal.clear();
            Ok(json!([]))
        }
        (&Method::POST, ["restart"]) => restart(world, call),
        (method, _) => Err((404, format!("there is no {method} {}; GET / lists every call", call.path))),
    }
}

/// Web pages in the operator's browser must not steer a sandbox, neither directly nor by a host name of theirs that
/// leads here.
fn refuse_strangers(call: &Call) -> Result<(), Refusal> {
    let host = call.header("host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if call.headers.contains_key("origin") {
        Err((403, "requests with an Origin are refused: the control address is not for web pages".to_owned()))
    } else if !["127.0.0.1", "localhost", "[::1]"].contains(&name) {
        Err((403, "the Host must be 127.0.0.1 or localhost".to_owned()))
    } else {
        Ok(())
    }
}

fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Refusal> {
    serde_json::from_slice(&call.body).map_err(|error| (400, format!("the body does not fit: {error}")))
}

fn clock(world: &World) -> Value {
    json!({ "now": rfc3339(world.clock.now()), "offset_seconds": world.clock.offset() / SECOND })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveClock {
    advance_seconds: Option<i64>,
    set: Option<jiff::Timestamp>,
}

fn move_clock(world: &World, call: &Call) -> Result<Value, Refusal> {
    let moved = match body(call)? {
        MoveClock { advance_seconds: Some(seconds), set: None } => {
            world.clock.advance(seconds.saturating_mul(SECOND))
        }
        MoveClock { advance_seconds: None, set: Some(moment) } => world.clock.set(moment.as_microsecond()),
        MoveClock { .. } => return Err((400, "say either advance_seconds or set".to_owned())),
    };
    moved.ok_or_else(|| (400, "the clock goes from 1970 to the year 9000".to_owned()))?;
    world.keep_clock().map_err(|error| (500, error.to_string()))?;
    Ok(clock(world))
}

fn change_quirks(world: &World, call: &Call) -> Result<Value, Refusal> {
    let change: Value = body(call)?;
    let inner = &mut *world.inner();
    inner.quirks = inner.quirks.changed(&change).map_err(|error| (400, format!("no such quirk: {error}")))?;
    world.ztick.configure(&inner.quirks.ztick);
    Ok(json!(inner.quirks))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restart {
    backend: String,
}

/// The answer tells how the start ended; a start that failed is still an answered call.
fn restart(world: &World, call: &Call) -> Result<Value, Refusal> {
    let Restart { backend } = body(call)?;
    if backend != ztick::NAME {
        return Err((400, format!("there is no backend {backend:?} that can be restarted")));
    }
    let report = world.ztick.restart().ok_or_else(|| (500, "the sandbox is ending".to_owned()))?;
    Ok(json!(report))
}

fn add_fault(world: &World, call: &Call) -> Result<Value, Refusal> {
    let fault: Fault = body(call)?;
    if fault.status.is_some_and(|status| !(200..600).contains(&status)) {
        return Err((400, "a status is between 200 and 599".to_owned()));
    }
    if fault.times == Some(0) {
        return Err((
            400,
            "times is at least 1; null means all requests until the fault is deleted".to_owned(),
        ));
    }
    let backends = || Part::ALL.iter().filter(|part| **part != Part::Control).map(|part| part.name());
    if let Some(backend) = fault.backend.as_deref().filter(|named| backends().all(|name| name != *named)) {
        return Err((400, format!("there is no backend {backend:?} that faults can meet")));
    }
    world.faults.add(fault);
    Ok(json!(world.faults.all()))
}

/// The sandbox's description of itself. It is data made from the same tables that do the work.
fn describe() -> Value {
    let kinds: Value = Kind::ALL.iter().map(|(kind, what)| (kind.name().to_owned(), json!(what))).collect();
    json!({
        "about": "the control address of a keywright sandbox",
        "calls": {
            "GET /": "this description",
            "GET /clock": "what time it is in the sandbox",
            "POST /clock": "moves the clock: {\"advance_seconds\": N} or {\"set\": \"<RFC 3339>\"}",
            "GET /quirks": "every switch and its value",
            "POST /quirks": "changes the switches that are named: {\"<backend>\": {\"<name>\": <value>}}",
            "GET /faults": "the faults that are still in",
            "POST /faults": "puts one in; the first that meets a request spoils it",
            "DELETE /faults": "takes all of them out",
            "GET /requests": "the last 500 requests, oldest first, without bodies or credentials",
            "DELETE /requests": "forgets them",
            "POST /restart": "kills a server and starts it again, as a signal and its supervisor would: {\"backend\": \"ztick\"}; answers running, exit, stderr and tokens. A port that the server closed first stays taken for a minute, as on the real one",
        },
        "fault": {
            "kind": kinds,
            "backend": "only requests to this backend",
            "method": "only requests with this method",
            "path": "only requests whose path starts with these parts; * stands for any one part",
            "times": "how many requests it spoils, default 1; null for all until it is deleted",
            "delay_ms": "how long to wait first, with any kind",
            "status": "of kind answer, default 500",
            "body": "of kind answer: text is sent as text, anything else as JSON",
            "headers": "of kind answer: more headers, for example {\"Retry-After\": \"2\"}",
            "megabytes": "of kind oversize",
        },
        "quirks": {
            "zpools": zpools::Quirks::described(),
            "ztick": ztick::Quirks::described(),
            "kitaru": kitaru::Quirks::described(),
            "kitaru_k": kitaru_k::Quirks::described(),
            "foxnose": foxnose::Quirks::described(),
            "pangolin": pangolin::Quirks::described(),
        },
    })
}
