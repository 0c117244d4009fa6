//! The targets of the settings: `[targets.NAME]`, checked as accounts are.

use std::path::{Path, PathBuf};

use toml_edit::{Item, TableLike};

use super::Refused;
use crate::domain::target::{COMMAND_SECONDS, PRESETS, Place, Preset, SECRET_MARK, Target, TargetName};

/// The longest a program may be given, in seconds.
const LONGEST: i64 = 600;

/// The service under which keywright itself keeps secrets; nothing else is put there.
const OURS: &str = "keywright";

/// Reads one target. `home` is what `~` stands for.
pub(super) fn target(name: &str, item: &Item, home: Option<&Path>) -> Result<Target, Refused> {
    let name = TargetName::parse(name).map_err(|why| (None, String::new(), why.to_string()))?;
    let table = item.as_table_like().ok_or_else(|| (None, String::new(), String::from("must be a table")))?;
    let fields = Fields { item, table };
    let kind = fields.needed("kind")?;
    let place = match kind.as_str() {
        "file" => file(&fields, home)?,
        "command" => command(&fields)?,
        "keyring" => keyring(&fields)?,
        other => {
            let why = format!("\"{other}\" is no kind of target; there are file, command and keyring");
            return Err(fields.refuse("kind", why));
        }
    };
    Ok(Target { name, part: fields.text("part")?, place })
}

fn file(fields: &Fields<'_>, home: Option<&Path>) -> Result<Place, Refused> {
    fields.only(&["path", "key"])?;
    let typed = fields.needed("path")?;
    let path = match (typed.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => {
            return Err(fields.refuse("path", String::from("there is no home directory for ~")));
        }
        (None, _) => PathBuf::from(&typed),
    };
    if !path.is_absolute() || path.file_name().is_none() {
        let why = "must name a file, from / or ~/ on: it must not depend on where keywright is started";
        return Err(fields.refuse("path", String::from(why)));
    }
    let key = fields.needed("key")?;
    let good = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !good {
        let why = "must be a variable's name: letters, digits and '_', not beginning with a digit";
        return Err(fields.refuse("key", String::from(why)));
    }
    Ok(Place::File { path, key })
}

fn command(fields: &Fields<'_>) -> Result<Place, Refused> {
    let seconds = match fields.table.get("seconds") {
        None => COMMAND_SECONDS,
        Some(found) => {
            let number = found.as_integer().filter(|number| (1..=LONGEST).contains(number));
            let number = number.and_then(|number| u64::try_from(number).ok());
            number.ok_or_else(|| fields.refuse("seconds", format!("must be a number from 1 to {LONGEST}")))?
        }
    };
    let Some(id) = fields.text("preset")? else { return own_command(fields, seconds) };
    let Some(preset) = Preset::find(&id) else {
        let known = PRESETS.iter().map(|preset| preset.id).collect::<Vec<_>>().join(", ");
        return Err(fields.refuse("preset", format!("\"{id}\" is no preset; there are {known}")));
    };
    let mut allowed = vec!["preset", "seconds"];
    allowed.extend(preset.needs.iter().map(|(name, _)| *name));
    fields.only(&allowed)?;
    let mut given = Vec::new();
    for (name, what) in preset.needs {
        let value = fields.text(name)?.filter(|value| !value.is_empty());
        let value =
            value.ok_or_else(|| fields.refuse(name, format!("is missing: {what}, for the preset {id}")))?;
        if value.starts_with('-') {
            return Err(fields.refuse(name, String::from("must not begin with '-'")));
        }
        given.push((*name, value));
    }
    Ok(preset.place(&given, seconds))
}

fn own_command(fields: &Fields<'_>, seconds: u64) -> Result<Place, Refused> {
    fields.only(&["command", "seconds", "input"])?;
    let why = "must be a list of the program and its arguments, such as [\"tool\", \"set\", \"NAME\"]";
    let refused = || fields.refuse("command", String::from(why));
    let list = fields.table.get("command").and_then(Item::as_array).ok_or_else(refused)?;
    let program: Option<Vec<String>> =
        list.iter().map(|argument| argument.as_str().map(str::to_owned)).collect();
    let program = program.filter(|program| program.first().is_some_and(|first| !first.is_empty()));
    let program = program.ok_or_else(refused)?;
    if program.iter().any(|argument| argument.contains(SECRET_MARK)) {
        let why = "must not have {secret} in it: every program of this machine can read arguments; the secret comes on \
                   standard input";
        return Err(fields.refuse("command", String::from(why)));
    }
    let input = fields.text("input")?;
    if input.as_ref().is_some_and(|input| !input.contains(SECRET_MARK)) {
        return Err(fields.refuse("input", String::from("must have {secret} in it, where the secret goes")));
    }
    Ok(Place::Command { program, seconds, input })
}

fn keyring(fields: &Fields<'_>) -> Result<Place, Refused> {
    fields.only(&["service", "username"])?;
    let filled = |key: &str| {
        let value = fields.needed(key)?;
        if value.is_empty() { Err(fields.refuse(key, String::from("must not be empty"))) } else { Ok(value) }
    };
    let (service, username) = (filled("service")?, filled("username")?);
    if service == OURS {
        let why = "is keywright's own; name the service of the program that reads it";
        return Err(fields.refuse("service", String::from(why)));
    }
    Ok(Place::Keyring { service, username })
}

/// The keys of one target.
struct Fields<'a> {
    item: &'a Item,
    table: &'a dyn TableLike,
}

impl Fields<'_> {
    fn refuse(&self, key: &str, why: String) -> Refused {
        (self.item.get(key).and_then(Item::span), format!(".{key}"), why)
    }

    fn text(&self, key: &str) -> Result<Option<String>, Refused> {
        match self.table.get(key) {
            None => Ok(None),
            Some(found) => match found.as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(self.refuse(key, String::from("must be text in quotes"))),
            },
        }
    }

    fn needed(&self, key: &str) -> Result<String, Refused> {
        self.text(key)?.ok_or_else(|| self.refuse(key, String::from("is missing")))
    }

    /// Refuses what such a target does not have.
    fn only(&self, allowed: &[&str]) -> Result<(), Refused> {
        let known = |key: &str| ["kind", "part"].contains(&key) || allowed.contains(&key);
        match self.table.iter().find(|(key, _)| !known(key)) {
            Some((key, _)) => Err(self.refuse(key, String::from("is not a setting of such a target"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{File, read};
    use super::*;

    fn read_text(text: &str) -> File {
        read(text, Path::new("config.toml"), Some(Path::new("/somewhere")), |_| None)
    }

    #[test]
    fn every_kind_is_read() {
        let text = "
[targets.env]
kind = \"file\"
path = \"~/app/.env\" # of the app
key = \"API_TOKEN\"
part = \"secret\"

[targets.own]
kind = \"command\"
command = [\"tool\", \"--stdin\"]
seconds = 5
input = '{\"value\":\"{secret}\"}'

[targets.gh]
kind = \"command\"
preset = \"gh\"
name = \"API_TOKEN\"
repo = \"org/app\"

[targets.other]
kind = \"keyring\"
service = \"their-tool\"
username = \"me\"
";
        let file = read_text(text);
        assert_eq!(file.problems, Vec::<String>::new());
        let words: Vec<String> = file
            .targets
            .iter()
            .map(|target| format!("{} {}: {}", target.name, target.place.kind(), target.place.words()))
            .collect();
        assert_eq!(
            words,
            [
                "env file: API_TOKEN in /somewhere/app/.env",
                "own command: tool --stdin",
                "gh command: gh secret set API_TOKEN --repo org/app",
                "other keyring: me of their-tool",
            ]
        );
        let part: Vec<_> = file.targets.iter().map(|target| target.part.as_deref()).collect();
        assert_eq!(part, [Some("secret"), None, None, None]);
        let own = file.targets.get(1).map(|target| target.place.clone());
        let program = ["tool", "--stdin"].map(String::from).into();
        let input = Some(String::from("{\"value\":\"{secret}\"}"));
        assert_eq!(own, Some(Place::Command { program, seconds: 5, input }));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let file = |rest: &str| format!("[targets.x]\nkind = \"file\"\n{rest}");
        let command = |rest: &str| format!("[targets.x]\nkind = \"command\"\n{rest}");
        let cases = [
            (String::from("[targets.x]\npath = \"/a\"\n"), "targets.x.kind: is missing"),
            (String::from("[targets.x]\nkind = \"kv\"\n"), "line 2, targets.x.kind"),
            (String::from("[targets]\nx = 3\n"), "line 2, targets.x: must be a table"),
            (String::from("[targets.\"a b\"]\nkind = \"file\"\n"), "targets.a b: a target's name"),
            (file("path = \"a/.env\"\nkey = \"A\"\n"), "line 3, targets.x.path"),
            (file("path = \"/\"\nkey = \"A\"\n"), "line 3, targets.x.path"),
            (file("path = \"/a\"\nkey = \"1A\"\n"), "line 4, targets.x.key"),
            (file("path = \"/a\"\nkey = \"A\"\nmode = 7\n"), "line 5, targets.x.mode: is not a setting"),
            (command("command = \"gh secret set\"\n"), "line 3, targets.x.command: must be a list"),
            (command("command = []\n"), "line 3, targets.x.command: must be a list"),
            (command("command = [\"a\", \"{secret}\"]\n"), "line 3, targets.x.command: must not have"),
            (command("command = [\"a\"]\ninput = \"x\"\n"), "line 4, targets.x.input"),
            (command("command = [\"a\"]\nseconds = 0\n"), "line 4, targets.x.seconds"),
            (command("preset = \"nope\"\n"), "line 3, targets.x.preset: \"nope\" is no preset"),
            (command("preset = \"gh\"\nname = \"A\"\n"), "targets.x.repo: is missing: owner/repository"),
            (command("preset = \"gh\"\nname = \"--body\"\nrepo = \"a/b\"\n"), "line 4, targets.x.name"),
            (command("preset = \"gh\"\ncommand = [\"a\"]\n"), "targets.x.command: is not a setting"),
            (
                String::from("[targets.x]\nkind = \"keyring\"\nservice = \"keywright\"\nusername = \"a\"\n"),
                "line 3, targets.x.service: is keywright's own",
            ),
        ];
        for (text, want) in cases {
            let file = read_text(&text);
            assert_eq!(file.targets, Vec::new(), "{text}");
            let problem = file.problems.first().expect("a problem");
            assert!(problem.contains(want), "{problem} should say {want}");
        }
    }

    #[test]
    fn two_targets_of_one_name_are_told_with_their_line() {
        let (first, other) = ("service = \"a\"\nusername = \"b\"\n", "service = \"c\"\nusername = \"d\"\n");
        let file = read_text(&format!(
            "[targets.x]\nkind = \"keyring\"\n{first}\n[targets.x]\nkind = \"file\"\n# ü\n\n[targets.y]\nkind = \
             \"keyring\"\n{other}"
        ));
        let [problem] = file.problems.as_slice() else { panic!("{:?}", file.problems) };
        assert!(problem.contains("line 6") && problem.contains("duplicate key"), "{problem}");
        assert!(problem.contains("the second one is left out"), "{problem}");
        let names: Vec<String> =
            file.targets.iter().map(|one| format!("{} {}", one.name, one.place.words())).collect();
        assert_eq!(names, ["x b of a", "y d of c"], "the rest is used");
    }
}
