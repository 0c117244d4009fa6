//! What this backend can do, as data and in the sentences the panes show.

use super::settings;
use crate::domain::ability::{
    Abilities, CredentialAbility, ExpiryModel, NameRule, OwnerAbility, Pick, Replay, RestartAbility,
    RevokeForm, RotationForm, ScopeChoice, ScopeModel, SettingField, Told, Typed, any_owner,
};
use crate::domain::scope::{Risk, ScopeOffer};

/// What the credentials are called.
pub(super) const NOUN: &str = "namespace token";

/// Everything a pane needs to know.
pub static ABILITIES: Abilities = Abilities {
    id: "ztick",
    title: "ztick",
    endpoint: "where the server listens, such as tls://ztick.example.com:5679 or tcp://127.0.0.1:5678",
    schemes: &["tls", "tcp"],
    settings: &[AUTH_FILE, RESTART, PREFIX, SUDO, CONFIG],
    // Whoever may read the file may do everything here, and the server asks nobody.
    logins: &[],
    owner: OwnerAbility {
        noun: "auth file",
        plural: "auth files",
        create: false,
        disable: false,
        delete: false,
        names: NAMES,
        fields: &[],
        edits: &[],
    },
    credential: CredentialAbility {
        noun: NOUN,
        create: Ok(()),
        parts: crate::domain::ability::WHOLE,
        names: NAMES,
        describe: false,
        edit: false,
        disable: false,
        scopes: ScopeModel::Chosen(ScopeChoice {
            noun: "namespace",
            pick: Pick::One,
            offers: &[ScopeOffer::fixed("*", Risk::Wide, "every job and every rule of everybody")],
            asked: true,
            typed: Some(Typed {
                words: "a beginning of names, such as deploy. with its dot at the end",
                prefix: Some('.'),
                check: settings::namespace,
            }),
            without: None,
            presets: &[],
        }),
        expiry: ExpiryModel::None(
            "tokens never expire here; one works until it is taken out of the file and the server restarted",
        ),
        last_use: Told::No("The server writes down neither who used a token nor that somebody is guessing."),
        may_own: any_owner,
        named_here: false,
        rotation: RotationForm::TwoCredentials {
            sentence: "A second token for the same namespace is written into the file. Once the server is restarted both \
                       work, until the old one is taken out and the server is restarted again. A restart closes every \
                       connection.",
            narrows: false,
            grace: None,
        },
        further_rotations: &[],
        revoke: RevokeForm {
            verb: "remove from the file",
            sentence: "The token is taken out of the file. It goes on working until the server is restarted, which \
                       closes every connection.",
        },
        replay: Replay::NEVER,
    },
    further: &[],
    restart: Some(RestartAbility {
        setting: RESTART.id,
        sentence: "The server reads its tokens when it starts. A restart closes every connection, and a server that \
                   keeps its jobs and rules in memory loses them.",
        by_hand: "Restart it on its machine. Stop its clients first where you can: connections that the server closes first keep its port taken \
                  for a minute, and a start that cannot have its port ends by calling itself successful.",
    }),
    vending: None,
    history: None,
    verify: "The secret is presented with AUTH, and the server's counters are asked for in the same breath. Nothing is \
             changed by that, and the server keeps no record of it.",
};

const NAMES: NameRule = NameRule {
    longest: 64,
    refused: &[],
    only: Some(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')),
    words: "letters a-z, digits, '_' and '-'; up to 64",
};

const AUTH_FILE: SettingField = SettingField {
    id: "auth_file",
    label: "auth file",
    hint: "where its tokens stand: /etc/ztick/auth.toml, or ssh://user@host/etc/ztick/auth.toml",
    optional: false,
    check: |typed| settings::Location::parse(typed).map(drop),
};

const RESTART: SettingField = SettingField {
    id: "restart",
    label: "restart command",
    hint: "run after every change, without a shell: sudo -n systemctl restart ztick; empty: you restart it yourself",
    optional: true,
    check: |typed| settings::words(typed).map(drop),
};

const PREFIX: SettingField = SettingField {
    id: "prefix",
    label: "secrets begin with",
    hint: "up to 32 letters, digits, '_' and '-', such as sk_; may stay empty",
    optional: true,
    check: settings::prefix,
};

const SUDO: SettingField = SettingField {
    id: "sudo",
    label: "with sudo -n",
    hint: "yes: the file of an ssh:// account is read and written through sudo -n",
    optional: true,
    check: |typed| settings::yes(typed).map(drop),
};

const CONFIG: SettingField = SettingField {
    id: "config",
    label: "server's settings",
    hint: "the server's own configuration file on the same machine, only read: tells what else is open; may stay empty",
    optional: true,
    check: settings::path,
};
