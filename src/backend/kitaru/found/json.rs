//! `credentials.json` of the newer tools: one object for each server, by its address.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Entry;
use crate::secret::Secret;

#[derive(Deserialize)]
struct Written {
    url: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    api_key: Option<String>,
    api_token: Option<Value>,
    device_id: Option<String>,
    device_code: Option<String>,
}

/// Every entry that can be read; a damaged one does not spoil the others.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let whole: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    whole.into_iter().filter_map(|(url, value)| entry(url, value)).collect()
}

fn entry(url: String, value: Value) -> Option<Entry> {
    let written: Written = serde_json::from_value(value).ok()?;
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    Some(Entry {
        url: text(written.url).unwrap_or(url),
        api_key: text(written.api_key).map(Secret::new),
        has_bearer: written.api_token.is_some(),
        has_device: written.device_id.is_some() && written.device_code.is_some(),
        is_control_plane: written.kind.as_deref() == Some("control_plane"),
        ..Entry::default()
    })
}
