//! What keeps other programs out of this one's memory, as far as the system offers it.
//!
//! Together with the allocator that wipes every freed block (set in `lib.rs`, because there is one per program) this
//! is all there is: no core dump, no reading of our memory by other programs of the same user. Root, the kernel,
//! swap, the stack and C libraries' own memory are out of reach.

/// Why the process could not be protected, or not fully. Something to show, nothing to stop for.
#[derive(Debug, thiserror::Error)]
#[error("the memory of this program could not be fully protected from other programs of yours: {0}")]
pub struct NotHardened(String);

/// Forbids core dumps and reading of this process's memory. Called first thing, before there is any secret.
///
/// Children inherit the limit on core dumps, but not the protection of memory.
pub fn harden() -> Result<(), NotHardened> {
    // A debugger attached from the start is reported too; the measures themselves are taken by then.
    secmem_proc::harden_process().map_err(|error| NotHardened(error.to_string()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    /// The measures last for the whole process, so they are taken in one of its own.
    const CHILD: &str = "KEYWRIGHT_TEST_HARDENED";

    #[test]
    fn a_hardened_process_neither_dumps_core_nor_can_be_read() {
        if std::env::var_os(CHILD).is_some() {
            harden().expect("hardened");
            assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
            let limits = std::fs::read_to_string("/proc/self/limits").expect("limits");
            let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
            assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
            return;
        }
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::Dumpable), "the control");
        let name = std::thread::current().name().expect("tests have names").to_owned();
        let child = std::process::Command::new(std::env::current_exe().expect("a path"))
            .args(["--exact", &name, "--nocapture"])
            .env(CHILD, "1")
            .output()
            .expect("started");
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
    }
}
