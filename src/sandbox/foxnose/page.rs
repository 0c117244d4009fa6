//! Lists in pages: the envelope with its four members, and the two parameters.

use serde_json::{Value, json};

use super::super::http::Reply;
use super::Visit;
use super::problem::Outcome;

/// How many a page has if nobody asks for another number, and how many it has at most.
const USUAL: usize = 100;
const MOST: usize = 1000;

/// The page of these that the call asks for.
pub(super) fn reply(visit: &Visit<'_>, all: &[Value]) -> Outcome {
    let limit = number(visit, "limit", USUAL)?.clamp(1, MOST);
    let offset = number(visit, "offset", 0)?;
    let end = offset.saturating_add(limit);
    let link = |offset: usize| {
        let host = visit.call.header("host").unwrap_or_default();
        format!("http://{host}{}?limit={limit}&offset={offset}", visit.call.path)
    };
    let mut page = json!({
        "count": all.len(),
        "next": (end < all.len()).then(|| link(end)),
        "previous": (offset > 0).then(|| link(offset.saturating_sub(limit))),
        "results": all.iter().skip(offset).take(limit).collect::<Vec<_>>(),
    });
    if let Value::Object(members) = &mut page
        && visit.quirks.page_without_next
    {
        members.remove("next");
    }
    Ok(Reply::json(200, &page))
}

fn number(visit: &Visit<'_>, name: &str, usual: usize) -> Outcome<usize> {
    let Some(text) = visit.call.query(name) else { return Ok(usual) };
    text.parse().ok().ok_or_else(|| visit.invalid(name, "A valid integer is required."))
}
