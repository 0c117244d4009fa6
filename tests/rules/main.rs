//! The rules of the repository, each an ordinary test over its own sources: rooms, names, secrets, sizes, words.
//!
//! Every rule is a table with its reasons and one check. When a rule is broken the message says where, and what to do
//! about it; a new exception is a line in the table with its reason.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    unreachable_pub,
    reason = "a rule reads the tree it is about, and its one switch"
)]

mod files;
mod names;
mod readme;
mod rooms;
mod secrets;
mod source;
