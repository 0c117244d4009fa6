//! What the system tells the program, as one stream.
//!
//! Installed before the terminal is entered, so that no signal finds it entered and unguarded. A change of size is
//! not here: it is an input. Start with [`Signals::next`].

use std::io;

/// Something another process, or the system, wants of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End now, in order: SIGTERM, SIGINT from outside (the key Ctrl-C is an input), SIGQUIT.
    Terminate,
    /// The terminal was closed.
    HangUp,
    /// Stop, as Ctrl-Z does: give the terminal back first.
    Stop,
    /// Running again after a stop of whatever kind: the terminal must be set up anew.
    Continue,
}

/// The stream of signals. One per process is enough; from its start on none of them ends the process by itself.
#[cfg(unix)]
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    cont: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Starts listening. Needs a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        use rustix::process::Signal as Number;
        use tokio::signal::unix::{SignalKind, signal};
        let raw = |number: Number| signal(SignalKind::from_raw(number.as_raw()));
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: raw(Number::TSTP)?,
            cont: raw(Number::CONT)?,
        })
    }

    /// The next signal. May be dropped before it is ready without losing one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            Some(()) = self.hang_up.recv() => Signal::HangUp,
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.interrupt.recv() => Signal::Terminate,
            Some(()) = self.quit.recv() => Signal::Terminate,
            Some(()) = self.cont.recv() => Signal::Continue,
            Some(()) = self.stop.recv() => Signal::Stop,
            else => std::future::pending().await,
        }
    }
}

/// The stream of signals, where the system has only Ctrl-C.
#[cfg(not(unix))]
pub struct Signals(());

#[cfg(not(unix))]
impl Signals {
    /// Starts listening.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// The next signal.
    pub async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Terminate,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::process::{Signal as Number, getpid, kill_process};
    use std::time::Duration;

    #[tokio::test]
    async fn each_signal_comes_in_as_what_it_means_and_ends_nothing() {
        let mut signals = Signals::listen().expect("signals");
        let cases = [
            (Number::TERM, Signal::Terminate),
            (Number::INT, Signal::Terminate),
            (Number::QUIT, Signal::Terminate),
            (Number::HUP, Signal::HangUp),
            (Number::TSTP, Signal::Stop),
            (Number::CONT, Signal::Continue),
        ];
        for (number, want) in cases {
            kill_process(getpid(), number).expect("sent");
            let came = tokio::time::timeout(Duration::from_secs(5), signals.next()).await;
            assert_eq!(came, Ok(want));
        }
    }
}
