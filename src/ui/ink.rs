//! What every drawing function is handed: the state, the theme, and the few things derived from both.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::symbol;
use super::theme::Theme;
use crate::app::model::Model;
use crate::domain::time::{Timestamp, moment_both, span};
use crate::keymap;
use crate::keymap::action::Action;
use crate::keymap::table::Context;

/// How a line is meant: a mark and a style, so that neither stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It is worth knowing.
    Plain,
    /// It needs attention.
    Warning,
    /// It is wrong, or cannot be undone.
    Danger,
}

/// State and theme, as every drawing function gets them.
#[derive(Clone, Copy)]
pub struct Ink<'a> {
    /// The state.
    pub model: &'a Model,
    /// The theme.
    pub theme: &'a Theme,
}

impl Ink<'_> {
    /// The style of a tone.
    pub fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Good => self.theme.good,
            Tone::Plain => self.theme.muted,
            Tone::Warning => self.theme.warning,
            Tone::Danger => self.theme.danger,
        }
    }

    /// The mark of a tone.
    pub fn mark(tone: Tone) -> &'static str {
        match tone {
            Tone::Good => symbol::DONE,
            Tone::Plain => symbol::DOT,
            Tone::Warning => symbol::ATTENTION,
            Tone::Danger => symbol::FAILED,
        }
    }

    /// The spinner's picture for now. Its only clock is the model's.
    pub fn spinner(&self) -> &'static str {
        let tenths = self.model.now.as_millisecond().rem_euclid(800) / 100;
        let frame = usize::try_from(tenths).unwrap_or(0);
        symbol::SPINNER.get(frame).copied().unwrap_or(symbol::UNKNOWN)
    }

    /// A moment in the model's zone and in UTC.
    pub fn moment(&self, at: Timestamp) -> String {
        moment_both(at, &self.model.zone)
    }

    /// How long something has been going on.
    pub fn since(&self, began: Timestamp) -> String {
        span(self.model.now.duration_since(began))
    }

    /// One key with what it does.
    pub fn key(&self, key: &str, label: &str) -> Line<'static> {
        Line::from(vec![
            Span::styled(key_name(key), self.theme.accent),
            Span::styled(format!(" {label}"), self.theme.muted),
        ])
    }
}

/// The name of the first key bound to an action in a context, as people read it.
pub fn key_for(context: Context, action: Action) -> String {
    keymap::bindings(context)
        .find(|binding| binding.action == action)
        .and_then(|binding| binding.keys.first())
        .map(|key| key_name(key))
        .unwrap_or_default()
}

/// A key as people read it: `Ctrl-D`, `Enter`, `PgDn`, `n`.
pub fn key_name(key: &str) -> String {
    let (before, last) = key.rsplit_once('-').filter(|(_, last)| !last.is_empty()).unwrap_or(("", key));
    let last = match last {
        "pageup" => String::from("PgUp"),
        "pagedown" => String::from("PgDn"),
        "up" => String::from("↑"),
        "down" => String::from("↓"),
        one if one.chars().count() == 1 && before.is_empty() => one.to_owned(),
        word => capital(word),
    };
    let held = before.split('-').filter(|part| !part.is_empty()).map(capital);
    held.chain([last]).collect::<Vec<_>>().join("-")
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_printed_on_a_keyboard() {
        for (key, want) in [
            ("ctrl-d", "Ctrl-D"),
            ("shift-tab", "Shift-Tab"),
            ("n", "n"),
            ("G", "G"),
            ("esc", "Esc"),
            ("pagedown", "PgDn"),
            ("f5", "F5"),
            ("/", "/"),
            ("-", "-"),
        ] {
            assert_eq!(key_name(key), want);
        }
        assert_eq!(key_for(Context::Credentials, Action::LogIn), "L");
    }
}
