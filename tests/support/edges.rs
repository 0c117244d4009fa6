//! A scripted server for what real servers do on bad days. Each request plays the next [`Reaction`] of the script,
//! byte for byte on a raw socket, with TLS if wanted, and is recorded: the number of requests is what tells whether a
//! write was repeated.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::wait;

/// What happens to one request.
#[derive(Clone, Debug)]
pub struct Reaction {
    acts: Vec<Act>,
}

#[derive(Clone, Debug)]
enum Act {
    /// Read the whole request. Each reaction does it once, or closes the connection without.
    Read,
    Send(Vec<u8>),
    /// Send so many bytes of this one.
    Flood(u8, u64),
    Wait(Duration),
    /// Say nothing more until the client gives up.
    Hang,
    Close,
    /// Close with a reset, as a crashed machine's kernel does.
    Reset,
}

impl Reaction {
    /// A reply with a JSON body; the connection stays open for the next request, which plays the next reaction.
    pub fn json(status: u16, body: &str) -> Self {
        Self::reply(status, &[("content-type", "application/json")], body.as_bytes())
    }

    /// A reply with any headers and body.
    pub fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let mut bytes = head(status, headers, body.len() as u64);
        bytes.extend_from_slice(body);
        Self { acts: vec![Act::Read, Act::Send(bytes)] }
    }

    /// Bytes that need not be HTTP, then the connection closes.
    pub fn raw(bytes: &[u8]) -> Self {
        Self { acts: vec![Act::Read, Act::Send(bytes.to_vec()), Act::Close] }
    }

    /// A reply that promises `length` bytes, sends `part`, and closes.
    pub fn cut_in_body(status: u16, length: u64, part: &[u8]) -> Self {
        let mut bytes = head(status, &[("content-type", "application/json")], length);
        bytes.extend_from_slice(part);
        Self::raw(&bytes)
    }

    /// The request is read, then the connection closes without a word: the write may have happened.
    pub fn cut_before_reply() -> Self {
        Self { acts: vec![Act::Read, Act::Close] }
    }

    /// The connection closes before the request is read: with a reset, since its bytes are left unread.
    pub fn cut_before_request() -> Self {
        Self { acts: vec![Act::Reset] }
    }

    /// The request is read and never answered.
    pub fn hang() -> Self {
        Self { acts: vec![Act::Read, Act::Hang] }
    }

    /// A reply of `length` bytes, all spaces: lawful JSON white space that never becomes a value.
    pub fn huge(status: u16, length: u64) -> Self {
        let head = head(status, &[("content-type", "application/json")], length);
        Self { acts: vec![Act::Read, Act::Send(head), Act::Flood(b' ', length)] }
    }

    /// A huge reply that does not tell its length: it ends where the connection does.
    pub fn endless(status: u16, length: u64) -> Self {
        let head = format!("HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\n\r\n").into_bytes();
        Self { acts: vec![Act::Read, Act::Send(head), Act::Flood(b' ', length), Act::Close] }
    }

    /// The same after a while, counted from when the request was read.
    pub fn after(mut self, delay: Duration) -> Self {
        let at = self.acts.iter().position(|act| matches!(act, Act::Read)).map_or(0, |at| at + 1);
        self.acts.insert(at, Act::Wait(delay));
        self
    }

    /// The same reply, a few bytes at a time with `pause` between: slow, but never silent for long.
    pub fn in_pieces(mut self, size: usize, pause: Duration) -> Self {
        let slow = |act| match act {
            Act::Send(bytes) => {
                bytes.chunks(size).flat_map(|part| [Act::Send(part.to_vec()), Act::Wait(pause)]).collect()
            }
            other => vec![other],
        };
        self.acts = self.acts.into_iter().flat_map(slow).collect();
        self
    }

    /// The same, and then the connection closes, though the reply does not say so.
    pub fn then_close(mut self) -> Self {
        self.acts.push(Act::Close);
        self
    }
}

fn head(status: u16, headers: &[(&str, &str)], length: u64) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// One request as it came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, after its `content-length`.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

struct Shared {
    script: Mutex<VecDeque<Reaction>>,
    requests: Mutex<Vec<Request>>,
    /// Second handles to the open connections, to close them at the end, by the number of each.
    connections: Mutex<HashMap<usize, TcpStream>>,
    accepted: AtomicUsize,
    over: AtomicBool,
}

/// The server. Dropping it closes everything.
pub struct Server {
    address: SocketAddr,
    secure: bool,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts on a free loopback port. After the script's end every request gets 599.
    pub fn start(script: Vec<Reaction>) -> Self {
        Self::listen(script, None)
    }

    /// The same with TLS: see [`crate::tls`].
    pub fn start_tls(script: Vec<Reaction>, configuration: Arc<ServerConfig>) -> Self {
        Self::listen(script, Some(configuration))
    }

    fn listen(script: Vec<Reaction>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let secure = tls.is_some();
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into()),
            requests: Mutex::default(),
            connections: Mutex::default(),
            accepted: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared, tls.as_ref())
        });
        Self { address, secure, shared, thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`, or `https`.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.address)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests read so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("the requests").clone()
    }

    /// Connections accepted so far, those cut before their request included.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Waits until so many requests were read.
    pub fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        wait::until(&format!("{count} requests came"), || {
            let requests = self.requests();
            (requests.len() >= count).then_some(requests)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the listener from `accept`.
        TcpStream::connect(self.address).ok();
        for connection in self.shared.connections.lock().expect("the connections").values() {
            connection.shutdown(Shutdown::Both).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, tls: Option<&Arc<ServerConfig>>) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
        let handle = stream.try_clone().expect("a second handle");
        shared.connections.lock().expect("the connections").insert(number, handle);
        let (shared, tls) = (Arc::clone(shared), tls.cloned());
        std::thread::spawn(move || {
            // A client that gives up ends the connection with an error, which is its good right.
            let played = match tls {
                None => serve(stream, number, &shared),
                Some(tls) => {
                    let session = ServerConnection::new(tls).expect("a TLS session");
                    serve(StreamOwned::new(session, stream), number, &shared)
                }
            };
            shared.connections.lock().expect("the connections").remove(&number);
            played.ok();
        });
    }
}

/// A stream whose socket can be watched and closed.
trait Socket: Read + Write {
    fn socket(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Socket for StreamOwned<ServerConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }
}

fn serve(mut stream: impl Socket, number: usize, shared: &Shared) -> io::Result<()> {
    let stream = &mut stream;
    loop {
        // A reaction belongs to a request, so its first byte is awaited before taking one.
        if stream.socket().peek(&mut [0])? == 0 {
            return Ok(());
        }
        let next = shared.script.lock().expect("the script").pop_front();
        let reaction = next.unwrap_or_else(|| Reaction::json(599, r#"{"detail":"the script is over"}"#));
        for act in reaction.acts {
            match act {
                Act::Read => {
                    let Some(request) = read_request(stream)? else { return Ok(()) };
                    shared.requests.lock().expect("the requests").push(request);
                }
                Act::Send(bytes) => send(stream, &bytes)?,
                Act::Flood(byte, length) => flood(stream, byte, length)?,
                Act::Wait(time) => std::thread::sleep(time),
                Act::Hang => return stream.read(&mut [0]).map(|_| ()),
                Act::Close => return stream.socket().shutdown(Shutdown::Both),
                Act::Reset => {
                    // The kernel sends a reset when the last handle is closed with bytes left unread.
                    shared.connections.lock().expect("the connections").remove(&number);
                    return Ok(());
                }
            }
        }
    }
}

fn send(stream: &mut impl Socket, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

fn flood(stream: &mut impl Socket, byte: u8, length: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(byte).take(length), stream)?;
    stream.flush()
}

/// Reads one request with its body; nothing when the client closed instead.
fn read_request(stream: &mut impl Socket) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split_whitespace().map(str::to_owned);
    let mut request = Request {
        method: first.next().unwrap_or_default(),
        path: first.next().unwrap_or_default(),
        ..Request::default()
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        request.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body = vec![0; length];
    stream.read_exact(&mut request.body)?;
    Ok(Some(request))
}
