//! The list of accounts: show one or all, add, edit, remove, log in and out.

/// The list. Its lines are the accounts in order, then "all accounts".
#[derive(Debug, Default)]
pub struct Accounts {
    /// The line under the cursor.
    pub cursor: usize,
    /// Whether removing the account under the cursor was asked for once; a second `x` does it.
    pub removing: bool,
}
