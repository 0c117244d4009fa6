//! Lines taken apart by the ids of their questions. Lenient: what is not understood is kept aside, never guessed at.

use std::time::Duration;

use crate::domain::text::Text;

/// What was answered to one question.
#[derive(Default)]
pub(super) struct Answer<'a> {
    /// The rows without their id.
    pub(super) rows: Vec<&'a [u8]>,
    /// The text after `OK` or `ERROR`, once the end has come.
    pub(super) end: Option<Result<&'a [u8], &'a [u8]>>,
}

/// Everything that was answered.
pub struct Answers<'a> {
    /// What came before any answer with an id: the reply to `AUTH`.
    greeting: Option<&'a [u8]>,
    pub(super) each: Vec<Answer<'a>>,
}

impl<'a> Answers<'a> {
    /// Takes the bytes apart. A last line without its line feed is not counted.
    pub(super) fn read(bytes: &'a [u8], ids: &[String], one_line: &[bool]) -> Self {
        let mut each: Vec<Answer<'a>> = ids.iter().map(|_| Answer::default()).collect();
        let mut greeting = None;
        for line in bytes.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n")) {
            let rest = |id: &String| line.strip_prefix(id.as_bytes())?.strip_prefix(b" ");
            let found = ids.iter().enumerate().find_map(|(number, id)| Some((number, rest(id)?)));
            let Some((number, rest)) = found else {
                greeting = greeting.or(Some(line));
                continue;
            };
            let (Some(answer), Some(&one_line)) = (each.get_mut(number), one_line.get(number)) else {
                continue;
            };
            answer.take(rest, one_line);
        }
        Self { greeting, each }
    }

    /// Whether `AUTH` was answered with `OK`.
    pub(super) fn accepted(&self) -> bool {
        self.greeting == Some(b"OK")
    }

    /// The text after `ERROR` if that was the reply to `AUTH`; empty in the bare dialect.
    pub(super) fn refused(&self) -> Option<&'a [u8]> {
        after(self.greeting?, b"ERROR")
    }

    /// A first line that no such server sends.
    pub(super) fn strange(&self) -> Option<&'a [u8]> {
        self.greeting.filter(|_| !self.accepted() && self.refused().is_none())
    }

    /// Whether every question has its end.
    pub(super) fn are_complete(&self) -> bool {
        self.each.iter().all(|answer| answer.end.is_some())
    }

    /// The counters, if the first question was for them and its end has come.
    pub fn stat(&self) -> Option<Stat> {
        let answer = self.each.first().filter(|answer| answer.end == Some(Ok(b"")))?;
        Some(Stat::read(&answer.rows))
    }
}

impl<'a> Answer<'a> {
    fn take(&mut self, rest: &'a [u8], one_line: bool) {
        let good = after(rest, b"OK").filter(|tail| one_line || tail.is_empty());
        match (good, after(rest, b"ERROR")) {
            _ if self.end.is_some() => {}
            (Some(tail), _) => self.end = Some(Ok(tail)),
            // A row has more words, so a job or rule with this name is not taken for the end.
            (_, Some(tail)) if one_line || is_error(tail) => self.end = Some(Err(tail)),
            _ => self.rows.push(rest),
        }
    }
}

/// What follows the word: nothing, or a space and a text.
fn after<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(word)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b" ") }
}

/// Nothing, or one of the codes.
fn is_error(tail: &[u8]) -> bool {
    const CODES: [&[u8]; 7] = [
        b"auth_required",
        b"auth_failed",
        b"auth_denied",
        b"not_found",
        b"invalid_args",
        b"invalid_command",
        b"internal",
    ];
    tail.is_empty() || CODES.iter().any(|code| after(tail, code).is_some())
}

/// What the server tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// How long it has been running.
    pub uptime: Option<Duration>,
    /// Whether it authenticates at all.
    pub auth: Option<bool>,
    /// Whether it believes to speak TLS.
    pub tls: Option<bool>,
    /// Every row, as it came.
    pub rows: Vec<(Text, Text)>,
}

impl Stat {
    fn read(rows: &[&[u8]]) -> Self {
        let words = |row: &&[u8]| {
            let text = String::from_utf8_lossy(row).into_owned();
            text.split_once(' ').map(|(name, value)| (Text::clean(name), Text::clean(value)))
        };
        let rows: Vec<(Text, Text)> = rows.iter().filter_map(words).collect();
        let value = |wanted: &str| {
            rows.iter().find(|(name, _)| name.as_str() == wanted).map(|(_, value)| value.as_str())
        };
        let switch = |name: &str| match value(name)? {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        };
        Self {
            uptime: value("uptime_ns").and_then(|text| text.parse().ok()).map(Duration::from_nanos),
            auth: switch("auth_enabled"),
            tls: switch("tls_enabled"),
            rows,
        }
    }
}
