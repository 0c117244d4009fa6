//! PATs, against the embedded server, with and without its login; the real one cannot be run by anybody else.

use keywright::backend::zpools;
use keywright::sandbox::{Options, start};
use keywright::secret::Secret;
use serde_json::{Value, json};
use url::Url;

use crate::{Place, Website, promises};

#[tokio::test]
async fn the_embedded_server() {
    let sandbox = start(Options::default()).expect("a sandbox");
    let told = sandbox.announcement();
    let login = &told.zpools;
    let place = Place::new(zpools::open, &login.url, &login.username, &login.password);
    place.backend.inspect().await.expect("a server");
    let place = place.with_clock(&told.control.url);
    promises::keep(&place).await;
    place.refuses_a_wrong_password().await;
}

/// As in production: a PAT logs in, PATs are made on the website.
#[tokio::test]
async fn the_embedded_server_without_its_login() {
    let sandbox = start(Options::default()).expect("a sandbox");
    let told = sandbox.announcement();
    let login = &told.zpools;
    // The website's own login goes on working.
    let body = json!({ "username": login.username, "password": login.password });
    let session = post(&format!("{}/login", login.url), None, &body).await;
    let bearer = session["detail"]["access_token"].as_str().expect("a bearer").to_owned();
    post(&format!("{}/quirks", told.control.url), None, &json!({ "zpools": { "login": false } })).await;

    let api = login.url.clone();
    let website: Website = Box::new(move |page| {
        let (api, bearer) = (api.clone(), bearer.clone());
        Box::pin(async move {
            let made = post(&format!("{api}/pat"), Some(&bearer), &filled_in(&page)).await;
            Secret::new(made["detail"]["token"].as_str().expect("a token").to_owned())
        })
    });
    let place = Place::new(zpools::open, &login.url, "", "").with_key("pat", &login.pat, website);
    let info = place.backend.inspect().await.expect("a server");
    assert!(info.notes.iter().any(|note| note.as_str().contains("switched off")), "{info:?}");
    promises::keep(&place).await;
}

/// What the page's form has when it opens.
fn filled_in(page: &str) -> Value {
    let page = Url::parse(page).expect("an address");
    assert_eq!(page.path(), "/dashboard/tokens");
    let field =
        |name: &str| page.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(field("create").as_deref(), Some("1"));
    let scopes = field("scopes").expect("scopes");
    json!({
        "label": field("label").expect("a label"),
        "scopes": scopes.split(',').collect::<Vec<_>>(),
        "expiry": field("expiry"),
    })
}

async fn post(url: &str, bearer: Option<&str>, body: &Value) -> Value {
    let call = reqwest::Client::new().post(url).body(body.to_string());
    let call = if let Some(bearer) = bearer { call.bearer_auth(bearer) } else { call };
    let answer = call.send().await.expect("an answer");
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
}
