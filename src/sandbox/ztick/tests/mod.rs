//! The line protocol against the contract's transcripts and tables, byte for byte, in both dialects.

mod bench;
mod commands;
mod framing;
mod login;
mod reader;
mod restart;
