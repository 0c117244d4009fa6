//! One request being answered: what it brought, when, on what server, and who sent it; and how its parts are read.
//! What does not fit is refused before anything else is looked at, in the words of the server's framework.

use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use uuid::Uuid;

use super::super::clock::Micros;
use super::super::http::{Call, Reply};
use super::problem::{Outcome, Problem};
use super::users::Role;
use super::{Caller, NIL, Quirks, Server};

/// One request being answered.
pub(super) struct Visit<'a> {
    pub(super) call: &'a Call,
    pub(super) now: Micros,
    pub(super) db: &'a Connection,
    pub(super) quirks: &'a Quirks,
    pub(super) server: &'a mut Server,
    /// The parts of the path that the route leaves open, in order.
    pub(super) captured: Vec<String>,
    /// Who sent it; nobody on public paths.
    pub(super) caller: Option<Caller>,
}

impl Visit<'_> {
    /// Who sent it.
    pub(super) fn caller(&self) -> Outcome<Caller> {
        let missing = || Problem::text(401, "Missing or invalid authorization header");
        self.caller.clone().ok_or_else(missing)
    }

    /// An open part of the path.
    pub(super) fn part(&self, number: usize) -> &str {
        self.captured.get(number).map_or("", String::as_str)
    }

    /// The same as an id.
    pub(super) fn id(&self, number: usize) -> Outcome<String> {
        let id = Uuid::parse_str(self.part(number));
        id.map(|id| id.to_string())
            .map_err(|error| Problem::text(400, format!("Invalid URL: UUID parsing failed: {error}")))
    }

    /// The body as JSON of a shape; fields that are not in the shape are refused.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Outcome<T> {
        let kind = self.call.header("content-type").unwrap_or_default();
        if kind.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
            let words = "Expected request with `Content-Type: application/json`";
            return Err(Problem::text(415, words));
        }
        serde_json::from_slice(&self.call.body).map_err(|error| match error.classify() {
            Category::Syntax | Category::Eof | Category::Io => {
                Problem::text(400, format!("Failed to parse the request body as JSON: {error}"))
            }
            Category::Data => {
                let words = "Failed to deserialize the JSON body into the target type";
                Problem::text(422, format!("{words}: {error}"))
            }
        })
    }

    /// The tenant named by the header, if it is an id. Only root is heard.
    pub(super) fn header_tenant(&self) -> Option<String> {
        let named = self.call.header("x-pangolin-tenant")?;
        Uuid::parse_str(named).ok().map(|id| id.to_string())
    }

    /// The tenant the caller acts in: their own, for root the header's, else the built-in one.
    pub(super) fn tenant(&self, caller: &Caller) -> String {
        let named = || if caller.role == Role::Root { self.header_tenant() } else { None };
        caller.tenant.clone().or_else(named).unwrap_or_else(|| NIL.to_owned())
    }

    /// Whether a thing of that tenant may be touched by id.
    pub(super) fn reaches(&self, caller: &Caller, tenant: &str) -> bool {
        self.quirks.missing_tenant_checks || caller.role == Role::Root || self.tenant(caller) == tenant
    }

    /// A number of the query.
    pub(super) fn number(&self, name: &str) -> Outcome<Option<usize>> {
        let parsed = self.call.query(name).map(str::parse).transpose();
        parsed.map_err(|error| {
            Problem::text(400, format!("Failed to deserialize query string: {name}: {error}"))
        })
    }

    /// A page of rows as a bare array. Past the end there is nothing.
    pub(super) fn page(&self, rows: Vec<Value>) -> Outcome {
        let (limit, offset) = (self.number("limit")?, self.number("offset")?);
        let rows = rows.into_iter().skip(offset.unwrap_or(0)).take(limit.unwrap_or(usize::MAX));
        ok(&Value::Array(rows.collect()))
    }
}

/// 200 with JSON.
#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
pub(super) fn ok(body: &Value) -> Outcome {
    Ok(Reply::json(200, body))
}

/// 201 with JSON.
#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
pub(super) fn created(body: &Value) -> Outcome {
    Ok(Reply::json(201, body))
}

/// A status and no body.
#[expect(clippy::unnecessary_wraps, reason = "it is how handlers end")]
pub(super) fn empty(status: u16) -> Outcome {
    Ok(Reply::text(status, ""))
}
