//! Targets: places that use a secret and must receive the new one; and receipts, what is known of having brought it
//! there. No secrets.
//!
//! The settings describe targets; which credential has which is remembered in the records. Start with [`Target`].

use std::fmt::{self, Write as _};
use std::path::PathBuf;

use super::text::Text;
use super::time::Timestamp;

/// The name of a target: letters, digits, `.`, `_`, `-`; at most 32 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetName(String);

/// Why a target's name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a target's name has 1 to 32 letters a-z, digits, '.', '_' and '-', and starts with a letter or digit"
)]
pub struct TargetNameError;

impl TargetName {
    /// Checks a name.
    pub fn parse(typed: &str) -> Result<Self, TargetNameError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let good = typed.len() <= 32
            && typed.starts_with(|c: char| c.is_ascii_alphanumeric())
            && typed.chars().all(allowed);
        if good { Ok(Self(typed.to_owned())) } else { Err(TargetNameError) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// A place that uses a secret, as the settings describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, unique in the settings.
    pub name: TargetName,
    /// Which part of a secret goes there; none where a secret has only one.
    pub part: Option<String>,
    /// Where that is.
    pub place: Place,
}

/// How long a program may take unless the settings say otherwise, in seconds.
pub const COMMAND_SECONDS: u64 = 60;

/// What stands for the secret in [`Place::Command`]'s input.
pub const SECRET_MARK: &str = "{secret}";

/// Where a secret is brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A key in a dotenv file, which nobody but its owner may read.
    File {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A program that reads the secret on standard input.
    Command {
        /// The program and its arguments, as they are; no shell reads them.
        program: Vec<String>,
        /// After how many seconds it is killed.
        seconds: u64,
        /// What it reads instead of the bare secret: JSON in which `{secret}` stands for it, escaped.
        input: Option<String>,
    },
    /// An entry of the keyring that another program reads.
    Keyring {
        /// The entry's service.
        service: String,
        /// The entry's user name.
        username: String,
    },
}

impl Place {
    /// The word in the settings.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Command { .. } => "command",
            Self::Keyring { .. } => "keyring",
        }
    }

    /// Where it is, in words.
    pub fn words(&self) -> Text {
        Text::from(match self {
            Self::File { path, key } => format!("{key} in {}", path.display()),
            Self::Command { program, .. } => program.join(" "),
            Self::Keyring { service, username } => format!("{username} of {service}"),
        })
    }
}

/// What became of bringing a secret to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It is there: it was read again and is the same. With what else is to be known.
    ReadBack(Text),
    /// It was handed over; whether it arrived cannot be read. With what else is to be known.
    Done(Text),
    /// It was not, and why.
    Failed(Text),
}

impl Delivered {
    /// Whether it was handed over.
    pub fn is_done(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }

    /// The word stored.
    pub fn word(&self) -> &'static str {
        match self {
            Self::ReadBack(_) => "read back",
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
        }
    }

    /// The words beside it.
    pub fn note(&self) -> &Text {
        match self {
            Self::ReadBack(note) | Self::Done(note) | Self::Failed(note) => note,
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str, note: Text) -> Option<Self> {
        match word {
            "read back" => Some(Self::ReadBack(note)),
            "done" => Some(Self::Done(note)),
            "failed" => Some(Self::Failed(note)),
            _ => None,
        }
    }

    /// Everything in one sentence.
    pub fn sentence(&self) -> String {
        let (what, note) = match self {
            Self::ReadBack(note) => ("delivered and read back", note),
            Self::Done(note) => ("delivered; it cannot be read back", note),
            Self::Failed(note) => ("not delivered", note),
        };
        if note.is_empty() { String::from(what) } else { format!("{what}: {note}") }
    }
}

/// What is known of having brought a secret to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where.
    pub target: TargetName,
    /// When, on our clock.
    pub at: Timestamp,
    /// With what result.
    pub result: Delivered,
}

/// A target of a credential, with the receipt of the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetNote {
    /// Which target; it may be gone from the settings.
    pub target: TargetName,
    /// The last receipt.
    pub receipt: Option<Receipt>,
    /// Whether that was about the secret that is current.
    pub current: bool,
}

impl TargetNote {
    /// Whether the target has the current secret, as far as is known.
    pub fn is_up_to_date(&self) -> bool {
        self.current && self.receipt.as_ref().is_some_and(|receipt| receipt.result.is_done())
    }
}

/// A program people deliver to, with its arguments filled in from the settings. Facts as its documentation tells.
#[derive(Debug)]
pub struct Preset {
    /// The word in the settings.
    pub id: &'static str,
    /// What must be given, each with what it is.
    pub needs: &'static [(&'static str, &'static str)],
    /// The program and its arguments, with `{name}` for what is given.
    pub program: &'static [&'static str],
    /// What it reads instead of the bare secret.
    pub input: Option<&'static str>,
    /// What it does.
    pub words: &'static str,
}

/// The presets of `command`.
pub static PRESETS: [Preset; 5] = [
    Preset {
        id: "gh",
        needs: &[("name", "the secret's name"), ("repo", "owner/repository")],
        program: &["gh", "secret", "set", "{name}", "--repo", "{repo}"],
        input: None,
        words: "a GitHub Actions secret of a repository, made or replaced",
    },
    Preset {
        id: "glab",
        needs: &[("name", "the variable's name"), ("repo", "group/project")],
        program: &["glab", "variable", "update", "{name}", "--repo", "{repo}"],
        input: None,
        words: "a GitLab CI variable of a project, which must exist",
    },
    Preset {
        id: "kubectl",
        needs: &[
            ("name", "the Secret's name"),
            ("namespace", "its namespace"),
            ("field", "the key in its data"),
        ],
        program: &[
            "kubectl",
            "patch",
            "secret",
            "{name}",
            "--namespace",
            "{namespace}",
            "--type",
            "merge",
            "--patch-file",
            "/dev/stdin",
        ],
        input: Some(r#"{"stringData":{"{field}":"{secret}"}}"#),
        words: "one key of a Kubernetes Secret, which must exist; its other keys stay",
    },
    Preset {
        id: "vault",
        needs: &[("mount", "where KV v2 is mounted"), ("path", "the path below it"), ("field", "the key")],
        program: &["vault", "kv", "patch", "-mount={mount}", "{path}", "{field}=-"],
        input: None,
        words: "one key of a Vault KV v2 path, which must exist; its other keys stay",
    },
    Preset {
        id: "op",
        needs: &[("title", "the item's title"), ("vault", "the 1Password vault")],
        program: &["op", "item", "create", "--vault", "{vault}", "-"],
        input: Some(
            r#"{"title":"{title}","category":"API_CREDENTIAL","fields":[{"id":"credential","type":"CONCEALED","label":"credential","value":"{secret}"}]}"#,
        ),
        words: "a new 1Password item each time; the former one stays until you archive it",
    },
];

impl Preset {
    /// The one of this name.
    pub fn find(id: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.id == id)
    }

    /// The place it makes of what is given.
    pub fn place(&self, given: &[(&str, String)], seconds: u64) -> Place {
        let fill = |text: &str, escape: fn(&str) -> String| {
            given.iter().fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), &escape(value))
            })
        };
        Place::Command {
            program: self.program.iter().map(|argument| fill(argument, str::to_owned)).collect(),
            seconds,
            input: self.input.map(|input| fill(input, json_escaped)),
        }
    }
}

/// The text as it stands between the quotes of a JSON string.
pub fn json_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            control if u32::from(control) < 0x20 => {
                let _always_fits = write!(escaped, "\\u{:04x}", u32::from(control));
            }
            plain => escaped.push(plain),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_filled_in() {
        let preset = Preset::find("kubectl").expect("a preset");
        let given = [
            ("name", String::from("app")),
            ("namespace", String::from("prod")),
            ("field", String::from("to\"ken")),
        ];
        let Place::Command { program, input, .. } = preset.place(&given, 5) else { panic!("a command") };
        assert_eq!(program.get(3).map(String::as_str), Some("app"));
        assert_eq!(input.as_deref(), Some(r#"{"stringData":{"to\"ken":"{secret}"}}"#));
    }

    #[test]
    fn every_preset_uses_what_it_needs_and_nothing_else() {
        for preset in &PRESETS {
            let text = preset.program.join(" ") + preset.input.unwrap_or_default();
            for (name, _) in preset.needs {
                assert!(text.contains(&format!("{{{name}}}")), "{} of {}", name, preset.id);
            }
            let given: Vec<(&str, String)> =
                preset.needs.iter().map(|(name, _)| (*name, String::from("x"))).collect();
            let Place::Command { program, input, .. } = preset.place(&given, 5) else { panic!("a command") };
            assert!(!program.iter().any(|argument| argument.contains('{')), "{program:?}");
            assert!(input.is_none_or(|input| input.contains(SECRET_MARK)));
        }
    }

    #[test]
    fn names() {
        for good in ["a", "deploy.env", "x_y-1"] {
            assert!(TargetName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a b", "é", &"x".repeat(33)] {
            assert!(TargetName::parse(bad).is_err(), "{bad}");
        }
    }
}
