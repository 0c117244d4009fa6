//! The code that asks a terminal to copy: `ESC ] 52 ; c ; base64 BEL`, wrapped for what lies in between.
//!
//! It has no answer, cannot ask clipboard managers to keep quiet, and clearing means copying nothing, which not all
//! terminals honour.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The longest text: 8 KiB once encoded. Beyond that terminals begin to drop the whole code without a word.
pub const LONGEST: usize = 8192 / 4 * 3;

/// GNU screen drops strings longer than 768 bytes (seen with 4.09), so they are passed through in pieces.
const SCREEN_PIECE: usize = 256;

/// What lies between us and the terminal that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrap {
    None,
    Screen,
    /// Only when talking to the tmux server failed. The bare code would leave a copy in a tmux buffer; wrapped it
    /// passes through, or is dropped where the user does not allow that.
    Tmux,
}

/// The code that copies `text`, unless it is too long. Its buffers are wiped.
pub(super) fn copy(text: &str, wrap: Wrap) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut encoded = Zeroizing::new(vec![0; text.len().div_ceil(3) * 4]);
    let length = STANDARD.encode_slice(text, &mut encoded).ok()?;
    encoded.truncate(length);
    Some(code(&encoded, wrap))
}

/// The code that copies nothing.
pub(super) fn clear(wrap: Wrap) -> Zeroizing<Vec<u8>> {
    code(&[], wrap)
}

/// BEL ends the code, because inside a wrapper `ESC \` would end the wrapper.
fn code(encoded: &[u8], wrap: Wrap) -> Zeroizing<Vec<u8>> {
    let whole = Zeroizing::new([b"\x1b]52;c;", encoded, b"\x07"].concat());
    match wrap {
        Wrap::None => whole,
        Wrap::Tmux => Zeroizing::new([b"\x1bPtmux;\x1b", whole.as_slice(), b"\x1b\\"].concat()),
        Wrap::Screen => {
            let pieces = whole.len().div_ceil(SCREEN_PIECE);
            let mut wrapped = Zeroizing::new(Vec::with_capacity(whole.len() + pieces * 4));
            for piece in whole.chunks(SCREEN_PIECE) {
                wrapped.extend_from_slice(b"\x1bP");
                wrapped.extend_from_slice(piece);
                wrapped.extend_from_slice(b"\x1b\\");
            }
            wrapped
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).expect("text")
    }

    #[test]
    fn the_exact_bytes() {
        let code = |wrap| text(&copy("pä$$", wrap).expect("short")).to_owned();
        assert_eq!(code(Wrap::None), "\x1b]52;c;cMOkJCQ=\x07");
        assert_eq!(code(Wrap::Tmux), "\x1bPtmux;\x1b\x1b]52;c;cMOkJCQ=\x07\x1b\\");
        assert_eq!(code(Wrap::Screen), "\x1bP\x1b]52;c;cMOkJCQ=\x07\x1b\\");
        assert_eq!(text(&clear(Wrap::None)), "\x1b]52;c;\x07");
    }

    #[test]
    fn for_screen_a_long_code_is_passed_in_pieces_that_add_up() {
        let long = "x".repeat(1000);
        let wrapped = copy(&long, Wrap::Screen).expect("fits");
        let pieces: Vec<&str> =
            text(&wrapped).split("\x1b\\").filter_map(|piece| piece.strip_prefix("\x1bP")).collect();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= SCREEN_PIECE));
        assert_eq!(pieces.concat(), text(&copy(&long, Wrap::None).expect("fits")));
    }
}
