//! What the test targets share: private homes, a real terminal, private keyrings, scripted and real servers, marked
//! secrets. It knows programs and bytes, nothing of keywright's own modules, so that it can judge the built binary
//! from outside.
//!
//! Start at [`pty`] for tests of the running program, at [`edges`] for tests of the HTTP client.
//! Nothing here sleeps for a fixed time to "let things settle": everything waits for a condition with a deadline
//! ([`wait`]).

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the harness plays the world around the program: processes, files, time and network"
)]

pub mod canary;
pub mod edges;
pub mod home;
pub mod keyring;
pub mod keys;
pub mod pty;
pub mod servers;
pub mod skip;
pub mod tls;
pub mod wait;
pub mod web;
