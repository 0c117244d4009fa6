//! The system's own clipboard, on a thread of its own.
//!
//! On X11 and Wayland the owner of a copied text hands it out itself, so the thread keeps the clipboard open for as
//! long as the program runs. A display server that hangs blocks this thread and nothing else: callers have a
//! deadline, and a copy that succeeds after it is taken back at once.

use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::Cleared;
use crate::secret::Secret;

/// A display server that takes longer is not waited for.
const DEADLINE: Duration = Duration::from_secs(1);

/// The native clipboard did not take it, or not in time.
#[derive(Debug)]
pub(super) struct Failed;

enum Job {
    Copy { secret: Secret, reply: oneshot::Sender<Result<bool, Failed>> },
    Clear { reply: oneshot::Sender<Cleared> },
}

/// The way to the thread, which is started by the first copy.
#[derive(Default)]
pub(super) struct Native(Mutex<Option<mpsc::Sender<Job>>>);

impl Native {
    /// Copies; `true` when it was read back.
    pub(super) async fn copy(&self, secret: &Secret) -> Result<bool, Failed> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Copy { secret: secret.share(), reply }, true)?;
        tokio::time::timeout(DEADLINE, answer).await.map_err(|_late| Failed)?.map_err(|_ended| Failed)?
    }

    /// Clears what was copied, if it is still there.
    pub(super) async fn clear_if_ours(&self) -> Cleared {
        let (reply, answer) = oneshot::channel();
        if self.send(Job::Clear { reply }, false).is_err() {
            return Cleared::Nothing;
        }
        match tokio::time::timeout(DEADLINE, answer).await {
            Ok(Ok(cleared)) => cleared,
            Ok(Err(_)) | Err(_) => Cleared::Unknown,
        }
    }

    fn send(&self, job: Job, start: bool) -> Result<(), Failed> {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.is_none() && start {
            let (sender, receiver) = mpsc::channel();
            let thread = std::thread::Builder::new().name(String::from("clipboard"));
            thread.spawn(move || Owner::default().serve(&receiver)).map_err(|_refused| Failed)?;
            *jobs = Some(sender);
        }
        jobs.as_ref().ok_or(Failed)?.send(job).map_err(|_ended| Failed)
    }
}

/// What the thread keeps: the clipboard, and how to recognise our text in it.
#[derive(Default)]
struct Owner {
    clipboard: Option<arboard::Clipboard>,
    ours: Option<Fingerprint>,
}

impl Owner {
    fn serve(mut self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            match job {
                // Whoever asked went another way meanwhile.
                Job::Copy { reply, .. } if reply.is_closed() => {}
                Job::Copy { secret, reply } => {
                    let copied = self.copy(&secret);
                    if reply.send(copied).is_err() {
                        self.clear_if_ours();
                    }
                }
                Job::Clear { reply } => {
                    // Cleared all the same when nobody waits for the answer any more.
                    let _unheard = reply.send(self.clear_if_ours());
                }
            }
        }
    }

    fn copy(&mut self, secret: &Secret) -> Result<bool, Failed> {
        let clipboard = match &mut self.clipboard {
            Some(clipboard) => clipboard,
            None => self.clipboard.insert(arboard::Clipboard::new().map_err(|_closed| Failed)?),
        };
        let fingerprint = Fingerprint::of(secret.expose())?;
        if write(clipboard, secret).is_err() {
            // The display may have gone; the next copy opens it anew.
            self.clipboard = None;
            return Err(Failed);
        }
        let arrived = clipboard.get_text().map(Zeroizing::new).is_ok_and(|text| fingerprint.matches(&text));
        self.ours = Some(fingerprint);
        Ok(arrived)
    }

    fn clear_if_ours(&mut self) -> Cleared {
        let (Some(clipboard), Some(ours)) = (&mut self.clipboard, self.ours.take()) else {
            return Cleared::Nothing;
        };
        match clipboard.get_text().map(Zeroizing::new) {
            Ok(text) if !ours.matches(&text) => Cleared::NotOurs,
            Ok(_) => clipboard.clear().map_or(Cleared::Unknown, |()| Cleared::Cleared),
            // Empty, or something that is no text.
            Err(arboard::Error::ContentNotAvailable) => Cleared::NotOurs,
            Err(_) => Cleared::Unknown,
        }
    }
}

#[cfg(target_os = "macos")]
use arboard::SetExtApple as _;
#[cfg(all(unix, not(target_os = "macos")))]
use arboard::SetExtLinux as _;
#[cfg(windows)]
use arboard::SetExtWindows as _;

/// Clipboard managers are asked to keep it out of their history.
fn write(clipboard: &mut arboard::Clipboard, secret: &Secret) -> Result<(), arboard::Error> {
    clipboard.set().exclude_from_history().text(secret.expose())
}

/// Recognises a text without keeping it: an HMAC under a random key of its own.
struct Fingerprint {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Fingerprint {
    fn of(text: &str) -> Result<Self, Failed> {
        let key =
            hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_no_random| Failed)?;
        let tag = hmac::sign(&key, text.as_bytes());
        Ok(Self { key, tag })
    }

    fn matches(&self, text: &str) -> bool {
        hmac::verify(&self.key, text.as_bytes(), self.tag.as_ref()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_knows_its_text_only() {
        let fingerprint = Fingerprint::of("a secret").expect("random");
        assert!(fingerprint.matches("a secret"));
        assert!(!fingerprint.matches("a secret "));
        assert!(!fingerprint.matches(""));
    }
}
