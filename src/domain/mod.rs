//! The words of the trade: account, credential, scope, retention window, expiry, time, session, operation.
//!
//! Plain data and rules, no async, no I/O, no wire formats. Start with [`credential`].

pub mod ability;
pub mod account;
pub mod answer;
pub mod credential;
pub mod failure;
pub mod finding;
pub mod operation;
pub mod owner;
pub mod program;
pub mod promise;
pub mod request;
pub mod retention;
pub mod scope;
pub mod session;
pub mod target;
pub mod text;
pub mod time;
pub mod vending;
