//! `credentials.yaml` of the older tools: a map of servers by address, each a map of texts. The tools write it line by
//! line in one manner, and that is what is read here; it is no reader for YAML at large.

use super::Entry;
use crate::secret::Secret;

/// Every entry that can be read.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    // How far the members of the current entry are indented; what is further in belongs to one of them.
    let mut depth = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || content == "---" {
            continue;
        }
        if indent == 0 {
            depth = None;
            if let Some(url) = key_alone(content) {
                entries.push(Entry { url, ..Entry::default() });
            }
            continue;
        }
        let members = *depth.get_or_insert(indent);
        if let (Some(entry), Some((name, value))) = (entries.last_mut(), content.split_once(':'))
            && indent == members
        {
            member(entry, name.trim(), &scalar(value));
        }
    }
    entries
}

/// The key of a line that has nothing but a key: an address, which has colons of its own.
fn key_alone(content: &str) -> Option<String> {
    content.strip_suffix(':').map(scalar).filter(|key| !key.is_empty())
}

fn member(entry: &mut Entry, name: &str, value: &str) {
    let text = || Some(value.to_owned()).filter(|value| !value.is_empty() && value != "null");
    match name {
        "url" => entry.url = text().unwrap_or_else(|| entry.url.clone()),
        "api_key" => entry.api_key = text().map(Secret::new),
        "username" => entry.username = text(),
        "password" => entry.password = text().map(Secret::new),
        "api_token" => entry.has_bearer = value != "null",
        _ => {}
    }
}

/// A text with or without quotes.
fn scalar(text: &str) -> String {
    let text = text.trim();
    let inside = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(single) = inside('\'') {
        return single.replace("''", "'");
    }
    inside('"').map_or_else(|| text.to_owned(), |double| double.replace("\\\"", "\"").replace("\\\\", "\\"))
}
