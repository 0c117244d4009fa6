//! Inputs from crossterm's events, for systems whose terminals do not send bytes.

#[cfg(not(unix))]
use std::io;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
#[cfg(not(unix))]
use futures_util::StreamExt;
use zeroize::Zeroizing;

use super::{Input, PASTE_MAX};
use crate::keymap::key::{Code, Held, Key};
use crate::secret::Secret;

/// Everything that comes in, in order.
#[cfg(not(unix))]
pub struct Inputs(crossterm::event::EventStream);

#[cfg(not(unix))]
impl Inputs {
    /// Starts reading the console.
    pub fn open() -> io::Result<Self> {
        Ok(Self(crossterm::event::EventStream::new()))
    }

    /// The next input; `None` when the console is gone.
    pub async fn next(&mut self) -> Option<Input> {
        loop {
            if let Some(input) = input(self.0.next().await?.ok()?) {
                return Some(input);
            }
        }
    }
}

/// One event as an input, if it is one.
fn input(event: Event) -> Option<Input> {
    Some(match event {
        Event::Key(pressed) => key(pressed)?,
        Event::Paste(text) => {
            let text = Zeroizing::new(text);
            if text.len() > PASTE_MAX {
                Input::PasteTooLong
            } else {
                Input::Paste(Secret::from_zeroizing(text))
            }
        }
        Event::Resize(..) => Input::Resize,
        Event::FocusLost => Input::FocusLost,
        Event::FocusGained => Input::FocusGained,
        Event::Mouse(_) => return None,
    })
}

/// Releases are dropped here, once; so are keys with Super, Hyper or Meta held, which belong to the desktop.
fn key(pressed: KeyEvent) -> Option<Input> {
    let desktop = KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
    if pressed.kind == KeyEventKind::Release || pressed.modifiers.intersects(desktop) {
        return None;
    }
    let mut held = Held {
        ctrl: pressed.modifiers.contains(KeyModifiers::CONTROL),
        alt: pressed.modifiers.contains(KeyModifiers::ALT),
        shift: pressed.modifiers.contains(KeyModifiers::SHIFT),
    };
    let code = match pressed.code {
        KeyCode::Char(character) => {
            // AltGr arrives as Ctrl and Alt together; what it types is a character of its own.
            if held.ctrl && held.alt && !character.is_ascii_alphanumeric() {
                held = Held::default();
            }
            Code::Char(character)
        }
        KeyCode::BackTab => {
            held.shift = true;
            Code::Tab
        }
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(number) => Code::F(number),
        KeyCode::Null
        | KeyCode::CapsLock
        | KeyCode::ScrollLock
        | KeyCode::NumLock
        | KeyCode::PrintScreen
        | KeyCode::Pause
        | KeyCode::Menu
        | KeyCode::KeypadBegin
        | KeyCode::Media(_)
        | KeyCode::Modifier(_) => return None,
    };
    Some(Input::Key { key: Key::new(code, held), repeat: pressed.kind == KeyEventKind::Repeat })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_become_keys_in_their_one_form() {
        let (none, shift, ctrl) = (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL);
        let cases = [
            (KeyCode::Char('G'), shift, "G"),
            (KeyCode::Char('D'), ctrl | shift, "Ctrl-D"),
            (KeyCode::Char('@'), ctrl | KeyModifiers::ALT, "@"),
            (KeyCode::Char('h'), ctrl, "Backspace"),
            (KeyCode::BackTab, none, "Shift-Tab"),
            (KeyCode::BackTab, shift, "Shift-Tab"),
            (KeyCode::Tab, shift, "Shift-Tab"),
            (KeyCode::Enter, shift, "Enter"),
        ];
        for (code, modifiers, want) in cases {
            let Some(Input::Key { key, repeat: false }) = key(KeyEvent::new(code, modifiers)) else {
                panic!("{code:?} is a key")
            };
            assert_eq!(key.to_string(), want);
        }
        assert!(key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::SUPER)).is_none());
    }

    #[test]
    fn releases_are_dropped_and_repeats_are_told() {
        let event = |kind| KeyEvent::new_with_kind(KeyCode::Char('j'), KeyModifiers::NONE, kind);
        assert!(key(event(KeyEventKind::Release)).is_none());
        assert!(matches!(key(event(KeyEventKind::Repeat)), Some(Input::Key { repeat: true, .. })));
    }

    #[test]
    fn the_other_events() {
        assert!(matches!(input(Event::Paste("x".repeat(PASTE_MAX + 1))), Some(Input::PasteTooLong)));
        assert!(matches!(input(Event::Paste(String::from("x"))), Some(Input::Paste(_))));
        assert!(matches!(input(Event::Resize(1, 1)), Some(Input::Resize)));
        assert!(matches!(input(Event::FocusLost), Some(Input::FocusLost)));
        assert!(matches!(input(Event::FocusGained), Some(Input::FocusGained)));
    }
}
