//! What this backend can do, as data and in the sentences the panes show.

use crate::domain::ability::{
    Abilities, CredentialAbility, DESCRIPTION, ExpiryModel, LoginField, LoginMethod, NameRule, OwnerAbility,
    Replay, RevokeForm, RotationForm, ScopeModel, Told, any_owner,
};
use crate::domain::account::WEB;
use crate::domain::time::SignedDuration;

/// The longest window that is asked for: a year. The server checks nothing, and an absurd one breaks the key.
pub(super) const LONGEST_WINDOW: i64 = 525_600;
/// The longest description the server stores, in characters.
pub(super) const LONGEST_DESCRIPTION: usize = 65_535;
/// What the credentials are called.
pub(super) const NOUN: &str = "API key";

/// Everything a pane needs to know.
pub(in super::super) static ABILITIES: Abilities = Abilities {
    id: "kitaru",
    title: "Kitaru",
    endpoint: "the address of the Kitaru or ZenML server, such as https://kitaru.example.com",
    schemes: &WEB,
    settings: &[],
    logins: &[PASSWORD, DEVICE, API_KEY],
    owner: OwnerAbility {
        noun: "service account",
        plural: "service accounts",
        create: true,
        disable: true,
        delete: true,
        names: NAMES,
        fields: &[DESCRIPTION],
        edits: &[],
    },
    credential: KEY,
    further: &[],
    restart: None,
    vending: None,
    history: None,
    verify: "The secret is exchanged for a bearer, and the server is asked whom it takes that bearer for. This \
             moves the key's last use.",
};

const KEY: CredentialAbility = CredentialAbility {
    noun: NOUN,
    create: Ok(()),
    parts: crate::domain::ability::WHOLE,
    names: NAMES,
    describe: true,
    edit: true,
    disable: true,
    scopes: ScopeModel::AsOwner(
        "An API key has no scopes of its own: whoever holds it may do everything its service account may.",
    ),
    expiry: ExpiryModel::None(
        "API keys never expire here; one works until it is rotated, switched off or deleted.",
    ),
    last_use: Told::Yes(
        "The server keeps one moment for the key, moved by every request made with it. Inside a retention window \
         it does not tell the old secret from the new one, and our own checks move it too.",
    ),
    may_own: any_owner,
    named_here: false,
    rotation: RotationForm::ServerWindow {
        told: true,
        longest_minutes: LONGEST_WINDOW,
        slots: 1,
        sentence: "The server gives the key a new secret and lets the old one work until the window ends, by its \
                   own clock. Name, owner and identifier stay.",
        second: "Only one old secret is kept: a second rotation inside the window stops the oldest at once, even \
                 if its window is not over.",
        end: "The end of a window cannot be moved. Only a second rotation ends it early; that makes a third \
              secret, and the second becomes the old one.",
    },
    further_rotations: &[],
    revoke: RevokeForm {
        verb: "delete",
        sentence: "The key is deleted: its secret, an old one inside its window included, is refused from then on. \
                   It cannot be brought back; switching it off can be undone.",
    },
    // The server replays for 300 seconds after its own answer; less is asked of it, so that a slow way there does
    // not turn the replay into a second create.
    replay: Replay { create: Some(SignedDuration::from_secs(280)), rotate: None },
};

const NAMES: NameRule = NameRule {
    longest: 255,
    refused: &['/'],
    only: None,
    words: "up to 255 characters, without '/', controls, or spaces at the ends",
};

const PASSWORD: LoginMethod = LoginMethod {
    id: "password",
    title: "User name and password",
    explain: "Logs in as a user. Only an admin user may create, rotate and revoke on servers from 0.96.0 on.",
    fields: &[
        LoginField { id: "username", label: "User name", secret: false, optional: false },
        LoginField { id: "password", label: "Password", secret: true, optional: true },
    ],
    keeps: "the bearer the server gives, never the password",
};

const DEVICE: LoginMethod = LoginMethod {
    id: "device",
    title: "Approve in the browser",
    explain: "Shows an address and a code; whoever is logged in to the server's pages approves them there.",
    fields: &[],
    keeps: "the bearer the server gives",
};

const API_KEY: LoginMethod = LoginMethod {
    id: "api-key",
    title: "API key",
    explain: "Logs in as the key's service account. It sees every key; on servers from 0.96.0 on it may change \
              none, not even itself.",
    fields: &[LoginField { id: "key", label: "API key (ZENKEY_…)", secret: true, optional: false }],
    keeps: "the API key itself, so that the session can renew itself",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_server_would_take_but_nobody_could_use() {
        for bad in ["", " ci", "ci ", "a/b", "a\u{1b}b", &"x".repeat(256)] {
            assert!(NAMES.check(bad).is_err(), "{bad:?}");
        }
        for good in ["ci-runner", "CI runner", "日本語", &"é".repeat(255)] {
            assert!(NAMES.check(good).is_ok(), "{good:?}");
        }
    }
}
