//! What this backend can do, as data and in the sentences the panes show.

use crate::domain::ability::{
    Abilities, CredentialAbility, DayEnd, ExpiryModel, LoginField, LoginMethod, NameRule, OwnerAbility, Pick,
    Replay, RevokeForm, RotationForm, ScopeChoice, ScopeModel, Told, any_owner,
};
use crate::domain::account::WEB;
use crate::domain::scope::{Risk, ScopeOffer};

/// What the credentials are called.
pub(super) const NOUN: &str = "PAT";
/// The login with a bearer that another tool was given.
pub(super) const BEARER: &str = "bearer";
/// The scope that holds all others.
pub(super) const EVERYTHING: &str = "*";
/// The furthest soft expiry that is asked for.
pub(super) const LONGEST_DAYS: i64 = 365;

/// Everything a pane needs to know, as long as nothing else is known of the server.
pub static ABILITIES: Abilities = with_logins(&[PASSWORD, PAT, CACHED]);
/// The same for a server that was seen to have no login by password.
pub(super) static WITHOUT_LOGIN: Abilities = with_logins(&[PAT, CACHED]);

const fn with_logins(logins: &'static [LoginMethod]) -> Abilities {
    Abilities {
        id: "zpools",
        title: "zpools.io",
        endpoint: "the address of the API with its version, such as https://api.zpools.io/v1",
        schemes: &WEB,
        settings: &[],
        logins,
        owner: OwnerAbility {
            noun: "user",
            plural: "users",
            create: false,
            disable: false,
            delete: false,
            names: LABELS,
            fields: &[],
            edits: &[],
        },
        credential: PERSONAL,
        further: &[],
        restart: None,
        vending: None,
        history: None,
        verify: "The PAT is presented to calls that only read, one for each scope, so what it may do is seen and not \
             believed. Where the gateway answers from memory, each call waits 6 seconds. The checks count as uses.",
    }
}

const PERSONAL: CredentialAbility = CredentialAbility {
    noun: NOUN,
    create: Ok(()),
    parts: crate::domain::ability::WHOLE,
    names: LABELS,
    describe: false,
    edit: false,
    disable: false,
    scopes: ScopeModel::Chosen(ScopeChoice {
        noun: "scope",
        pick: Pick::Many,
        offers: &OFFERS,
        asked: false,
        typed: None,
        without: None,
        presets: &PRESETS,
    }),
    expiry: ExpiryModel::Date { longest_days: LONGEST_DAYS, never: false, at: DayEnd::Begin },
    last_use: Told::Yes(
        "The server keeps the last moment, address and user agent, and counts uses. Our own checks move all of \
         them too.",
    ),
    may_own: any_owner,
    named_here: false,
    rotation: RotationForm::TwoCredentials {
        sentence: "A second PAT is made with the same label, scopes and length of life. Both work until the old \
                   one is revoked, which keywright does: the server has no window of its own.",
        narrows: true,
        grace: None,
    },
    further_rotations: &[],
    revoke: RevokeForm {
        verb: "revoke",
        sentence: "The PAT is refused from then on, though the gateway may let it through for up to 5 seconds \
                   more. It cannot be brought back.",
    },
    replay: Replay::NEVER,
};

const LABELS: NameRule = NameRule {
    longest: 200,
    refused: &[],
    only: None,
    words: "up to 200 characters, without controls or spaces at the ends; two PATs may share a label",
};

/// Every scope with the read that shows it, but for `*`.
pub(super) const OFFERS: [ScopeOffer; 6] = [
    ScopeOffer::fixed("zpool", Risk::Writes, "list, create, change, scrub and delete pools"),
    ScopeOffer::fixed("job", Risk::Reads, "list jobs, and read their details and history"),
    ScopeOffer::fixed("sshkey", Risk::Writes, "list, add and delete the SSH keys for pools"),
    ScopeOffer::fixed("pat", Risk::Writes, "list and revoke any PAT, this one included"),
    ScopeOffer::fixed("billing", Risk::Reads, "read balance, ledger and summaries"),
    ScopeOffer::fixed(EVERYTHING, Risk::Wide, "all that the user may do, new scopes included"),
];

const PRESETS: [(&str, &[&str]); 6] = [
    ("CI for pools", &["zpool", "job"]),
    ("watch jobs", &["job"]),
    ("read the bill", &["billing"]),
    ("SSH keys", &["sshkey"]),
    ("look after PATs", &["pat"]),
    ("everything", &[EVERYTHING]),
];

const PASSWORD: LoginMethod = LoginMethod {
    id: "password",
    title: "User name and password",
    explain: "Logs in for an hour, and may list, create, rotate and revoke. The public service has switched this \
              off; there, log in with a PAT.",
    fields: &[
        LoginField { id: "username", label: "User name", secret: false, optional: false },
        LoginField { id: "password", label: "Password", secret: true, optional: false },
    ],
    keeps: "the bearer the server gives, which lives an hour, never the password",
};

const PAT: LoginMethod = LoginMethod {
    id: "pat",
    title: "PAT",
    explain: "Lists and revokes, if the PAT has the scope pat. No PAT can make another one: new ones are made on \
              the website and pasted here.",
    fields: &[LoginField { id: "pat", label: "PAT (zpat_…)", secret: true, optional: false }],
    keeps: "the PAT itself",
};

const CACHED: LoginMethod = LoginMethod {
    id: BEARER,
    title: "Login of another tool",
    explain: "Goes on with the bearer (a JWT) that zpcli or the SDK was given for a password, for what is left of its \
              hour. It may do all that the password may.",
    fields: &[
        LoginField { id: "username", label: "User name", secret: false, optional: true },
        LoginField { id: "bearer", label: "Bearer (eyJ…)", secret: true, optional: false },
    ],
    keeps: "the bearer, which ends within the hour",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_offer_what_there_is() {
        for (name, scopes) in PRESETS {
            assert!(!scopes.is_empty(), "{name}");
            assert!(scopes.iter().all(|scope| OFFERS.iter().any(|offer| offer.id == *scope)), "{name}");
        }
    }

    #[test]
    fn labels() {
        for bad in ["", " ci", "a\u{1b}b", &"x".repeat(201), &"x".repeat(10_000)] {
            assert!(LABELS.check(bad).is_err(), "{bad:?}");
        }
        for good in ["ci", "CI/pools", "日本語", &"é".repeat(200)] {
            assert!(LABELS.check(good).is_ok(), "{good:?}");
        }
    }
}
