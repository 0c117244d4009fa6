//! ztick: a scheduler's line protocol over TCP and TLS, its tokens read from a file when it starts and never again.
//!
//! `host` is the process: it starts, listens, ends and starts again, as [`Service::restart`] asks. `connection` is one
//! client from accept to close, `line` the tokens of a line, `commands` what they do to `jobs`. The file is read by
//! `auth_file`, written from the server's rules alone and sharing nothing with any editor of such files. Time is real
//! here, not the sandbox's: a client compares uptime with the time of a real file.

mod auth_file;
mod commands;
mod connection;
mod folder;
mod host;
mod jobs;
mod line;
mod quirks;
mod seed;
#[cfg(test)]
mod tests;
mod tls;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::SandboxError;
use folder::Folder;
pub(super) use host::Host;
use host::Order;
use jobs::Jobs;
pub(super) use quirks::Quirks;

/// Its word in announcements, quirks and restarts.
pub(super) const NAME: &str = "ztick";

/// Where the line protocol listens, and what its tokens are.
#[derive(Clone, Serialize)]
pub struct LineService {
    /// Host and port of the plain listener.
    pub address: String,
    /// Host and port of the TLS listener, which shows a certificate without its intermediate authority.
    pub tls_address: String,
    /// The authorities to trust: the intermediate one and its root.
    pub ca_file: String,
    /// The file the tokens are read from at each start.
    pub auth_file: String,
    /// The tokens read at the first start, by name.
    pub tokens: BTreeMap<String, String>,
}

/// A backend whose credentials stand in a file: what an account for it says.
#[derive(Clone, Debug)]
pub struct FileAccount {
    /// Its address.
    pub endpoint: String,
    /// Its further settings.
    pub settings: Vec<(&'static str, String)>,
}

/// How a start of the server ended.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether it runs.
    running: bool,
    /// The exit code if it does not.
    exit: Option<u8>,
    /// What it wrote to standard error.
    stderr: Vec<String>,
    /// How many tokens it read.
    tokens: usize,
}

/// What every run of the server shares.
struct Shared {
    quirks: Mutex<Quirks>,
    jobs: Mutex<Jobs>,
    folder: Folder,
}

impl Shared {
    fn quirks(&self) -> Quirks {
        lock(&self.quirks).clone()
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        lock(&self.jobs)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The part of the sandbox that the control address steers.
pub(super) struct Service {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    bell: Option<PathBuf>,
}

impl Service {
    /// Prepares the folder, the certificates and the first start, on listeners that are bound already.
    pub(super) fn open(
        data: Option<&Path>,
        [plain, tls]: [TcpListener; 2],
    ) -> Result<(Self, Host, LineService), SandboxError> {
        let folder = Folder::open(data)?;
        let acceptor = tls::acceptor(&folder)?;
        seed::fill(&folder)?;
        let announced = LineService {
            address: address(&plain)?,
            tls_address: address(&tls)?,
            ca_file: folder.authorities().display().to_string(),
            auth_file: folder.tokens().display().to_string(),
            tokens: announced(&folder),
        };
        let jobs = Mutex::new(Jobs::seeded());
        let bell = folder.bell();
        let shared = Arc::new(Shared { quirks: Mutex::default(), jobs, folder });
        let (orders, received) = mpsc::channel(8);
        let host = Host::new(Arc::clone(&shared), acceptor, [plain, tls], received, bell.clone());
        Ok((Self { shared, orders, bell }, host, announced))
    }

    /// What an account for it says: its address and its further settings. The restart command rings for a restart and,
    /// like the real one's, does not tell how that went.
    pub(super) fn account(&self, announced: &LineService) -> FileAccount {
        let mut settings = vec![("auth_file", announced.auth_file.clone())];
        settings.extend(self.bell.as_ref().map(|bell| ("restart", format!("tee '{}'", bell.display()))));
        FileAccount { endpoint: format!("tcp://{}", announced.address), settings }
    }

    /// Takes changed switches over.
    pub(super) fn configure(&self, quirks: &Quirks) {
        lock(&self.shared.quirks).clone_from(quirks);
    }

    /// Ends the server as a signal does and starts it again. Blocks until it runs or has ended; none if it cannot be
    /// asked any more.
    pub(super) fn restart(&self) -> Option<Report> {
        let (answer, report) = oneshot::channel();
        self.orders.blocking_send(answer).ok()?;
        report.blocking_recv().ok()
    }
}

fn address(listener: &TcpListener) -> Result<String, SandboxError> {
    listener.local_addr().map(|address| address.to_string()).map_err(SandboxError::Listen)
}

/// The tokens that can be written down as text.
fn announced(folder: &Folder) -> BTreeMap<String, String> {
    let tokens = auth_file::load(&folder.tokens()).unwrap_or_default();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    tokens.into_iter().filter_map(|token| Some((text(token.name)?, text(token.secret)?))).collect()
}
