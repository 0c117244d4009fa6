//! ztick: a scheduler whose tokens stand in a file on its own machine and are checked over a socket.
//!
//! Owns the auth file ([`file`]) and the line protocol ([`wire`]). Keeps out what is done with a token once it is known.
//! The file and the running server can disagree, because the server reads the file only when it starts; nothing here
//! pretends otherwise.

pub mod file;
pub mod wire;
