//! The embedded backends: real servers on loopback ports over one SQLite store, for trying the program out and for
//! tests, ours and other people's. They behave as the real servers do, quirks included, and keep their own clock.
//!
//! Start with [`start`]. Each backend is one folder; what all of them share is the clock, the store, the faults and the
//! quirks, and only the control address (see [`control`]) can touch those. Nothing here knows the screen.
//! A request's way: `serve` reads it, asks `faults` what to spoil, hands it to the backend, and writes the answer.

#![expect(
    clippy::disallowed_types,
    reason = "the sandbox owns its listeners and its database, and tests call them"
)]
#![expect(clippy::disallowed_methods, reason = "the sandbox owns its thread, its tasks and its clock")]

mod clock;
pub mod control;
mod faults;
mod foxnose;
mod hash;
mod http;
mod journal;
mod jwt;
mod kitaru;
mod kitaru_k;
mod pangolin;
mod ports;
mod quirks;
mod random;
mod serve;
mod store;
#[cfg(test)]
mod tests;
mod world;
mod zpools;
mod ztick;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

pub use foxnose::TwoSides;
use ports::{Part, Ports, WebPorts};
use world::World;
pub use ztick::{FileAccount, LineService};

/// What a sandbox is started with. The default: free ports, everything in memory, the seed and nothing more.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The first of the ports to listen on; each backend has its fixed place after it. None takes free ones.
    pub port_base: Option<u16>,
    /// The directory that keeps the state over restarts. None keeps it in memory.
    pub data: Option<PathBuf>,
    /// How many credentials to add to the seed, to try large listings.
    pub seed_credentials: Option<u32>,
}

/// Why a sandbox could not start, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Another program listens there.
    #[error(
        "port {0} is taken: another program listens on it; choose another base or let the sandbox take free ports"
    )]
    PortTaken(u16),
    /// The base leaves no room for all the ports.
    #[error("port base {0} is too high: the sandbox needs the {1} ports from there on")]
    PortBase(u16, u16),
    /// The system refused to listen for another reason.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] std::io::Error),
    /// The directory cannot be made or written.
    #[error("cannot keep the sandbox's state in {path}: {source}")]
    Data {
        /// The directory asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another sandbox has the same directory open.
    #[error("the state in {0} is in use by another sandbox")]
    InUse(PathBuf),
    /// The database could not be opened or filled.
    #[error("the sandbox's database failed: {0}")]
    Store(#[from] rusqlite::Error),
    /// No thread, no tasks, or no randomness.
    #[error("the sandbox could not start: {0}")]
    System(String),
}

/// Where everything listens and how to log in: the one line of `sandbox --json`. Passwords are made at each start.
#[derive(Clone, Serialize)]
pub struct Announcement {
    /// The address only a sandbox has; see [`control`].
    pub control: ControlAddress,
    /// The zpools.io backend.
    pub zpools: PatLogin,
    /// The ztick backend.
    pub ztick: LineService,
    /// The Kitaru backend, generation Z.
    pub kitaru: PasswordLogin,
    /// The Kitaru backend, generation K.
    pub kitaru_k: PasswordLogin,
    /// The FoxNose backend.
    pub foxnose: TwoSides,
    /// The Pangolin backend.
    pub pangolin: TenantLogin,
}

/// The control address.
#[derive(Clone, Serialize)]
pub struct ControlAddress {
    /// Its base URL.
    pub url: String,
}

/// A backend that people log in to with a name and a password.
#[derive(Clone, Serialize)]
pub struct PasswordLogin {
    /// Its base URL.
    pub url: String,
    /// The administrator's name.
    pub username: String,
    /// The administrator's password, new at each start.
    pub password: String,
}

/// A backend that takes a name and a password where that is switched on, and personal access tokens anywhere.
#[derive(Clone, Serialize)]
pub struct PatLogin {
    /// Its base URL.
    pub url: String,
    /// The user's name.
    pub username: String,
    /// The user's password, new at each start.
    pub password: String,
    /// A token of the user's that may do everything, new at each start.
    pub pat: String,
}

/// A backend with a root, and tenants that have people of their own.
#[derive(Clone, Serialize)]
pub struct TenantLogin {
    /// Its base URL.
    pub url: String,
    /// The root's name.
    pub root_username: String,
    /// The root's password, new at each start.
    pub root_password: String,
    /// A tenant.
    pub tenant_id: String,
    /// The name of an administrator of that tenant.
    pub username: String,
    /// The administrator's password, new at each start.
    pub password: String,
}

/// A running sandbox. It stops when dropped.
pub struct Sandbox {
    announcement: Announcement,
    world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Sandbox {
    /// Where everything listens and how to log in.
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// Every server that takes a password: its backend's word in the settings, its own name here, and the login.
    pub fn logins(&self) -> Vec<(&'static str, &'static str, PasswordLogin)> {
        let zpools = &self.announcement.zpools;
        let by_password = PasswordLogin {
            url: zpools.url.clone(),
            username: zpools.username.clone(),
            password: zpools.password.clone(),
        };
        let foxnose = &self.announcement.foxnose;
        let by_email = PasswordLogin {
            url: foxnose.management_url.clone(),
            username: foxnose.email.clone(),
            password: foxnose.password.clone(),
        };
        let pangolin = &self.announcement.pangolin;
        let in_tenant = PasswordLogin {
            url: pangolin.url.clone(),
            username: pangolin.username.clone(),
            password: pangolin.password.clone(),
        };
        vec![
            (Part::Kitaru.name(), Part::Kitaru.name(), self.announcement.kitaru.clone()),
            // The same backend's servers of the other generation.
            (Part::Kitaru.name(), Part::KitaruK.name(), self.announcement.kitaru_k.clone()),
            (zpools::NAME, zpools::NAME, by_password),
            (foxnose::NAME, foxnose::NAME, by_email),
            (pangolin::NAME, pangolin::NAME, in_tenant),
        ]
    }

    /// Every backend whose credentials stand in a file: its word in the settings, and what an account for it says.
    pub fn files(&self) -> Vec<(&'static str, FileAccount)> {
        vec![(ztick::NAME, self.world.ztick.account(&self.announcement.ztick))]
    }

    /// What an account for a backend needs besides its address, by the words of its settings.
    pub fn settings(&self, backend: &str) -> Vec<(&'static str, String)> {
        if backend == pangolin::NAME {
            vec![("tenant", self.announcement.pangolin.tenant_id.clone())]
        } else {
            Vec::new()
        }
    }

    /// What there is besides such logins: a backend's word in the settings, and in words where it is or what it takes.
    pub fn others(&self) -> Vec<(&'static str, String)> {
        let pat = format!(
            "PAT {}   (all there is to log in with where its quirk login is false)",
            self.announcement.zpools.pat
        );
        let ztick = &self.announcement.ztick;
        let words = format!("{}   TLS {}   auth file {}", ztick.address, ztick.tls_address, ztick.auth_file);
        let pangolin = &self.announcement.pangolin;
        let root = format!(
            "tenant {}   root {} with password {}",
            pangolin.tenant_id, pangolin.root_username, pangolin.root_password
        );
        let TwoSides { flux_url, environment, api_prefix, collection, .. } = &self.announcement.foxnose;
        let flux = format!("Flux {flux_url}/{api_prefix}/{collection}   environment {environment}");
        vec![(zpools::NAME, pat), (ztick::NAME, words), (foxnose::NAME, flux), (pangolin::NAME, root)]
    }

    /// Moves the clock ahead, as the control address does; whether it could be moved and kept.
    pub fn advance_clock(&self, seconds: i64) -> bool {
        let moved = self.world.clock.advance(seconds.saturating_mul(clock::SECOND));
        moved.is_some() && self.world.keep_clock().is_ok()
    }

    /// Stops listening and closes the database. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

/// For tests inside the program, which need no control address.
#[cfg(test)]
impl Sandbox {
    /// Spoils requests, as the control address does.
    pub(crate) fn spoil(&self, fault: serde_json::Value) {
        self.world.faults.add(serde_json::from_value(fault).expect("a fault"));
    }

    /// How many requests came with this method and this path.
    pub(crate) fn asked(&self, method: &str, path: &str) -> usize {
        let all = self.world.journal.all();
        all.iter().filter(|one| one.method == method && one.path == path).count()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The receiver is gone only if the thread ended already, and a panic in it was reported where it happened.
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap_or_default();
        }
        drop(self.thread.take().map(std::thread::JoinHandle::join));
    }
}

/// Starts the sandbox on a thread and runtime of its own, so that its hashing never holds up the caller's.
/// When it returns, everything listens.
#[expect(clippy::needless_pass_by_value, reason = "options are spent on one sandbox")]
pub fn start(options: Options) -> Result<Sandbox, SandboxError> {
    let ports = Ports::bind(options.port_base)?;
    let zpools = format!("{}{}", ports.url(Part::Zpools), zpools::BASE);
    let (control, kitaru, kitaru_k) =
        (ports.url(Part::Control), ports.url(Part::Kitaru), ports.url(Part::KitaruK));
    let pangolin = ports.url(Part::Pangolin);
    let sides = [Part::Foxnose, Part::FoxnoseFlux].map(|part| ports.url(part));
    let (ports, lines) = ports.split();
    // The store comes first: it is what refuses a directory that another sandbox uses.
    let schemas = [zpools::SCHEMA, kitaru::SCHEMA, kitaru_k::SCHEMA, foxnose::SCHEMA, pangolin::SCHEMA];
    let db = store::open(options.data.as_deref(), &schemas)?;
    let (service, host, announced) = ztick::Service::open(options.data.as_deref(), lines)?;
    let (world, people) = World::open(db, &options, service, sides)?;
    let announcement = Announcement {
        control: ControlAddress { url: control },
        zpools: PatLogin {
            url: zpools,
            username: people.zpools.username,
            password: people.zpools.password,
            pat: people.zpools.pat,
        },
        ztick: announced,
        kitaru: PasswordLogin {
            url: kitaru,
            username: people.kitaru.username,
            password: people.kitaru.password,
        },
        kitaru_k: PasswordLogin {
            url: kitaru_k,
            username: people.kitaru_k.username,
            password: people.kitaru_k.password,
        },
        foxnose: people.foxnose,
        pangolin: TenantLogin {
            url: pangolin,
            root_username: people.pangolin.root_username,
            root_password: people.pangolin.root_password,
            tenant_id: people.pangolin.tenant_id,
            username: people.pangolin.username,
            password: people.pangolin.password,
        },
    };
    let world = Arc::new(world);
    let served = Arc::clone(&world);
    let (stop, stopped) = oneshot::channel();
    let (tell, started) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("sandbox".to_owned())
        .spawn(move || {
            let (runtime, listeners) = match prepare(ports) {
                Ok(prepared) => prepared,
                Err(error) => return tell.send(Err(error)).unwrap_or_default(),
            };
            tell.send(Ok(())).unwrap_or_default();
            run(&runtime, listeners, host, &served, stopped);
            runtime.shutdown_timeout(Duration::from_millis(200));
        })
        .map_err(|error| SandboxError::System(error.to_string()))?;
    started.recv().map_err(|error| SandboxError::System(error.to_string()))??;
    Ok(Sandbox { announcement, world, stop: Some(stop), thread: Some(thread) })
}

type Listeners = Vec<(Part, tokio::net::TcpListener)>;

/// The runtime and the listeners on it. This happens on the sandbox's thread, because the caller may be inside a runtime
/// of its own, which must not see another one dropped.
fn prepare(ports: WebPorts) -> Result<(Runtime, Listeners), SandboxError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(8)
        .build()
        .map_err(|error| SandboxError::System(error.to_string()))?;
    let inside = runtime.enter();
    let listeners = ports.into_listeners()?;
    drop(inside);
    Ok((runtime, listeners))
}

/// Serves until told to stop, or until the owner is gone without a word.
fn run(
    runtime: &Runtime,
    listeners: Listeners,
    host: ztick::Host,
    world: &Arc<World>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        for (part, listener) in listeners {
            tokio::spawn(serve::serve(part, listener, Arc::clone(world)));
        }
        tokio::spawn(host.run());
        stopped.await.unwrap_or_default();
    });
}
