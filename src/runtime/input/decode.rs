//! Bytes from a terminal into inputs: a pure state machine, fed piece by piece, whatever the pieces.
//!
//! It knows what terminals send unasked: characters, control characters, the codes of special keys, pastes and
//! focus. What it does not know is dropped whole, so no tail of a strange code is taken for typed keys.

use std::collections::VecDeque;

use zeroize::{Zeroize, Zeroizing};

use super::{Input, PASTE_MAX};
use crate::keymap::key::{Code, Held, Key};
use crate::secret::Secret;

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";
/// Longer codes are not keys. Answers to another program's questions may be long; they are still dropped whole.
const CODE_MAX: usize = 4096;

/// Turns bytes into inputs and keeps what is incomplete.
#[derive(Default)]
pub(super) struct Decoder {
    pending: Zeroizing<Vec<u8>>,
    paste: Option<Paste>,
}

/// A paste that has begun. Its room is fixed, because growing would leave copies.
struct Paste {
    bytes: Zeroizing<Vec<u8>>,
    too_long: bool,
}

/// What the pending bytes are.
enum Step {
    /// The beginning of something.
    More,
    /// Nothing we know.
    Nothing,
    PasteBegins,
    /// Complete.
    Done(Input),
}

impl Decoder {
    /// Takes the next bytes and appends what they complete.
    pub(super) fn feed(&mut self, bytes: &[u8], inputs: &mut VecDeque<Input>) {
        for byte in bytes {
            if let Some(paste) = &mut self.paste {
                if paste.push(*byte) {
                    inputs.extend(self.paste.take().map(Paste::finish));
                }
                continue;
            }
            // A second Escape cannot continue anything: the first one was a key, or the code before is broken.
            if *byte == ESC && !self.pending.is_empty() && !self.is_string() {
                self.settle(inputs);
            }
            self.pending.push(*byte);
            match step(&self.pending) {
                Step::More if self.pending.len() < CODE_MAX => continue,
                Step::More | Step::Nothing => {}
                Step::PasteBegins => self.paste = Some(Paste::new()),
                Step::Done(input) => inputs.push_back(input),
            }
            self.wipe();
        }
    }

    /// Whether what is pending may be all there is: an Escape, or Alt with a letter that also begins codes. Longer
    /// beginnings wait for their end however long it takes, or their tail would be taken for typed keys.
    pub(super) fn may_be_whole(&self) -> bool {
        matches!(self.pending.as_slice(), [ESC] | [ESC, b'O' | b']' | b'P' | b'_'])
    }

    /// Nothing followed: what is pending is all there is.
    pub(super) fn settle(&mut self, inputs: &mut VecDeque<Input>) {
        let key = match self.pending.as_slice() {
            [ESC] => Some(Key::plain(Code::Esc)),
            [ESC, byte] => {
                Some(Key::new(Code::Char(char::from(*byte)), Held { alt: true, ..Held::default() }))
            }
            _ => None,
        };
        inputs.extend(key.map(pressed));
        self.wipe();
    }

    /// Whether the pending bytes are a string that ends with its own `ESC \`.
    fn is_string(&self) -> bool {
        matches!(self.pending.as_slice(), [ESC, b']' | b'P' | b'_', _, ..])
    }

    fn wipe(&mut self) {
        self.pending.as_mut_slice().zeroize();
        self.pending.clear();
    }
}

impl Paste {
    fn new() -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(PASTE_MAX + PASTE_END.len())), too_long: false }
    }

    /// Takes one byte; `true` when it was the last.
    fn push(&mut self, byte: u8) -> bool {
        if self.bytes.len() == PASTE_MAX + PASTE_END.len() {
            // Only the end is looked for from here on.
            self.too_long = true;
            let tail = self.bytes.split_off(PASTE_MAX);
            self.bytes.as_mut_slice().zeroize();
            self.bytes.clear();
            self.bytes.extend_from_slice(&tail);
        }
        self.bytes.push(byte);
        self.bytes.ends_with(PASTE_END)
    }

    fn finish(mut self) -> Input {
        if self.too_long {
            return Input::PasteTooLong;
        }
        let length = self.bytes.len().saturating_sub(PASTE_END.len());
        self.bytes.truncate(length);
        let text = String::from_utf8(std::mem::take(&mut *self.bytes)).unwrap_or_else(|error| {
            let bytes = Zeroizing::new(error.into_bytes());
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Input::Paste(Secret::new(text))
    }
}

fn pressed(key: Key) -> Input {
    Input::Key { key, repeat: false }
}

fn step(pending: &[u8]) -> Step {
    match pending {
        [] | [ESC] | [ESC, b'[' | b'O'] => Step::More,
        [ESC, b'[', code @ ..] => control_sequence(code),
        [ESC, b'O', letter] => {
            letter_key(*letter).map_or(Step::Nothing, |code| Step::Done(pressed(Key::plain(code))))
        }
        // Strings: answers to questions that another program asked. They end with BEL or `ESC \`; any other control
        // character breaks them off, so a string that was cut cannot swallow more than the keys up to an Enter.
        [ESC, b']' | b'P' | b'_', rest @ ..] => match rest {
            [.., ESC, b'\\'] => Step::Nothing,
            [.., last] if *last < 0x20 && *last != ESC => Step::Nothing,
            _ => Step::More,
        },
        [ESC, rest @ ..] => character(rest, true),
        _ => character(pending, false),
    }
}

/// One character, or the control character that stands for a key.
fn character(bytes: &[u8], alt: bool) -> Step {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => return Step::More,
        Err(_) => return Step::Nothing,
    };
    let Some(character) = text.chars().next() else { return Step::More };
    let ctrl = |letter: u8| (Code::Char(char::from(letter)), true);
    let (code, ctrl) = match (character, bytes) {
        ('\r', _) => (Code::Enter, false),
        ('\t', _) => (Code::Tab, false),
        ('\u{7f}', _) => (Code::Backspace, false),
        // Control takes two bits off the letter: 0x04 is Ctrl-D, 0x1f Ctrl-_, 0x00 Ctrl-Space.
        (_, [0]) => ctrl(b' '),
        (_, [byte @ 0x01..=0x1a]) => ctrl(byte | 0x60),
        (_, [byte @ 0x1c..=0x1f]) => ctrl(byte | 0x40),
        (character, _) if character.is_control() => return Step::Nothing,
        (character, _) => (Code::Char(character), false),
    };
    Step::Done(pressed(Key::new(code, Held { ctrl, alt, shift: false })))
}

/// What follows `ESC [`.
fn control_sequence(code: &[u8]) -> Step {
    let Some((last, numbers)) = code.split_last() else { return Step::More };
    match code {
        // The Linux console's function keys: `ESC [ [ A` to `E`.
        [b'['] => return Step::More,
        [b'[', letter @ b'A'..=b'E'] => return Step::Done(pressed(Key::plain(Code::F(letter - b'A' + 1)))),
        // A mouse that another program left on: three bytes follow.
        [b'M', rest @ ..] => return if rest.len() < 3 { Step::More } else { Step::Nothing },
        _ => {}
    }
    match last {
        0x40..=0x7e => {}
        0x20..=0x3f => return Step::More,
        _ => return Step::Nothing,
    }
    let numbers = Numbers::read(numbers);
    match (last, numbers.first) {
        (b'I', None) => Step::Done(Input::FocusGained),
        (b'O', None) => Step::Done(Input::FocusLost),
        (b'~', Some(200)) => Step::PasteBegins,
        (b'~', Some(27)) => numbers.key(numbers.third.and_then(unicode_key)),
        (b'~', Some(number)) => numbers.key(number_key(number)),
        (b'u', Some(number)) => numbers.key(unicode_key(number)),
        (b'Z', _) => Step::Done(pressed(Key::new(Code::Tab, Held { shift: true, ..Held::default() }))),
        (letter, None | Some(1)) => numbers.key(letter_key(*letter)),
        _ => Step::Nothing,
    }
}

/// The numbers of a code: `first ; modifiers : event ; third`.
#[derive(Default)]
struct Numbers {
    first: Option<u32>,
    modifiers: Option<u32>,
    event: Option<u32>,
    third: Option<u32>,
}

impl Numbers {
    /// Reads the digits; anything else makes a code that we do not know, and [`Numbers::first`] is beyond all keys.
    fn read(bytes: &[u8]) -> Self {
        if !bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')) {
            return Self { first: Some(u32::MAX), ..Self::default() };
        }
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let mut fields = text.split(';').map(|field| {
            let mut parts = field.split(':').map(|part| part.parse().ok());
            (parts.next().flatten(), parts.next().flatten())
        });
        let (first, _) = fields.next().unwrap_or_default();
        let (modifiers, event) = fields.next().unwrap_or_default();
        let (third, _) = fields.next().unwrap_or_default();
        Self { first, modifiers, event, third }
    }

    /// A key with these modifiers. Releases are dropped here, once, and so are keys with Super, Hyper or Meta held:
    /// they belong to the desktop, and must not act as the bare key.
    fn key(&self, code: Option<Code>) -> Step {
        const SHIFT: u32 = 1;
        const ALT: u32 = 2;
        const CTRL: u32 = 4;
        const DESKTOPS: u32 = 8 | 16 | 32;
        let held = self.modifiers.unwrap_or(1).saturating_sub(1);
        let Some(code) = code.filter(|_| held & DESKTOPS == 0) else { return Step::Nothing };
        let repeat = match self.event {
            None | Some(1) => false,
            Some(2) => true,
            Some(_) => return Step::Nothing,
        };
        let held = Held { ctrl: held & CTRL != 0, alt: held & ALT != 0, shift: held & SHIFT != 0 };
        Step::Done(Input::Key { key: Key::new(code, held), repeat })
    }
}

fn letter_key(letter: u8) -> Option<Code> {
    Some(match letter {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'M' => Code::Enter,
        b'P' => Code::F(1),
        b'Q' => Code::F(2),
        b'R' => Code::F(3),
        b'S' => Code::F(4),
        _ => return None,
    })
}

fn number_key(number: u32) -> Option<Code> {
    Some(match number {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => Code::F(u8::try_from(number - 10).ok()?),
        17..=21 => Code::F(u8::try_from(number - 11).ok()?),
        23..=24 => Code::F(u8::try_from(number - 12).ok()?),
        _ => return None,
    })
}

/// A key given by its character's number, as terminals do that were told to.
fn unicode_key(number: u32) -> Option<Code> {
    Some(match char::from_u32(number)? {
        '\r' => Code::Enter,
        '\u{1b}' => Code::Esc,
        '\t' => Code::Tab,
        '\u{8}' | '\u{7f}' => Code::Backspace,
        // The private use area holds keys that are no characters: keypads, media, modifiers alone.
        character if character.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&character) => return None,
        character => Code::Char(character),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One input as a word.
    fn word(input: &Input) -> String {
        match input {
            Input::Key { key, repeat: false } => key.to_string(),
            Input::Key { key, repeat: true } => format!("{key}+"),
            Input::Paste(text) => format!("paste({})", text.expose().escape_debug()),
            Input::PasteTooLong => String::from("paste too long"),
            Input::Resize => String::from("resize"),
            Input::FocusLost => String::from("focus lost"),
            Input::FocusGained => String::from("focus gained"),
        }
    }

    fn decode(pieces: &[&[u8]]) -> String {
        let (mut decoder, mut inputs) = (Decoder::default(), VecDeque::new());
        for piece in pieces {
            decoder.feed(piece, &mut inputs);
        }
        if decoder.may_be_whole() {
            decoder.settle(&mut inputs);
        }
        inputs.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    const CASES: &[(&str, &str)] = &[
        ("aG?é日", "a G ? é 日"),
        (" \r\n\t\x7f\x08", "Space Enter Enter Tab Backspace Backspace"),
        ("\x03\x04\x0c\x1a\0\x1f", "Ctrl-C Ctrl-D Ctrl-L Ctrl-Z Ctrl-Space Ctrl-_"),
        ("\x1b", "Esc"),
        ("\x1b\x1b", "Esc Esc"),
        ("\x1b\x1b[A", "Esc Up"),
        ("\x1bx\x1bX\x1b\x01\x1bé", "Alt-x Alt-X Ctrl-Alt-A Alt-é"),
        ("\x1bO", "Alt-O"),
        ("\x1b]", "Alt-]"),
        ("\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "Up Down Right Left Home End"),
        ("\x1bOA\x1bOP\x1bOS\x1bOM", "Up F1 F4 Enter"),
        ("\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~", "Home Insert Delete End PageUp PageDown"),
        ("\x1b[11~\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~\x1b[[A", "F1 F5 F6 F10 F11 F12 F1"),
        ("\x1b[Z\x1b[1;5A\x1b[3;2~\x1b[1;3R", "Shift-Tab Ctrl-Up Shift-Delete Alt-F3"),
        ("\x1b[I\x1b[O", "focus gained focus lost"),
        ("\x1b[97u\x1b[97;5u\x1b[27;2;13~\x1b[57399u", "a Ctrl-A Enter"),
        ("\x1b[97;1:1u\x1b[97;1:2u\x1b[97;1:3u\x1b[1;1:3A", "a a+"),
        ("\x1b[120;9u\x1b[1;9A", ""),
        ("\x1b[200~two\rlines\x1b[A\x1b[201~q", "paste(two\\rlines\\u{1b}[A) q"),
        ("\x1b[200~\x1b[201~", "paste()"),
        ("\x1b[201~x", "x"),
        // What nobody asked for is dropped whole.
        ("\x1b[24;80Rx", "x"),
        ("\x1b[?62;4cx", "x"),
        ("\x1b[<0;10;10Mx", "x"),
        ("\x1b[M !!x", "x"),
        ("\x1b]11;rgb:1111/2222/3333\x07x", "x"),
        ("\x1b]11;rgb:1111/2222/3333\x1b\\x", "x"),
        ("\x1bP>|term 1\x1b\\x", "x"),
        ("\x1b]11;cut\rx", "x"),
        ("\x1b[999~\x1b[99999999999~x", "x"),
    ];

    #[test]
    fn what_terminals_send_is_understood_in_one_piece_and_in_many() {
        for (sent, want) in CASES {
            assert_eq!(decode(&[sent.as_bytes()]), *want, "{sent:?}");
            let bytes: Vec<&[u8]> = sent.as_bytes().chunks(1).collect();
            assert_eq!(decode(&bytes), *want, "{sent:?} byte by byte");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_dropped() {
        assert_eq!(decode(&[b"\xff\xc3a\xc2\x9bx"]), "x");
    }

    #[test]
    fn a_paste_is_taken_up_to_its_limit_and_not_beyond() {
        let pasted = |length: usize| {
            let text = "x".repeat(length);
            decode(&[b"\x1b[200~", text.as_bytes(), b"\x1b[201~", b"q"])
        };
        assert_eq!(pasted(PASTE_MAX).len(), "paste() q".len() + PASTE_MAX);
        for too_long in [PASTE_MAX + 1, PASTE_MAX + 7, PASTE_MAX * 3 + 5] {
            assert_eq!(pasted(too_long), "paste too long q");
        }
    }

    #[test]
    fn a_paste_never_moves_in_memory() {
        let (mut decoder, mut inputs) = (Decoder::default(), VecDeque::new());
        decoder.feed(b"\x1b[200~s", &mut inputs);
        let before = decoder.paste.as_ref().map(|paste| paste.bytes.as_ptr());
        decoder.feed(&vec![b'x'; PASTE_MAX - 1], &mut inputs);
        assert_eq!(decoder.paste.as_ref().map(|paste| paste.bytes.as_ptr()), before);
        decoder.feed(PASTE_END, &mut inputs);
        let Some(Input::Paste(text)) = inputs.pop_front() else { panic!("a paste") };
        assert_eq!(Some(text.expose().as_ptr()), before);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_an_enter_or_two_always_get_through(
            bytes in proptest::collection::vec(prop_oneof![Just(ESC), Just(b'['), Just(b';'), any::<u8>()], 0..64)
        ) {
            // A paste swallows everything up to its end, as it must.
            prop_assume!(!bytes.windows(2).any(|pair| pair == b"0~"));
            let decoded = decode(&[&bytes, b"\x1b\r\r\r\r\r"]);
            prop_assert!(decoded.ends_with("Enter"), "{decoded}");
        }
    }
}
