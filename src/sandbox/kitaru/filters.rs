//! Lists: filters, sorting and pages, the same for every kind of thing. A listing says which columns there are; the rest
//! is here. Values never become part of the SQL text, columns come only from the listing.

use rusqlite::types::Value as Sql;
use rusqlite::{Row, params_from_iter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::errors::{Outcome, Problem};
use super::stamps;
use super::visit::{Visit, boolean};

/// What a column holds, which decides what a filter's value may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Id,
    Time,
    Flag,
    Number,
}

/// A table that can be listed.
pub(super) struct Listing {
    pub(super) table: &'static str,
    /// The name of the filter in errors.
    pub(super) model: &'static str,
    pub(super) columns: &'static [(&'static str, Kind)],
}

/// One page of things.
pub(super) struct Page<T> {
    index: i64,
    max_size: i64,
    total_pages: i64,
    total: i64,
    items: Vec<T>,
}

impl<T> Page<T> {
    /// The envelope, with each thing as it is shown.
    pub(super) fn json(&self, show: impl Fn(&T) -> Value) -> Value {
        json!({
            "index": self.index,
            "max_size": self.max_size,
            "total_pages": self.total_pages,
            "total": self.total,
            "items": self.items.iter().map(show).collect::<Vec<_>>(),
        })
    }
}

const OPERATORS: [&str; 14] = [
    "equals",
    "notequals",
    "contains",
    "notcontains",
    "startswith",
    "endswith",
    "oneof",
    "notoneof",
    "isnull",
    "isnotnull",
    "gt",
    "gte",
    "lt",
    "lte",
];

impl Listing {
    /// The page that the query asks for; `scope` is a column and the only value it may have.
    pub(super) fn page<T>(
        &self,
        visit: &Visit<'_>,
        scope: Option<(&'static str, &str)>,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Outcome<Page<T>> {
        let index = Self::number(visit, "page", 1, i64::MAX)?;
        let max_size = Self::number(visit, "size", 20, 10_000)?;
        let order = self.order(visit.call.query("sort_by").unwrap_or("created"))?;
        let (condition, mut values) = self.condition(visit, scope)?;
        let table = self.table;

        let total: i64 = visit
            .db
            .prepare_cached(&format!("select count(*) from {table} where {condition}"))?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        let total_pages = ((total + max_size - 1) / max_size).max(1);
        if index > total_pages {
            return Err(Problem::value(format!(
                "Invalid page {index}. The requested page size is {max_size} and there are a total of {total} items \
                 for this query. The maximum page value therefore is {total_pages}."
            )));
        }
        values.extend([max_size, max_size * (index - 1)].map(Sql::Integer));
        let sql = format!("select * from {table} where {condition} order by {order} limit ? offset ?");
        let mut statement = visit.db.prepare_cached(&sql)?;
        let items = statement.query_map(params_from_iter(&values), read)?.collect::<rusqlite::Result<_>>()?;
        Ok(Page { index, max_size, total_pages, total, items })
    }

    fn refuse(&self, name: &str, why: &str) -> Problem {
        Problem::Filter { model: self.model, message: format!("{name}\n  {why}") }
    }

    /// A page number or size.
    fn number(visit: &Visit<'_>, name: &str, default: i64, largest: i64) -> Outcome<i64> {
        let Some(text) = visit.call.query(name) else { return Ok(default) };
        let number: i64 = text
            .parse()
            .ok()
            .ok_or_else(|| Problem::invalid("query", name, "Input should be a valid integer"))?;
        let bounds = 1..=largest;
        bounds
            .contains(&number)
            .then_some(number)
            .ok_or_else(|| Problem::invalid("query", name, "Input should be within its bounds"))
    }

    fn order(&self, sort_by: &str) -> Outcome<String> {
        let (direction, field) = sort_by.split_once(':').unwrap_or(("asc", sort_by));
        let (column, _) =
            self.column(field).ok_or_else(|| self.refuse("sort_by", "You can only sort by known fields"))?;
        // Any other word than "desc" counts as ascending.
        let direction = if direction == "desc" { "desc" } else { "asc" };
        Ok(format!("{column} {direction}, id asc"))
    }

    fn column(&self, name: &str) -> Option<(&'static str, Kind)> {
        self.columns.iter().find(|(column, _)| *column == name).copied()
    }

    /// The whole condition. Parameters that are no columns are ignored, as everywhere on this server.
    fn condition(
        &self,
        visit: &Visit<'_>,
        scope: Option<(&'static str, &str)>,
    ) -> Outcome<(String, Vec<Sql>)> {
        let (mut terms, mut values) = (Vec::new(), Vec::new());
        let mut condition = "true".to_owned();
        if let Some((column, value)) = scope {
            condition = format!("{column} = ?");
            values.push(Sql::Text(value.to_owned()));
        }
        for (name, value) in &visit.call.query {
            if let Some((column, kind)) = self.column(name) {
                terms.push(self.term(column, kind, value, &mut values)?);
            }
        }
        if !terms.is_empty() {
            let any = visit.call.query("logical_operator") == Some("or");
            condition = format!("{condition} and ({})", terms.join(if any { " or " } else { " and " }));
        }
        Ok((condition, values))
    }

    /// One filter as SQL. A misspelt operator is part of the value, and so matches nothing.
    fn term(&self, column: &'static str, kind: Kind, text: &str, values: &mut Vec<Sql>) -> Outcome<String> {
        let (operator, operand) = match text.split_once(':') {
            Some((operator, operand)) if OPERATORS.contains(&operator) => (operator, operand),
            _ => ("equals", text),
        };
        let mut one = |sign: &str| {
            values.push(self.value(column, kind, operand)?);
            Ok(format!("{column} {sign} ?"))
        };
        match operator {
            "isnull" => Ok(format!("{column} is null")),
            "isnotnull" => Ok(format!("{column} is not null")),
            "notequals" => one("!="),
            "gt" => one(">"),
            "gte" => one(">="),
            "lt" => one("<"),
            "lte" => one("<="),
            "oneof" | "notoneof" => {
                let all: Vec<String> = serde_json::from_str(operand)
                    .ok()
                    .ok_or_else(|| self.refuse(column, "Input should be a JSON list of texts"))?;
                for value in &all {
                    values.push(self.value(column, kind, value)?);
                }
                let places = vec!["?"; all.len()].join(", ");
                Ok(format!("{column} {} ({places})", if operator == "oneof" { "in" } else { "not in" }))
            }
            "contains" | "notcontains" | "startswith" | "endswith" => {
                let (column, operand) = comparable(column, kind, operand);
                values.push(Sql::Text(pattern(operator, &operand)));
                let sign = if operator == "notcontains" { "not like" } else { "like" };
                Ok(format!("{column} {sign} ? escape '\\'"))
            }
            _ => one("="),
        }
    }

    fn value(&self, column: &str, kind: Kind, text: &str) -> Outcome<Sql> {
        let value = match kind {
            Kind::Text => Some(Sql::Text(text.to_owned())),
            // What is no id is nobody's.
            Kind::Id => {
                Some(Sql::Text(Uuid::parse_str(text).map_or_else(|_| text.to_owned(), |id| id.to_string())))
            }
            Kind::Time => stamps::from_filter(text).map(Sql::Integer),
            Kind::Flag => boolean(text).map(|flag| Sql::Integer(flag.into())),
            Kind::Number => text.parse().ok().map(Sql::Integer),
        };
        value.ok_or_else(|| {
            self.refuse(column, match kind {
                Kind::Time => "The datetime filter only works with a value in the following format: %Y-%m-%d %H:%M:%S",
                Kind::Flag => "Input should be a valid boolean",
                Kind::Id | Kind::Text | Kind::Number => "Input should be valid",
            })
        })
    }
}

/// Ids are compared without their hyphens, because a prefix search gives plain digits.
fn comparable(column: &str, kind: Kind, operand: &str) -> (String, String) {
    if kind == Kind::Id {
        (format!("replace({column}, '-', '')"), operand.replace('-', ""))
    } else {
        (column.to_owned(), operand.to_owned())
    }
}

fn pattern(operator: &str, operand: &str) -> String {
    let literal = operand.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    match operator {
        "startswith" => format!("{literal}%"),
        "endswith" => format!("%{literal}"),
        _ => format!("%{literal}%"),
    }
}
