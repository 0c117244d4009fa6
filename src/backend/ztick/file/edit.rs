//! New bytes for the file: a section more, or a section less. Every other byte stays.
//!
//! An edit is made by splicing lines, then the server's reading of old and new bytes is compared: the difference must
//! be exactly what was asked for, and the server must start with the result. Otherwise nothing comes out of here.

use zeroize::Zeroizing;

use super::lines::{Meaning, lines, meaning};
use super::reading::{StartFailure, Token, read};
use crate::secret::Secret;

/// The longest secret that is written, in bytes.
const LONGEST_SECRET: usize = 200;
/// The shortest secret that is written, in bytes.
const SHORTEST_SECRET: usize = 20;

/// What an edit makes of the file.
pub struct Edited {
    /// The whole new file.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What the operator should be told before it is written.
    pub warnings: Vec<Warning>,
}

/// What an operator should know before an edit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The last token goes.
    #[error("no token is left: after a restart the server refuses every login")]
    NoToken,
    /// The last token for everything goes.
    #[error("no token for everything (*) is left: some jobs and rules may then be out of everybody's reach")]
    NoWideToken,
}

/// Why an edit was refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a name that the server and TOML read alike.
    #[error("a token's name has only letters a-z, digits, '_' and '-'")]
    Name,
    /// Another section has it. The server would not mind, people would.
    #[error("another token has this name")]
    NameTaken,
    /// Not a namespace that the server and TOML read alike.
    #[error(
        "a namespace has printable ASCII characters without spaces, quotes and backslashes, and is not empty"
    )]
    Namespace,
    /// The namespace of the token to rotate cannot be written again so that it reads the same everywhere.
    #[error(
        "this token's namespace holds a quote, a backslash or a control character; make a new token instead"
    )]
    OddNamespace,
    /// Not a note that is written here.
    #[error("a note has printable ASCII characters only")]
    Note,
    /// Not a secret that is written here.
    #[error("a secret has 20 to 200 printable ASCII characters without spaces, quotes and backslashes")]
    Secret,
    /// There is no such section.
    #[error("there is no such token in the file")]
    NoSuchToken,
    /// The server would not start with the result.
    #[error("the server would not start with the result: {0}")]
    WouldNotStart(StartFailure),
    /// The server would read something else than what was asked for.
    #[error("the server would read more changes than the one asked for")]
    OtherChanges,
}

/// A new token besides its namespace.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// Its name.
    pub name: &'a str,
    /// A note on a line of its own, between its name and its secret; printable ASCII, empty for none.
    pub note: &'a str,
    /// Its secret.
    pub secret: &'a Secret,
}

/// Checks a namespace that is to be written.
pub(in super::super) fn namespace(namespace: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if namespace.is_empty() || !namespace.bytes().all(plain) { Err(Refusal::Namespace) } else { Ok(()) }
}

/// A file with one more token, appended after a blank line.
pub fn create(bytes: &[u8], namespace: &str, new: New<'_>) -> Result<Edited, Refusal> {
    self::namespace(namespace)?;
    append(bytes, namespace, new)
}

/// A file with a second token for the namespace of the one at `index`, so that both work until the old one is revoked.
pub fn rotate(bytes: &[u8], index: usize, new: New<'_>) -> Result<Edited, Refusal> {
    let reading = read(bytes);
    let old = reading.tokens.get(index).ok_or(Refusal::NoSuchToken)?;
    let namespace =
        str::from_utf8(old.namespace.unwrap_or_default()).map_err(|_bytes| Refusal::OddNamespace)?;
    let plain = |c: char| !c.is_control() && c != '"' && c != '\\';
    if namespace.is_empty() || !namespace.chars().all(plain) {
        return Err(Refusal::OddNamespace);
    }
    append(bytes, namespace, new)
}

/// A file without the token at `index`: every line from its header to its last key goes, comments between them
/// included, because a header taken out alone would give its keys to the section above.
pub fn revoke(bytes: &[u8], index: usize) -> Result<Edited, Refusal> {
    let reading = read(bytes);
    let gone = *reading.tokens.get(index).ok_or(Refusal::NoSuchToken)?;
    let mut kept = Zeroizing::new(Vec::with_capacity(bytes.len()));
    for (number, line) in lines(bytes).enumerate() {
        if !(gone.header..=gone.last_key).contains(&number) {
            kept.extend_from_slice(line);
        }
    }
    let mut wanted = reading.tokens;
    wanted.remove(index);
    checked(kept, &wanted, Some(&gone))
}

fn append(bytes: &[u8], namespace: &str, New { name, note, secret }: New<'_>) -> Result<Edited, Refusal> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
        return Err(Refusal::Name);
    }
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let text = secret.expose().as_bytes();
    if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&text.len()) || !text.iter().copied().all(plain) {
        return Err(Refusal::Secret);
    }
    if !note.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Err(Refusal::Note);
    }
    let mut wanted = read(bytes).tokens;
    if wanted.iter().any(|token| token.name == name.as_bytes()) {
        return Err(Refusal::NameTaken);
    }
    let end = line_end(bytes);
    // Room for all of it from the start: growing would leave a copy of the secrets behind.
    let room = bytes.len() + name.len() + note.len() + namespace.len() + text.len() + 64;
    let mut longer = Zeroizing::new(Vec::with_capacity(room));
    longer.extend_from_slice(bytes);
    if bytes.last().is_some_and(|&last| last != b'\n') {
        longer.extend_from_slice(end);
    }
    if lines(bytes).last().is_some_and(|line| !matches!(meaning(line), Meaning::Blank)) {
        longer.extend_from_slice(end);
    }
    let keys: [&[u8]; 4] = [b"secret = \"", text, b"\"", end];
    let header: [&[u8]; 4] = [b"[token.", name.as_bytes(), b"]", end];
    let note: [&[u8]; 3] = if note.is_empty() { [&[]; 3] } else { [b"# ", note.as_bytes(), end] };
    for part in header.into_iter().chain(note).chain(keys).chain([
        b"namespace = \"",
        namespace.as_bytes(),
        b"\"",
        end,
    ]) {
        longer.extend_from_slice(part);
    }
    let new = Token {
        name: name.as_bytes(),
        header: 0,
        last_key: 0,
        secret: Some(text),
        namespace: Some(namespace.as_bytes()),
    };
    wanted.push(new);
    checked(longer, &wanted, None)
}

/// The line end that most lines have.
fn line_end(bytes: &[u8]) -> &'static [u8] {
    let with_return = lines(bytes).filter(|line| line.ends_with(b"\r\n")).count();
    if with_return * 2 > lines(bytes).count() { b"\r\n" } else { b"\n" }
}

/// Lets new bytes through if the server reads exactly the wanted tokens from them and starts.
fn checked(
    bytes: Zeroizing<Vec<u8>>,
    wanted: &[Token<'_>],
    gone: Option<&Token<'_>>,
) -> Result<Edited, Refusal> {
    let reading = read(&bytes);
    if let Some((failure, _)) = reading.failure {
        return Err(Refusal::WouldNotStart(failure));
    }
    let same = reading.tokens.iter().zip(wanted).all(|(new, wanted)| new.same(wanted));
    if !same || reading.tokens.len() != wanted.len() {
        return Err(Refusal::OtherChanges);
    }
    let wide = |token: &Token<'_>| token.namespace == Some(b"*".as_slice());
    let mut warnings = Vec::new();
    if gone.is_some() && wanted.is_empty() {
        warnings.push(Warning::NoToken);
    } else if gone.is_some_and(wide) && !wanted.iter().any(wide) {
        warnings.push(Warning::NoWideToken);
    }
    Ok(Edited { bytes, warnings })
}
