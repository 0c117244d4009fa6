//! keywright: a full-screen terminal program for operators who look after tokens and API keys on several
//! systems at once.

pub mod app;
pub mod backend;
pub mod cli;
pub mod commands;
pub mod config;
pub mod domain;
pub mod keymap;
pub mod runtime;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod state;
pub mod ui;
pub mod vault;
