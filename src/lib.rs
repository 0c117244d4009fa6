//! keywright: a full-screen terminal program for operators who look after tokens and API keys on several
//! systems at once.

pub mod domain;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
