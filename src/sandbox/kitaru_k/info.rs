//! What the server says of itself, and its dashboard's page, which stands in for everything that is no API.

use serde_json::{Value, json};

use super::super::http::Reply;
use super::problem::Outcome;
use super::quirks::AuthScheme;
use super::visit::{Visit, ok};

/// `GET /info`: no credential needed; what tells the generations apart.
pub(super) fn info(visit: &Visit<'_>) -> Outcome {
    let url = &visit.quirks.dashboard_url;
    let control_plane = visit.quirks.auth_scheme == AuthScheme::ControlPlane;
    ok(&json!({
        "id": visit.server.id,
        "version": visit.quirks.version,
        "ui_version": "kitaru-ui-v0.5.1",
        "auth_scheme": visit.quirks.auth_scheme,
        "server_url": null,
        "dashboard_url": if url.is_empty() { Value::Null } else { json!(url) },
        "control_plane_api_url": control_plane.then_some("https://control-plane.example.invalid"),
        "analytics_enabled": false,
        "max_blob_size_bytes": 104_857_600,
    }))
}

/// `GET /health`.
pub(super) fn health() -> Outcome {
    ok(&json!({ "status": "Healthy", "database": "ok" }))
}

/// `GET /health/live`.
pub(super) fn live() -> Outcome {
    ok(&json!({ "status": "ok" }))
}

/// Any other page.
pub(super) fn page() -> Reply {
    Reply::new(200, "text/html; charset=utf-8", "<!doctype html><title>Kitaru</title>")
}
