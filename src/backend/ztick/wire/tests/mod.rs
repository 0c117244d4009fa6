//! The client against the embedded server, and against scripted servers that do what no ztick does.

#[cfg(feature = "sandbox")]
mod embedded;
mod scripted;

use super::{Client, Limits, Manner, Place, PlaceError};
use crate::secret::Secret;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn client(address: &str, limits: Limits) -> Client {
    Client::new(Place::parse(address).unwrap(), None, limits)
}

#[test]
fn addresses() {
    let rows = [
        ("127.0.0.1:5678", "tcp://127.0.0.1:5678"),
        ("tcp://localhost", "tcp://localhost:5678"),
        ("tcp://[::1]:1/", "tcp://[::1]:1"),
        ("tls://ztick.example", "tls://ztick.example:5679"),
        (" tls://10.0.0.1:99 ", "tls://10.0.0.1:99"),
    ];
    for (typed, shown) in rows {
        assert_eq!(Place::parse(typed).unwrap().to_string(), shown, "{typed}");
    }
    let plain = |host: &str| PlaceError::PlainTcp(String::from(host));
    let rows = [
        ("", PlaceError::NotAddress),
        ("tcp://", PlaceError::NotAddress),
        ("tls://host:notaport", PlaceError::NotAddress),
        ("http://127.0.0.1", PlaceError::Scheme),
        ("tls://user@host", PlaceError::Extras),
        ("tls://host/path", PlaceError::Extras),
        ("tls://host?x", PlaceError::Extras),
        ("tcp://10.0.0.1:5678", plain("10.0.0.1")),
        ("ztick.example:5678", plain("ztick.example")),
        ("tcp://localhost.evil.example", plain("localhost.evil.example")),
        ("tcp://0.0.0.0", plain("0.0.0.0")),
    ];
    for (typed, error) in rows {
        assert_eq!(Place::parse(typed), Err(error), "{typed}");
    }
}

#[tokio::test]
async fn a_secret_that_no_line_can_carry_is_not_sent() {
    // Nothing listens there; had it been sent, the answer would say so.
    let client = client("127.0.0.1:1", Limits::default());
    let quoted = format!("a {}", "x".repeat(4087));
    for text in ["a\nb", &"x".repeat(4091), &quoted] {
        let failure = client.check(&secret(text), Manner::Reset).await.err().unwrap();
        assert!(failure.sentence().contains("it was not sent"), "{failure:?}");
    }
    assert!(client.check(&secret(&"x".repeat(4090)), Manner::Reset).await.is_ok());
}
