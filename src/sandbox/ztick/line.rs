//! A line and its tokens, byte for byte. Line feeds end a line, spaces separate, nothing else is special outside quotes.

/// A whole line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) tokens: Vec<Vec<u8>>,
    /// How many bytes it took, its line feed included.
    pub(super) length: usize,
}

/// Reads the line at the start of the pending bytes; none if its end has not come, or a quote is still open.
pub(super) fn next(pending: &[u8]) -> Option<Line> {
    let mut tokens = Vec::new();
    let mut bytes = pending.iter().copied().enumerate().peekable();
    while let Some((place, byte)) = bytes.next() {
        match byte {
            b'\n' => return Some(Line { tokens, length: place + 1 }),
            b' ' => {}
            b'"' => {
                let mut token = Vec::new();
                loop {
                    match bytes.next()?.1 {
                        b'"' => break,
                        b'\\' => token.push(bytes.next()?.1),
                        other => token.push(other),
                    }
                }
                tokens.push(token);
            }
            first => {
                let mut token = vec![first];
                while let Some((_, more)) = bytes.next_if(|(_, byte)| !b" \n\"".contains(byte)) {
                    token.push(more);
                }
                tokens.push(token);
            }
        }
    }
    None
}

/// The bytes up to and with the first line feed, even one inside quotes.
pub(super) fn to_line_feed(pending: &[u8]) -> usize {
    pending.iter().position(|&byte| byte == b'\n').map_or(pending.len(), |place| place + 1)
}
