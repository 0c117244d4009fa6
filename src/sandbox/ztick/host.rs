//! The process: it reads its file, binds, serves until it is ended, and starts again when asked.
//!
//! It binds again without reusing the address, as the real server does. So after a close that the server began the
//! system refuses the same port for a minute, and the start fails with exit code 0. That trap is real here too.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::{Report, Shared, auth_file, connection};

/// The first byte of every TLS connection.
const HANDSHAKE: u8 = 0x16;

/// How long it is waited for that nothing listens any more, and how often that is looked at.
const CLOSED: (Duration, Duration) = (Duration::from_secs(30), Duration::from_millis(2));

/// A restart; the report goes back.
pub(super) type Order = oneshot::Sender<Report>;

/// One run, from start to end: what was read from the file, and nothing of it changes.
pub(super) struct Run {
    /// The namespace behind each secret.
    pub(super) tokens: HashMap<Vec<u8>, Vec<u8>>,
    pub(super) started: Instant,
    /// Held once by the run and once by each open connection.
    pub(super) open: Arc<()>,
}

/// The process and what it listens on.
pub(in super::super) struct Host {
    shared: Arc<Shared>,
    acceptor: TlsAcceptor,
    orders: mpsc::Receiver<Order>,
    addresses: Vec<SocketAddr>,
    /// Asks for a restart when it is opened and closed.
    bell: Option<PathBuf>,
    /// Bound by the sandbox before it told anybody; used up by the first start.
    bound: Vec<std::net::TcpListener>,
}

/// A started server: plain listener, TLS listener, tokens.
type Started = (TcpListener, TcpListener, Arc<Run>);

impl Host {
    pub(super) fn new(
        shared: Arc<Shared>,
        acceptor: TlsAcceptor,
        bound: [std::net::TcpListener; 2],
        orders: mpsc::Receiver<Order>,
        bell: Option<PathBuf>,
    ) -> Self {
        let addresses = bound.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        Self { shared, acceptor, orders, addresses, bell, bound: bound.into() }
    }

    /// Runs the server, again and again, until the sandbox ends.
    pub(in super::super) async fn run(mut self) {
        let mut answer: Option<Order> = None;
        loop {
            let (started, report) = self.start();
            if let Some(answer) = answer.take() {
                // Whoever asked may have gone.
                drop(answer.send(report));
            }
            let order = if let Some(started) = started {
                self.serve(started).await
            } else {
                tokio::select! {
                    order = self.orders.recv() => order,
                    order = rung(self.bell.as_deref()) => Some(order),
                }
            };
            let Some(order) = order else { return };
            answer = Some(order);
        }
    }

    fn start(&mut self) -> (Option<Started>, Report) {
        let mut stderr: Vec<String> =
            self.addresses.iter().map(|address| format!("[INFO] listening on {address}")).collect();
        let bound = std::mem::take(&mut self.bound);
        let mut ended = |exit: u8, line: String| {
            stderr.push(line);
            (
                None,
                Report { running: false, exit: Some(exit), stderr: std::mem::take(&mut stderr), tokens: 0 },
            )
        };
        let tokens = match auth_file::load(&self.shared.folder.tokens()) {
            Ok(tokens) => tokens,
            Err(word) => return ended(1, format!("[ERROR] {word}")),
        };
        let listeners = if bound.is_empty() { self.bind() } else { adopt(bound) };
        let Ok([plain, tls]) = listeners else {
            return ended(0, String::from("[ERROR] controller: start failed: error.AddressInUse"));
        };
        let count = tokens.len();
        let tokens = tokens.into_iter().map(|token| (token.secret, token.namespace)).collect();
        let run = Arc::new(Run { tokens, started: Instant::now(), open: Arc::default() });
        (Some((plain, tls, run)), Report { running: true, exit: None, stderr, tokens: count })
    }

    fn bind(&self) -> io::Result<[TcpListener; 2]> {
        let reuse = self.shared.quirks().reuse_address;
        let bind = |address: &SocketAddr| {
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(reuse)?;
            socket.bind(*address)?;
            socket.listen(128)
        };
        let bound: Vec<TcpListener> = self.addresses.iter().map(bind).collect::<io::Result<_>>()?;
        bound.try_into().map_err(|_other_count| io::ErrorKind::AddrNotAvailable.into())
    }

    /// Serves until the order to restart; none if the sandbox ends. Everything is closed when this returns.
    async fn serve(&mut self, (plain, tls, run): Started) -> Option<Order> {
        let mut clients = JoinSet::new();
        let bell = self.bell.clone();
        let rung = rung(bell.as_deref());
        tokio::pin!(rung);
        let order = loop {
            let (stream, encrypted) = tokio::select! {
                order = self.orders.recv() => break order,
                order = &mut rung => break Some(order),
                Ok((stream, _)) = plain.accept() => (stream, false),
                Ok((stream, _)) = tls.accept() => (stream, true),
                Some(_ended) = clients.join_next() => continue,
            };
            // Replies are written one by one, as on the real server; waiting to fill a packet would only slow them down.
            drop(stream.set_nodelay(true));
            let (shared, run) = (Arc::clone(&self.shared), Arc::clone(&run));
            if encrypted {
                let acceptor = self.acceptor.clone();
                clients.spawn(async move {
                    if let Some(stream) = shake_hands(&acceptor, stream).await {
                        connection::serve(stream, true, shared, run).await;
                    }
                });
            } else {
                clients.spawn(connection::serve(stream, false, shared, run));
            }
        };
        clients.shutdown().await;
        drop((plain, tls));
        self.nobody_listens().await;
        order
    }

    /// A child that this program is just starting has copies of what was open, listeners included, until it is another
    /// program. So closing them here may not be the end of them; the real server has no such neighbours.
    async fn nobody_listens(&self) {
        let (patience, pause) = CLOSED;
        let closed = async {
            for address in &self.addresses {
                while let Ok(stream) = TcpStream::connect(address).await {
                    // A reset, so that this client is not what holds the port.
                    drop(stream.set_zero_linger());
                    drop(stream);
                    sleep(pause).await;
                }
            }
        };
        // One that is held for good is told by the start that fails.
        drop(timeout(patience, closed).await);
    }
}

/// Waits until somebody opens the bell and closes it again. Nobody waits for how the restart goes.
#[cfg(target_os = "linux")]
async fn rung(bell: Option<&Path>) -> Order {
    let opened = bell.and_then(|bell| tokio::net::unix::pipe::OpenOptions::new().open_receiver(bell).ok());
    if let Some(pipe) = opened
        && pipe.readable().await.is_ok()
    {
        return oneshot::channel().0;
    }
    std::future::pending().await
}

/// There are no such pipes here.
#[cfg(not(target_os = "linux"))]
async fn rung(_: Option<&Path>) -> Order {
    std::future::pending().await
}

/// Listeners that were bound on another thread, driven by this runtime.
fn adopt(bound: Vec<std::net::TcpListener>) -> io::Result<[TcpListener; 2]> {
    let adopt = |listener: std::net::TcpListener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    };
    let adopted: Vec<TcpListener> = bound.into_iter().map(adopt).collect::<io::Result<_>>()?;
    adopted.try_into().map_err(|_other_count| io::ErrorKind::AddrNotAvailable.into())
}

/// The handshake has no deadline. Who does not speak TLS is cut off without a word.
async fn shake_hands(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let mut first = [0_u8];
    let seen = stream.peek(&mut first).await.ok()?;
    if seen == 0 || first != [HANDSHAKE] {
        drop(stream.set_zero_linger());
        return None;
    }
    acceptor.accept(stream).await.ok()
}
