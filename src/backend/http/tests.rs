//! What each way of failing becomes, for a read and for a write.

#![expect(
    clippy::disallowed_methods,
    reason = "the TLS server runs beside the test; files are the test's own"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::script::{Answer, Script, ok};
use super::*;
use crate::secret::Secret;

const NOW: i64 = 1_795_296_200;

fn http(endpoint: &Endpoint, ca_file: Option<&Path>) -> Http {
    http_within(endpoint, ca_file, Limits::default().whole)
}

fn http_within(endpoint: &Endpoint, ca_file: Option<&Path>, whole: Duration) -> Http {
    let clock: Clock = Arc::new(|| jiff::Timestamp::from_second(NOW).expect("in range"));
    let limits = Limits { whole, body: 4096, ..Limits::default() };
    Http::new(endpoint, ca_file.map(Path::to_owned), clock, limits)
}

async fn failure(http: &Http, call: Call<'_>) -> Failure {
    match http.send(call).await {
        Ok(reply) => panic!("answered {} {}", reply.status, String::from_utf8_lossy(&reply.body)),
        Err(failure) => failure,
    }
}

#[tokio::test]
async fn every_way_to_lose_an_answer() {
    use Effected::{No, Unknown};
    let raw = |text: &str| Answer::Raw(text.as_bytes().to_vec());
    let moved =
        |status| Answer::Status(status, "location: https://user:pw@elsewhere.example/x?y=1", String::new());
    let large = "x".repeat(5000);
    let chunked =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1388\r\n{large}\r\n0\r\n\r\n");
    let cases = [
        ("closed before a byte", Answer::Close, FailureKind::CutOff, "", Unknown),
        ("no answer", Answer::Silence, FailureKind::Slow, "", Unknown),
        ("cut in the head", raw("HTTP/1.1 200 OK\r\ncontent-le"), FailureKind::CutOff, "", Unknown),
        (
            "cut in the body",
            raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"),
            FailureKind::CutOff,
            "",
            Unknown,
        ),
        ("announced too large", ok(large.clone()), FailureKind::TooLarge, "", Unknown),
        ("too large in chunks", raw(&chunked), FailureKind::TooLarge, "", Unknown),
        (
            "not http",
            raw("SSH-2.0-OpenSSH_9.6\r\n\r\n"),
            FailureKind::Unexpected,
            "this is not an HTTP answer",
            Unknown,
        ),
        ("301", moved(301), FailureKind::Redirected, "to elsewhere.example", No),
        ("303", moved(303), FailureKind::Redirected, "to elsewhere.example", Unknown),
        ("307", moved(307), FailureKind::Redirected, "to elsewhere.example", No),
    ];
    for (name, answer, kind, detail, effected) in cases {
        let whole = if matches!(answer, Answer::Silence) { 100 } else { 30_000 };
        let server = Script::start(move |_| answer.clone()).await;
        let http = http_within(&server.endpoint, None, Duration::from_millis(whole));
        let read = failure(&http, Call::read(&["x"])).await;
        assert_eq!((read.kind, read.effected), (kind, No), "read: {name}: {read:?}");
        assert_eq!(read.detail.as_ref().map_or("", |text| text.as_str()), detail, "{name}");
        let write = failure(&http, Call::write(Method::POST, &["x"])).await;
        assert_eq!((write.kind, write.effected), (kind, effected), "write: {name}: {write:?}");
        assert_eq!(server.seen().len(), 2, "{name}: each was sent once");
    }
}

#[tokio::test]
async fn nothing_was_sent_when_no_connection_stands() {
    // Nobody listens on the first port, and no other test can come to listen there.
    let cases = [
        (String::from("http://127.0.0.1:1"), FailureKind::Unreachable),
        (String::from("https://no-such-host.invalid"), FailureKind::UnknownHost),
    ];
    for (address, kind) in cases {
        let endpoint = Endpoint::parse(&address).expect("an address");
        let lost = failure(&http(&endpoint, None), Call::write(Method::POST, &["x"])).await;
        assert_eq!((lost.kind, lost.effected), (kind, Effected::No), "{lost:?}");
        assert!(!lost.sentence().contains("://"), "no addresses in messages: {}", lost.sentence());
    }
}

#[tokio::test]
async fn which_connection_a_write_goes_over() {
    use Effected::Unknown;
    let closes = Answer::Status(200, "connection: close", String::from("ok"));
    let never = Duration::ZERO;
    let always = Duration::from_hours(1);
    // How long a connection may carry a write after its last answer, what the server does with the second write, and over
    // which connection that one went.
    let cases = [
        ("just answered on", always, ok("ok"), ok("ok"), 1, None),
        ("answered on too long ago", never, ok("ok"), ok("ok"), 2, None),
        ("closed by the server", always, closes, ok("ok"), 2, None),
        ("closed under the write", always, ok("ok"), Answer::Close, 1, Some((FailureKind::CutOff, Unknown))),
    ];
    for (name, warm, first, second, connection, lost) in cases {
        let script = move |seen: &super::script::Seen| {
            if seen.line.ends_with("/first") { first.clone() } else { second.clone() }
        };
        let server = Script::start(script).await;
        let clock: Clock = Arc::new(|| jiff::Timestamp::from_second(NOW).expect("in range"));
        let http = Http::new(&server.endpoint, None, clock, Limits { warm, ..Limits::default() });
        http.send(Call::write(Method::PUT, &["first"])).await.map(drop).expect("an answer");
        let done = http.send(Call::write(Method::PUT, &["second"])).await;
        let failure = done.err().map(|failure| (failure.kind, failure.effected));
        assert_eq!(failure, lost, "{name}");
        let over: Vec<usize> = server.seen().iter().map(|seen| seen.connection).collect();
        assert_eq!(over, [1, connection], "{name}: each was sent once");
    }
}

#[tokio::test]
async fn what_is_sent() {
    let server = Script::start(|_| ok("fine")).await;
    let http = http(&server.endpoint, None);
    let secret = Secret::new(String::from("b"));
    let call = Call::read(&["api", "a/b ü"]).query("page", &2).bearer(&secret);
    assert_eq!(http.send(call).await.map(|reply| reply.body.to_vec()).ok(), Some(b"fine".to_vec()));
    http.send(Call::exchange(&["login"], &[("password", "a&b=c ü")])).await.map(drop).expect("an answer");
    let [read, form] = server.seen().try_into().expect("two requests");
    assert_eq!(read.line, "GET /base/api/a%2Fb%20%C3%BC?page=2");
    assert!(read.head.contains("authorization: Bearer b\r\n"), "{}", read.head);
    assert!(
        read.head.contains(concat!("user-agent: keywright/", env!("CARGO_PKG_VERSION"))),
        "{}",
        read.head
    );
    for never in ["origin:", "cookie:", "referer:"] {
        assert!(!read.head.contains(never), "{}", read.head);
    }
    assert_eq!(form.body, "password=a%26b%3Dc+%C3%BC");
    assert!(!form.head.contains("authorization"), "{}", form.head);
}

#[tokio::test]
async fn the_clock_and_the_wait() {
    let answer = Answer::Status(
        429,
        "Date: Sat, 21 Nov 2026 23:00:00 GMT\nRetry-After: 7\nX-Request-ID: ab12",
        "[]".into(),
    );
    let server = Script::start(move |_| answer.clone()).await;
    let http = http(&server.endpoint, None);
    let reply = http.send(Call::read(&["x"])).await.expect("an answer");
    assert_eq!((reply.status, reply.retry_after), (429, Some(Duration::from_secs(7))));
    assert_eq!(reply.request_id.as_deref(), Some("ab12"));
    assert_eq!(http.skew(), Skew(1_795_302_000 - NOW));
}

/// A TLS server with a certificate of its own making for `host`, and the file that certificate is in.
async fn tls_server(host: &str, folder: &Path) -> (Endpoint, PathBuf) {
    let made = rcgen::generate_simple_self_signed([host.to_owned()]).expect("a certificate");
    let file = folder.join("ca.pem");
    std::fs::write(&file, made.cert.pem()).expect("a file");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut some = [0; 1024];
                let _whatever_was_asked = stream.read(&mut some).await;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.ok();
                stream.shutdown().await.ok();
            }
        }
    });
    (Endpoint::parse(&format!("https://localhost:{port}")).expect("an address"), file)
}

#[tokio::test]
async fn certificates() {
    let folder = tempfile::tempdir().expect("a folder");
    let (known, file) = tls_server("localhost", folder.path()).await;
    let stranger = http(&known, None).send(Call::write(Method::POST, &["x"])).await.err().expect("refused");
    assert_eq!((stranger.kind, stranger.effected), (FailureKind::Untrusted, Effected::No), "{stranger:?}");
    assert!(stranger.sentence().contains("authority"), "{}", stranger.sentence());
    let trusted = http(&known, Some(&file)).send(Call::read(&["x"])).await;
    assert_eq!(trusted.map(|reply| reply.status), Ok(200));

    let (other, file) = tls_server("other.example", folder.path()).await;
    let named = http(&other, Some(&file)).send(Call::read(&["x"])).await.err().expect("refused");
    assert!(named.sentence().contains("another host name"), "{}", named.sentence());
}

#[tokio::test]
async fn certificate_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let garbage = folder.path().join("garbage.pem");
    std::fs::write(&garbage, "hello").expect("a file");
    let broken = folder.path().join("broken.pem");
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .expect("a file");
    let endpoint = Endpoint::parse("https://localhost:1").expect("an address");
    for file in [&garbage, &broken, &folder.path().join("missing.pem")] {
        let refused = http(&endpoint, Some(file)).send(Call::read(&["x"])).await.err().expect("refused");
        assert_eq!(refused.kind, FailureKind::CertificateFile, "{refused:?}");
        assert!(refused.sentence().contains(&file.display().to_string()), "{}", refused.sentence());
    }
}

#[tokio::test]
async fn plain_http_where_tls_is_expected() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
    });
    let endpoint = Endpoint::parse(&format!("https://localhost:{port}")).expect("an address");
    let lost = failure(&http(&endpoint, None), Call::write(Method::POST, &["x"])).await;
    assert_eq!((lost.kind, lost.effected), (FailureKind::Unexpected, Effected::No), "{lost:?}");
    assert!(lost.sentence().contains("does not speak TLS"), "{}", lost.sentence());
}
