//! The `filter` parameter: JSON conditions joined by `and`, `or`, `not`, turned into SQL. Values never become part of
//! the SQL text, and columns come only from a listing.

use rusqlite::types::Value as Sql;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::input;
use super::problem::{Outcome, Problem};

/// What a column holds, which decides how it may be compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Id,
    Flag,
}

/// A column that can be filtered by.
pub(super) type Column = (&'static str, Kind);

const DEEPEST: usize = 5;
const MOST_CONDITIONS: usize = 30;
const MOST_VALUES: usize = 100;

/// A filter as it is sent.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Filter {
    Condition(Condition),
    And(And),
    Or(Or),
    Not(Not),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    field: String,
    op: Operator,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct And {
    and: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Or {
    or: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Not {
    not: Box<Filter>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    IsNull,
    Startswith,
    Endswith,
    Contains,
}

impl Operator {
    fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::In => "in",
            Self::IsNull => "is_null",
            Self::Startswith => "startswith",
            Self::Endswith => "endswith",
            Self::Contains => "contains",
        }
    }

    fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Eq | Self::Ne => true,
            Self::In => kind != Kind::Flag,
            Self::Startswith | Self::Endswith | Self::Contains => kind == Kind::Text,
            Self::Lt | Self::Le | Self::Gt | Self::Ge | Self::IsNull => false,
        }
    }
}

/// The SQL of a filter over these columns; its values are added to `values` in order.
pub(super) fn sql(filter: &Filter, columns: &[Column], values: &mut Vec<Sql>) -> Outcome<String> {
    let mut conditions = 0;
    let sql = node(filter, columns, values, 1, &mut conditions)?;
    if conditions > MOST_CONDITIONS {
        return Err(Problem::value(format!("Filter has more than {MOST_CONDITIONS} conditions")));
    }
    Ok(sql)
}

fn node(
    filter: &Filter,
    columns: &[Column],
    values: &mut Vec<Sql>,
    depth: usize,
    conditions: &mut usize,
) -> Outcome<String> {
    if depth > DEEPEST {
        return Err(Problem::value(format!("Filter is nested deeper than {DEEPEST} levels")));
    }
    let mut below = |filter: &Filter| node(filter, columns, values, depth + 1, conditions);
    let joined = |terms: Vec<String>, word: &str| format!("({})", terms.join(word));
    match filter {
        Filter::And(And { and }) => Ok(joined(and.iter().map(below).collect::<Outcome<Vec<_>>>()?, " and ")),
        Filter::Or(Or { or }) => Ok(joined(or.iter().map(below).collect::<Outcome<Vec<_>>>()?, " or ")),
        Filter::Not(Not { not }) => Ok(format!("(not {})", below(not)?)),
        Filter::Condition(condition) => {
            *conditions += 1;
            term(condition, columns, values)
        }
    }
}

fn term(condition: &Condition, columns: &[Column], values: &mut Vec<Sql>) -> Outcome<String> {
    let Condition { field, op, value } = condition;
    let Some((column, kind)) = columns.iter().find(|(column, _)| column == field).copied() else {
        return Err(Problem::value(format!("Field '{field}' is not filterable")));
    };
    if !op.fits(kind) {
        let op = op.name();
        return Err(Problem::value(format!("Operator '{op}' is not supported for field '{field}'")));
    }
    let misfit = || Problem::value(format!("Invalid filter value for field '{field}'"));
    let mut one = |value: &Value| -> Outcome<()> {
        values.push(operand(kind, value).ok_or_else(misfit)?);
        Ok(())
    };
    match op {
        Operator::In => {
            let Some(all) = value.as_array() else {
                let words = format!("Filter value for 'in' on field '{field}' must be a list");
                return Err(Problem::value(words));
            };
            if all.is_empty() || all.len() > MOST_VALUES {
                let words = format!(
                    "Filter value for 'in' on field '{field}' must have between 1 and {MOST_VALUES} items"
                );
                return Err(Problem::value(words));
            }
            all.iter().try_for_each(&mut one)?;
            Ok(format!("{column} in ({})", vec!["?"; all.len()].join(", ")))
        }
        Operator::Startswith | Operator::Endswith | Operator::Contains => {
            let text = value.as_str().ok_or_else(misfit)?;
            values.push(Sql::Text(pattern(*op, text)));
            Ok(format!("{column} like ? escape '\\'"))
        }
        Operator::Ne => {
            one(value)?;
            Ok(format!("{column} != ?"))
        }
        Operator::Eq | Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge | Operator::IsNull => {
            one(value)?;
            Ok(format!("{column} = ?"))
        }
    }
}

fn operand(kind: Kind, value: &Value) -> Option<Sql> {
    match kind {
        Kind::Text => value.as_str().map(|text| Sql::Text(text.to_owned())),
        Kind::Id => Uuid::parse_str(value.as_str()?).ok().map(|id| Sql::Text(id.to_string())),
        Kind::Flag => input::flag(value).ok().map(|flag| Sql::Integer(flag.into())),
    }
}

fn pattern(op: Operator, text: &str) -> String {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    if op == Operator::Startswith {
        format!("{literal}%")
    } else if op == Operator::Endswith {
        format!("%{literal}")
    } else {
        format!("%{literal}%")
    }
}
