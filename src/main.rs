//! Arguments in, exit code out; nothing else.

use std::alloc::System;
use std::process::ExitCode;

use clap::Parser;
use keywright::cli::Cli;
use keywright::commands;
use zeroizing_alloc::ZeroAlloc;

/// Every freed block is wiped, so that buffers of TLS, HTTP and the screen leave no copy of a secret behind.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    commands::run(&Cli::parse()).into()
}
