//! A server for tests that says exactly what it is told to, byte by byte, and remembers what it was asked.

#![expect(clippy::disallowed_methods, reason = "the scripted server runs beside the test")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::domain::account::Endpoint;

/// A request as the server got it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `GET /api/v1/info`, with the query.
    pub(crate) line: String,
    /// The headers, one a line, names in lower case.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
    /// Over which connection it came: the first is 1.
    pub(crate) connection: usize,
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status, further header lines, a body.
    Status(u16, &'static str, String),
    /// These very bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// Nothing at all, for as long as the test runs.
    Silence,
    /// The end of the connection without a byte.
    Close,
}

/// A running server.
pub(crate) struct Script {
    /// Where it is.
    pub(crate) endpoint: Endpoint,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// `200` with a body.
pub(crate) fn ok(body: impl Into<String>) -> Answer {
    Answer::Status(200, "", body.into())
}

impl Script {
    /// Starts a server that answers each request as `answer` says.
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connection += 1;
                tokio::spawn(serve(stream, connection, Arc::clone(&answer), Arc::clone(&log)));
            }
        });
        Self { endpoint: Endpoint::parse(&format!("http://{address}/base")).expect("an address"), seen }
    }

    /// Everything asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    answer: Arc<impl Fn(&Seen) -> Answer + Send + Sync>,
    log: Arc<Mutex<Vec<Seen>>>,
) {
    while let Some(seen) = request(&mut stream, connection).await {
        log.lock().expect("not poisoned").push(seen.clone());
        match answer(&seen) {
            Answer::Status(status, extra, body) => {
                let mut head = format!("HTTP/1.1 {status} Told\r\ncontent-length: {}\r\n", body.len());
                for line in extra.lines() {
                    write!(head, "{line}\r\n").expect("a string takes everything");
                }
                let whole = format!("{head}\r\n{body}");
                if stream.write_all(whole.as_bytes()).await.is_err() {
                    return;
                }
            }
            Answer::Raw(bytes) => {
                stream.write_all(&bytes).await.ok();
                return;
            }
            Answer::Silence => std::future::pending().await,
            Answer::Close => return,
        }
    }
}

async fn request(stream: &mut TcpStream, connection: usize) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (line, headers) = head.split_once("\r\n").expect("a request line");
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
    let mut body = vec![0; length.parse().expect("a length")];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen {
        line: line.trim_end_matches(" HTTP/1.1").to_owned(),
        head: headers.to_owned(),
        body: String::from_utf8(body).expect("text"),
        connection,
    })
}
