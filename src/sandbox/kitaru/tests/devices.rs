//! The device flow, from asking for a code to ending the device's token.

use serde_json::{Value, json};

use super::{Fixture, claims};

const CLIENT: &str = "7b1d3a64-0ad4-4b6b-9d29-1a9a2f0a8f11";

/// A device that has asked for a code.
struct Asked {
    f: Fixture,
    id: String,
    device_code: String,
    user_code: String,
}

impl Asked {
    fn new() -> Self {
        Self::on(Fixture::new())
    }

    fn on(f: Fixture) -> Self {
        let request = f.bench.request("POST", "device_authorization").form(&[("client_id", CLIENT)]);
        let agent = "Host/laptop ZenML/0.98.0 Python/3.12 OS/linux";
        let answer = f.bench.send(request.header("user-agent", agent)).expect(200);
        assert_eq!((answer.at("/expires_in"), answer.at("/interval")), (json!(300), json!(5)));
        let complete = answer.text_at("/verification_uri_complete");
        let id = complete.split(['=', '&']).nth(1).unwrap().to_owned();
        let (device_code, user_code) = (answer.text_at("/device_code"), answer.text_at("/user_code"));
        assert_eq!((device_code.len(), user_code.len()), (64, 32));
        assert_eq!(complete, format!("/devices/verify?device_id={id}&user_code={user_code}"));
        Self { f, id, device_code, user_code }
    }

    fn poll(&self, code: &str) -> (u16, Value) {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let form = [("grant_type", grant), ("client_id", CLIENT), ("device_code", code)];
        let answer = self.f.bench.form("login", &form);
        (answer.status, answer.json())
    }

    #[track_caller]
    fn expect_error(&self, error: &str) {
        let (status, body) = self.poll(&self.device_code);
        assert_eq!((status, &body["error"]), (400, &json!(error)), "{body}");
        assert!(body["error_description"].is_string() && body["error_uri"].is_null());
    }

    fn verify(&self, code: &str) -> u16 {
        let body = json!({ "user_code": code, "trusted_device": false });
        self.f.bench.write(&self.f.admin, "PUT", &format!("devices/{}/verify", self.id), &body).status
    }
}

#[test]
fn an_approved_device_gets_one_token_that_lives_and_dies_with_it() {
    let d = Asked::new();
    d.expect_error("authorization_pending");
    let path = format!("devices/{}", d.id);
    d.f.bench.get(&d.f.admin, &path).expect(404);
    let shown = d.f.bench.get(&d.f.admin, &format!("{path}?user_code={}", d.user_code)).expect(200);
    assert_eq!((shown.at("/body/status"), shown.at("/body/hostname")), (json!("pending"), json!("laptop")));
    assert_eq!(d.verify(&d.user_code), 200);
    let (status, body) = d.poll(&d.device_code);
    assert_eq!((status, &body["expires_in"]), (200, &Value::Null));
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(claims(token)["device_id"], json!(d.id));
    d.expect_error("expired_token");

    assert_eq!(d.f.bench.get(token, "current-user").expect(200).at("/name"), "ada");
    assert_eq!(d.f.bench.get(token, "devices").expect(200).at("/total"), 1);
    let lock =
        |locked: bool| d.f.bench.write(&d.f.admin, "PUT", &path, &json!({ "locked": locked })).expect(200);
    lock(true);
    assert_eq!(d.f.status(token), 401);
    lock(false);
    assert_eq!(d.f.status(token), 200);
    d.f.bench.delete(&d.f.admin, &path).expect(200);
    assert_eq!(d.f.status(token), 401);
}

#[test]
fn the_third_wrong_code_locks_the_device() {
    let d = Asked::new();
    for _ in 0..3 {
        assert_eq!(d.verify("wrong"), 400);
    }
    d.expect_error("access_denied");
    assert_eq!(d.verify(&d.user_code), 400);

    let d = Asked::new();
    assert_eq!(d.verify(&d.user_code), 200);
    for _ in 0..3 {
        assert_eq!(d.poll("wrong").1["error"], "access_denied");
    }
    d.expect_error("access_denied");
}

#[test]
fn codes_expire_and_strangers_are_unknown() {
    let d = Asked::new();
    d.f.bench.advance(301);
    d.expect_error("expired_token");
    assert_eq!(d.verify(&d.user_code), 400);
    let form = [("client_id", "11111111-0ad4-4b6b-9d29-1a9a2f0a8f11"), ("device_code", "x")];
    assert_eq!(d.f.bench.form("login", &form).expect(400).at("/error"), "invalid_client");
    d.f.bench.form("device_authorization", &[("client_id", "no uuid")]).expect(422);
    d.f.bench.form("device_authorization", &[]).expect(422);
}

#[test]
fn only_users_approve_and_each_sees_its_own_devices() {
    let d = Asked::new();
    let token = d.f.token(&d.f.raw);
    let body = json!({ "user_code": d.user_code, "trusted_device": true });
    d.f.bench.write(&token, "PUT", &format!("devices/{}/verify", d.id), &body).expect(403);
    assert_eq!(d.verify(&d.user_code), 200);
    let plain = d.f.plain_user();
    assert_eq!(d.f.bench.get(&plain, "devices").expect(200).at("/total"), 0);
    d.f.bench.get(&plain, &format!("devices/{}", d.id)).expect(404);
    d.f.bench.delete(&plain, &format!("devices/{}", d.id)).expect(404);
}

#[test]
fn addresses_are_absolute_when_the_server_knows_its_own_and_lifetimes_need_both_settings() {
    let f = Fixture::new();
    f.bench.quirks(&json!({ "server_url": "https://kitaru.example", "device_minutes": 5 }));
    let asked = f.bench.form("device_authorization", &[("client_id", CLIENT)]).expect(200);
    assert_eq!(asked.at("/verification_uri"), "https://kitaru.example/devices/verify");
    f.bench.quirks(&json!({ "server_url": "" }));
    let d = Asked::on(f);
    assert_eq!(d.verify(&d.user_code), 200);
    let (_, body) = d.poll(&d.device_code);
    assert_eq!(body["expires_in"], 300);
    d.f.bench.advance(311);
    assert_eq!(d.f.status(body["access_token"].as_str().unwrap()), 401);
}
