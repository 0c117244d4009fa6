//! Which part of the sandbox listens where. Places after the base are fixed, so that a script's ports stay the same when
//! a backend is added. Only loopback, ever.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use super::SandboxError;

/// A part of the sandbox that speaks HTTP on a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The sandbox's own address: clock, quirks, faults.
    Control,
    /// zpools.io.
    Zpools,
    /// Kitaru, generation Z.
    Kitaru,
    /// Kitaru, generation K.
    KitaruK,
    /// FoxNose, its Management API.
    Foxnose,
    /// FoxNose, its Flux API.
    FoxnoseFlux,
    /// Pangolin.
    Pangolin,
}

impl Part {
    /// Every part that is built.
    pub(super) const ALL: [Part; 7] = [
        Part::Control,
        Part::Zpools,
        Part::Kitaru,
        Part::KitaruK,
        Part::Foxnose,
        Part::FoxnoseFlux,
        Part::Pangolin,
    ];

    /// Its place after the base: 2 and 3 are ztick's.
    fn place(self) -> u16 {
        match self {
            Part::Control => 0,
            Part::Zpools => 1,
            Part::Kitaru => 4,
            Part::KitaruK => 5,
            Part::Foxnose => 6,
            Part::FoxnoseFlux => 7,
            Part::Pangolin => 8,
        }
    }

    /// The name in announcements, faults and quirks; both sides of one server have its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Part::Control => "control",
            Part::Zpools => "zpools",
            Part::Kitaru => "kitaru",
            Part::KitaruK => "kitaru_k",
            Part::Foxnose | Part::FoxnoseFlux => "foxnose",
            Part::Pangolin => "pangolin",
        }
    }
}

fn refused(port: u16, error: std::io::Error) -> SandboxError {
    if error.kind() == ErrorKind::AddrInUse {
        SandboxError::PortTaken(port)
    } else {
        SandboxError::Listen(error)
    }
}

/// How many ports a base reserves, those of backends to come included.
const SPAN: u16 = 9;

/// The places of the two listeners that speak lines instead of HTTP: plain and TLS.
const LINES: [u16; 2] = [2, 3];

/// The bound listeners.
pub(super) struct Ports {
    web: Vec<(Part, u16, TcpListener)>,
    lines: [TcpListener; 2],
}

impl Ports {
    /// Binds every part, from the base on or to free ports.
    pub(super) fn bind(base: Option<u16>) -> Result<Self, SandboxError> {
        if let Some(base) = base
            && base.checked_add(SPAN - 1).is_none()
        {
            return Err(SandboxError::PortBase(base, SPAN));
        }
        let bind = |place: u16| {
            let wanted = base.map_or(0, |base| base.saturating_add(place));
            TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).map_err(|error| refused(wanted, error))
        };
        let mut web = Vec::new();
        for part in Part::ALL {
            let listener = bind(part.place())?;
            let given = listener.local_addr().map_err(SandboxError::Listen)?.port();
            web.push((part, given, listener));
        }
        let [plain, tls] = LINES;
        Ok(Self { web, lines: [bind(plain)?, bind(tls)?] })
    }

    /// The base URL of a part.
    pub(super) fn url(&self, part: Part) -> String {
        let number = self.web.iter().find(|(bound, ..)| *bound == part).map_or(0, |(_, number, _)| *number);
        format!("http://127.0.0.1:{number}")
    }

    /// The listeners that speak HTTP, and those that speak lines.
    pub(super) fn split(self) -> (WebPorts, [TcpListener; 2]) {
        (WebPorts(self.web), self.lines)
    }
}

/// The listeners that speak HTTP.
pub(super) struct WebPorts(Vec<(Part, u16, TcpListener)>);

impl WebPorts {
    /// The listeners as the current runtime drives them.
    pub(super) fn into_listeners(self) -> Result<Vec<(Part, tokio::net::TcpListener)>, SandboxError> {
        self.0
            .into_iter()
            .map(|(part, _, listener)| {
                listener.set_nonblocking(true)?;
                Ok((part, tokio::net::TcpListener::from_std(listener)?))
            })
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(SandboxError::Listen)
    }
}
