//! Every trap of the auth file: what it is called, how much it weighs, and the sentence an operator reads.

/// How much a finding weighs, the heaviest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// The server will not start with this file.
    Fatal,
    /// A token is silently absent, dead, or may do other things than it seems.
    Serious,
    /// Dangerous, or easily misread.
    Warning,
    /// Worth knowing.
    Note,
}

/// What can be wrong, or only look right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is documented by its sentence in `about`, which stands beside it")]
pub enum Trap {
    FileTooBig,
    MissingSecret,
    EmptyNamespace,
    DuplicateSecret,

    NoToken,
    NoWideToken,
    ByteOrderMark,
    HiddenHeader,
    CarriageReturn,
    LooseMode,

    UnclosedHeader,
    DoubledHeader,
    StrayHeader,
    HeaderTail,
    CommentedHeader,
    KeysOutside,
    InlineTable,
    DottedKey,
    MisspeltKey,
    RepeatedKey,
    ExpiryIgnored,
    UnknownKey,
    LooseLine,

    InlineComment,
    SingleQuotes,
    TripleQuotes,
    UnclosedQuote,
    InnerQuote,
    Backslash,
    BareValue,

    EmptySecret,
    ShortSecret,
    LongSecret,
    QuotedSecret,
    UnprintableSecret,

    WideNamespace,
    OpenNamespace,
    GlobNamespace,
    OddNamespace,
    SpacedNamespace,
    NestedNamespace,
    SharedNamespace,

    OddName,
    RepeatedName,
}

impl Trap {
    /// How much it weighs.
    pub fn weight(self) -> Weight {
        self.about().0
    }

    /// What it means for the operator.
    pub fn sentence(self) -> &'static str {
        self.about().1
    }

    /// What mends it.
    pub fn mend(self) -> &'static str {
        match self {
            Self::FileTooBig => "Take out what the server ignores: comments, unknown keys, old sections.",
            Self::MissingSecret | Self::EmptyNamespace => {
                "Give it `secret = \"…\"` and `namespace = \"…\"`, or revoke it (x)."
            }
            Self::DuplicateSecret => "Revoke one of the two (x), and make it anew (n) if it is needed.",
            Self::NoToken => "Make a token (n).",
            Self::NoWideToken => "If that is not meant, make one for * (n).",
            Self::ByteOrderMark | Self::HiddenHeader => "Save the file without a byte order mark.",
            Self::CarriageReturn => "Save the file with line feeds.",
            Self::LooseMode => "chmod 600, with the server's user as its owner.",
            Self::UnclosedHeader | Self::DoubledHeader | Self::StrayHeader => {
                "Write the header as [token.NAME] on a line of its own, then restart the server."
            }
            Self::HeaderTail => "Put what stands behind the header on lines of its own.",
            Self::CommentedHeader => "Comment out or remove the whole section, header and keys.",
            Self::KeysOutside | Self::InlineTable | Self::DottedKey => {
                "Give the token a section of its own: [token.NAME], then secret and namespace on a line each."
            }
            Self::MisspeltKey => "Write `secret = \"…\"` or `namespace = \"…\"`.",
            Self::RepeatedKey => "Keep one of the two lines; a token each for two secrets.",
            Self::ExpiryIgnored => "Keep the date in your calendar: revoke it (x) or rotate it (r) then.",
            Self::UnknownKey | Self::LooseLine => {
                "Nothing needs to be done; a # before it says that it is a note."
            }
            Self::InlineComment => {
                "Put the comment on a line of its own. Whoever holds the secret has what stands before it, so rotate (r)."
            }
            Self::SingleQuotes
            | Self::TripleQuotes
            | Self::UnclosedQuote
            | Self::InnerQuote
            | Self::Backslash => "Rotate it (r): what is written here reads the same everywhere.",
            Self::BareValue => "Put the value in double quotes.",
            Self::EmptySecret
            | Self::ShortSecret
            | Self::LongSecret
            | Self::QuotedSecret
            | Self::UnprintableSecret => "Rotate it (r) to a secret that is made here.",
            Self::WideNamespace => "If it needs less, make a narrower one (n) and revoke it (x).",
            Self::OpenNamespace => {
                "If only names under it are meant, make one with the separator at the end (n) and revoke this one (x)."
            }
            Self::GlobNamespace | Self::OddNamespace | Self::SpacedNamespace => {
                "Make one for the beginning that is meant (n), and revoke this one (x)."
            }
            Self::NestedNamespace => "If the other is not meant to do that too, make it narrower.",
            Self::SharedNamespace => "When nobody uses the older one any more, revoke it (x).",
            Self::OddName => "Nothing needs to be done; a plain name is easier to type.",
            Self::RepeatedName => "Rename one of the two in the file, so that people can tell them apart.",
        }
    }

    /// The table.
    #[expect(clippy::too_many_lines, reason = "one table of all traps is easier to keep complete than two")]
    fn about(self) -> (Weight, &'static str) {
        use Weight::{Fatal, Note, Serious, Warning};
        match self {
            Self::FileTooBig => {
                (Fatal, "The file is larger than 1,048,576 bytes: the server will not start (FileTooBig).")
            }
            Self::MissingSecret => (
                Fatal,
                "This token has no `secret` key: the server will not start (MissingSecret), and does not say where.",
            ),
            Self::EmptyNamespace => (
                Fatal,
                "This token has no namespace: the server will not start (EmptyNamespace), and does not say where.",
            ),
            Self::DuplicateSecret => (
                Fatal,
                "Another token has the same secret: the server will not start (DuplicateSecret), and does not say which.",
            ),
            Self::NoToken => (
                Serious,
                "There is no token in the file: the server starts with authentication on and refuses every login.",
            ),
            Self::NoWideToken => (
                Note,
                "No token is for everything (*): jobs and rules outside all namespaces are out of everybody's reach.",
            ),
            Self::ByteOrderMark => (
                Warning,
                "The file starts with a byte order mark; harmless before a comment, but a header in its place would vanish.",
            ),
            Self::HiddenHeader => (
                Serious,
                "A byte order mark hides this header from the server: the token is silently absent.",
            ),
            Self::CarriageReturn => (
                Serious,
                "There is a carriage return inside this line; only a line feed ends one, so all of it is one line to the server.",
            ),
            Self::LooseMode => (
                Warning,
                "Others than its owner may read or write this file of passwords; the server does not check its mode.",
            ),
            Self::UnclosedHeader => (
                Serious,
                "This header has no `]`: it ends the token above, and what follows is ignored up to the next header.",
            ),
            Self::DoubledHeader => {
                (Serious, "`[[` opens no token section: what follows is ignored up to the next header.")
            }
            Self::StrayHeader => {
                (Serious, "This header is not `[token.NAME]`: what follows is ignored up to the next header.")
            }
            Self::HeaderTail => {
                (Serious, "What stands behind the `]` of this header is ignored; a key there is lost.")
            }
            Self::CommentedHeader => (
                Serious,
                "This header is commented out but its keys are not: they overwrite those of the token above.",
            ),
            Self::KeysOutside => (
                Serious,
                "This key stands in no token section, so the server ignores it: the token is silently absent.",
            ),
            Self::InlineTable => {
                (Serious, "The server knows no `{ … }`: a token written so is silently absent.")
            }
            Self::DottedKey => {
                (Serious, "The server knows no dotted keys: a token written so is silently absent.")
            }
            Self::MisspeltKey => (
                Serious,
                "Only `secret =` and `namespace =`, in lower case and without quotes, are read; this line is ignored.",
            ),
            Self::RepeatedKey => (
                Serious,
                "This key was given before in the same section; the last one counts, so the earlier value is dead.",
            ),
            Self::ExpiryIgnored => {
                (Warning, "The server ignores this key: tokens do not expire, whatever is written here.")
            }
            Self::UnknownKey => (Note, "The server ignores this key."),
            Self::LooseLine => (Note, "The server ignores this line."),
            Self::InlineComment => (
                Serious,
                "The comment behind this value is part of it: a secret so written is another one, a namespace covers nothing.",
            ),
            Self::SingleQuotes => {
                (Serious, "Single quotes are part of the value; only double quotes are taken off.")
            }
            Self::TripleQuotes => {
                (Serious, "The server knows no `\"\"\"`: it takes one pair of quotes off and keeps the rest.")
            }
            Self::UnclosedQuote => {
                (Serious, "A quote stands at one end of this value only and is part of it.")
            }
            Self::InnerQuote => (
                Warning,
                "There is a quote inside this value; the server takes it as it stands, a TOML reader would not.",
            ),
            Self::Backslash => (
                Warning,
                "The server knows no escapes: every backslash in this value is itself, where a TOML reader sees another character.",
            ),
            Self::BareValue => {
                (Note, "This value has no quotes; the server accepts that, a TOML reader would not.")
            }
            Self::EmptySecret => (Serious, "The secret is empty: anybody may log in with `AUTH \"\"`."),
            Self::ShortSecret => (
                Warning,
                "The secret has fewer than 16 bytes, and the server neither slows down nor logs guessing.",
            ),
            Self::LongSecret => {
                (Serious, "The secret is too long for one line of 4096 bytes: this token can never log in.")
            }
            Self::QuotedSecret => {
                (Warning, "The secret holds a space or a quote, so clients must send it in quotes.")
            }
            Self::UnprintableSecret => (
                Warning,
                "The secret holds bytes that are not printable ASCII; they count exactly as they are.",
            ),
            Self::WideNamespace => (Note, "This token is for everything (*)."),
            Self::OpenNamespace => (
                Warning,
                "A namespace is a prefix and this one ends in no separator: `deploy` also covers `deployment.x`.",
            ),
            Self::GlobNamespace => (
                Serious,
                "Only `*` alone means everything; in a longer namespace every character is itself, so this covers no more than it spells.",
            ),
            Self::OddNamespace => (
                Serious,
                "The namespace holds a quote, a `#` or a blank at its edge, which is hardly meant: it covers only identifiers that start so.",
            ),
            Self::SpacedNamespace => (
                Warning,
                "The namespace holds a space: its jobs can be set and read, but QUERY never lists them.",
            ),
            Self::NestedNamespace => (
                Warning,
                "Another token's namespace is a beginning of this one, so that token may do everything this one may.",
            ),
            Self::SharedNamespace => {
                (Note, "Another token has the same namespace; is a rotation unfinished?")
            }
            Self::OddName => (
                Note,
                "The name has other characters than letters, digits, `_` and `-`; the server takes it as it stands, quotes included.",
            ),
            Self::RepeatedName => (
                Warning,
                "Another token has this name; both work, because the server does not look at names.",
            ),
        }
    }
}
