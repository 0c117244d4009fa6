//! The named switches of all backends. They belong to a run and are not kept: a restart is a stock server again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{foxnose, kitaru, kitaru_k, pangolin, zpools, ztick};

/// Every backend's switches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quirks {
    pub(super) zpools: zpools::Quirks,
    pub(super) kitaru: kitaru::Quirks,
    pub(super) kitaru_k: kitaru_k::Quirks,
    pub(super) pangolin: pangolin::Quirks,
    pub(super) ztick: ztick::Quirks,
    pub(super) foxnose: foxnose::Quirks,
}

impl Quirks {
    /// These switches with some of them changed; unknown names and wrong values are refused in words.
    pub(super) fn changed(&self, change: &Value) -> Result<Self, serde_json::Error> {
        let mut all = serde_json::to_value(self)?;
        merge(&mut all, change);
        serde_json::from_value(all)
    }
}

/// Every switch of one backend with its default and what `about` says of it, for the control address.
pub(super) fn described<Q: Default + Serialize>(about: impl Fn(&str) -> &'static str) -> Value {
    let Ok(Value::Object(defaults)) = serde_json::to_value(Q::default()) else { return Value::Null };
    let entry = |(name, default): (String, Value)| {
        let entry = json!({ "default": default, "about": about(&name) });
        (name, entry)
    };
    defaults.into_iter().map(entry).collect()
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (name, value) in change {
                merge(into.entry(name).or_insert(Value::Object(Map::new())), value);
            }
        }
        (into, change) => *into = change.clone(),
    }
}
