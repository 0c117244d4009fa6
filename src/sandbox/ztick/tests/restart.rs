//! Starting and ending: contract 2, 2.1, the port that stays taken, and TLS.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;

use super::bench::{Lines, TOKENS, read_to_end};
use crate::sandbox::Options;
use crate::sandbox::tests::bench::Bench;

#[test]
fn edits_count_from_the_next_restart_and_connections_end_there() {
    let lines = Lines::new("bare");
    let mut open = lines.connect();
    open.write_all(b"AUTH s1\n").unwrap();
    lines.tokens(b"[token.new]\nsecret = \"new\"\nnamespace = \"*\"\n");
    assert_eq!(lines.talk("AUTH new\n"), "ERROR\n");
    assert_eq!(lines.talk("AUTH s1\n"), "OK\n");
    let (report, last) = lines.restart();
    assert_eq!(
        (&report["running"], &report["exit"], &report["tokens"]),
        (&json!(true), &json!(null), &json!(1))
    );
    assert!(last.starts_with("[INFO] listening on 127.0.0.1:"));
    assert_eq!(read_to_end(&mut open), b"OK\n");
    assert_eq!(lines.talk("AUTH new\n"), "OK\n");
    assert_eq!(lines.talk("AUTH s1\n"), "ERROR\n");
}

#[test]
fn files_it_does_not_start_with() {
    let lines = Lines::new("bare");
    let large = vec![b'#'; 1_048_577];
    let rows: &[(&[u8], &str)] = &[
        (b"[token.a]\nnamespace = \"x\"\n", "MissingSecret"),
        (b"[token.a]\nsecret = \"x\"\n", "EmptyNamespace"),
        (
            b"[token.a]\nsecret = \"x\"\nnamespace = \"x\"\n[token.b]\nsecret=x\nnamespace=y",
            "DuplicateSecret",
        ),
        (&large, "FileTooBig"),
    ];
    for (file, word) in rows {
        lines.tokens(file);
        let (report, last) = lines.restart();
        assert_eq!((&report["running"], &report["exit"]), (&json!(false), &json!(1)), "{word}");
        assert_eq!(last, format!("[ERROR] {word}"));
        assert!(
            TcpStream::connect(&lines.bench.sandbox.announcement().ztick.address).is_err(),
            "nothing listens"
        );
    }
    let path = &lines.bench.sandbox.announcement().ztick.auth_file;
    std::fs::remove_file(path).unwrap();
    assert_eq!(lines.restart().1, "[ERROR] FileNotFound");
    std::fs::create_dir(path).unwrap();
    assert_eq!(lines.restart().1, "[ERROR] IsDir");
    std::fs::remove_dir(path).unwrap();
    lines.tokens(&large[1..]);
    assert_eq!(lines.restart().0["running"], true, "exactly that size loads");
    lines.tokens(TOKENS.as_bytes());
    assert_eq!(lines.restart().0["tokens"], 6);
}

#[test]
fn a_restart_after_the_server_closed_first_fails_with_exit_0() {
    let lines = Lines::new("bare");
    lines.quirks(&json!({ "reuse_address": false }));
    let mut stream = lines.connect();
    stream.write_all(b"AUTH nope\n").unwrap();
    // Read to the end, so that the server has closed first, and close in the ordinary way.
    assert_eq!(read_to_end(&mut stream), b"ERROR\n");
    drop(stream);
    let (report, last) = lines.restart();
    assert_eq!((&report["running"], &report["exit"]), (&json!(false), &json!(0)));
    assert_eq!(last, "[ERROR] controller: start failed: error.AddressInUse");
    lines.quirks(&json!({ "reuse_address": true }));
    assert_eq!(lines.restart().0["running"], true);
}

/// What a child that is being started still has open is not in the way of the next start.
#[test]
#[cfg(unix)]
fn children_that_are_being_started_hold_no_port() {
    let lines = Lines::new("bare");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                assert!(std::process::Command::new("true").status().unwrap().success());
            }
        });
        let reports: Vec<_> = (0..150).map(|_| lines.restart()).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        let failed: Vec<_> = reports.iter().filter(|(report, _)| report["running"] != true).collect();
        assert!(failed.is_empty(), "{} of {}: {failed:?}", failed.len(), reports.len());
    });
}

#[test]
fn a_restart_after_clients_closed_first_works() {
    let lines = Lines::new("bare");
    lines.quirks(&json!({ "reuse_address": false }));
    assert_eq!(lines.talk("AUTH s1\n"), "OK\n");
    assert_eq!(lines.restart().0["running"], true);
    assert_eq!(lines.talk("AUTH s1\n"), "OK\n");
}

/// A client that trusts these certificates.
fn tls(lines: &Lines, trusted: &[CertificateDer<'static>]) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate.clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TcpStream::connect(&lines.bench.sandbox.announcement().ztick.tls_address).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

#[test]
fn the_tls_listener_shows_a_leaf_alone_and_half_close_delivers_everything() {
    let lines = Lines::new("bare");
    let file = &lines.bench.sandbox.announcement().ztick.ca_file;
    let bundle: Vec<_> =
        CertificateDer::pem_file_iter(Path::new(file)).unwrap().map(Result::unwrap).collect();
    let mut client = tls(&lines, &bundle);
    client.write_all(b"AUTH s1\np STAT\n").unwrap();
    client.conn.send_close_notify();
    client.flush().unwrap();
    client.sock.shutdown(std::net::Shutdown::Write).unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("OK\np uptime_ns ") && said.ends_with("p framerate 512\np OK\n"), "{said}");
    assert!(said.contains("p tls_enabled 1\n"));
    assert_eq!(client.conn.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    assert_eq!(client.conn.peer_certificates().unwrap().len(), 1);

    // The root alone is not enough, because the certificate between is not shown.
    let error = tls(&lines, &bundle[1..]).write_all(b"AUTH s1\n").unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[test]
fn plain_bytes_to_the_tls_port_are_reset() {
    let lines = Lines::new("bare");
    let mut stream = TcpStream::connect(&lines.bench.sandbox.announcement().ztick.tls_address).unwrap();
    stream.write_all(b"AUTH s1\n").unwrap();
    let mut byte = [0_u8];
    assert_eq!(stream.read(&mut byte).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn tokens_are_kept_with_the_data_and_otherwise_vanish() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::on(directory.path());
    let first = bench.sandbox.announcement().ztick.clone();
    bench.sandbox.stop();
    let bench = Bench::on(directory.path());
    assert_eq!(bench.sandbox.announcement().ztick.tokens, first.tokens);
    assert_eq!(Path::new(&first.auth_file), directory.path().join("ztick/auth.toml"));

    let bench = Bench::with(Options::default());
    let file = bench.sandbox.announcement().ztick.auth_file.clone();
    assert!(Path::new(&file).exists());
    bench.sandbox.stop();
    assert!(!Path::new(&file).parent().unwrap().exists());
}
