//! Connections: accepts them, reads requests whole, lets faults spoil what they should, and writes answers. A cut is an
//! error handed to hyper, which then closes the socket without writing anything.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use super::clock::http_date;
use super::faults::{Fault, Kind};
use super::http::{Call, Reply};
use super::ports::Part;
use super::world::World;

/// The largest request body that is read.
const LARGEST: usize = 16 * 1024 * 1024;

/// Serves one part until the runtime ends.
pub(super) async fn serve(part: Part, listener: tokio::net::TcpListener, world: Arc<World>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: let others finish instead of spinning.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // An answer is written in one piece; waiting to fill a packet would only slow it down.
        drop(stream.set_nodelay(true));
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(part, Arc::clone(&world), request));
            // How a connection ends, cut ones included, is the client's to notice.
            drop(
                http1::Builder::new()
                    .auto_date_header(false)
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

async fn answer(part: Part, world: Arc<World>, request: Request<Incoming>) -> io::Result<Response<Answer>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST).collect().await else {
        return respond(&world, Reply::new(413, "text/plain", ""), Fate::Whole);
    };
    let call = Call::new(&head, body.to_bytes());
    let fault = if part == Part::Control { None } else { world.faults.take(part, &call) };
    let outcome = spoil(part, &world, &call, fault.as_ref()).await;
    if part != Part::Control {
        let status = outcome.as_ref().ok().map(|(reply, _)| reply.status);
        world.journal.note(part, world.clock.now(), &call, status, fault.map(|fault| fault.kind.name()));
    }
    let (reply, fate) = outcome?;
    respond(&world, reply, fate)
}

/// How the answer's body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Whole,
    /// Half of it, and the connection closes.
    Half,
}

/// Does the work unless the fault forbids it, and spoils the answer if the fault wants it.
async fn spoil(
    part: Part,
    world: &Arc<World>,
    call: &Call,
    fault: Option<&Fault>,
) -> io::Result<(Reply, Fate)> {
    let cut = || io::Error::from(io::ErrorKind::ConnectionAborted);
    let whole = |reply| Ok((reply, Fate::Whole));
    let Some(fault) = fault else { return whole(work(part, world, call).await) };
    if fault.kind != Kind::Delay {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    match fault.kind {
        Kind::CutBefore => Err(cut()),
        Kind::Answer => whole(instead(fault)),
        Kind::Escapes => whole(escapes()),
        Kind::Delay => {
            let reply = work(part, world, call).await;
            tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
            whole(reply)
        }
        Kind::CutAfter => {
            work(part, world, call).await;
            Err(cut())
        }
        Kind::CutBody => Ok((work(part, world, call).await, Fate::Half)),
        Kind::Oversize => {
            let reply = work(part, world, call).await;
            let length = usize::from(fault.megabytes.unwrap_or(2)).saturating_mul(1024 * 1024);
            let filler = format!("{{\"filler\":\"{}\"}}", "x".repeat(length));
            whole(Reply { body: filler.into(), ..reply })
        }
        Kind::Garbage => {
            let reply = work(part, world, call).await;
            whole(Reply { body: Bytes::from_static(b"{\"id\": \"7d54\", \"body\": [}\xff\xfe"), ..reply })
        }
        Kind::WrongType => {
            work(part, world, call).await;
            whole(Reply::new(
                200,
                "text/html",
                "<!doctype html><title>Sign in</title><h1>Please sign in</h1>",
            ))
        }
    }
}

/// The backend's own answer. The work blocks (a database, hashing), so it has a thread of its own; a panic there is a
/// closed connection here.
async fn work(part: Part, world: &Arc<World>, call: &Call) -> Reply {
    // The call is borrowed by the journal afterwards, and all of it is cheap to share.
    let (world, call) = (Arc::clone(world), call.clone());
    let reply = tokio::task::spawn_blocking(move || world.answer(part, &call))
        .await
        .unwrap_or_else(|_| Reply::text(500, "Internal Server Error"));
    tokio::time::sleep(reply.pause).await;
    reply
}

fn instead(fault: &Fault) -> Reply {
    let status = fault.status.unwrap_or(500);
    let mut reply = match &fault.body {
        Value::Null => Reply::text(status, "Internal Server Error"),
        Value::String(text) => Reply::text(status, text),
        body @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Reply::json(status, body)
        }
    };
    for (name, value) in &fault.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            reply.headers.push((name, value.clone()));
        }
    }
    reply
}

/// An error whose text would set the title, write the clipboard, clear the screen and turn the reading direction round.
fn escapes() -> Reply {
    let text = "\u{1b}]0;taken over\u{7}\u{1b}]52;c;aGFja2Vk\u{7}\u{1b}[2J\u{1b}[31mred\u{9b}1m\u{202e}desrever\u{200b}\r\n\0end";
    Reply::json(400, &json!({ "detail": ["ValueError", text] }))
}

fn respond(world: &World, reply: Reply, fate: Fate) -> io::Result<Response<Answer>> {
    let mut response =
        Response::new(Answer { body: Some(reply.body.clone()), fate, length: reply.body.len() });
    *response.status_mut() = StatusCode::from_u16(reply.status).map_err(io::Error::other)?;
    let headers = response.headers_mut();
    let date = HeaderValue::from_str(&http_date(world.clock.now())).map_err(io::Error::other)?;
    headers.insert(DATE, date);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    for (name, value) in reply.headers {
        headers.append(name, HeaderValue::from_str(&value).map_err(io::Error::other)?);
    }
    Ok(response)
}

/// A body that announces its full length and may break off halfway.
struct Answer {
    body: Option<Bytes>,
    fate: Fate,
    length: usize,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let half = self.length / 2;
        match (self.body.take(), self.fate) {
            (Some(body), Fate::Whole) => Poll::Ready(Some(Ok(Frame::data(body)))),
            (Some(body), Fate::Half) => Poll::Ready(Some(Ok(Frame::data(body.slice(..half))))),
            (None, Fate::Whole) => Poll::Ready(None),
            (None, Fate::Half) => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }
}
