//! A failure or a page of text to read.

use crate::app::model::Model;
use crate::app::pane::login;
use crate::app::update::Turn;
use crate::domain::account::AccountName;
use crate::keymap::action::Action;

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
}

impl Message {
    /// A failure, to read.
    pub fn failure(
        title: &str,
        failure: &crate::domain::failure::Failure,
        account: Option<AccountName>,
    ) -> Self {
        let mut lines = vec![format!("{}.", failure.headline())];
        lines.extend(failure.detail.as_ref().map(|detail| detail.as_str().to_owned()));
        lines.push(String::new());
        lines.push(failure.next_step().to_owned());
        Self { title: title.to_owned(), lines, bad: true, account }
    }

    /// Plain sentences, to read.
    pub fn plain(title: &str, lines: Vec<String>) -> Self {
        Self { title: title.to_owned(), lines, bad: false, account: None }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Open | Action::Back => return Turn::close(),
            Action::LogIn => {
                let index = self.account.as_ref().and_then(|name| model.account_index(name));
                return index.map_or_else(Turn::stay, |index| login::open_for(model, index).and_close());
            }
            _ => {}
        }
        Turn::stay()
    }
}
