//! The auth file as the server reads it at its start: line by line, first error wins, no line numbers.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// The largest file that loads.
const LARGEST: u64 = 1_048_576;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthToken {
    pub(super) name: Vec<u8>,
    pub(super) secret: Vec<u8>,
    pub(super) namespace: Vec<u8>,
}

/// The word the server ends with when it cannot use the file.
pub(super) type Word = &'static str;

/// Reads the file of a path.
pub(super) fn load(path: &Path) -> Result<Vec<AuthToken>, Word> {
    let file = File::open(path).map_err(|error| word(error.kind()))?;
    if file.metadata().is_ok_and(|found| found.is_dir()) {
        return Err("IsDir");
    }
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(|error| word(error.kind()))?;
    if text.len() as u64 > LARGEST { Err("FileTooBig") } else { parse(&text) }
}

fn word(kind: ErrorKind) -> Word {
    match () {
        () if kind == ErrorKind::NotFound => "FileNotFound",
        () if kind == ErrorKind::PermissionDenied => "AccessDenied",
        () if kind == ErrorKind::IsADirectory => "IsDir",
        () => "Unexpected",
    }
}

/// A section whose end has not come yet.
#[derive(Default)]
struct Draft {
    name: Vec<u8>,
    secret: Option<Vec<u8>>,
    namespace: Option<Vec<u8>>,
}

/// Reads the file's text.
pub(super) fn parse(text: &[u8]) -> Result<Vec<AuthToken>, Word> {
    let mut tokens = Vec::new();
    let mut draft: Option<Draft> = None;
    for line in text.split(|&byte| byte == b'\n') {
        let line = strip(line, |byte| matches!(byte, b' ' | b'\t' | b'\r'));
        if line.starts_with(b"[") {
            finish(draft.take(), &mut tokens)?;
            draft = section(line);
        } else if let Some(draft) = draft.as_mut()
            && !line.starts_with(b"#")
        {
            assign(draft, line);
        }
    }
    finish(draft, &mut tokens)?;
    Ok(tokens)
}

fn section(line: &[u8]) -> Option<Draft> {
    let mut parts = line.splitn(2, |&byte| byte == b']');
    let inside = parts.next()?;
    // Without a second part there was no bracket to close it.
    parts.next()?;
    let title = strip(inside.split_first()?.1, blank);
    match title.strip_prefix(b"token.") {
        Some(name) if !name.is_empty() => Some(Draft { name: name.to_vec(), ..Draft::default() }),
        _ => None,
    }
}

fn assign(draft: &mut Draft, line: &[u8]) {
    let mut parts = line.splitn(2, |&byte| byte == b'=');
    let (Some(key), Some(value)) = (parts.next(), parts.next()) else { return };
    let value = match strip(value, blank) {
        [b'"', inside @ .., b'"'] => inside,
        other => other,
    };
    match strip(key, blank) {
        b"secret" => draft.secret = Some(value.to_vec()),
        b"namespace" => draft.namespace = Some(value.to_vec()),
        _ => {}
    }
}

fn finish(draft: Option<Draft>, tokens: &mut Vec<AuthToken>) -> Result<(), Word> {
    let Some(Draft { name, secret, namespace }) = draft else { return Ok(()) };
    let secret = secret.ok_or("MissingSecret")?;
    let namespace = namespace.filter(|namespace| !namespace.is_empty()).ok_or("EmptyNamespace")?;
    if tokens.iter().any(|token| token.secret == secret) {
        return Err("DuplicateSecret");
    }
    tokens.push(AuthToken { name, secret, namespace });
    Ok(())
}

fn blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn strip(mut text: &[u8], edge: impl Fn(u8) -> bool) -> &[u8] {
    while let [first, rest @ ..] = text
        && edge(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && edge(*last)
    {
        text = rest;
    }
    text
}
