//! The scripted server, seen by the HTTP client that keywright uses.

use std::time::{Duration, Instant};

use reqwest::{Certificate, Client, Response};
use support::edges::{Reaction, Server};
use support::tls::Authority;

const SOON: Duration = Duration::from_millis(200);

fn client(authority: Option<&Authority>) -> Client {
    // The first one to come installs it, and the others find it there.
    rustls::crypto::ring::default_provider().install_default().ok();
    let builder = Client::builder().timeout(Duration::from_secs(20)).no_proxy();
    let builder = match authority {
        Some(authority) => {
            let pem = Certificate::from_pem(authority.pem().as_bytes()).expect("a certificate");
            builder.tls_certs_only([pem])
        }
        None => builder,
    };
    builder.build().expect("a client")
}

async fn get(server: &Server, client: &Client) -> reqwest::Result<Response> {
    client.get(format!("{}/a?b=c", server.url())).send().await
}

#[tokio::test]
async fn replies_in_order_on_one_connection_and_records() {
    let server = Server::start(vec![
        Reaction::json(200, r#"{"n":1}"#),
        Reaction::reply(429, &[("retry-after", "7")], b"slowly"),
    ]);
    let client = client(None);
    let first = client
        .post(format!("{}/x", server.url()))
        .header("X-Mark", "m")
        .body("body")
        .send()
        .await
        .expect("1");
    assert_eq!(first.text().await.expect("its body"), r#"{"n":1}"#);
    let second = get(&server, &client).await.expect("2");
    assert_eq!(
        (second.status().as_u16(), &second.headers()["retry-after"]),
        (429, &"7".parse().expect("a value"))
    );
    second.bytes().await.expect("its body");
    assert_eq!(get(&server, &client).await.expect("3").status().as_u16(), 599, "the script is over");

    let requests = server.requests();
    assert_eq!((requests[0].method.as_str(), requests[0].text().as_str()), ("POST", "body"));
    assert_eq!(requests[0].header("x-mark"), Some("m"));
    assert_eq!(requests[1].path, "/a?b=c");
    assert_eq!((requests.len(), server.connections()), (3, 1));
}

#[tokio::test]
async fn cuts() {
    let cases = [
        ("before the reply", Reaction::cut_before_reply(), 1),
        ("before the request", Reaction::cut_before_request(), 0),
        ("garbage", Reaction::raw(b"SSH-2.0-OpenSSH_9.2\r\n"), 1),
        ("in the head", Reaction::raw(b"HTTP/1.1 200 OK\r\ncontent-le"), 1),
    ];
    for (name, reaction, requests) in cases {
        let server = Server::start(vec![reaction]);
        get(&server, &client(None)).await.expect_err(name);
        assert_eq!(server.requests().len(), requests, "{name}");
    }
    let server = Server::start(vec![Reaction::cut_in_body(200, 100, b"{\"half\":")]);
    let reply = get(&server, &client(None)).await.expect("the head comes");
    reply.bytes().await.expect_err("the body does not");
}

#[tokio::test]
async fn a_connection_may_close_between_requests() {
    let server = Server::start(vec![Reaction::json(200, "{}").then_close(), Reaction::json(201, "{}")]);
    let client = client(None);
    get(&server, &client).await.expect("1").bytes().await.expect("its body");
    // The client may have noticed the end or run into it; nothing of the script is lost by that.
    let second = match get(&server, &client).await {
        Ok(reply) => reply,
        Err(_) => get(&server, &client).await.expect("2"),
    };
    assert_eq!(second.status().as_u16(), 201);
    assert_eq!((server.connections(), server.requests().len()), (2, 2));
}

#[tokio::test]
async fn is_slow_or_silent() {
    let server = Server::start(vec![Reaction::json(200, "{}").after(SOON), Reaction::hang()]);
    let client = client(None);
    let began = Instant::now();
    get(&server, &client).await.expect("a late reply").bytes().await.expect("its body");
    assert!(began.elapsed() >= SOON);
    let waited = client.get(server.url()).timeout(SOON).send().await.expect_err("no reply");
    assert!(waited.is_timeout());
    assert_eq!(server.requests().len(), 2);

    let pieces = Reaction::json(200, "[1, 2, 3]").in_pieces(7, Duration::from_millis(1));
    let server = Server::start(vec![pieces]);
    let reply = get(&server, &client).await.expect("a reply in pieces");
    assert_eq!(reply.text().await.expect("its body"), "[1, 2, 3]");
}

#[tokio::test]
async fn is_too_much() {
    for reaction in [Reaction::huge(200, 3 << 20), Reaction::endless(200, 3 << 20)] {
        let server = Server::start(vec![reaction]);
        let reply = get(&server, &client(None)).await.expect("a huge reply");
        assert_eq!(reply.bytes().await.expect("its body").len(), 3 << 20);
    }
}

#[tokio::test]
async fn speaks_tls_under_its_own_authority() {
    let authority = Authority::new();
    let trusting = client(Some(&authority));
    let good = authority.server(&["127.0.0.1"]);
    let server = Server::start_tls(vec![Reaction::json(200, "{}"), Reaction::json(200, "{}")], good.clone());
    for _ in 0..2 {
        get(&server, &trusting).await.expect("trusted").bytes().await.expect("its body");
    }
    assert_eq!(server.connections(), 1);

    let other = client(Some(&Authority::new()));
    let refused = [
        ("unknown authority", Server::start_tls(Vec::new(), good), &other),
        ("other name", Server::start_tls(Vec::new(), authority.server(&["example.test"])), &trusting),
        ("expired", Server::start_tls(Vec::new(), authority.expired_server(&["127.0.0.1"])), &trusting),
    ];
    for (name, server, client) in refused {
        get(&server, client).await.expect_err(name);
        assert_eq!(server.requests().len(), 0, "{name}");
    }
}

#[tokio::test]
async fn cuts_under_tls_too() {
    let authority = Authority::new();
    let server = Server::start_tls(vec![Reaction::cut_before_reply()], authority.server(&["127.0.0.1"]));
    get(&server, &client(Some(&authority))).await.expect_err("cut");
    assert_eq!(server.requests().len(), 1);
}
