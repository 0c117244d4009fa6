//! What a key can ask for. One word for one thing; the pane that has the keyboard decides what it means there.

/// Something the operator can ask for with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave the program from the top.
    Quit,
    /// Leave from anywhere, safely.
    Leave,
    /// One step back.
    Back,
    /// Open, choose, or go on.
    Open,
    /// The previous line.
    Up,
    /// The next line.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// The first line.
    First,
    /// The last line.
    Last,
    /// The next field or pane.
    NextField,
    /// The previous field or pane.
    PreviousField,
    /// The credentials pane.
    ShowCredentials,
    /// The timeline pane.
    ShowTimeline,
    /// The owners pane.
    ShowOwners,
    /// The findings pane.
    ShowFindings,
    /// The activity pane.
    ShowActivity,
    /// Help for what has the keyboard.
    Help,
    /// The list of commands.
    Commands,
    /// Type a filter.
    Filter,
    /// Choose what is under the cursor, or give it up.
    Select,
    /// Choose everything that is shown, or give that up.
    SelectShown,
    /// Look at what something consists of.
    Inspect,
    /// Show less time, larger.
    ZoomIn,
    /// Show more time, smaller.
    ZoomOut,
    /// Change the sort column.
    Sort,
    /// Turn the sort order around.
    SortReverse,
    /// Choose or manage accounts.
    Accounts,
    /// A new account.
    AddAccount,
    /// Take an account out of the settings.
    RemoveAccount,
    /// Log in.
    LogIn,
    /// Log out.
    LogOut,
    /// Read everything again.
    Refresh,
    /// A new credential (or owner).
    New,
    /// Wait with what was not begun, or go on with it.
    Pause,
    /// Show only what did not go well, or everything again.
    Failures,
    /// Write what is shown into a file.
    Export,
    /// Replace a secret.
    Rotate,
    /// Make it stop for good.
    Revoke,
    /// Present the secret to the server.
    Verify,
    /// Present the old secret to the server.
    VerifyOld,
    /// Copy the secret.
    Copy,
    /// Bring the secret to its targets, or to this one.
    Deliver,
    /// Bring it to all of them.
    DeliverAll,
    /// Secrets for storage.
    Vend,
    /// Take it out of the store.
    Forget,
    /// Mark, or take the mark away.
    Mark,
    /// Take in a secret that exists already.
    Import,
    /// Change name and description.
    Edit,
    /// Switch off or on.
    Disable,
    /// Restart the server, so that what changed counts.
    Restart,
    /// Unfinished work.
    Unfinished,
    /// Send the same request again under its idempotency key.
    Replay,
    /// Say that an operation needs nothing more.
    Settle,
    /// Show the secret for a moment.
    Unmask,
    /// The reveal is done.
    Done,
    /// Revoke the new one of two credentials.
    RevokeNew,
    /// Move the end of the old credential.
    MoveEnd,
    /// Let the old credential live: take its promised end back.
    Withdraw,
    /// Put the session into the keyring.
    KeepSession,
    /// Another form of rotation.
    OtherForm,
    /// The shortest window, because the old secret leaked.
    Leaked,
    /// Hide everything.
    Lock,
    /// Stop the program for the shell.
    Suspend,
    /// Draw everything again.
    Repaint,
    /// Let secrets be kept in the operating system's keyring.
    UseKeyring,
    /// Let secrets be held for this run only.
    UseMemory,
    /// Let secrets be kept in the kernel's keyring.
    UseKernel,
    /// Look at the keyring again.
    CheckKeyring,
    /// Move the sandbox's clock ahead by ten minutes.
    SandboxClock,
}
