//! Programs that are run: no shell, a deadline, a bound on what is taken of their output.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::domain::failure::{Failure, FailureKind};
use crate::domain::text::Text;

/// The most that is taken of what a program complains of.
const COMPLAINT: usize = 4096;

/// What became of a program.
pub(super) struct Ran {
    /// How it ended.
    pub(super) status: ExitStatus,
    /// What it wrote.
    pub(super) out: Zeroizing<Vec<u8>>,
    /// What it complained of.
    pub(super) complaint: Zeroizing<Vec<u8>>,
}

impl Ran {
    /// The last line it complained with, or how it ended.
    pub(super) fn words(&self) -> Text {
        let complaint = String::from_utf8_lossy(&self.complaint);
        let last = complaint.lines().map(str::trim).rfind(|line| !line.is_empty());
        last.map_or_else(|| Text::from(self.status.to_string()), Text::clean)
    }
}

/// Runs a program with `input` on its standard input and takes up to `limit` bytes of its output. It is killed when its
/// time is over.
pub(super) async fn run(
    mut command: Command,
    input: &[u8],
    limit: usize,
    deadline: Duration,
) -> Result<Ran, Failure> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let refused = |why: String| Failure::new(FailureKind::File, format!("{program}: {why}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| refused(error.to_string()))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let work = async {
        let write = async {
            if let Some(mut stdin) = stdin {
                // A program that wants no input, or ended early, says so by how it ends.
                drop(stdin.write_all(input).await);
                drop(stdin.shutdown().await);
            }
        };
        let (out, complaint, ()) = tokio::join!(take(stdout, limit), take(stderr, COMPLAINT), write);
        (child.wait().await, out, complaint)
    };
    let (status, out, complaint) = timeout(deadline, work).await.map_err(|_elapsed| {
        refused(format!("it did not end within {} s and was stopped", deadline.as_secs()))
    })?;
    let status = status.map_err(|error| refused(error.to_string()))?;
    Ok(Ran { status, out, complaint })
}

/// Reads to the end and keeps the first `limit` bytes, in memory reserved once: growing would leave copies behind.
async fn take(from: Option<impl AsyncRead + Unpin>, limit: usize) -> Zeroizing<Vec<u8>> {
    let mut kept = Zeroizing::new(Vec::with_capacity(limit));
    let Some(mut from) = from else { return kept };
    let mut piece = Zeroizing::new(vec![0_u8; 8192]);
    while let Ok(read @ 1..) = from.read(piece.as_mut_slice()).await {
        let room = limit - kept.len();
        kept.extend_from_slice(piece.get(..read.min(room)).unwrap_or_default());
    }
    kept
}
