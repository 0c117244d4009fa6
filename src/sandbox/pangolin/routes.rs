//! The table of calls. A path that is there with another method says which it takes.

use hyper::Method;

use super::problem::{Outcome, Problem};
use super::{
    Visit, audit, catalogs, exchange, login, oauth, permissions, plain, revocations, roles, service_users,
    tenants, tokens, users, vending,
};

/// What answers a call.
pub(super) type Handler = fn(&mut Visit<'_>) -> Outcome;

/// Every call; `*` stands for one part, which the handler gets.
const ROUTES: &[(Method, &str, Handler)] = &[
    (Method::GET, "health", plain::ready),
    (Method::GET, "health/ready", plain::ready),
    (Method::GET, "health/live", plain::live),
    (Method::GET, "metrics", plain::metrics),
    (Method::GET, "api/v1/app-config", plain::app_config),
    (Method::GET, "v1/config", plain::iceberg_config),
    (Method::GET, "v1/*/config", plain::iceberg_config),
    (Method::POST, "api/v1/users/login", login::login),
    (Method::POST, "api/v1/users/logout", login::logout),
    (Method::GET, "api/v1/users/me", users::me),
    (Method::GET, "api/v1/users/me/tokens", tokens::mine),
    (Method::GET, "api/v1/users", users::list),
    (Method::POST, "api/v1/users", users::create),
    (Method::GET, "api/v1/users/*", users::get),
    (Method::PUT, "api/v1/users/*", users::update),
    (Method::DELETE, "api/v1/users/*", users::delete),
    (Method::GET, "api/v1/users/*/tokens", tokens::of_user),
    (Method::GET, "api/v1/users/*/roles", roles::of_principal),
    (Method::POST, "api/v1/users/*/roles", roles::assign),
    (Method::DELETE, "api/v1/users/*/roles/*", roles::unassign),
    (Method::GET, "api/v1/tenants", tenants::list),
    (Method::POST, "api/v1/tenants", tenants::create),
    (Method::GET, "api/v1/tenants/*", tenants::get),
    (Method::PUT, "api/v1/tenants/*", tenants::update),
    (Method::DELETE, "api/v1/tenants/*", tenants::delete),
    (Method::GET, "api/v1/service-users", service_users::list),
    (Method::POST, "api/v1/service-users", service_users::create),
    (Method::GET, "api/v1/service-users/*", service_users::get),
    (Method::PUT, "api/v1/service-users/*", service_users::update),
    (Method::DELETE, "api/v1/service-users/*", service_users::delete),
    (Method::POST, "api/v1/service-users/*/rotate", service_users::rotate),
    (Method::POST, "v1/*/oauth/tokens", exchange::tokens),
    (Method::POST, "v1/*/v1/oauth/tokens", exchange::tokens),
    (Method::POST, "api/v1/iceberg/*/oauth/tokens", exchange::tokens),
    (Method::POST, "api/v1/iceberg/*/v1/oauth/tokens", exchange::tokens),
    (Method::POST, "api/v1/tokens", tokens::mint),
    (Method::POST, "api/v1/tokens/rotate", tokens::rotate),
    (Method::DELETE, "api/v1/tokens/*", revocations::delete),
    (Method::POST, "api/v1/auth/revoke", revocations::revoke_self),
    (Method::POST, "api/v1/auth/revoke/*", revocations::revoke),
    (Method::POST, "api/v1/auth/cleanup-tokens", revocations::cleanup),
    (Method::GET, "api/v1/permissions", permissions::list),
    (Method::POST, "api/v1/permissions", permissions::create),
    (Method::DELETE, "api/v1/permissions/*", permissions::delete),
    (Method::GET, "api/v1/roles", roles::list),
    (Method::POST, "api/v1/roles", roles::create),
    (Method::GET, "api/v1/roles/*", roles::get),
    (Method::PUT, "api/v1/roles/*", roles::replace),
    (Method::DELETE, "api/v1/roles/*", roles::delete),
    (Method::GET, "api/v1/audit", audit::list),
    (Method::GET, "api/v1/audit/count", audit::count),
    (Method::GET, "api/v1/audit/*", audit::get),
    (Method::GET, "api/v1/oauth/providers", oauth::providers),
    (Method::POST, "api/v1/oauth/exchange", oauth::exchange),
    (Method::GET, "oauth/authorize/*", oauth::authorize),
    (Method::GET, "oauth/callback/*", oauth::callback),
    (Method::GET, "provider/*", oauth::provider),
    (Method::GET, "api/v1/warehouses", vending::list),
    (Method::POST, "api/v1/warehouses", vending::create),
    (Method::GET, "api/v1/warehouses/*/credentials", vending::for_location),
    (Method::GET, "api/v1/catalogs", catalogs::list),
    (Method::POST, "api/v1/catalogs", catalogs::create),
    (Method::POST, "api/v1/catalogs/*/namespaces/*/assets", catalogs::create_asset),
    (Method::GET, "v1/*/namespaces", catalogs::namespaces),
    (Method::POST, "v1/*/namespaces", catalogs::create_namespace),
    (Method::GET, "v1/*/namespaces/*/tables", catalogs::tables),
    (Method::GET, "v1/*/namespaces/*/tables/*/credentials", vending::for_table),
];

/// The handler of this request; the open parts of its path go into the visit. The first pattern that meets the path
/// decides, so fixed words stand before open parts.
pub(super) fn find(visit: &mut Visit<'_>) -> Outcome<Handler> {
    let mut met: Option<&str> = None;
    let mut allow = Vec::new();
    for (method, pattern, handler) in ROUTES {
        if met.is_some_and(|met| met != *pattern) {
            continue;
        }
        let Some(captured) = capture(pattern, &visit.call.segments) else { continue };
        met = Some(pattern);
        if visit.call.method == *method {
            visit.captured = captured;
            return Ok(*handler);
        }
        allow.push(method.as_str());
    }
    Err(if met.is_some() { Problem::Method { allow: allow.join(",") } } else { Problem::NoRoute })
}

/// The open parts of a path that meets the pattern.
fn capture(pattern: &str, path: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&str> = pattern.split('/').collect();
    if parts.len() != path.len() {
        return None;
    }
    let mut open = Vec::new();
    for (wanted, part) in parts.into_iter().zip(path) {
        match wanted {
            "*" if !part.is_empty() => open.push(part.clone()),
            _ if wanted == part => {}
            _ => return None,
        }
    }
    Some(open)
}
