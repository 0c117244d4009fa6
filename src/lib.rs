//! keywright: a full-screen terminal program for operators who look after tokens and API keys on several systems at
//! once. This page is the map.
//!
//! ```text
//! terminal event -> Key -> keymap::resolve(context, key) -> Action --+
//! paste, resize, signal, time, reply from a task --------------------+-> Msg
//! Msg   -> app::update(&mut Model, now, Msg) -> Vec<Effect>       pure: no clock, no I/O, no randomness
//! Effect -> runtime::tasks, one task each     -> one Msg::Reply with the same request
//! Model -> ui::draw(&Model, &Theme, frame)                        pure: writes cells
//! ```
//!
//! | room | owns | stays out of |
//! |---|---|---|
//! | [`domain`] | the words of the trade and their rules | everything else |
//! | [`secret`] | the one secret type, the buffer it is typed into | everything else |
//! | [`backend`] | the network, one folder per backend | keyring, screen, clock, environment |
//! | [`vault`] | the keyring, its thread, its deadlines | network, screen |
//! | [`deliver`] | files and programs that receive a secret, the child of `exec` | keyring, records, screen |
//! | [`state`] | `state.db`: operations, which entry holds what, audit log | secrets |
//! | [`keymap`] | every key, what it asks for, where | state |
//! | [`app`] | all state, every transition | terminal, network, keyring, clock, files |
//! | [`ui`] | cells, widths, colours | changing anything, reading time |
//! | [`runtime`] | terminal, tasks, clipboard, signals, clock, log file | decisions |
//! | [`commands`] | the companion commands | anything the screen does differently |
//! | [`config`], [`cli`] | flags, environment, settings file | secrets |
//! | `sandbox` | the embedded servers, behind a feature | everything of the program itself |
//!
//! # Invariants
//!
//! - A secret is never formatted, logged, compared, serialised or passed as an argument. It leaves through
//!   [`secret::Secret::expose`], in few and counted places.
//! - No secret is in the settings, in `state.db`, in the log, in the environment (but that of a child of `exec`), or in
//!   a file (but a target the operator named).
//! - A secret is stored before it is drawn, and no reply that carries one is ever dropped as stale.
//! - Nothing that makes or ends a credential is sent before it is written down, and nothing is sent twice but a
//!   create under the same idempotency key, when the operator asks for it.
//! - A write is never aborted. Leaving waits for its answer.
//! - No pane and no command knows a backend by name; they draw from [`domain::ability::Abilities`].
//! - Text from outside is made harmless once, where it enters: [`domain::text::Text`].
//! - The loop never polls. With nothing on the screen that changes, the program sleeps.
//! - The keyring, TLS, the database and the network are first touched after the first frame.

pub mod app;
pub mod backend;
pub mod cli;
pub mod commands;
pub mod config;
pub mod deliver;
pub mod domain;
pub mod keymap;
pub mod runtime;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod state;
pub mod ui;
pub mod vault;
