//! What is asked of both servers, in this order. `<name>` in a path or body is what an earlier step kept under it.

/// Whose bearer a step carries.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Nobody,
    /// Who has what was kept under this name.
    Holder(&'static str),
}

/// What a step sends.
#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    Json(&'static str),
    Form(&'static str),
}

/// One request, and what later ones need of its answer: the name and where it stands.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) who: Who,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) body: Body,
    pub(super) once: Option<&'static str>,
    pub(super) keep: &'static [(&'static str, &'static str)],
}

impl Step {
    const fn new(name: &'static str, method: &'static str, path: &'static str, body: Body) -> Self {
        Self { name, who: Who::Holder("admin"), method, path, body, once: None, keep: &[] }
    }

    const fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    const fn once(self, key: &'static str) -> Self {
        Self { once: Some(key), ..self }
    }

    const fn keep(self, keep: &'static [(&'static str, &'static str)]) -> Self {
        Self { keep, ..self }
    }
}

const fn get(name: &'static str, path: &'static str) -> Step {
    Step::new(name, "GET", path, Body::None)
}

const fn post(name: &'static str, path: &'static str, body: &'static str) -> Step {
    Step::new(name, "POST", path, Body::Json(body))
}

const fn put(name: &'static str, path: &'static str, body: &'static str) -> Step {
    Step::new(name, "PUT", path, Body::Json(body))
}

const fn patch(name: &'static str, path: &'static str, body: &'static str) -> Step {
    Step::new(name, "PATCH", path, Body::Json(body))
}

const fn delete(name: &'static str, path: &'static str) -> Step {
    Step::new(name, "DELETE", path, Body::None)
}

const fn form(name: &'static str, path: &'static str, form: &'static str) -> Step {
    Step::new(name, "POST", path, Body::Form(form)).by(Who::Nobody)
}

/// Generation Z.
pub(super) const Z: &[Step] = &[
    get("the version", "version").by(Who::Nobody),
    get("health", "/health").by(Who::Nobody),
    get("no such call", "nothing"),
    put("no such call, another method", "nothing", "{}"),
    get("nobody", "current-user").by(Who::Nobody),
    post("a broken body by nobody", "service_accounts", "{").by(Who::Nobody),
    form("a wrong password", "login", "username=<user>&password=wrong"),
    form("an unknown user", "login", "username=nobody-<unique>&password=x"),
    form("no field at all", "login", "x=y"),
    form("an unknown grant", "login", "grant_type=nope"),
    form("a key that is none", "login", "grant_type=zenml-api-key&password=garbage"),
    form(
        "a device code by nobody",
        "login",
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code",
    ),
    post(
        "a service account",
        "service_accounts",
        r#"{"name":"sa-<unique>","description":"d","active":true}"#,
    )
    .keep(&[("account", "/id")]),
    post("the same again", "service_accounts", r#"{"name":"sa-<unique>","active":true}"#),
    post("one without active", "service_accounts", r#"{"name":"x-<unique>"}"#),
    get("it by name", "service_accounts/sa-<unique>"),
    get("one that is not there", "service_accounts/none-<unique>"),
    get("it by a filter", "service_accounts?name=sa-<unique>"),
    get("a page past the last", "service_accounts?name=sa-<unique>&page=2"),
    get("a size that is none", "service_accounts?size=0"),
    get("an order that is none", "service_accounts?sort_by=desc:colour"),
    get("an order by the name", "service_accounts?name=sa-<unique>&sort_by=asc:name"),
    get("a direction that is none", "service_accounts?name=sa-<unique>&sort_by=sideways:name"),
    get("a filter by the beginning", "service_accounts?name=startswith:sa-<unique>&hydrate=true"),
    get("a filter by an operator that is none", "service_accounts?name=not_equals:sa-<unique>"),
    get("an unknown parameter", "service_accounts?name=sa-<unique>&bogus=1"),
    get("a size that is too large", "service_accounts?size=10001"),
    get("nobody of that name", "service_accounts?name=none-<unique>"),
    put("a change", "service_accounts/<account>", r#"{"full_name":"Full"}"#),
    Step::new("a patch", "PATCH", "service_accounts/<account>", Body::Json("{}")),
    post("a key", "service_accounts/<account>/api_keys", r#"{"name":"k","description":"d"}"#)
        .keep(&[("key", "/id"), ("raw", "/body/key")]),
    post("a key of that name again", "service_accounts/<account>/api_keys", r#"{"name":"k"}"#),
    post("a key without a name", "service_accounts/<account>/api_keys", "{}"),
    post("a key by the account's name", "service_accounts/sa-<unique>/api_keys", r#"{"name":"z"}"#),
    get("the key", "service_accounts/<account>/api_keys/k"),
    get("the keys", "service_accounts/<account>/api_keys"),
    get("the keys in full", "service_accounts/<account>/api_keys?hydrate=true"),
    get("a key that is not there", "service_accounts/<account>/api_keys/none"),
    get("the key by its identifier", "service_accounts/<account>/api_keys/<key>"),
    get("keys never used", "service_accounts/<account>/api_keys?last_login=isnull:"),
    get("keys that are on", "service_accounts/<account>/api_keys?active=true"),
    put("a description", "service_accounts/<account>/api_keys/k", r#"{"description":""}"#),
    put("nothing changed", "service_accounts/<account>/api_keys/k", "{}"),
    put("a key that is not there changed", "service_accounts/<account>/api_keys/none", "{}"),
    post("a person", "users", r#"{"name":"u-<unique>","is_admin":false,"password":"plain-pass"}"#)
        .keep(&[("person", "/id")]),
    form("a login as the person", "login", "username=u-<unique>&password=plain-pass")
        .keep(&[("plain", "/access_token")]),
    get("the keys by the person", "service_accounts/<account>/api_keys").by(Who::Holder("plain")),
    post("an account by the person", "service_accounts", r#"{"name":"n-<unique>","active":true}"#)
        .by(Who::Holder("plain")),
    post("a key by the person", "service_accounts/<account>/api_keys", r#"{"name":"n"}"#)
        .by(Who::Holder("plain")),
    delete("the key deleted by the person", "service_accounts/<account>/api_keys/<key>")
        .by(Who::Holder("plain")),
    delete("the account deleted by the person", "service_accounts/<account>").by(Who::Holder("plain")),
    put("the person switched off", "users/<person>/deactivate", ""),
    get("a token of who is switched off", "current-user").by(Who::Holder("plain")),
    form("a login with the key", "login", "grant_type=zenml-api-key&password=<raw>")
        .keep(&[("token", "/access_token")]),
    form("a login with the bare key", "login", "password=<raw>"),
    get("who that is", "current-user").by(Who::Holder("token")),
    get("who the raw key is", "current-user").by(Who::Holder("raw")),
    get("another token by the raw key", "api_token").by(Who::Holder("raw")),
    get("a token for too long", "api_token?expires_in=604801").by(Who::Holder("token")),
    post("a key by the key", "service_accounts/<account>/api_keys", r#"{"name":"mine"}"#)
        .by(Who::Holder("token")),
    put("a rotation by the key", "service_accounts/<account>/api_keys/k/rotate", "{}")
        .by(Who::Holder("token")),
    put("a rotation without a body", "service_accounts/<account>/api_keys/k/rotate", ""),
    put("a rotation of what is not there", "service_accounts/<account>/api_keys/none/rotate", "{}"),
    put(
        "a rotation for null",
        "service_accounts/<account>/api_keys/k/rotate",
        r#"{"retain_period_minutes":null}"#,
    ),
    put(
        "a rotation for a fraction",
        "service_accounts/<account>/api_keys/k/rotate",
        r#"{"retain_period_minutes":1.5}"#,
    ),
    put(
        "a rotation for a word",
        "service_accounts/<account>/api_keys/k/rotate",
        r#"{"retain_period_minutes":"x"}"#,
    ),
    put("a rotation", "service_accounts/<account>/api_keys/k/rotate", r#"{"retain_period_minutes":60}"#)
        .keep(&[("raw2", "/body/key")]),
    get("the key afterwards", "service_accounts/<account>/api_keys/k"),
    form("the old secret inside the window", "login", "password=<raw>"),
    put(
        "a rotation at once",
        "service_accounts/<account>/api_keys/k/rotate",
        r#"{"retain_period_minutes":0}"#,
    )
    .keep(&[("raw3", "/body/key")]),
    form("a secret rotated away", "login", "password=<raw2>"),
    get("a token of two generations back", "current-user").by(Who::Holder("token")),
    put("the key switched off", "service_accounts/<account>/api_keys/k", r#"{"active":false}"#),
    form("a key that is off", "login", "password=<raw3>"),
    put("the key switched on", "service_accounts/<account>/api_keys/k", r#"{"active":true}"#),
    put("the account switched off", "service_accounts/<account>", r#"{"active":false}"#),
    form("a key of an account that is off", "login", "password=<raw3>"),
    delete("the key deleted", "service_accounts/<account>/api_keys/<key>"),
    delete("the key deleted again", "service_accounts/<account>/api_keys/<key>"),
    form("a deleted key", "login", "password=<raw3>"),
    delete("the account deleted", "service_accounts/<account>"),
    delete("the account deleted again", "service_accounts/<account>"),
    form("device codes without a client", "device_authorization", "x=y"),
    form("device codes for what is no client", "device_authorization", "client_id=x"),
    form(
        "a device code that is none",
        "login",
        "client_id=dcd655a4-f922-4b91-9350-ee86809ddac7&device_code=x",
    ),
    get("nobody's device", "devices/dcd655a4-f922-4b91-9350-ee86809ddac7"),
    get("a logout", "logout"),
    get("a list after it", "service_accounts?name=none-<unique>"),
    post("an odd idempotency key", "service_accounts", r#"{"name":"odd","active":true}"#).once("not a UUID"),
];

/// Generation K.
pub(super) const K: &[Step] = &[
    get("health", "/health").by(Who::Nobody),
    get("liveness", "/health/live").by(Who::Nobody),
    Step::new("a head", "HEAD", "/health", Body::None),
    get("any page", "/ready").by(Who::Nobody),
    get("no such call", "nothing"),
    post("no such call, another method", "nothing", "{}"),
    get("no version", "version"),
    get("nobody", "accounts/me").by(Who::Nobody),
    get("who that is", "accounts/me"),
    get("a size that is none", "accounts?size=0"),
    get("a size too large", "accounts?size=1001"),
    get("a size that is a word", "accounts?size=many"),
    get("an unknown parameter", "accounts?bogus=1"),
    get("a cursor that is none", "accounts?cursor=zzz"),
    get("an order that is none", "accounts?sort=created:sideways"),
    get("an order by what is not sorted by", "accounts?sort=colour:asc"),
    get("a filter that is none", "accounts?filter=xx"),
    get("a filter without an operator", "accounts?filter=%7B%22field%22%3A%22name%22%7D"),
    get("a filter by an unknown field", r#"accounts?filter={"field":"nope","op":"eq","value":1}"#),
    get("a filter by an unknown operator", r#"accounts?filter={"field":"name","op":"zz","value":1}"#),
    get(
        "a filter by an operator that does not fit",
        r#"accounts?filter={"field":"name","op":"lt","value":"x"}"#,
    ),
    get("a filter by nothing", r#"accounts?filter={"field":"name","op":"eq","value":null}"#),
    get("a filter by a list that is none", r#"accounts?filter={"field":"name","op":"in","value":"x"}"#),
    get("nobody of that name", r#"accounts?filter={"field":"name","op":"eq","value":"none-<unique>"}"#),
    get(
        "one of two filters",
        r#"accounts?filter={"or":[{"field":"name","op":"eq","value":"none-<unique>"},{"field":"name","op":"eq","value":"nor-<unique>"}]}"#,
    ),
    get("a key that is no identifier", "api-keys/x"),
    get("an account that is not there", "accounts/f73e4695-5777-4671-bdc7-ad4141a7f439"),
    get("the keys by nobody", "api-keys").by(Who::Nobody),
    form("a wrong password", "login", "username=<user>&password=wrong"),
    form("an unknown user", "login", "username=nobody-<unique>&password=x"),
    form("no field at all", "login", "x=y"),
    form("an unknown grant", "login", "grant_type=nope"),
    form("a password alone", "login", "password=x"),
    form("a key in the form", "login", "grant_type=api-key&password=x"),
    form("a grant of the control plane", "login", "grant_type=control-plane"),
    form("a device code alone", "login", "device_code=x"),
    form("a device that is none", "login", "device_code=x&device_id=bad"),
    form("an unknown device", "login", "device_code=x&device_id=dcd655a4-f922-4b91-9350-ee86809ddac7"),
    post("a login in JSON", "login", r#"{"username":"<user>"}"#).by(Who::Nobody),
    post("a logout", "logout", "").by(Who::Nobody),
    post("a service account", "service-accounts", r#"{"name":"sa-<unique>","email":"a@b.c"}"#)
        .keep(&[("account", "/id")]),
    post("the same again", "service-accounts", r#"{"name":"sa-<unique>"}"#),
    post("one without a name", "service-accounts", "{}"),
    post("one with an empty name", "service-accounts", r#"{"name":""}"#),
    post("one with a padded name", "service-accounts", r#"{"name":" pad "}"#),
    post("one with an unknown member", "service-accounts", r#"{"name":"x-<unique>","active":true}"#),
    post("a body that is a list", "service-accounts", "[]"),
    post("a body that is nothing", "service-accounts", ""),
    post("a broken body by nobody", "service-accounts", "{").by(Who::Nobody),
    post("a good body by nobody", "service-accounts", "{}").by(Who::Nobody),
    get("service accounts have no list", "service-accounts"),
    delete("service accounts are not deleted", "service-accounts/<account>"),
    get("it by a filter", r#"accounts?filter={"field":"name","op":"eq","value":"sa-<unique>"}"#),
    patch("it switched off", "service-accounts/<account>", r#"{"active":false}"#),
    patch("its metadata", "service-accounts/<account>", r#"{"metadata":{"description":"d"}}"#),
    patch("nothing changed", "service-accounts/<account>", "{}"),
    patch("one that is no identifier", "service-accounts/x", "{}"),
    patch("one that is not there", "service-accounts/f73e4695-5777-4671-bdc7-ad4141a7f439", "{}"),
    get("it by its identifier", "accounts/<account>"),
    post("a user", "users", r#"{"name":"u-<unique>","password":"plain-pass"}"#).keep(&[("person", "/id")]),
    post("a user without a password", "users", r#"{"name":"w-<unique>"}"#),
    form("a login as the user", "login", "username=u-<unique>&password=plain-pass")
        .keep(&[("plain", "/access_token")]),
    post("a service account by the user", "service-accounts", r#"{"name":"n-<unique>"}"#)
        .by(Who::Holder("plain")),
    patch("a change by the user", "service-accounts/<account>", r#"{"active":true}"#)
        .by(Who::Holder("plain")),
    post("a user by the user", "users", r#"{"name":"n-<unique>"}"#).by(Who::Holder("plain")),
    post("the user's key", "api-keys", r#"{"name":"theirs-<unique>"}"#)
        .by(Who::Holder("plain"))
        .keep(&[("theirs", "/id")]),
    get("the user's key by the administrator", "api-keys/<theirs>"),
    delete("the user's key deleted by the administrator", "api-keys/<theirs>"),
    post("a key of that name by the administrator", "api-keys", r#"{"name":"theirs-<unique>"}"#),
    get("a user's own list", "api-keys").by(Who::Holder("plain")),
    post("the user switched off", "users/<person>/deactivate", ""),
    form("a login as who is switched off", "login", "username=u-<unique>&password=plain-pass"),
    get("a bearer of who is switched off", "accounts/me").by(Who::Holder("plain")),
    post("a key", "api-keys", r#"{"name":"k-<unique>"}"#).keep(&[("key", "/id"), ("raw", "/key")]),
    post("a key for somebody else", "api-keys", r#"{"name":"x-<unique>","owner_id":"<account>"}"#),
    post("a key without a name", "api-keys", "{}"),
    post("a key with a number for a name", "api-keys", r#"{"name":5}"#),
    post("a key with a dot in its name", "api-keys", r#"{"name":"a.b"}"#),
    get("the key", "api-keys/<key>"),
    get("the key by its name", "api-keys/k-<unique>"),
    get("a key that is not there", "api-keys/f73e4695-5777-4671-bdc7-ad4141a7f439"),
    get("the key by a filter", r#"api-keys?filter={"field":"name","op":"eq","value":"k-<unique>"}"#),
    patch("the key switched off", "api-keys/<key>", r#"{"active":false}"#),
    get("a key that is off", "accounts/me").by(Who::Holder("raw")),
    patch("the key switched on", "api-keys/<key>", r#"{"active":true}"#),
    patch("the key not changed", "api-keys/<key>", "{}"),
    patch("the key switched to a word", "api-keys/<key>", r#"{"active":"maybe"}"#),
    patch("the key renamed", "api-keys/<key>", r#"{"name":"x"}"#),
    form("a login with the key", "login", "grant_type=api-key")
        .by(Who::Holder("raw"))
        .keep(&[("token", "/access_token")]),
    get("who the raw key is", "accounts/me").by(Who::Holder("raw")),
    post("a rotation for less than nothing", "api-keys/<key>/rotate", r#"{"retain_period_minutes":-1}"#),
    post("a rotation for a fraction", "api-keys/<key>/rotate", r#"{"retain_period_minutes":1.5}"#),
    post("a rotation for null", "api-keys/<key>/rotate", r#"{"retain_period_minutes":null}"#),
    post("a rotation for ages", "api-keys/<key>/rotate", r#"{"retain_period_minutes":10000000000000}"#),
    post("a rotation with an unknown member", "api-keys/<key>/rotate", r#"{"x":1}"#),
    post("a rotation without a body", "api-keys/<key>/rotate", ""),
    post("a rotation of what is not there", "api-keys/f73e4695-5777-4671-bdc7-ad4141a7f439/rotate", "{}"),
    post("a rotation", "api-keys/<key>/rotate", r#"{"retain_period_minutes":60}"#)
        .once("any text <unique>")
        .keep(&[("raw2", "/key")]),
    post("the rotation again", "api-keys/<key>/rotate", r#"{"retain_period_minutes":60}"#)
        .once("any text <unique>")
        .keep(&[("raw2again", "/key")]),
    get("who the secret that came twice is", "accounts/me").by(Who::Holder("raw2again")),
    get("the old secret inside the window", "accounts/me").by(Who::Holder("raw")),
    post("another rotation under that key", "api-keys/<key>/rotate", r#"{"retain_period_minutes":6}"#)
        .once("any text <unique>"),
    post("an empty idempotency key", "api-keys/<key>/rotate", "{}").once(" "),
    post("a rotation at once", "api-keys/<key>/rotate", "{}").keep(&[("raw3", "/key")]),
    get("a secret rotated away", "accounts/me").by(Who::Holder("raw2")),
    get("the key afterwards", "api-keys/<key>"),
    delete("the key deleted", "api-keys/<key>"),
    delete("the key deleted again", "api-keys/<key>"),
    get("a deleted key", "accounts/me").by(Who::Holder("raw3")),
    get("a bearer of a deleted key", "accounts/me").by(Who::Holder("token")),
    form("a device", "device_authorization", "hostname=h&os=linux").keep(&[
        ("device", "/device_id"),
        ("code", "/device_code"),
        ("user_code", "/user_code"),
    ]),
    form("a device that waits", "login", "device_id=<device>&device_code=<code>"),
    form("a device with a wrong code", "login", "device_id=<device>&device_code=wrong"),
    get("a device nobody approved", "devices/<device>"),
    get("it with its code", "devices/<device>?user_code=<user_code>"),
    post("a wrong code approved", "devices/<device>/verify", r#"{"user_code":"zz"}"#),
    post("it approved", "devices/<device>/verify", r#"{"user_code":"<user_code>","trusted":true}"#),
    post("it approved again", "devices/<device>/verify", r#"{"user_code":"<user_code>"}"#),
    form("a device that is approved", "login", "device_id=<device>&device_code=<code>")
        .keep(&[("handed", "/access_token")]),
    form("a device that comes again", "login", "device_id=<device>&device_code=<code>"),
    get("the device", "devices/<device>"),
    patch("the device locked", "devices/<device>", r#"{"locked":true}"#),
    get("a bearer of a locked device", "accounts/me").by(Who::Holder("handed")),
    form("a login of a locked device", "login", "device_id=<device>&device_code=<code>"),
    patch("the device unlocked", "devices/<device>", r#"{"locked":false}"#),
    get("a bearer of an unlocked device", "accounts/me").by(Who::Holder("handed")),
    delete("the device deleted", "devices/<device>"),
    get("a bearer of a deleted device", "accounts/me").by(Who::Holder("handed")),
];
