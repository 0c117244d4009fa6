//! A failure or a page of text to read.

use crate::app::effect::RequestId;
use crate::app::model::Model;
use crate::app::pane::login;
use crate::app::update::Turn;
use crate::domain::account::AccountName;
use crate::domain::answer::Happened;
use crate::domain::failure::Failure;
use crate::domain::time::moment_both;
use crate::keymap::action::Action;

/// Cells of the names before their values.
pub const NAMES: usize = 10;

/// The message.
#[derive(Debug)]
pub struct Message {
    /// The headline.
    pub title: String,
    /// What happened and what to do, line by line.
    pub lines: Vec<String>,
    /// Whether the lines are names and values, the values behind [`NAMES`] cells.
    pub facts: bool,
    /// Whether it is bad news.
    pub bad: bool,
    /// The account it is about; `L` logs in there.
    pub account: Option<AccountName>,
    /// The question to the server's own history that is under way, with what that history tells.
    pub asking: Option<(RequestId, &'static str)>,
}

impl Message {
    /// A failure, to read.
    pub fn failure(title: &str, failure: &Failure, account: Option<AccountName>) -> Self {
        let mut lines = vec![format!("{}.", failure.headline())];
        lines.extend(failure.detail.as_ref().map(|detail| detail.as_str().to_owned()));
        lines.push(String::new());
        lines.push(failure.next_step().to_owned());
        Self { title: title.to_owned(), lines, facts: false, bad: true, account, asking: None }
    }

    /// Plain sentences, to read.
    pub fn plain(title: &str, lines: Vec<String>) -> Self {
        Self { title: title.to_owned(), lines, facts: false, bad: false, account: None, asking: None }
    }

    /// Names and values, to read.
    pub fn details(title: &str, lines: Vec<String>) -> Self {
        Self { facts: true, ..Self::plain(title, lines) }
    }

    /// The server's own history came, or did not.
    pub fn history(&mut self, model: &Model, result: Result<Vec<Happened>, Failure>) {
        let Some((_, told)) = self.asking.take() else { return };
        let label = |position| if position == 0 { "audit" } else { "" };
        match result {
            Ok(happened) if happened.is_empty() => {
                self.lines.push(format!("{:<10}nothing about it; {}", "audit", lowered(told)));
            }
            Ok(happened) => {
                for (position, one) in happened.iter().enumerate() {
                    let when =
                        one.at.map(|at| format!("{}: ", moment_both(at, &model.zone))).unwrap_or_default();
                    self.lines.push(format!("{:<10}{when}{}", label(position), one.what));
                }
                self.lines.push(format!("{:<10}{told}", ""));
            }
            Err(failure) => self.lines.push(format!("{:<10}not told: {}", "audit", failure.sentence())),
        }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        match action {
            Action::Open | Action::Back => {
                let stopped = self.asking.take().and_then(|(request, _)| model.stop(request));
                return Turn { effects: stopped.into_iter().collect(), ..Turn::close() };
            }
            Action::LogIn => {
                let index = self.account.as_ref().and_then(|name| model.account_index(name));
                return index.map_or_else(Turn::stay, |index| login::open_for(model, index).and_close());
            }
            _ => {}
        }
        Turn::stay()
    }
}

/// The sentence as the second half of another.
fn lowered(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
