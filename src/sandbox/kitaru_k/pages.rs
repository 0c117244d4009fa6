//! Lists: a page and the cursor to the next one. A cursor only continues the list it came from: same order, same filter.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use rusqlite::types::Value as Sql;
use rusqlite::{Row, params_from_iter};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::hash;
use super::filters::{self, Column, Filter};
use super::problem::{Outcome, Problem, item, item_with};
use super::visit::Visit;

/// A table that can be listed.
pub(super) struct Listing {
    pub(super) table: &'static str,
    pub(super) columns: &'static [Column],
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    sort: String,
    id: String,
    filter_hash: String,
}

/// What a list is asked for with.
struct Params {
    cursor: Option<String>,
    size: i64,
    sort: String,
    filter: Option<Filter>,
    filter_hash: String,
}

const SORT_PATTERN: &str = "^[a-z][a-z0-9_]*:(asc|desc)$";

impl Params {
    /// Reads the query; parameters that are not known are refused.
    fn read(visit: &Visit<'_>) -> Outcome<Self> {
        let mut problems = Vec::new();
        let mut params = Self {
            cursor: None,
            size: 20,
            sort: "created:desc".to_owned(),
            filter: None,
            filter_hash: String::new(),
        };
        for (name, value) in &visit.call.query {
            let loc = ["query", name.as_str()];
            match name.as_str() {
                "cursor" => params.cursor = Some(value.clone()),
                "size" => match size(&loc, value) {
                    Ok(size) => params.size = size,
                    Err(problem) => problems.push(problem),
                },
                "sort" if has_sort_form(value) => params.sort.clone_from(value),
                "sort" => {
                    let message = format!("String should match pattern '{SORT_PATTERN}'");
                    let ctx = json!({ "pattern": SORT_PATTERN });
                    problems.push(item_with("string_pattern_mismatch", &loc, &message, &json!(value), &ctx));
                }
                "filter" => match filter(&loc, value) {
                    Ok(filter) => {
                        params.filter = Some(filter);
                        params.filter_hash = hash::secret(value);
                    }
                    Err(problem) => problems.push(problem),
                },
                _ => {
                    let message = "Extra inputs are not permitted";
                    problems.push(item("extra_forbidden", &loc, message, &json!(value)));
                }
            }
        }
        if problems.is_empty() { Ok(params) } else { Err(Problem::Invalid(problems)) }
    }

    /// The id after which the page begins.
    fn after(&self) -> Outcome<Option<String>> {
        let Some(sent) = &self.cursor else { return Ok(None) };
        let decoded = URL_SAFE.decode(sent).ok();
        let cursor: Option<Cursor> = decoded.and_then(|json| serde_json::from_slice(&json).ok());
        cursor
            .filter(|cursor| cursor.sort == self.sort && cursor.filter_hash == self.filter_hash)
            .map(|cursor| Some(cursor.id))
            .ok_or_else(|| Problem::value("Invalid cursor"))
    }
}

fn size(loc: &[&str], text: &str) -> Result<i64, Value> {
    let input = json!(text);
    let Ok(size) = text.parse::<i64>() else {
        let message = "Input should be a valid integer, unable to parse string as an integer";
        return Err(item("int_parsing", loc, message, &input));
    };
    match size {
        ..1 => {
            let message = "Input should be greater than or equal to 1";
            Err(item_with("greater_than_equal", loc, message, &input, &json!({ "ge": 1 })))
        }
        1..=1000 => Ok(size),
        _ => {
            let message = "Input should be less than or equal to 1000";
            Err(item_with("less_than_equal", loc, message, &input, &json!({ "le": 1000 })))
        }
    }
}

fn filter(loc: &[&str], text: &str) -> Result<Filter, Value> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("Value error, {error}");
        item_with("value_error", loc, &message, &json!(text), &json!({ "error": {} }))
    })
}

fn has_sort_form(text: &str) -> bool {
    text.split_once(':').is_some_and(|(field, direction)| {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        field.starts_with(|c: char| c.is_ascii_lowercase())
            && field.chars().all(good)
            && ["asc", "desc"].contains(&direction)
    })
}

impl Listing {
    /// The page that the query asks for, each row as it is shown. `owner` limits the list to one owner's rows.
    pub(super) fn page<T>(
        &self,
        visit: &Visit<'_>,
        owner: Option<(&'static str, &str)>,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
        show: fn(&T) -> Value,
        id: fn(&T) -> &str,
    ) -> Outcome<Value> {
        let params = Params::read(visit)?;
        let sorted = |direction| params.sort == format!("created:{direction}");
        let (direction, sign) = match () {
            () if sorted("asc") => ("asc", ">"),
            () if sorted("desc") => ("desc", "<"),
            () => return Err(Problem::value(format!("Invalid sort '{}'", params.sort))),
        };
        let mut values = Vec::new();
        let mut conditions = vec!["true".to_owned()];
        if let Some((column, value)) = owner {
            conditions.push(format!("{column} = ?"));
            values.push(Sql::Text(value.to_owned()));
        }
        if let Some(filter) = &params.filter {
            conditions.push(filters::sql(filter, self.columns, &mut values)?);
        }
        if let Some(after) = params.after()? {
            conditions.push(format!("id {sign} ?"));
            values.push(Sql::Text(after));
        }
        // Ids sort by the moment they were made. One row more than asked for tells whether there is a next page.
        values.push(Sql::Integer(params.size + 1));
        let (table, conditions) = (self.table, conditions.join(" and "));
        let sql = format!("select * from {table} where {conditions} order by id {direction} limit ?");
        let mut statement = visit.db.prepare_cached(&sql)?;
        let mut rows: Vec<T> =
            statement.query_map(params_from_iter(&values), read)?.collect::<rusqlite::Result<_>>()?;
        let size = usize::try_from(params.size).unwrap_or_default();
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).and_then(|row| {
            let cursor = Cursor {
                sort: params.sort.clone(),
                id: id(row).to_owned(),
                filter_hash: params.filter_hash.clone(),
            };
            serde_json::to_vec(&cursor).ok().map(|json| URL_SAFE.encode(json))
        });
        Ok(json!({ "items": rows.iter().map(show).collect::<Vec<_>>(), "next_cursor": next }))
    }
}
