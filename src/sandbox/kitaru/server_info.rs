//! What the server says of itself, and bringing a new one to life.

use serde_json::{Value, json};

use super::errors::{Outcome, Problem};
use super::hash;
use super::stamps::naive;
use super::users::{self, User};
use super::visit::{NAME, Visit, ok};

/// `GET /info`: no credential needed; what tells the generations apart.
pub(super) fn info(visit: &Visit<'_>) -> Outcome {
    ok(&json!({
        "id": visit.server.id,
        "name": "sandbox",
        "version": visit.quirks.version,
        "active": visit.quirks.active,
        "debug": false,
        "deployment_type": "other",
        "database_type": "sqlite",
        "secrets_store_type": "sql",
        "auth_scheme": visit.quirks.auth_scheme,
        "server_url": visit.quirks.server_url,
        "dashboard_url": "",
        "analytics_enabled": false,
        "metadata": {},
        "last_user_activity": naive(visit.now),
        "pro_dashboard_url": null,
        "pro_api_url": null,
        "pro_organization_id": null,
        "pro_organization_name": null,
        "pro_workspace_id": null,
        "pro_workspace_name": null,
    }))
}

/// `GET /version`: a bare JSON string.
pub(super) fn version(visit: &Visit<'_>) -> Outcome {
    ok(&json!(visit.quirks.version))
}

/// `PUT /activate`: once, by anybody. An empty body activates the server and adds nobody.
pub(super) fn activate(visit: &mut Visit<'_>) -> Outcome {
    let body = visit.body()?;
    let (name, password) = (body.text("admin_username", NAME)?, body.text("admin_password", NAME)?);
    if visit.quirks.active {
        return Err(Problem::illegal("The server is already active."));
    }
    visit.quirks.active = true;
    let Some(name) = name else { return ok(&Value::Null) };
    let password = hash::password(&password.unwrap_or_default())?;
    let known = users::find(visit.db, &name)?;
    let user = User::new(name, true, Some(password), visit.now);
    let user = match known {
        Some(known) => User { id: known.id, created: known.created, ..user },
        None => user,
    };
    users::save(visit.db, &user)?;
    ok(&user.json(visit, None, true))
}
