//! The device flow, and what a device's owner does with it later.

use serde_json::{Value, json};

use super::Fixture;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl Fixture {
    fn poll(&self, device: &Value) -> super::Answer {
        let text = |name: &str| device[name].as_str().unwrap();
        self.form(
            "login",
            &[("grant_type", GRANT), ("device_id", text("device_id")), ("device_code", text("device_code"))],
        )
    }

    fn device(&self) -> (Value, String) {
        let device =
            self.form("device_authorization", &[("hostname", "h"), ("os", "linux")]).expect(200).json();
        let path = format!("devices/{}", device["device_id"].as_str().unwrap());
        (device, path)
    }
}

#[test]
fn a_device_is_approved_and_gets_a_token_as_often_as_it_asks() {
    let f = Fixture::new();
    let (device, path) = f.device();
    let code = device["user_code"].as_str().unwrap();
    assert_eq!((code.len(), code.find('-')), (9, Some(4)), "{code}");
    assert!(device["verification_uri"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let pending = f.poll(&device).expect(400);
    let told = json!({ "error": "authorization_pending", "detail": "Device authorization is pending" });
    assert_eq!(pending.json(), told);
    f.get(&path).expect(404);
    f.get(&format!("{path}?user_code={code}")).expect(200);
    let wrong = f.post(&format!("{path}/verify"), &json!({ "user_code": "zz" })).expect(422);
    assert_eq!(wrong.text_at("/detail"), "Invalid device code");
    let verify = json!({ "user_code": code, "trusted": true });
    assert_eq!(f.post(&format!("{path}/verify"), &verify).expect(200).text_at("/status"), "verified");
    f.post(&format!("{path}/verify"), &verify).expect(422);
    let token = f.poll(&device).expect(200).text_at("/access_token");
    f.poll(&device).expect(200);
    assert_eq!(f.status(&token), 200);

    f.patch(&path, &json!({ "locked": true })).expect(200);
    assert_eq!(f.status(&token), 401);
    assert_eq!(f.poll(&device).expect(400).text_at("/error"), "access_denied");
    f.patch(&path, &json!({ "locked": false })).expect(200);
    assert_eq!(f.status(&token), 200);
    f.delete(&path).expect(204);
    let refused = f.by(&token, "GET", "accounts/me", None).expect(401);
    assert_eq!(refused.text_at("/detail"), "Invalid session token.");
}

#[test]
fn three_wrong_codes_lock_a_device_and_codes_end() {
    let f = Fixture::new();
    let (device, path) = f.device();
    let wrong = || f.post(&format!("{path}/verify"), &json!({ "user_code": "zz" })).expect(422);
    let words: Vec<String> = (0..4).map(|_| wrong().text_at("/detail")).collect();
    assert_eq!(
        words,
        ["Invalid device code", "Invalid device code", "Invalid device code", "Device is locked"]
    );
    assert_eq!(f.poll(&device).expect(400).text_at("/error"), "access_denied");
    let (device, _) = f.device();
    f.bench.advance(301);
    assert_eq!(f.poll(&device).expect(400).text_at("/error"), "expired_token");
    let unknown = json!({ "device_id": "dcd655a4-f922-4b91-9350-ee86809ddac7", "device_code": "x" });
    assert_eq!(f.poll(&unknown).expect(400).text_at("/error"), "invalid_grant");
}
