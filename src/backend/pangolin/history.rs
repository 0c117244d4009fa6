//! The server's audit about a credential. It writes down little: keys that were refused in their own header, and users
//! being made and deleted; an unknown filter is ignored by it, so what comes is filtered here again.

use std::collections::BTreeMap;

use super::super::Session;
use super::super::http::Call;
use super::acting::{OwnerId, path_id};
use super::{Pangolin, wire};
use crate::domain::answer::Happened;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;

const AUDIT: [&str; 3] = ["api", "v1", "audit"];
/// Rows that are asked for, and lines that are told.
const ASKED: usize = 100;
const TOLD: usize = 12;

impl Pangolin {
    pub(super) async fn audit_of(
        &self,
        session: &Session,
        credential: &CredentialRef,
    ) -> Result<Vec<Happened>, Failure> {
        // A key is its service user; of a token only its user is ever written about.
        let (acting, whose) = match OwnerId::parse(&credential.owner)? {
            OwnerId::Tenant(tenant) => {
                (self.acting_in(session, &tenant)?, path_id(&credential.id)?.to_owned())
            }
            OwnerId::User(user) => (self.acting(session)?, user),
        };
        let mut rows: BTreeMap<String, wire::Event> = BTreeMap::new();
        for filter in ["user_id", "resource_id"] {
            let call = Call::read(&AUDIT).query(filter, &whose).query("limit", &ASKED);
            let reply = self.send(acting.sign(call)).await?;
            let (found, _odd) = wire::rows::<wire::Event>(&reply, "the server's audit")?;
            rows.extend(
                found.into_iter().filter(|row| row.is_about(&whose)).map(|row| (row.id.clone(), row)),
            );
        }
        let mut happened: Vec<Happened> = rows.into_values().map(|row| told(&row, &whose)).collect();
        happened.sort_by_key(|one| std::cmp::Reverse(one.at.map_or(i64::MIN, Timestamp::as_second)));
        happened.truncate(TOLD);
        Ok(happened)
    }
}

/// One row in words. Its result is left out: the server calls everything a success, refusals included.
fn told(row: &wire::Event, whose: &str) -> Happened {
    let what = match row.action.as_str() {
        "api_key_rejected" => String::from("the key was refused in its header"),
        "create_user" => String::from("the user was made"),
        "delete_user" => String::from("the user was deleted"),
        "login_failed" => String::from("a login failed"),
        "tenant_impersonation" => String::from("root acted in the tenant"),
        other => other.replace('_', " "),
    };
    let detail = |name: &str| row.metadata.get(name).and_then(serde_json::Value::as_str);
    let reason = detail("reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
    let path = detail("path").map(|path| format!(" at {path}")).unwrap_or_default();
    let by = if row.user_id.as_deref() == Some(whose) || row.username.is_empty() {
        String::new()
    } else {
        format!(" by {}", row.username)
    };
    Happened { at: row.timestamp.0, what: Text::clean(&format!("{what}{reason}{path}{by}")) }
}
