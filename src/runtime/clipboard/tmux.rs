//! Copying through tmux, which passes the text on to the terminal it is shown in.
//!
//! The bare code of [`super::osc52`] is dropped by tmux's defaults, or leaves a copy in a buffer that every program
//! in that tmux can read. `load-buffer -w` reaches the terminal whatever the settings are, and the buffer is deleted
//! by the same command, so nothing stays even if we are killed in between.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A tmux server that takes longer is not waited for.
const DEADLINE: Duration = Duration::from_secs(1);

/// Hands `text` to the server in `TMUX`'s notation. The text goes in on standard input, never as an argument.
pub(super) async fn copy(server: &str, text: &str) -> io::Result<()> {
    tokio::time::timeout(DEADLINE, load(server, text)).await.unwrap_or_else(|late| Err(late.into()))
}

/// Copies a single space over what was copied: tmux refuses to copy nothing. Nobody can tell whether what is
/// overwritten is still ours, because the terminal is not asked for it.
pub(super) async fn overwrite(server: &str) -> io::Result<()> {
    copy(server, " ").await
}

async fn load(server: &str, text: &str) -> io::Result<()> {
    let buffer = format!("keywright-{}", std::process::id());
    let mut tmux = Command::new("tmux")
        .env("TMUX", server)
        .args(["load-buffer", "-b", &buffer, "-w", "-", ";", "delete-buffer", "-b", &buffer])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let Some(mut input) = tmux.stdin.take() else { return Err(io::ErrorKind::BrokenPipe.into()) };
    input.write_all(text.as_bytes()).await?;
    drop(input);
    if tmux.wait().await?.success() { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
}
