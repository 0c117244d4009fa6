//! Starting, announcing, stopping, and what a restart keeps.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::bench::Bench;
use crate::sandbox::{Options, SandboxError, start};

#[test]
fn the_announcement_has_the_documented_shape_and_no_backend_that_is_not_built() {
    let bench = Bench::new();
    let line = serde_json::to_value(bench.sandbox.announcement()).unwrap();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&line), ["control", "foxnose", "kitaru", "kitaru_k", "pangolin", "zpools", "ztick"]);
    assert_eq!(members(&line["control"]), ["url"]);
    assert_eq!(members(&line["zpools"]), ["password", "pat", "url", "username"]);
    assert_eq!(members(&line["kitaru"]), ["password", "url", "username"]);
    assert_eq!(members(&line["kitaru_k"]), ["password", "url", "username"]);
    let foxnose = [
        "access_token",
        "api_prefix",
        "collection",
        "email",
        "environment",
        "flux_url",
        "management_url",
        "password",
    ];
    assert_eq!(members(&line["foxnose"]), foxnose);
    let pangolin = ["password", "root_password", "root_username", "tenant_id", "url", "username"];
    assert_eq!(members(&line["pangolin"]), pangolin);
    let ztick = ["address", "auth_file", "ca_file", "tls_address", "tokens"];
    assert_eq!(members(&line["ztick"]), ztick);
    assert_eq!(members(&line["ztick"]["tokens"]), ["backup", "deploy", "ops", "report"]);
    assert!(line["kitaru"]["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
}

#[test]
fn a_port_base_gives_each_part_its_place() {
    // Some other program may take a port between the question and the start; then the next base is tried.
    let base = (20_000..60_000).step_by(97).find_map(|base| {
        let sandbox = start(Options { port_base: Some(base), ..Options::default() }).ok()?;
        let announcement = sandbox.announcement().clone();
        Some((base, announcement))
    });
    let (base, told) = base.unwrap();
    let at = |place: u16| format!("http://127.0.0.1:{}", base + place);
    assert_eq!(told.control.url, at(0));
    assert_eq!(told.zpools.url, format!("{}/v1", at(1)));
    let ztick = [told.ztick.address, told.ztick.tls_address];
    assert_eq!(ztick, [2, 3].map(|place| at(place).replace("http://", "")));
    assert_eq!(told.kitaru.url, at(4));
    assert_eq!(told.kitaru_k.url, at(5));
    assert_eq!((told.foxnose.management_url, told.foxnose.flux_url), (at(6), at(7)));
    assert_eq!(told.pangolin.url, at(8));
}

#[test]
fn what_cannot_start_says_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let refused = |options| start(options).err().unwrap();
    let error = refused(Options { port_base: Some(port), ..Options::default() });
    assert!(matches!(error, SandboxError::PortTaken(number) if number == port), "{error}");
    assert!(error.to_string().contains(&port.to_string()));

    let error = refused(Options { port_base: Some(65_530), ..Options::default() });
    assert!(matches!(error, SandboxError::PortBase(65_530, _)), "{error}");

    let file = tempfile::NamedTempFile::new().unwrap();
    let error = refused(Options { data: Some(file.path().join("below")), ..Options::default() });
    assert!(matches!(error, SandboxError::Data { .. }), "{error}");
}

#[test]
fn a_data_directory_keeps_state_tokens_and_the_clock_and_serves_one_sandbox() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::on(directory.path());
    let token = bench.admin();
    let id = bench
        .write(&token, "POST", "service_accounts", &json!({ "name": "kept", "active": true }))
        .expect(200)
        .text_at("/id");
    bench.advance(3600);

    let second = start(Options { data: Some(directory.path().to_owned()), ..Options::default() });
    assert!(matches!(second.err().unwrap(), SandboxError::InUse(_)));

    let password = bench.sandbox.announcement().kitaru.password.clone();
    bench.sandbox.stop();
    let bench = Bench::on(directory.path());
    assert_ne!(bench.sandbox.announcement().kitaru.password, password, "passwords are new at each start");
    assert_eq!(bench.control("GET", "clock", &Value::Null).at("/offset_seconds"), 3600);
    // The token is an hour old by the clock, which a moment back is still young enough: the signing secret was kept.
    bench.advance(-3600);
    assert_eq!(bench.get(&token, &format!("service_accounts/{id}")).expect(200).text_at("/name"), "kept");
    bench.admin();
}

#[cfg(unix)]
#[test]
fn only_this_user_can_read_the_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::on(directory.path());
    bench.admin();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let wanted = if entry.path().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, wanted, "{:?}", entry.path());
    }
    let ztick = &bench.sandbox.announcement().ztick;
    for file in [&ztick.auth_file, &ztick.ca_file] {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[test]
fn stopping_frees_the_ports() {
    let bench = Bench::new();
    let url = bench.sandbox.announcement().kitaru.url.clone();
    bench.sandbox.stop();
    TcpListener::bind(url.trim_start_matches("http://")).unwrap();
}

#[test]
fn many_credentials_are_seeded_in_every_state() {
    let bench = Bench::with(Options { seed_credentials: Some(2000), ..Options::default() });
    let token = bench.admin();
    let accounts = bench.get(&token, "service_accounts?size=100").expect(200);
    let total: i64 = accounts
        .at("/items")
        .as_array()
        .unwrap()
        .iter()
        .map(|account| {
            let id = account["id"].as_str().unwrap();
            bench
                .get(&token, &format!("service_accounts/{id}/api_keys?size=1"))
                .at("/total")
                .as_i64()
                .unwrap()
        })
        .sum();
    assert_eq!(total, 2000 + 17);
}

#[test]
fn a_sandbox_starts_and_stops_inside_another_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        start(Options::default()).unwrap().stop();
    });
}
