//! Servers that do one thing each, so that every row of the table of verdicts is met.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::{Limits, Manner, Seen};
use super::{client, secret};
use crate::domain::failure::FailureKind;
use crate::secret::Secret;

/// What a scripted server does with its one client.
#[derive(Clone, Copy)]
enum Does {
    /// Says this, with `ID` for the id of the question, and closes.
    Says(&'static str),
    /// Says this and stays open until the client goes.
    Holds(&'static str),
    /// Sends two megabytes.
    Floods,
}

async fn seen(does: Does, limits: Limits, manner: Manner) -> Result<Seen, FailureKind> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&listener.local_addr().unwrap().to_string(), limits);
    let secret: Secret = secret("sk_any");
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0_u8; 4096];
        let mut length = 0;
        while heard[..length].iter().filter(|byte| **byte == b'\n').take(2).count() < 2 {
            length += stream.read(&mut heard[length..]).await.unwrap();
        }
        let heard = String::from_utf8(heard[..length].to_vec()).unwrap();
        let id = heard.lines().nth(1).unwrap().split(' ').next().unwrap().to_owned();
        assert_eq!(heard, format!("AUTH sk_any\n{id} STAT\n"));
        match does {
            Does::Says(words) => stream.write_all(words.replace("ID", &id).as_bytes()).await.unwrap(),
            Does::Holds(words) => {
                stream.write_all(words.replace("ID", &id).as_bytes()).await.unwrap();
                // Until the client resets or closes for good.
                while stream.read(&mut [0_u8; 64]).await.is_ok_and(|read| read > 0) {}
                std::future::pending::<()>().await;
            }
            Does::Floods => {
                let line = "x".repeat(1023) + "\n";
                for _ in 0..2048 {
                    if stream.write_all(line.as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        }
        drop(stream);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        seen = client.check(&secret, manner) => seen.map_err(|failure| failure.kind),
        () = serve => unreachable!("the server never ends by itself"),
    }
}

#[tokio::test]
async fn every_row_of_the_table() {
    let short = Limits { whole: Duration::from_millis(150), ..Limits::default() };
    let late = Limits { late: Duration::ZERO, ..Limits::default() };
    let usual = Limits::default();
    let rows: &[(Does, Limits, &str, Option<bool>)] = &[
        (Does::Says("OK\nID uptime_ns 5\nID auth_enabled 1\nID OK\n"), usual, "Valid", Some(true)),
        (Does::Says("OK\nID OK\n"), usual, "Valid", Some(true)),
        (Does::Says("ID uptime_ns 5\nID auth_enabled 0\nID OK\n"), usual, "Open", None),
        (Does::Says("ERROR\n"), usual, "Unknown", Some(false)),
        (Does::Says("ERROR auth_failed\n"), usual, "Unknown", Some(false)),
        (Does::Says("ERROR auth_failed unknown token\n"), usual, "Unknown", Some(false)),
        (Does::Says("ERROR auth_required\n"), usual, "Malformed", None),
        (Does::Says("OK\n"), usual, "Unhealthy", Some(true)),
        (Does::Holds("OK\nID uptime_ns 5\n"), short, "Unhealthy", Some(true)),
        (Does::Says(""), usual, "ClosedAtOnce", None),
        (Does::Says(""), late, "ClosedLate", None),
        (Does::Holds(""), short, "Silent", None),
        (Does::Says("HTTP/1.1 400 Bad Request\r\n\r\n"), usual, "Strange", None),
        (Does::Says("220 mail.example ESMTP\n"), usual, "Strange", None),
        (Does::Says("no line at all"), usual, "Strange", None),
        (Does::Holds("\u{1b}]0;x\u{7}\n"), short, "Strange", None),
    ];
    for (does, limits, wanted, works) in rows {
        for manner in [Manner::HalfClose, Manner::Reset] {
            let seen = seen(*does, *limits, manner).await.unwrap();
            let name = format!("{seen:?}");
            assert!(name.starts_with(wanted), "{name} instead of {wanted}");
            assert!(!name.contains('\u{1b}') && seen.sentence().ends_with('.'));
            assert_eq!(seen.works(), *works, "{wanted}");
        }
    }
}

#[tokio::test]
async fn the_counters_are_read_and_an_id_is_not_mistaken() {
    let rows = "OK\nID uptime_ns 1500000000\nID auth_enabled 1\nID tls_enabled 0\nIDx auth_enabled 0\nkother OK\nID framerate 512\nID OK\n";
    let Ok(Seen::Valid(stat)) = seen(Does::Says(rows), Limits::default(), Manner::Reset).await else {
        panic!("valid")
    };
    assert_eq!(stat.uptime, Some(Duration::from_millis(1500)));
    assert_eq!((stat.auth, stat.tls, stat.rows.len()), (Some(true), Some(false), 4));
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    for manner in [Manner::HalfClose, Manner::Reset] {
        assert_eq!(seen(Does::Floods, Limits::default(), manner).await, Err(FailureKind::TooLarge));
    }
}
