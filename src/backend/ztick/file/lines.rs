//! What one line means to the server, whatever stands around it.

/// What a line is to the server.
pub(super) enum Meaning<'a> {
    /// Nothing but spaces, TABs and carriage returns.
    Blank,
    /// Starts with `#`.
    Comment,
    /// Starts with `[`: the token's name, if it opens a token section.
    Header(Option<&'a [u8]>),
    /// Has a `=`: what stands before and after the first one. It counts only inside a token section.
    Entry {
        /// The key, exactly as the server compares it.
        key: &'a [u8],
        /// The value as written, quotes included.
        value: &'a [u8],
    },
    /// Anything else, which the server ignores.
    Loose,
}

/// The lines with their ends, so that joining them gives the file back.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n')
}

/// Reads one line, with or without its end.
pub(super) fn meaning(line: &[u8]) -> Meaning<'_> {
    let text = content(line);
    match text.first() {
        None => Meaning::Blank,
        Some(b'#') => Meaning::Comment,
        Some(b'[') => Meaning::Header(token_name(text)),
        Some(_) => match split(text, b'=') {
            Some((key, value)) => Meaning::Entry { key: trim(key, b" \t"), value: trim(value, b" \t") },
            None => Meaning::Loose,
        },
    }
}

/// The line without its end and the blanks at its edges.
pub(super) fn content(line: &[u8]) -> &[u8] {
    trim(line.strip_suffix(b"\n").unwrap_or(line), b" \t\r")
}

/// The text of the first comment inside a token's section that begins with this word.
pub(in super::super) fn note_of<'a>(
    bytes: &'a [u8],
    token: &super::Token<'_>,
    word: &[u8],
) -> Option<&'a [u8]> {
    let inside = lines(bytes).take(token.last_key).skip(token.header);
    let mut comments = inside.filter_map(|line| Some(trim(content(line).strip_prefix(b"#")?, b" \t")));
    comments.find(|text| text.strip_prefix(word).is_some_and(|rest| rest.starts_with(b" ")))
}

/// The name in a header that opens a token section, as far as it is one: behind a line break that the server does not
/// know comes the rest of the file, secrets too, and names are shown.
fn token_name(text: &[u8]) -> Option<&[u8]> {
    let (inside, _) = split(text.get(1..)?, b']')?;
    let name = trim(inside, b" \t").strip_prefix(b"token.").filter(|name| !name.is_empty())?;
    name.split(u8::is_ascii_control).next()
}

/// A value without its pair of quotes, if it has one at both ends.
pub(super) fn unquote(value: &[u8]) -> &[u8] {
    let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inside.unwrap_or(value)
}

/// What stands before and after the first such byte.
pub(super) fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|&byte| byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// The text without any of these bytes at its edges.
pub(super) fn trim<'a>(text: &'a [u8], edges: &[u8]) -> &'a [u8] {
    let inside = |byte: &u8| !edges.contains(byte);
    let start = text.iter().position(inside).unwrap_or(text.len());
    let end = text.iter().rposition(inside).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}
