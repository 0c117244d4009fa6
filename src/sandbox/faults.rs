//! Injected faults: what goes wrong with which requests, and how often. The control address puts them in; `serve` asks
//! for them. The kinds are one enum, and each says whether the backend gets to do its work first.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::http::Call;
use super::ports::Part;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Nothing but the delay: the work is done, the answer comes later.
    Delay,
    /// `status`, `body` and `headers` are sent instead of doing the work.
    Answer,
    /// The connection closes and nothing was done.
    CutBefore,
    /// The work is done and the connection closes before any byte of an answer.
    CutAfter,
    /// The work is done and the connection closes in the middle of the answer's body.
    CutBody,
    /// The work is done and the answer is `megabytes` long.
    Oversize,
    /// Nothing is done; the answer is an error full of terminal escape sequences.
    Escapes,
    /// The work is done and the answer, JSON by its header, is not JSON.
    Garbage,
    /// The work is done and the answer is a web page.
    WrongType,
}

impl Kind {
    /// Every kind with what it does, for the control address's description of itself.
    pub(super) const ALL: [(Kind, &'static str); 9] = [
        (Kind::Delay, "the work is done and the answer comes delay_ms later"),
        (Kind::Answer, "status, body and headers are sent instead of doing the work"),
        (Kind::CutBefore, "the connection closes and nothing was done"),
        (Kind::CutAfter, "the work is done and the connection closes before any byte of an answer"),
        (Kind::CutBody, "the work is done and the connection closes in the middle of the answer's body"),
        (Kind::Oversize, "the work is done and the answer is megabytes (default 2) long"),
        (Kind::Escapes, "nothing is done; the answer is a 400 full of terminal escape sequences"),
        (Kind::Garbage, "the work is done and the answer says JSON but is none"),
        (Kind::WrongType, "the work is done and the answer is a web page with status 200"),
    ];

    /// The name in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Delay => "delay",
            Kind::Answer => "answer",
            Kind::CutBefore => "cut_before",
            Kind::CutAfter => "cut_after",
            Kind::CutBody => "cut_body",
            Kind::Oversize => "oversize",
            Kind::Escapes => "escapes",
            Kind::Garbage => "garbage",
            Kind::WrongType => "wrong_type",
        }
    }
}

/// One fault, as it is put in and listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    /// Only requests to this backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) backend: Option<String>,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
    /// Only requests whose path starts with these parts; `*` stands for any one part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    pub(super) kind: Kind,
    /// How many requests it still spoils; null for all until it is deleted.
    #[serde(default = "once")]
    pub(super) times: Option<u32>,
    #[serde(default)]
    pub(super) delay_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) body: Value,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) megabytes: Option<u16>,
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's own type")]
fn once() -> Option<u32> {
    Some(1)
}

impl Fault {
    fn meets(&self, part: Part, call: &Call) -> bool {
        self.backend.as_deref().is_none_or(|backend| backend == part.name())
            && self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(call.method.as_str()))
            && self.path.as_deref().is_none_or(|path| starts_with(&call.path, path))
    }
}

fn starts_with(path: &str, pattern: &str) -> bool {
    let mut parts = path.trim_matches('/').split('/');
    let wanted = pattern.trim_matches('/');
    wanted.is_empty()
        || wanted.split('/').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part))
}

/// The faults that are in, in the order they were put in; the first that meets a request spoils it.
#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Puts one in.
    pub(super) fn add(&self, fault: Fault) {
        self.faults().push(fault);
    }

    /// Every fault that is in.
    pub(super) fn all(&self) -> Vec<Fault> {
        self.faults().clone()
    }

    /// Takes all of them out.
    pub(super) fn clear(&self) {
        self.faults().clear();
    }

    /// The fault for this request, counted down and taken out when spent.
    pub(super) fn take(&self, part: Part, call: &Call) -> Option<Fault> {
        let mut faults = self.faults();
        let place = faults.iter().position(|fault| fault.meets(part, call))?;
        let fault = faults.get_mut(place)?;
        let taken = fault.clone();
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
        }
        faults.retain(|fault| fault.times != Some(0));
        Some(taken)
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
