//! A failure or a page of text to read.

use crate::domain::account::AccountName;

/// The message.
#[derive(Debug)]
pub struct Message {
    /// The headline.
    pub title: String,
    /// What happened and what to do, line by line.
    pub lines: Vec<String>,
    /// Whether it is bad news.
    pub bad: bool,
    /// The account it is about; `L` logs in there.
    pub account: Option<AccountName>,
    /// How far it is scrolled.
    pub scroll: usize,
}
