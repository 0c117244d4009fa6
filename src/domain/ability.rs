//! What a backend can do, as data. Panes draw from this, never from a backend's name; what is not possible is
//! said in words where it would be.

use super::owner::Id;
use super::scope::{Granted, ScopeOffer};
use super::text::Text;
use super::time::SignedDuration;

/// Everything a pane needs to know about a backend.
#[derive(Debug)]
pub struct Abilities {
    /// The word in the settings file.
    pub id: &'static str,
    /// The name people use.
    pub title: &'static str,
    /// What the endpoint is, with an example.
    pub endpoint: &'static str,
    /// What an endpoint may begin with.
    pub schemes: &'static [&'static str],
    /// What an account needs besides its endpoint.
    pub settings: &'static [SettingField],
    /// The ways to log in, the usual one first; none where nobody is asked to.
    pub logins: &'static [LoginMethod],
    /// What credentials belong to.
    pub owner: OwnerAbility,
    /// The usual kind of credential.
    pub credential: CredentialAbility,
    /// Further kinds of credentials.
    pub further: &'static [CredentialAbility],
    /// How a secret is verified, in words.
    pub verify: &'static str,
    /// The restart a change needs before it counts; none where changes count at once.
    pub restart: Option<RestartAbility>,
    /// The secrets for storage that are given out whenever they are asked for, where there are such.
    pub vending: Option<Vending>,
    /// What the server's own history tells of a credential, in a sentence, where it has one.
    pub history: Option<&'static str>,
}

/// The restart a change needs, where the server reads its credentials only when it starts.
#[derive(Clone, Copy, Debug)]
pub struct RestartAbility {
    /// Which setting of the account has the command; without one the operator does it.
    pub setting: &'static str,
    /// What a restart does to everybody, in a sentence.
    pub sentence: &'static str,
    /// How it is done by hand, in a sentence.
    pub by_hand: &'static str,
}

/// Secrets for storage, given out for a place.
#[derive(Debug)]
pub struct Vending {
    /// What one is called: `storage credential`.
    pub noun: &'static str,
    /// What they are and how far they reach, in a sentence.
    pub sentence: &'static str,
    /// The parts a secret has, or may have, in their order.
    pub parts: &'static [&'static str],
    /// How a place is typed that is not on the list.
    pub typed: Typed,
}

impl Abilities {
    /// Every kind of credential, the usual one first.
    pub fn kinds(&self) -> impl Iterator<Item = &CredentialAbility> {
        std::iter::once(&self.credential).chain(self.further)
    }

    /// What can be done with a kind of credential, by its noun; the usual kind for one that is not known.
    pub fn kind(&self, noun: &str) -> &CredentialAbility {
        self.kinds().find(|kind| kind.noun == noun).unwrap_or(&self.credential)
    }

    /// The kinds whose secrets have unlike parts, the usual one first; a single one where all are alike.
    pub fn shapes(&self) -> Vec<&CredentialAbility> {
        let mut shapes: Vec<&CredentialAbility> = Vec::new();
        for kind in self.kinds() {
            if shapes.iter().all(|known| known.parts != kind.parts) {
                shapes.push(kind);
            }
        }
        shapes
    }

    /// A grant with everything spelled out, where a credential of this kind chooses from a closed list: only so can be
    /// said what of everything is missing.
    pub fn spelled(&self, noun: &str, granted: &Granted) -> Granted {
        match (&self.kind(noun).scopes, granted) {
            (ScopeModel::Chosen(choice), Granted::Everything) if choice.is_closed() => {
                let each = choice.offers.iter().filter(|offer| !offer.is_everything());
                Granted::Listed(each.map(|offer| Text::clean(&offer.id)).collect())
            }
            _ => granted.clone(),
        }
    }

    /// The way to log in that takes a credential's own secret and nothing else, with the field it goes to.
    pub fn login_by_credential(&self) -> Option<(&'static LoginMethod, &'static str)> {
        self.logins.iter().find_map(|login| match login.fields {
            [field] if field.secret && self.kinds().any(|kind| kind.noun == login.title) => {
                Some((login, field.id))
            }
            _ => None,
        })
    }

    /// The way to log in with what a program of the operator's prints, where there is one, and the way with a single
    /// secret field that takes what it printed.
    pub fn login_by_command(&self) -> Option<ByCommand> {
        let command = self.logins.iter().find(|login| login.id == COMMAND)?;
        let takes = self.logins.iter().find(|login| login.id == TOKEN)?;
        match takes.fields {
            [field] if field.secret => Some(ByCommand { command, takes, field: field.id }),
            _ => None,
        }
    }
}

/// The way to log in that runs a program, whose only field is the setting [`TOKEN_COMMAND`].
pub const COMMAND: &str = "command";
/// The way to log in with a token made elsewhere.
pub const TOKEN: &str = "token";
/// The setting and the field with the program that prints a token, as [`super::program::words`] takes it apart.
pub const TOKEN_COMMAND: &str = "token_command";

/// How what a program prints logs in.
#[derive(Clone, Copy, Debug)]
pub struct ByCommand {
    /// The way that names the program.
    pub command: &'static LoginMethod,
    /// The way that takes what it prints.
    pub takes: &'static LoginMethod,
    /// The field of that way.
    pub field: &'static str,
}

/// One further setting of an account. Never a secret.
#[derive(Debug)]
pub struct SettingField {
    /// The word in the settings file.
    pub id: &'static str,
    /// The label.
    pub label: &'static str,
    /// What it is, with an example.
    pub hint: &'static str,
    /// Whether it may stay empty.
    pub optional: bool,
    /// Checks what was typed; the error is the sentence to show.
    pub check: fn(&str) -> Result<(), String>,
}

/// One way to log in.
#[derive(Debug)]
pub struct LoginMethod {
    /// The word used in code and tests.
    pub id: &'static str,
    /// The choice as shown.
    pub title: &'static str,
    /// What it means and what is kept.
    pub explain: &'static str,
    /// The fields to fill in; none for a flow in the browser.
    pub fields: &'static [LoginField],
    /// What "keep me logged in" puts into the keyring.
    pub keeps: &'static str,
}

impl LoginMethod {
    /// What to do after the server refused it: what was given is looked at again, and nothing else.
    pub fn check_again(&self) -> String {
        let given = |field: &&LoginField| !field.optional || field.secret;
        let mut labels: Vec<&str> = self.fields.iter().filter(given).map(|field| field.label).collect();
        match (labels.pop(), labels.as_slice()) {
            (None, _) => String::from("Begin again, or choose another way to log in."),
            (Some(only), []) => format!("Check the field {only}, then try again."),
            (Some(last), first) => {
                format!("Check the fields {} and {last}, then try again.", first.join(", "))
            }
        }
    }
}

/// One field of a login form.
#[derive(Debug)]
pub struct LoginField {
    /// The word used in code.
    pub id: &'static str,
    /// The label.
    pub label: &'static str,
    /// Whether it is typed unseen.
    pub secret: bool,
    /// Whether it may stay empty.
    pub optional: bool,
}

/// What owners are here.
#[derive(Debug)]
pub struct OwnerAbility {
    /// `service account`.
    pub noun: &'static str,
    /// `service accounts`.
    pub plural: &'static str,
    /// Whether new ones can be made.
    pub create: bool,
    /// Whether they can be switched off and on.
    pub disable: bool,
    /// Whether they can be deleted, with everything they own.
    pub delete: bool,
    /// How they may be named.
    pub names: NameRule,
    /// What is asked besides the name when one is made.
    pub fields: &'static [OwnerField],
    /// What can be changed of one later; what stays empty is left alone.
    pub edits: &'static [OwnerField],
}

/// One field of an owner's form, besides its name.
#[derive(Debug)]
pub struct OwnerField {
    /// The word used in code.
    pub id: &'static str,
    /// The label.
    pub label: &'static str,
    /// What it takes, in a few words.
    pub hint: &'static str,
    /// How it is filled in.
    pub kind: OwnerFieldKind,
    /// Whether it may stay empty.
    pub optional: bool,
}

/// How a field of an owner's form is filled in.
#[derive(Debug)]
pub enum OwnerFieldKind {
    /// Typed.
    Text,
    /// Typed unseen; sent once, and kept nowhere.
    Secret,
    /// One of these, the first unless another is chosen.
    Choice(&'static [&'static str]),
}

/// What an owner is for, where that is all that is asked besides its name.
pub const DESCRIPTION: OwnerField = OwnerField {
    id: "description",
    label: "description",
    hint: "what it is for; may stay empty",
    kind: OwnerFieldKind::Text,
    optional: true,
};

/// Every owner, for kinds of credentials that any owner may have.
pub fn any_owner(_: &Id) -> bool {
    true
}

/// One kind of credential.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other, not states of one thing"
)]
pub struct CredentialAbility {
    /// `API key`.
    pub noun: &'static str,
    /// Whether new ones can be made; when not, why, in a sentence.
    pub create: Result<(), &'static str>,
    /// The parts of its secret, in the backend's order.
    pub parts: &'static [&'static str],
    /// How they may be named.
    pub names: NameRule,
    /// Whether a description can be kept with them.
    pub describe: bool,
    /// Whether name and description can be changed later.
    pub edit: bool,
    /// Whether they can be switched off and on.
    pub disable: bool,
    /// How scopes work.
    pub scopes: ScopeModel,
    /// How one ends by itself.
    pub expiry: ExpiryModel,
    /// What is told of its use.
    pub last_use: Told,
    /// Which owners may have one, told by their identifiers.
    pub may_own: fn(&Id) -> bool,
    /// Whether the server keeps no name for one: then names and descriptions are kept on this machine.
    pub named_here: bool,
    /// How a secret is replaced, unless another form is chosen.
    pub rotation: RotationForm,
    /// Further forms, each taken only when it is chosen.
    pub further_rotations: &'static [RotationForm],
    /// How one is revoked.
    pub revoke: RevokeForm,
    /// Which requests can be repeated under their idempotency key, and for how long.
    pub replay: Replay,
}

/// The parts of a secret that is one text.
pub const WHOLE: &[&str] = &["secret"];

impl CredentialAbility {
    /// Every form of rotation, the usual one first.
    pub fn rotations(&self) -> impl Iterator<Item = &RotationForm> {
        std::iter::once(&self.rotation).chain(self.further_rotations)
    }

    /// A form by its place in that list; the usual one for a place that is not there.
    pub fn form(&self, place: usize) -> &RotationForm {
        self.rotations().nth(place).unwrap_or(&self.rotation)
    }
}

/// How long an interrupted request can be sent again under its idempotency key and gets the same answer, if at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// A create.
    pub create: Option<SignedDuration>,
    /// A rotation.
    pub rotate: Option<SignedDuration>,
}

impl Replay {
    /// Nothing is sent twice.
    pub const NEVER: Self = Self { create: None, rotate: None };
}

/// What a backend takes as a name.
#[derive(Debug)]
pub struct NameRule {
    /// The longest name in characters.
    pub longest: usize,
    /// Further characters refused, besides controls and spaces at the ends.
    pub refused: &'static [char],
    /// The only characters taken, where that is shorter to say.
    pub only: Option<fn(char) -> bool>,
    /// The rule in words.
    pub words: &'static str,
}

impl NameRule {
    /// Checks a name; the error is the sentence to show.
    pub fn check(&self, name: &str) -> Result<(), String> {
        if name.is_empty() {
            return Err(String::from("a name is needed"));
        }
        if name.trim() != name {
            return Err(String::from("no spaces at the start or end"));
        }
        if name.chars().count() > self.longest {
            return Err(format!("at most {} characters; these are {}", self.longest, name.chars().count()));
        }
        let is_refused = |c: char| self.refused.contains(&c) || self.only.is_some_and(|only| !only(c));
        match name.chars().find(|c| c.is_control() || is_refused(*c)) {
            Some(c) if c.is_control() => Err(String::from("no control characters")),
            Some(c) => Err(format!("'{c}' cannot be part of a name here")),
            None => Ok(()),
        }
    }
}

/// How scopes work.
#[derive(Debug)]
pub enum ScopeModel {
    /// A credential may do what its owner may; the sentence says so.
    AsOwner(&'static str),
    /// They are chosen.
    Chosen(ScopeChoice),
}

/// How scopes are chosen.
#[derive(Debug)]
pub struct ScopeChoice {
    /// What one is called: `scope`, `role`, `namespace`.
    pub noun: &'static str,
    /// Whether one is chosen or several.
    pub pick: Pick,
    /// What there always is to choose.
    pub offers: &'static [ScopeOffer],
    /// Whether the server has more to choose from, which is asked when it is needed.
    pub asked: bool,
    /// Whether one can be typed that is not on the list.
    pub typed: Option<Typed>,
    /// What a credential without any can do, in a sentence; `None` where that is nothing, and refused.
    pub without: Option<&'static str>,
    /// Named bundles.
    pub presets: &'static [(&'static str, &'static [&'static str])],
}

/// How many scopes a credential has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Exactly one.
    One,
    /// One or more.
    Many,
}

impl ScopeChoice {
    /// Whether there are no others than the offers known beforehand.
    pub fn is_closed(&self) -> bool {
        !self.asked && self.typed.is_none()
    }
}

/// A scope that is typed.
#[derive(Debug)]
pub struct Typed {
    /// What it takes, in words, with an example.
    pub words: &'static str,
    /// What parts a name from what lies under it, where a scope covers everything that begins with it: then
    /// `deploy` also covers `deployment`, which is said.
    pub prefix: Option<char>,
    /// Checks what was typed; the error is the sentence to show.
    pub check: fn(&str) -> Result<(), String>,
}

/// How a credential ends by itself.
#[derive(Debug)]
pub enum ExpiryModel {
    /// It does not; the sentence says so.
    None(&'static str),
    /// At a date, at most this many days ahead.
    Date {
        /// The furthest date.
        longest_days: i64,
        /// Whether `never` is allowed.
        never: bool,
        /// When on that day.
        at: DayEnd,
    },
}

/// When on its last day something ends, by the server's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayEnd {
    /// As the day begins, in UTC.
    Begin,
    /// As the day begins, in UTC, or up to an hour later: its life is counted in whole hours.
    BeginInHours,
    /// At the time of day it is made: its life is counted in whole days.
    TimeMade,
}

/// Whether something is told, with the words for it.
#[derive(Debug)]
pub enum Told {
    /// Told; the sentence says how far it can be trusted.
    Yes(&'static str),
    /// Not told; the sentence says so.
    No(&'static str),
}

/// How a secret is replaced.
#[derive(Debug)]
pub enum RotationForm {
    /// The server keeps the old secret alive for a window inside the same credential.
    ServerWindow {
        /// Whether the server tells when a window ends; where it does not, the ends of those opened here are remembered
        /// here.
        told: bool,
        /// The longest window we ask for, in minutes.
        longest_minutes: i64,
        /// How many old secrets can be alive at once.
        slots: u32,
        /// The form in a sentence.
        sentence: &'static str,
        /// What a second rotation inside the window does, in a sentence.
        second: &'static str,
        /// What can be done about the end once it is set, in a sentence.
        end: &'static str,
    },
    /// A second credential is made and the old one is revoked by us.
    TwoCredentials {
        /// The form in a sentence.
        sentence: &'static str,
        /// Whether the second one may get fewer scopes than the first.
        narrows: bool,
        /// How much later the first one is revoked for good, where it is only switched off when its window ends.
        grace: Option<SignedDuration>,
    },
    /// The old secret stops the moment the new one is made.
    CutOver {
        /// Whether the server tells when it was done last; where not, only presenting a secret shows which one counts.
        told: bool,
        /// The form in a sentence.
        sentence: &'static str,
    },
}

impl RotationForm {
    /// The form in a few words, to choose it by.
    pub fn title(&self) -> &'static str {
        match self {
            Self::ServerWindow { .. } => "a window of the server's",
            Self::TwoCredentials { .. } => "replace: a second credential, then the first one goes",
            Self::CutOver { .. } => "rotate in place: the old secret stops at once",
        }
    }

    /// The form in a sentence.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::ServerWindow { sentence, .. }
            | Self::TwoCredentials { sentence, .. }
            | Self::CutOver { sentence, .. } => sentence,
        }
    }
}

/// How a credential is revoked.
#[derive(Debug)]
pub struct RevokeForm {
    /// The verb of the backend: `delete`.
    pub verb: &'static str,
    /// What happens, in a sentence.
    pub sentence: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_before_sending() {
        let rule = NameRule { longest: 5, refused: &['/'], only: None, words: "" };
        for (name, good) in [
            ("ci", true),
            ("日本語!!", true),
            ("", false),
            (" a", false),
            ("a/b", false),
            ("abcdef", false),
            ("a\n", false),
            ("a\u{7}b", false),
        ] {
            assert_eq!(rule.check(name).is_ok(), good, "{name:?}");
        }
        let rule = NameRule { only: Some(|c| c.is_ascii_alphanumeric()), ..rule };
        assert!(rule.check("ci1").is_ok() && rule.check("c i").is_err() && rule.check("é").is_err());
    }
}
