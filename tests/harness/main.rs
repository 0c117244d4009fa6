//! The harness, tested: what the other targets judge the program by must itself be right. Programs from the machine
//! stand in for keywright.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a client for the scripted server, processes to look into, time for what must not happen yet; helpers of tests may fail them"
)]

mod canary;
mod edges;
mod keyring;
mod pty;
mod servers;
mod session;
