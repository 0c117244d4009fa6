//! Tests that need something of the machine: a display, a keyring service, a real server.
//!
//! What is missing is never passed over in silence. Under `tests/all` on a machine that can have everything (CI, root)
//! it fails the test; elsewhere it is a skip, said aloud and counted.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;

/// Says that a test did not run. The caller returns right after:
///
/// ```ignore
/// let Some(servers) = support::servers::all() else { return support::skip::because("no real servers") };
/// ```
pub fn because(reason: &str) {
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    assert!(env::var_os("KEYWRIGHT_TESTS_COMPLETE").is_none(), "{test} may not be skipped here: {reason}");
    eprintln!("SKIPPED {test}: {reason}");
    if let Some(list) = env::var_os("KEYWRIGHT_TESTS_SKIPPED") {
        let mut list =
            OpenOptions::new().append(true).create(true).open(list).expect("the list of skips opens");
        writeln!(list, "{test}: {reason}").expect("the list of skips takes a line");
    }
}

/// Whether this process runs in the private desktop session of `tests/tools/session`: a keyring, a display and a
/// kernel session keyring that are not the user's. Only then may a test use them directly.
pub fn in_private_session() -> bool {
    env::var_os("KEYWRIGHT_PRIVATE_SESSION").is_some()
}
