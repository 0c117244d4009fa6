//! All state and every transition. Pure: no terminal, network, keyring, clock, files or randomness.
//!
//! A message comes in, the model changes, effects go out: [`update::update`]. Each effect that asks for something
//! ends in exactly one message with the same [`effect::RequestId`]. Start with [`model`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key or reply that means nothing somewhere is left alone, now and for those to come"
)]

pub mod bulk;
pub mod connection;
pub mod due;
pub mod effect;
pub mod expiry;
pub mod findings;
pub mod form;
pub mod found;
pub mod guards;
pub mod marks;
pub mod model;
pub mod msg;
pub mod pane;
pub mod promises;
pub mod rows;
pub mod scopes;
pub mod settle;
pub mod timeline;
pub mod update;
