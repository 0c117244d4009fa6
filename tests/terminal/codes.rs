//! The control codes in what a program wrote: which there are, and whether each is one we mean to send.

/// The modes that may be switched: cursor, alternate screen, focus, paste, synchronized frames, wrapping, mouse.
const MODES: [&str; 10] = ["25", "1049", "1004", "2004", "2026", "7", "1000", "1002", "1003", "1006"];

/// A code, taken apart.
enum Code {
    /// `ESC [ parameters final`.
    Control { parameters: String, last: char },
    /// `ESC ] text` to its end.
    System(String),
    /// Anything else.
    Other(String),
}

fn codes(raw: &[u8]) -> Vec<Code> {
    let text = String::from_utf8_lossy(raw);
    let mut characters = text.chars().peekable();
    let mut found = Vec::new();
    while let Some(one) = characters.next() {
        match one {
            '\u{1b}' => match characters.next() {
                Some('[') => {
                    let mut parameters = String::new();
                    let last = loop {
                        match characters.next() {
                            Some(part @ ' '..='?') => parameters.push(part),
                            Some(last) => break last,
                            // The writing was cut here by the test's end.
                            None => return found,
                        }
                    };
                    found.push(Code::Control { parameters, last });
                }
                Some(']') => {
                    let mut body = String::new();
                    loop {
                        match characters.next() {
                            None | Some('\u{7}') => break,
                            Some('\u{1b}') => {
                                characters.next();
                                break;
                            }
                            Some(part) => body.push(part),
                        }
                    }
                    found.push(Code::System(body));
                }
                Some(other) => found.push(Code::Other(format!("ESC {other:?}"))),
                None => return found,
            },
            '\r' | '\n' => {}
            // What else is no character: bells, C1 codes, marks that turn the writing around.
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                found.push(Code::Other(format!("{one:?}")));
            }
            _ => {}
        }
    }
    found
}

/// Panics when there is a code that keywright has no reason to send.
pub(crate) fn assert_known(raw: &[u8]) {
    for code in codes(raw) {
        match code {
            Code::Control { parameters, last } => {
                let numbers = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':');
                let known = match last {
                    'm' | 'H' | 'J' | 'K' | 'A' | 'B' | 'C' | 'D' | 'G' | 'X' => numbers(&parameters),
                    'h' | 'l' => parameters
                        .strip_prefix('?')
                        .is_some_and(|modes| modes.split(';').all(|mode| MODES.contains(&mode))),
                    _ => false,
                };
                assert!(known, "ESC [ {parameters} {last} was sent");
            }
            Code::System(body) => {
                let copied = body.strip_prefix("52;c;").is_some_and(|text| {
                    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
                });
                assert!(copied, "ESC ] {body} was sent");
            }
            Code::Other(what) => panic!("{what} was sent"),
        }
    }
}

/// The colours that were set.
pub(crate) fn colours(raw: &[u8]) -> Vec<String> {
    let attributes = codes(raw).into_iter().filter_map(|code| match code {
        Code::Control { parameters, last: 'm' } => Some(parameters),
        Code::Control { .. } | Code::System(_) | Code::Other(_) => None,
    });
    let is_colour = |number: &str| {
        let number = number.parse::<u16>().unwrap_or(0);
        matches!(number, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107)
    };
    attributes.filter(|parameters| parameters.split(';').any(is_colour)).collect()
}
