//! What this backend can do, as data and in the sentences the panes show. There are two of these: an account that names
//! a tenant looks after its service users and tokens, one that names none is root's and looks after tenants.

use uuid::Uuid;

use super::views;
use crate::domain::ability::{
    Abilities, CredentialAbility, DayEnd, ExpiryModel, LoginField, LoginMethod, NameRule, OwnerAbility, Pick,
    Replay, RevokeForm, RotationForm, ScopeChoice, ScopeModel, SettingField, Told, Typed, Vending,
};
use crate::domain::account::WEB;
use crate::domain::scope::{Risk, ScopeOffer};
use crate::domain::time::SignedDuration;

/// What the two kinds of credentials are called.
pub(super) const KEY: &str = "service-user key";
/// A token made for somebody, which lives on its own.
pub(super) const MINTED: &str = "minted JWT";
/// What is given out for storage.
pub(super) const STORAGE: &str = "storage credential";
/// The settings of an account.
pub(super) const TENANT: &str = "tenant";
/// Which provider a sign-in by browser goes to.
pub(super) const PROVIDER: &str = "provider";
/// Where a sign-in by browser comes back to.
pub(super) const PORT: &str = "port";

/// The longest life of a key that is asked for; the server takes any number, also such as give a dead key.
pub(super) const LONGEST_DAYS: i64 = 3650;
/// The longest life of a minted token; the server cuts longer ones without a word.
pub(super) const LONGEST_HOURS: i64 = 8760;

/// An account of a tenant.
pub static ABILITIES: Abilities = TENANT_VIEW;

pub(super) const TENANT_VIEW: Abilities = Abilities {
    id: "pangolin",
    title: "Pangolin",
    endpoint: "the server's address, such as https://pangolin.example",
    schemes: &WEB,
    settings: &SETTINGS,
    logins: &LOGINS,
    owner: OwnerAbility {
        noun: "user or tenant",
        plural: "users and tenants",
        create: true,
        disable: false,
        delete: true,
        names: NAMES,
        fields: &views::USER_FIELDS,
        edits: &views::USER_EDITS,
    },
    credential: key(
        ScopeChoice {
            noun: "permission",
            pick: Pick::Many,
            offers: &OFFERS,
            asked: true,
            typed: Some(Typed {
                words: "an action and what it is on, such as read tag pii, or all asset sales/orders/<id of the asset>",
                prefix: None,
                check: super::scopes::check_typed,
            }),
            without: Some(
                "It can sign in, and nothing holds it there: this server lets everybody grant themselves more.",
            ),
            presets: &[("read everything", &["read tenant"]), ("write everything", &["write tenant"])],
        },
        "A second service user is made with the same name, role and length of life; its permissions and roles are \
         copied and compared. Both keys work until the old service user is switched off; later it is deleted. keywright \
         does both.",
    ),
    further: &[MINTED_ABILITY],
    restart: None,
    verify: VERIFY,
    vending: Some(Vending {
        noun: STORAGE,
        sentence: "The server hands these out again whenever it is asked. For a table they are the long-lived keys of \
                   its warehouse, for a location what the warehouse's strategy gives: temporary ones, or its own. None \
                   is limited to the table or path.",
        parts: &["id", "secret", "session"],
        typed: Typed {
            words: "a location such as s3://acme-lake/orders, or a table such as table sales/orders/daily",
            prefix: None,
            check: super::vend::check_typed,
        },
    }),
    history: Some(HISTORY),
};

/// An account of root, without a tenant.
pub static ROOT_ABILITIES: Abilities = ROOT_VIEW;

pub(super) const ROOT_VIEW: Abilities = Abilities {
    id: "pangolin",
    title: "Pangolin",
    endpoint: "the server's address, such as https://pangolin.example",
    schemes: &WEB,
    settings: &SETTINGS,
    logins: &LOGINS,
    owner: OwnerAbility {
        noun: "tenant",
        plural: "tenants",
        create: true,
        disable: false,
        delete: true,
        names: NAMES,
        fields: &[],
        edits: &[views::NAME_EDIT],
    },
    credential: key(
        ADMIN_ONLY,
        "A second service user is made with the same name, role and length of life. Root can copy no permissions: \
         for a service user that has some, log in as an administrator of its tenant. Both keys work until the old \
         service user is switched off; later it is deleted. keywright does both.",
    ),
    further: &[],
    restart: None,
    verify: VERIFY,
    vending: None,
    history: Some(HISTORY),
};

/// What can be chosen where no permissions can be given.
pub(super) const ADMIN_ONLY: ScopeChoice = ScopeChoice {
    noun: "account role",
    pick: Pick::One,
    offers: &ADMIN,
    asked: false,
    typed: None,
    without: Some("It is a plain user of its tenant; root can give it no permissions, an administrator can."),
    presets: &[("administrator of the tenant", &["account tenant-admin"])],
};

pub(super) const HISTORY: &str = "The server's audit has keys that were refused in their own header, and users being made and \
                       deleted; nothing of keys being made, exchanged, replaced or revoked.";

pub(super) const VERIFY: &str = "A key is exchanged for a bearer of an hour, which works at any setting of the server and shows its \
                      role and permissions; a token is presented to a call that only reads. The exchange counts as a \
                      use. Whether the server also takes keys in the X-API-Key header is tried once.";

/// How long an old service user that was switched off is kept before it is deleted.
const GRACE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The server's own rotation.
const IN_PLACE: RotationForm = RotationForm::CutOver {
    told: false,
    sentence: "The server gives the same service user another key, and the old one is refused from the next call on. It \
               works on servers that keep everything in memory; on every SQL store it fails, and changes nothing.",
};

pub(super) const fn key(scopes: ScopeChoice, rotation: &'static str) -> CredentialAbility {
    CredentialAbility {
        noun: KEY,
        create: Ok(()),
        parts: crate::domain::ability::WHOLE,
        names: NAMES,
        describe: true,
        edit: true,
        disable: true,
        scopes: ScopeModel::Chosen(scopes),
        expiry: ExpiryModel::Date { longest_days: LONGEST_DAYS, never: true, at: DayEnd::TimeMade },
        last_use: Told::Yes("The server keeps the last moment, and our own checks move it too."),
        may_own: views::is_tenant,
        named_here: false,
        rotation: RotationForm::TwoCredentials { sentence: rotation, narrows: true, grace: Some(GRACE) },
        further_rotations: &[IN_PLACE],
        revoke: RevokeForm {
            verb: "delete",
            sentence: "The service user is deleted and its key refused from the next call on. Bearers it was exchanged \
                       for live on for up to an hour. It cannot be brought back; switched off, it could be.",
        },
        replay: Replay::NEVER,
    }
}

pub(super) const MINTED_ABILITY: CredentialAbility = CredentialAbility {
    noun: MINTED,
    create: Ok(()),
    parts: crate::domain::ability::WHOLE,
    names: NAMES,
    describe: true,
    edit: true,
    disable: false,
    scopes: ScopeModel::Chosen(ScopeChoice {
        noun: "account role",
        pick: Pick::One,
        offers: &ADMIN,
        asked: false,
        typed: None,
        without: Some("It may do what its user may."),
        presets: &[],
    }),
    expiry: ExpiryModel::Date { longest_days: LONGEST_HOURS / 24, never: false, at: DayEnd::BeginInHours },
    last_use: Told::No("The server does not tell when a token was used."),
    may_own: views::is_user,
    named_here: true,
    rotation: RotationForm::TwoCredentials {
        sentence: "Another token is minted for the same user, role and length of life. Both work until the old one is \
                   revoked, which keywright does.",
        narrows: false,
        grace: None,
    },
    further_rotations: &[],
    revoke: RevokeForm {
        verb: "revoke",
        sentence: "The token revokes itself, which is remembered for as long as it lives. Revoked by its id instead, \
                   it would work again after a day, because the server forgets; then keywright repeats it every 12 hours \
                   until the token has ended.",
    },
    replay: Replay::NEVER,
};

const NAMES: NameRule = NameRule {
    longest: 200,
    refused: &[],
    only: None,
    words: "up to 200 characters, without controls or spaces at the ends; two may share a name",
};

/// The role that passes every check of its tenant.
pub(super) const TENANT_ADMIN: ScopeOffer = ScopeOffer::fixed(
    "account tenant-admin",
    Risk::Wide,
    "administer the tenant: everything in it, its users, service users and tokens",
);
static ADMIN: [ScopeOffer; 1] = [TENANT_ADMIN];

/// What there always is to choose; what catalogs and roles there are, only the server knows. Whoever has no other
/// account role is a plain user of the tenant.
static OFFERS: [ScopeOffer; 4] = [
    TENANT_ADMIN,
    ScopeOffer::fixed("read tenant", Risk::Reads, "read everything in the tenant (read, list)"),
    ScopeOffer::fixed(
        "write tenant",
        Risk::Writes,
        "write everything in the tenant (read, create, update, delete, list)",
    ),
    ScopeOffer::fixed(
        "all tenant",
        Risk::Wide,
        "do everything to everything in the tenant: all ten actions; administration aside",
    ),
];

const SETTINGS: [SettingField; 3] = [
    SettingField {
        id: TENANT,
        label: "Tenant id",
        hint: "the id of the tenant, such as 8d1eeee3-7a41-4c5e-9d0b-5f0c3a2e093a; empty for root over all tenants",
        optional: true,
        check: is_tenant,
    },
    SettingField {
        id: PROVIDER,
        label: "Sign-in provider",
        hint: "google, microsoft or okta; empty for the first the server has",
        optional: true,
        check: is_provider,
    },
    SettingField {
        id: PORT,
        label: "Sign-in port",
        hint: "the port of this machine that a sign-in by browser comes back to; empty for 19876",
        optional: true,
        check: is_port,
    },
];

fn is_tenant(typed: &str) -> Result<(), String> {
    let refused =
        |_| String::from("a tenant's id is a UUID; its administrator can tell it, a name does not do");
    if typed.is_empty() { Ok(()) } else { Uuid::parse_str(typed).map(drop).map_err(refused) }
}

fn is_provider(typed: &str) -> Result<(), String> {
    if typed.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        Ok(())
    } else {
        Err(String::from("a provider is one word in small letters"))
    }
}

fn is_port(typed: &str) -> Result<(), String> {
    let good = typed.is_empty() || typed.parse::<u16>().is_ok_and(|port| port >= 1024);
    if good { Ok(()) } else { Err(String::from("a port is a number from 1024 to 65535")) }
}

const PASSWORD_FIELDS: &[LoginField] = &[
    LoginField { id: "username", label: "User name", secret: false, optional: false },
    LoginField { id: "password", label: "Password", secret: true, optional: false },
];

const BEARER: &str = "the bearer the server gives, which lives a day, never the password";

const LOGINS: [LoginMethod; 7] = [
    LoginMethod {
        id: "password",
        title: "User name and password",
        explain: "As a user of the account's tenant; as root where the account names no tenant. Lives a day. The server \
                  takes ten logins and mints a minute.",
        fields: PASSWORD_FIELDS,
        keeps: BEARER,
    },
    LoginMethod {
        id: "root",
        title: "Root, in the account's tenant",
        explain: "Logs in as root and acts in the tenant the account names. Root cannot grant permissions, nor see the \
                  tokens of users; an administrator of the tenant can.",
        fields: PASSWORD_FIELDS,
        keeps: BEARER,
    },
    LoginMethod {
        id: "key",
        title: "Service-user key",
        explain: "The key is exchanged for a bearer of an hour, and again whenever that ends. It may do what the service \
                  user's role allows.",
        fields: &[
            LoginField { id: "id", label: "Service user's id", secret: false, optional: false },
            LoginField { id: "key", label: "Key (pgl_…)", secret: true, optional: false },
        ],
        keeps: "the key and its service user's id",
    },
    LoginMethod {
        id: "token",
        title: "Token (JWT)",
        explain: "A token that was minted, or that the server's own tools keep. It cannot renew itself.",
        fields: &[LoginField { id: "token", label: "Token (eyJ…)", secret: true, optional: false }],
        keeps: "the token itself",
    },
    LoginMethod {
        id: "browser",
        title: "Sign in by browser",
        explain: "Opens the provider's page and waits on a port of this machine for the way back. The server must list \
                  that address; it is shown.",
        fields: &[],
        keeps: BEARER,
    },
    LoginMethod {
        id: "code",
        title: "Code from the browser",
        explain: "Where the way back does not work: the code behind ?code= in the browser's address bar, within two \
                  minutes.",
        fields: &[LoginField { id: "code", label: "Code", secret: true, optional: false }],
        keeps: BEARER,
    },
    LoginMethod {
        id: "none",
        title: "Nothing (authentication is off)",
        explain: "Only where the server runs without authentication: everybody is an administrator there.",
        fields: &[LoginField { id: "who", label: "Shown as", secret: false, optional: true }],
        keeps: "nothing",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_offer_what_there_is() {
        for abilities in [&ABILITIES, &ROOT_ABILITIES] {
            for kind in abilities.kinds() {
                let ScopeModel::Chosen(choice) = &kind.scopes else { panic!("scopes are chosen") };
                for (name, scopes) in choice.presets {
                    let known = |scope: &&str| choice.offers.iter().any(|offer| offer.id == *scope);
                    assert!(scopes.iter().all(known), "{name}");
                }
            }
        }
    }

    #[test]
    fn settings_are_checked() {
        type Check = fn(&str) -> Result<(), String>;
        let cases: [(Check, &str, bool); 9] = [
            (is_tenant, "", true),
            (is_tenant, "8d1eeee3-7a41-4c5e-9d0b-5f0c3a2e093a", true),
            (is_tenant, "acme", false),
            (is_provider, "google", true),
            (is_provider, "Google/x", false),
            (is_port, "", true),
            (is_port, "19876", true),
            (is_port, "80", false),
            (is_port, "99999", false),
        ];
        for (check, typed, good) in cases {
            assert_eq!(check(typed).is_ok(), good, "{typed}");
        }
    }
}
