//! What can be done on these servers, as data and in the sentences the panes show.

use crate::domain::ability::{
    Abilities, CredentialAbility, DESCRIPTION, ExpiryModel, LoginField, LoginMethod, NameRule, OwnerAbility,
    Replay, RevokeForm, RotationForm, ScopeModel, Told, any_owner,
};
use crate::domain::account::WEB;
use crate::domain::time::SignedDuration;

/// The longest window that is asked for: a year.
pub(super) const LONGEST_WINDOW: i64 = 525_600;
/// What the credentials are called.
pub(super) const NOUN: &str = "API key";
/// The server replays for 900 seconds from its first answer on; less is asked of it, so that a slow way there does not
/// turn a replay into a second request.
const REPLAY: Option<SignedDuration> = Some(SignedDuration::from_secs(880));

/// Everything a pane needs to know.
pub(in super::super) static ABILITIES: Abilities = Abilities {
    id: "kitaru",
    title: "Kitaru 0.22 and later",
    endpoint: "the address of the Kitaru server, such as https://kitaru.example.com",
    schemes: &WEB,
    settings: &[],
    logins: &[PASSWORD, DEVICE, API_KEY],
    owner: OwnerAbility {
        noun: "account",
        plural: "accounts",
        create: true,
        disable: true,
        delete: false,
        names: ACCOUNT_NAMES,
        fields: &[DESCRIPTION],
        edits: &[],
    },
    credential: KEY,
    further: &[],
    restart: None,
    vending: None,
    history: None,
    verify: "The secret is presented once, and the server is asked whom it takes it for. This moves the key's last use.",
};

const KEY: CredentialAbility = CredentialAbility {
    noun: NOUN,
    create: Ok(()),
    parts: crate::domain::ability::WHOLE,
    names: KEY_NAMES,
    describe: false,
    edit: false,
    disable: true,
    scopes: ScopeModel::AsOwner(
        "An API key has no scopes of its own: whoever holds it may do everything its maker may, making and \
         revoking further keys included.",
    ),
    expiry: ExpiryModel::None(
        "API keys never expire here; one works until it is rotated, switched off or deleted.",
    ),
    last_use: Told::Yes(
        "The server keeps one moment for the key, written down once a minute at most, and only when the key itself \
         is presented: what is done with bearers got from it is not told. Inside a retention window it does not \
         tell the old secret from the new one, and our own checks move it too.",
    ),
    may_own: any_owner,
    named_here: false,
    rotation: RotationForm::ServerWindow {
        told: false,
        longest_minutes: LONGEST_WINDOW,
        slots: 1,
        sentence: "The server gives the key a new secret and lets the old one work until the window ends, by its \
                   own clock. Name, owner and identifier stay.",
        second: "Only one old secret is kept: a second rotation inside the window stops the oldest at once, even \
                 if its window is not over.",
        end: "The end of a window cannot be moved, and the server does not tell it: keywright remembers the windows \
              opened here and knows of no others. Only a second rotation ends one early; that makes a third \
              secret, and the second becomes the old one.",
    },
    further_rotations: &[],
    revoke: RevokeForm {
        verb: "delete",
        sentence: "The key is deleted: its secret, an old one inside its window included, is refused from then on. \
                   Bearers got with it before live on until they end. It cannot be brought back; switching it off \
                   can be undone.",
    },
    replay: Replay { create: REPLAY, rotate: REPLAY },
};

const KEY_NAMES: NameRule = NameRule {
    longest: 255,
    refused: &[],
    only: Some(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
    words: "up to 255 ASCII letters, digits, '-' and '_', beginning and ending with a letter or digit; used by \
            nobody else on the server",
};

const ACCOUNT_NAMES: NameRule = NameRule {
    longest: 255,
    refused: &[],
    only: Some(|c| c.is_ascii_alphanumeric() || "-_.+@".contains(c)),
    words: "up to 255 ASCII letters, digits, '-', '_', '.', '+' and '@', beginning and ending with a letter or digit",
};

/// Checks the name of a key before it is sent; the error is the sentence to show.
pub(super) fn check_key_name(name: &str) -> Result<(), String> {
    KEY_NAMES.check(name).and_then(|()| check_ends(name))
}

/// Checks the name of an account.
pub(super) fn check_account_name(name: &str) -> Result<(), String> {
    ACCOUNT_NAMES.check(name).and_then(|()| check_ends(name))
}

fn check_ends(name: &str) -> Result<(), String> {
    let letter = |c: char| c.is_ascii_alphanumeric();
    if name.starts_with(letter) && name.ends_with(letter) {
        Ok(())
    } else {
        Err(String::from("a name begins and ends with a letter or digit here"))
    }
}

const PASSWORD: LoginMethod = LoginMethod {
    id: "password",
    title: "User name and password",
    explain: "Logs in as a user, who then looks after that user's own API keys.",
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
    keeps: "the bearer, and the device's code, with which the session renews itself until the device is locked or \
            deleted on the server",
};

const API_KEY: LoginMethod = LoginMethod {
    id: "api-key",
    title: "API key",
    explain: "Logs in as whoever made the key, and sees all keys of that account, this one included.",
    fields: &[LoginField { id: "key", label: "API key (KITKEY_…)", secret: true, optional: false }],
    keeps: "the API key itself, so that the session can renew itself",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_server_would_refuse() {
        for bad in ["", " ci", "a/b", "a.b", "-a", "a_", "日本語", "a b", "a\u{1b}b", &"x".repeat(256)] {
            assert!(check_key_name(bad).is_err(), "{bad:?}");
        }
        for good in ["ci-runner", "CI_runner2", "x", &"x".repeat(255)] {
            assert!(check_key_name(good).is_ok(), "{good:?}");
        }
        for good in ["bot@example.com", "a.b+c", "ci-runner"] {
            assert!(check_account_name(good).is_ok(), "{good:?}");
        }
        for bad in [".a", "a@", "a b", "é"] {
            assert!(check_account_name(bad).is_err(), "{bad:?}");
        }
    }
}
