//! The thread that reads the terminal, and the stream of inputs made from it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Input;
use super::decode::Decoder;

/// How long an Escape may turn out to be the start of a longer code. Terminals send codes in one piece; only slow
/// connections tear them apart.
const ESCAPE_PATIENCE: Duration = Duration::from_millis(10);

/// Bytes as they were read, wiped when decoded.
type Chunk = Zeroizing<Vec<u8>>;

/// Everything that comes in, in order. One per process: its thread stays in `read` until the process ends.
pub struct Inputs {
    chunks: mpsc::Receiver<Chunk>,
    resized: Signal,
    decoder: Decoder,
    decoded: VecDeque<Input>,
    settle_at: Instant,
}

impl Inputs {
    /// Starts reading standard input. Needs a tokio runtime.
    pub fn open() -> io::Result<Self> {
        Self::read_from(io::stdin().as_fd().try_clone_to_owned()?.into())
    }

    fn read_from(terminal: File) -> io::Result<Self> {
        let resized = signal(SignalKind::window_change())?;
        let (sender, chunks) = mpsc::channel(16);
        std::thread::Builder::new().name(String::from("keyboard")).spawn(move || read(terminal, &sender))?;
        Ok(Self {
            chunks,
            resized,
            decoder: Decoder::default(),
            decoded: VecDeque::new(),
            settle_at: Instant::now(),
        })
    }

    /// The next input; `None` when the terminal is gone. Loses nothing when dropped before it is ready.
    pub async fn next(&mut self) -> Option<Input> {
        loop {
            if let Some(input) = self.decoded.pop_front() {
                return Some(input);
            }
            tokio::select! {
                biased;
                chunk = self.chunks.recv() => {
                    self.decoder.feed(&chunk?, &mut self.decoded);
                    self.settle_at = Instant::now() + ESCAPE_PATIENCE;
                }
                Some(()) = self.resized.recv() => return Some(Input::Resize),
                () = tokio::time::sleep_until(self.settle_at), if self.decoder.may_be_whole() => {
                    self.decoder.settle(&mut self.decoded);
                }
            }
        }
    }
}

/// Reads until the terminal is gone or nobody listens.
fn read(mut terminal: File, chunks: &mpsc::Sender<Chunk>) {
    let mut buffer = Zeroizing::new([0_u8; 4096]);
    loop {
        match terminal.read(buffer.as_mut_slice()) {
            // In raw mode a terminal reads nothing only when it is gone.
            Ok(0) => return,
            Ok(length) => {
                let read = buffer.get(..length).unwrap_or_default();
                if chunks.blocking_send(Zeroizing::new(read.to_vec())).is_err() {
                    return;
                }
                buffer.fill(0);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Another program on the same terminal may have made it non-blocking, which is shared.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let readable = poll(&mut [PollFd::new(&terminal, PollFlags::IN)], None);
                if readable.is_err_and(|error| error != rustix::io::Errno::INTR) {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A pair of connected files in place of a terminal.
    fn pipe() -> (File, File) {
        let (reader, writer) = io::pipe().expect("a pipe");
        (std::os::fd::OwnedFd::from(reader).into(), std::os::fd::OwnedFd::from(writer).into())
    }

    async fn next_key(inputs: &mut Inputs) -> Option<String> {
        let next = tokio::time::timeout(Duration::from_secs(5), inputs.next()).await.expect("in time")?;
        let Input::Key { key, repeat: false } = next else { panic!("not a key") };
        Some(key.to_string())
    }

    #[tokio::test]
    async fn a_lone_escape_is_told_from_a_torn_code_and_a_hang_up_ends_it() {
        let (terminal, mut person) = pipe();
        let mut inputs = Inputs::read_from(terminal).expect("a reader");
        person.write_all(b"\x1b").expect("typed");
        assert_eq!(next_key(&mut inputs).await.as_deref(), Some("Esc"));
        person.write_all(b"a\x1b[").expect("typed");
        assert_eq!(next_key(&mut inputs).await.as_deref(), Some("a"));
        person.write_all(b"A").expect("typed");
        assert_eq!(next_key(&mut inputs).await.as_deref(), Some("Up"));
        drop(person);
        assert_eq!(next_key(&mut inputs).await, None);
        assert_eq!(next_key(&mut inputs).await, None, "and it stays ended");
    }

    #[tokio::test]
    async fn nothing_is_lost_when_the_wait_is_given_up() {
        let (terminal, mut person) = pipe();
        let mut inputs = Inputs::read_from(terminal).expect("a reader");
        person.write_all(b"\x1b").expect("typed");
        // A loop that draws often gives up the wait many times before the Escape is settled.
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            assert!(Instant::now() < deadline, "the Escape never came");
            tokio::select! {
                biased;
                input = inputs.next() => {
                    assert!(matches!(input, Some(Input::Key { .. })));
                    break;
                }
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
        }
    }
}
