//! What this backend can do, as data and in the sentences the panes show.

use crate::domain::ability::{
    Abilities, CredentialAbility, ExpiryModel, LoginField, LoginMethod, NameRule, OwnerAbility, Pick, Replay,
    RevokeForm, RotationForm, ScopeChoice, ScopeModel, SettingField, Told, any_owner,
};
use crate::domain::account::{Endpoint, WEB};

use super::path;
use crate::domain::{ability, program};

/// What the kinds of credentials are called.
pub(super) const FLUX: &str = "Flux key";
pub(super) const MANAGEMENT: &str = "Management key";
pub(super) const BEARER: &str = "Flux bearer token";

/// Everything a pane needs to know.
pub static ABILITIES: Abilities = Abilities {
    id: "foxnose",
    title: "FoxNose",
    endpoint: "the address of the Management API, such as https://api.foxnose.net",
    schemes: &WEB,
    settings: &SETTINGS,
    logins: &[PASSWORD, TOKEN, COMMAND, SECURE, SIMPLE],
    owner: OwnerAbility {
        noun: "environment",
        plural: "environments",
        create: false,
        disable: true,
        delete: false,
        names: LABELS,
        fields: &[],
        edits: &[],
    },
    credential: FLUX_KEY,
    further: &[MANAGEMENT_KEY, BEARER_TOKEN],
    restart: None,
    vending: None,
    history: None,
    verify: "Three requests that only read: one without a credential, one with it, one with it spoilt by one character. \
             Only refused, taken, refused is proof. Keys are tried signed first, which keeps the secret at home, and \
             plain when the signature is refused.",
};

/// The parts of a key.
const PAIR: [&str; 2] = ["public", "secret"];

const FLUX_KEY: CredentialAbility = CredentialAbility {
    noun: FLUX,
    create: Ok(()),
    parts: &PAIR,
    names: LABELS,
    describe: false,
    edit: true,
    disable: false,
    scopes: role(None),
    expiry: NO_EXPIRY,
    last_use: NO_USE,
    may_own: any_owner,
    named_here: false,
    rotation: SECOND_KEY,
    further_rotations: &[],
    revoke: DELETE,
    replay: Replay::NEVER,
};

const MANAGEMENT_KEY: CredentialAbility = CredentialAbility {
    noun: MANAGEMENT,
    scopes: role(Some("Without a role a Management key may do everything in its environment.")),
    ..FLUX_KEY
};

const BEARER_TOKEN: CredentialAbility = CredentialAbility {
    noun: BEARER,
    create: Ok(()),
    parts: ability::WHOLE,
    names: NameRule {
        longest: 110,
        words: "its Flux key's name and the word token, such as 'web frontend token'",
        ..LABELS
    },
    describe: false,
    edit: false,
    disable: false,
    scopes: ScopeModel::Chosen(ScopeChoice {
        noun: "Flux key",
        pick: Pick::One,
        offers: &[],
        asked: true,
        typed: None,
        without: None,
        presets: &[],
    }),
    expiry: NO_EXPIRY,
    last_use: NO_USE,
    may_own: any_owner,
    named_here: false,
    rotation: RotationForm::CutOver {
        told: true,
        sentence: "A key has one token: the moment a new one is issued the old one stops. The key's own pair goes on \
                   working.",
    },
    further_rotations: &[],
    revoke: RevokeForm {
        verb: "revoke",
        sentence: "The token is refused from then on. Its Flux key and the key's pair are left as they are.",
    },
    replay: Replay::NEVER,
};

const LABELS: NameRule = NameRule {
    longest: 100,
    refused: &[],
    only: None,
    words: "its description, up to 100 characters; a key has no other name, and two may share one",
};

const fn role(without: Option<&'static str>) -> ScopeModel {
    ScopeModel::Chosen(ScopeChoice {
        noun: "role",
        pick: Pick::One,
        offers: &[],
        asked: true,
        typed: None,
        without,
        presets: &[],
    })
}

const NO_EXPIRY: ExpiryModel = ExpiryModel::None("nothing here ends by itself; it works until it is deleted");
const NO_USE: Told = Told::No("the server does not tell whether or when a credential is used");

const SECOND_KEY: RotationForm = RotationForm::TwoCredentials {
    sentence: "A second key is made with the same description and role. Both work until the old one is deleted, which \
               keywright does: the server has no window of its own. Consumers change both parts, public and secret.",
    narrows: true,
    grace: None,
};

const DELETE: RevokeForm = RevokeForm {
    verb: "delete",
    sentence: "The key is gone at once, its bearer token with it, without grace and without a way back. It is read \
               again afterwards, to see that it really is gone.",
};

const SETTINGS: [SettingField; 6] = [
    SettingField {
        id: "environment",
        label: "Environment",
        hint: "the key of one environment, where a login cannot list them; may stay empty",
        optional: true,
        check: check_segment,
    },
    SettingField {
        id: "flux",
        label: "Flux address",
        hint: "where Flux answers, if not at the host the environment names; may stay empty",
        optional: true,
        check: |typed| Endpoint::parse(typed).map(drop).map_err(|error| error.to_string()),
    },
    SettingField {
        id: "login_path",
        label: "Login path",
        hint: "usually /account/auth/; may stay empty",
        optional: true,
        check: check_path,
    },
    SettingField {
        id: "refresh_path",
        label: "Refresh path",
        hint: "/account/auth/refresh/ if empty; the vendor has not published it",
        optional: true,
        check: check_path,
    },
    SettingField {
        id: "refresh_field",
        label: "Refresh field",
        hint: "the member that carries the refresh token, refresh if empty",
        optional: true,
        check: check_segment,
    },
    SettingField {
        id: ability::TOKEN_COMMAND,
        label: "Token command",
        hint: "a program that prints an access token, run without a shell; may stay empty",
        optional: true,
        check: |typed| program::words(typed).map(drop),
    },
];

fn check_segment(typed: &str) -> Result<(), String> {
    path::segment(typed).map(drop).map_err(str::to_owned)
}

fn check_path(typed: &str) -> Result<(), String> {
    let inner = typed.strip_prefix('/').ok_or_else(|| String::from("a path starts with /"))?;
    inner.trim_end_matches('/').split('/').try_for_each(check_segment)
}

const PASSWORD: LoginMethod = LoginMethod {
    id: "password",
    title: "E-mail and password",
    explain: "Gives a day's token that renews itself for a week at a time. Each renewal ends the one before it.",
    fields: &[
        LoginField { id: "username", label: "E-mail", secret: false, optional: false },
        LoginField { id: "password", label: "Password", secret: true, optional: false },
    ],
    keeps: "the token and the one it renews itself with, never the password",
};

const COMMAND: LoginMethod = LoginMethod {
    id: ability::COMMAND,
    title: "A command that prints a token",
    explain: "Runs a program of yours, without a shell, and takes the access token it prints. It is run again when the \
              token ends. Put it into the account (e) to have it run by itself.",
    fields: &[LoginField { id: ability::TOKEN_COMMAND, label: "Command", secret: false, optional: false }],
    keeps: "the token it printed",
};

const TOKEN: LoginMethod = LoginMethod {
    id: ability::TOKEN,
    title: "Access token (JWT)",
    explain: "A token made elsewhere. It acts as a person until it ends, and cannot renew itself.",
    fields: &[LoginField { id: "token", label: "Access token", secret: true, optional: false }],
    keeps: "the token itself",
};

const KEY_FIELDS: [LoginField; 3] = [
    LoginField { id: "environment", label: "Environment (key)", secret: false, optional: true },
    LoginField { id: "public", label: "Public key", secret: false, optional: false },
    LoginField { id: "secret", label: "Secret key", secret: true, optional: false },
];

const SECURE: LoginMethod = LoginMethod {
    id: "secure",
    title: "Management key, signed",
    explain: "Each request is signed and the secret stays here. Sees one environment, as far as its role goes.",
    fields: &KEY_FIELDS,
    keeps: "both parts of the key",
};

const SIMPLE: LoginMethod = LoginMethod {
    id: "simple",
    title: "Management key, plain",
    explain: "Sends the secret with every request; prefer signed. Sees one environment, as far as its role goes.",
    fields: &KEY_FIELDS,
    keeps: "both parts of the key",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_where_they_are_typed() {
        let check = |id: &str, typed: &str| {
            let field = SETTINGS.iter().find(|field| field.id == id).expect("a setting");
            (field.check)(typed).is_ok()
        };
        for (id, typed, good) in [
            ("environment", "9wkp3v7x2dqa", true),
            ("environment", "a/b", false),
            ("environment", "..", false),
            ("flux", "https://prod.fxns.io", true),
            ("flux", "prod.fxns.io", false),
            ("flux", "http://prod.fxns.io", false),
            ("login_path", "/account/auth/", true),
            ("login_path", "account", false),
            ("refresh_path", "/../x", false),
            ("refresh_field", "refresh_token", true),
        ] {
            assert_eq!(check(id, typed), good, "{id} {typed}");
        }
        assert!(LABELS.check(&"x".repeat(101)).is_err());
    }
}
