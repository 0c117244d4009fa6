//! What happens when the program itself is wrong: the terminal is given back first, then one short message.
//!
//! The panic's own text is not shown, because it may hold data; where it happened is enough to find it. A panic in
//! any task or thread ends the program: [`Panicked::wait`] tells the loop, which finishes writes in flight and
//! leaves. Start with [`install`].

use std::io::Write;
use std::panic::Location;
use std::path::{Path, PathBuf};

use tokio::sync::watch;

/// The exit code of a program that panicked, as Rust itself uses it.
pub const EXIT_CODE: u8 = 101;

/// The thread whose panics are caught: libraries below the keyring panic on a poisoned lock.
const CAUGHT: &str = "keyring";

/// Tells whether anything panicked since [`install`].
#[derive(Clone)]
pub struct Panicked(watch::Receiver<bool>);

impl Panicked {
    /// Returns once something panicked; may be dropped and called again.
    pub async fn wait(&mut self) {
        if self.0.wait_for(|panicked| *panicked).await.is_err() {
            // The hook was replaced, so nobody can tell any more.
            std::future::pending::<()>().await;
        }
    }

    /// Whether something panicked already; the exit code is [`EXIT_CODE`] then.
    pub fn happened(&self) -> bool {
        *self.0.borrow()
    }
}

/// From now on a panic calls `leave`, which gives the terminal back, and writes a message to `out`.
///
/// `log` is where the log file is, if there is one.
pub fn install(
    leave: impl Fn() + Send + Sync + 'static,
    out: impl Fn() -> Box<dyn Write> + Send + Sync + 'static,
    log: Option<PathBuf>,
) -> Panicked {
    let (tell, panicked) = watch::channel(false);
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        if thread.name() == Some(CAUGHT) {
            // Caught there and told as a failure of the keyring; the program goes on.
            tracing::error!(at = panic.location().map(ToString::to_string), "the keyring's library panicked");
            return;
        }
        leave();
        let message = message(panic.location(), thread.name(), log.as_deref());
        // When even this cannot be written there is nobody to tell.
        drop(out().write_all(message.as_bytes()));
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, thread = thread.name(), "panicked");
        tell.send_replace(true);
    }));
    Panicked(panicked)
}

fn message(at: Option<&Location<'_>>, thread: Option<&str>, log: Option<&Path>) -> String {
    let at = at.map_or_else(|| String::from("an unknown place"), ToString::to_string);
    let thread = thread.unwrap_or("without a name");
    let log = match log {
        Some(path) => format!("See the log at {}.", path.display()),
        None => String::from("No log was kept; with one switched on there is more to see."),
    };
    format!(
        "keywright stopped: this is a bug, at {at} (thread {thread}).\n{log}\n\
         Unfinished work, if any, is listed at the next start.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What the hook did, in order.
    #[derive(Clone, Default)]
    struct Trace(Arc<Mutex<String>>);

    impl Write for Trace {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("lock").push_str(std::str::from_utf8(bytes).expect("text"));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_task_leaves_first_says_where_but_not_what_and_ends_the_program() {
        let before = std::panic::take_hook();
        let (left, printed) = (Trace::default(), Trace::default());
        let (leaving, printing) = (left.clone(), printed.clone());
        let mut panicked = install(
            move || leaving.clone().write_all(b"left").expect("memory"),
            move || Box::new(printing.clone()),
            Some(PathBuf::from("/somewhere/keywright.log")),
        );
        assert!(!panicked.happened());
        let task = tokio::spawn(async { panic!("canary-{}", 7) });
        panicked.wait().await;
        assert!(task.await.is_err());
        std::panic::set_hook(before);

        assert!(panicked.happened());
        assert!(left.0.lock().expect("lock").starts_with("left"));
        let printed = printed.0.lock().expect("lock").clone();
        assert!(printed.contains("this is a bug, at src/runtime/panic.rs:"), "{printed}");
        assert!(printed.contains("See the log at /somewhere/keywright.log."), "{printed}");
        assert!(!printed.contains("canary"), "{printed}");
    }
}
