//! The built program in a real terminal, from outside: keys in, screen and bytes out, against a separate sandbox and
//! private keyrings. Nothing here knows keywright's modules; what a person would see is what is tested.
//!
//! Start with [`program::Desk`], which is one person's machine; [`whole_job`] is the short way through everything.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these tests play the world around the program, and helpers of tests may fail them"
)]

mod bad_machine;
mod bad_servers;
mod bad_targets;
mod behaviour;
mod codes;
mod commands;
mod crash;
mod cron;
mod due;
mod exits;
mod foxnose;
mod foxnose_trouble;
mod guards;
mod lake;
mod lake_browser;
mod lake_storage;
mod lake_trouble;
mod many;
mod meanwhile;
mod presets;
mod program;
mod real_servers;
mod sandbox;
mod scripts;
mod secrets;
mod tenants;
mod whole_job;
mod wider;
mod zpools;
mod zpools_checks;
mod ztick;
