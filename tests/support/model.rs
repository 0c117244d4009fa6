//! Made-up accounts, credentials and whole models with a fixed clock, for screens and for tests of the app.
//!
//! Long because everything that is made up is in one place, builder after builder.
//! Start with [`full`]; every other builder changes something about it.
//!
//! Long because every test of the app and the screens builds its world here, and looks for it in one place.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use keywright::app::effect::RequestId;
use keywright::app::found::{Around, FoundAt, FoundKind, FoundView, LooseFile};
use keywright::app::model::{AccountState, ActivityEntry, Facts, Fetch, Model, SessionView, VaultView};
use keywright::domain::ability::{
    Abilities, CredentialAbility, DESCRIPTION, DayEnd, ExpiryModel, LoginField, LoginMethod, NameRule,
    OwnerAbility, OwnerField, OwnerFieldKind, Pick, Replay, RevokeForm, RotationForm, ScopeChoice,
    ScopeModel, Told, Typed, Vending, any_owner,
};
use keywright::domain::account::{Account, AccountName, Endpoint};
use keywright::domain::answer::Listing;
use keywright::domain::credential::{Credential, CredentialRef, Expiry, LastUse, Particulars, Window};
use keywright::domain::finding::{Finding, Severity};
use keywright::domain::operation::{Operation, OperationKind, Phase};
use keywright::domain::owner::{Id, Owner, OwnerRef};
use keywright::domain::promise::{Duty, Promise, PromiseState};
use keywright::domain::scope::{Granted, Risk, ScopeOffer};
use keywright::domain::session::{ServerInfo, SessionFacts, Survives};
use keywright::domain::target::{Delivered, Place, Receipt, Target, TargetName, TargetNote};
use keywright::domain::text::Text;
use keywright::domain::time::{Skew, Timestamp};
use keywright::domain::vending::{self, Held};
use uuid::Uuid;

/// The clock of every model: 2026-11-22 12:00:00 UTC.
pub fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a moment")
}

/// A moment so many seconds before now; negative is after.
pub fn before(seconds: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_secs(seconds)).expect("in range")
}

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A backend like the ones with a window on the server, with owners and no scopes of its own.
pub static ABILITIES: Abilities = KITARU;

pub const KITARU: Abilities = Abilities {
    id: "kitaru",
    title: "Kitaru",
    endpoint: "the server's address, such as https://kitaru.example.com",
    schemes: &keywright::domain::account::WEB,
    settings: &[],
    logins: &[
        LoginMethod {
            id: "password",
            title: "name and password",
            explain: "An administrator's name and password. The password is sent once and forgotten.",
            fields: &[
                LoginField { id: "username", label: "name", secret: false, optional: false },
                LoginField { id: "password", label: "password", secret: true, optional: true },
            ],
            keeps: "the bearer the server gave, until it ends",
        },
        LoginMethod {
            id: "device",
            title: "approve in a browser",
            explain: "The server shows a page where somebody who is logged in approves this program.",
            fields: &[],
            keeps: "the bearer the server gave",
        },
    ],
    owner: OwnerAbility {
        noun: "service account",
        plural: "service accounts",
        create: true,
        disable: true,
        delete: true,
        names: NameRule { longest: 255, refused: &['/'], only: None, words: "1 to 255 characters, no '/'" },
        fields: &[DESCRIPTION],
        edits: &[],
    },
    credential: KEY,
    further: &[],
    restart: None,
    vending: None,
    history: None,
    verify: "exchanging it for a bearer and asking who that is",
};

const KEY: CredentialAbility = CredentialAbility {
    noun: "API key",
    parts: keywright::domain::ability::WHOLE,
    names: NameRule { longest: 255, refused: &['/'], only: None, words: "1 to 255 characters, no '/'" },
    create: Ok(()),
    describe: true,
    edit: true,
    disable: true,
    scopes: ScopeModel::AsOwner(
        "Everything its service account may do: API keys have no scopes of their own here.",
    ),
    expiry: ExpiryModel::None("API keys have no end on this server"),
    last_use: Told::Yes("one field for both secrets, moved by every request"),
    may_own: any_owner,
    named_here: false,
    rotation: RotationForm::ServerWindow {
        told: true,
        longest_minutes: 525_600,
        slots: 1,
        sentence: "The server gives the key a new secret and keeps the old one alive for a window, in the same key.",
        second: "a second rotation inside the window ends the oldest secret at once",
        end: "The end cannot be moved or brought forward: only a second rotation ends the old secret, and makes a third.",
    },
    further_rotations: &[],
    revoke: RevokeForm {
        verb: "delete",
        sentence: "The key is deleted on the server; both of its secrets stop at once and cannot come back.",
    },
    replay: Replay { create: Some(SignedDuration::from_secs(300)), rotate: None },
};

/// A backend with scopes and dates, and a second credential instead of a window.
pub static SCOPED: Abilities = Abilities {
    id: "zpools",
    title: "zpools",
    endpoint: "the address of the API",
    schemes: &keywright::domain::account::WEB,
    settings: &[],
    logins: &[LoginMethod {
        id: "pat",
        title: "access token",
        explain: "A personal access token, pasted.",
        fields: &[LoginField { id: "pat", label: "access token", secret: true, optional: false }],
        keeps: "the token itself",
    }],
    owner: OwnerAbility {
        noun: "user",
        plural: "users",
        create: false,
        disable: false,
        delete: false,
        names: NameRule { longest: 64, refused: &[], only: None, words: "" },
        fields: &[],
        edits: &[],
    },
    credential: CredentialAbility {
        noun: "PAT",
        parts: keywright::domain::ability::WHOLE,
        names: NameRule { longest: 64, refused: &[], only: None, words: "1 to 64 characters" },
        create: Ok(()),
        describe: false,
        edit: false,
        disable: false,
        scopes: ScopeModel::Chosen(ScopeChoice {
            noun: "scope",
            pick: Pick::Many,
            offers: &[
                ScopeOffer::fixed("zpool", Risk::Reads, "read pools"),
                ScopeOffer::fixed("job", Risk::Writes, "start and stop jobs"),
                ScopeOffer::fixed("*", Risk::Wide, "everything"),
            ],
            asked: false,
            typed: None,
            without: None,
            presets: &[("CI for pools", &["zpool", "job"]), ("everything", &["*"])],
        }),
        expiry: ExpiryModel::Date { longest_days: 365, never: true, at: DayEnd::Begin },
        last_use: Told::Yes("with address and agent"),
        may_own: any_owner,
        named_here: false,
        rotation: RotationForm::TwoCredentials {
            sentence: "A second token is made; the first one is revoked by keywright.",
            narrows: true,
            grace: None,
        },
        further_rotations: &[],
        revoke: RevokeForm { verb: "revoke", sentence: "The token stops at once." },
        replay: Replay::NEVER,
    },
    further: &[],
    restart: None,
    vending: None,
    history: None,
    verify: "read-only requests, one for each scope",
};

/// The same where a rotation makes a second credential.
pub static TWO: Abilities = Abilities {
    credential: CredentialAbility {
        rotation: RotationForm::TwoCredentials {
            sentence: "A second one is made; both work until the old one is revoked.",
            narrows: true,
            grace: None,
        },
        ..KEY
    },
    ..KITARU
};

/// The same where either a second credential is made, the old one being switched off before it goes, or the old secret
/// stops at once; with people as owners of a kind of their own.
pub static EITHER: Abilities = Abilities {
    owner: OwnerAbility {
        noun: "user",
        plural: "users",
        fields: &[
            OwnerField {
                id: "email",
                label: "e-mail",
                hint: "where they are reached",
                kind: OwnerFieldKind::Text,
                optional: false,
            },
            OwnerField {
                id: "password",
                label: "password",
                hint: "kept nowhere",
                kind: OwnerFieldKind::Secret,
                optional: false,
            },
            OwnerField {
                id: "role",
                label: "role",
                hint: "what they may do",
                kind: OwnerFieldKind::Choice(&["plain", "admin"]),
                optional: false,
            },
        ],
        edits: &[OwnerField {
            id: "password",
            label: "password",
            hint: "a new one",
            kind: OwnerFieldKind::Secret,
            optional: true,
        }],
        ..KITARU.owner
    },
    credential: CredentialAbility {
        may_own: |owner| owner.as_str() == "o1",
        rotation: RotationForm::TwoCredentials {
            sentence: "A second one is made; the old one is switched off and goes later.",
            narrows: true,
            grace: Some(SignedDuration::from_hours(7 * 24)),
        },
        further_rotations: &[RotationForm::CutOver {
            told: false,
            sentence: "The old secret stops at once.",
        }],
        ..KEY
    },
    further: &[CredentialAbility {
        noun: "minted",
        may_own: |owner| owner.as_str() != "o1",
        named_here: true,
        ..KEY
    }],
    ..KITARU
};

/// The same where a rotation stops the old secret at once.
pub static CUT: Abilities = Abilities {
    credential: CredentialAbility {
        rotation: RotationForm::CutOver {
            told: true,
            sentence: "The old secret stops when the new one is made.",
        },
        ..KEY
    },
    ..KITARU
};

/// A backend with two kinds of credential: one with a single scope that is typed and covers what begins with it, one
/// that its people make elsewhere.
pub static TYPED: Abilities = Abilities {
    id: "ztick",
    title: "ztick",
    endpoint: "the address of the scheduler",
    schemes: &["tcp", "tls"],
    settings: &[],
    logins: &[LoginMethod {
        id: "key",
        title: "key",
        explain: "A key, pasted.",
        fields: &[LoginField { id: "key", label: "key", secret: true, optional: false }],
        keeps: "the key itself",
    }],
    owner: OwnerAbility {
        noun: "name",
        plural: "names",
        create: true,
        disable: false,
        delete: false,
        names: NameRule { longest: 64, refused: &[], only: None, words: "" },
        fields: &[DESCRIPTION],
        edits: &[],
    },
    credential: CredentialAbility {
        noun: "token",
        parts: keywright::domain::ability::WHOLE,
        names: NameRule { longest: 64, refused: &[], only: None, words: "1 to 64 characters" },
        create: Ok(()),
        describe: false,
        edit: false,
        disable: false,
        scopes: ScopeModel::Chosen(ScopeChoice {
            noun: "namespace",
            pick: Pick::One,
            offers: &[ScopeOffer::fixed("*", Risk::Wide, "every job there is")],
            asked: true,
            typed: Some(Typed {
                words: "the beginning of the jobs it may touch, such as deploy.",
                prefix: Some('.'),
                check: |text| if text.contains(' ') { Err(String::from("no spaces")) } else { Ok(()) },
            }),
            without: None,
            presets: &[],
        }),
        expiry: ExpiryModel::None("tokens have no end here"),
        last_use: Told::No("not told"),
        may_own: any_owner,
        named_here: false,
        rotation: RotationForm::CutOver { told: true, sentence: "The old secret stops at once." },
        further_rotations: &[],
        revoke: RevokeForm { verb: "remove", sentence: "The token stops." },
        replay: Replay::NEVER,
    },
    further: &[CERTIFICATE],
    restart: None,
    vending: None,
    history: None,
    verify: "a login and one question",
};

/// The same server, which also gives out secrets for storage and has a history of its own.
pub static VENDS: Abilities = Abilities {
    vending: Some(Vending {
        noun: "storage credential",
        sentence: "The server hands these out again whenever it is asked.",
        parts: &["id", "secret", "session"],
        typed: Typed {
            words: "a location such as s3://lake/orders",
            prefix: None,
            check: |text| {
                if text.starts_with("s3://") { Ok(()) } else { Err(String::from("type s3://bucket/path")) }
            },
        },
    }),
    history: Some("The server's audit has refusals alone."),
    ..KITARU
};

/// A kind of credential that is not made here.
pub const CERTIFICATE: CredentialAbility = CredentialAbility {
    noun: "certificate",
    parts: keywright::domain::ability::WHOLE,
    names: NameRule { longest: 64, refused: &[], only: None, words: "" },
    create: Err("certificates come from the authority"),
    describe: false,
    edit: false,
    disable: false,
    scopes: ScopeModel::AsOwner("Everything."),
    expiry: ExpiryModel::None("not here"),
    last_use: Told::No("not told"),
    may_own: any_owner,
    named_here: false,
    rotation: RotationForm::CutOver { told: true, sentence: "" },
    further_rotations: &[],
    revoke: RevokeForm { verb: "remove", sentence: "" },
    replay: Replay::NEVER,
};

/// A scope that a server has.
pub fn offer(id: &str, group: &str) -> ScopeOffer {
    ScopeOffer {
        id: id.to_owned().into(),
        title: None,
        group: group.to_owned().into(),
        allows: format!("set, get and query the jobs of {id}").into(),
        risk: Risk::Writes,
    }
}

/// A name of an account.
pub fn name(text: &str) -> AccountName {
    AccountName::parse(text).expect("a name")
}

/// An account nobody has looked at yet.
pub fn account(text: &str, abilities: &'static Abilities) -> AccountState {
    AccountState::new(
        Account {
            name: name(text),
            backend: abilities.id.to_owned(),
            endpoint: Endpoint::parse(&format!("https://{text}.example.com")).expect("an address"),
            login: Some(String::from("ada")),
            ca_file: None,
            protected: false,
            settings: std::collections::BTreeMap::new(),
        },
        abilities,
    )
}

/// An owner.
pub fn owner(id: &str, name: &str, description: &str) -> Owner {
    Owner {
        id: Id::new(id),
        name: name.into(),
        description: description.into(),
        enabled: true,
        created: Some(before(200 * DAY)),
    }
}

/// A credential that works, made 90 days ago and used two hours ago.
pub fn credential(id: &str, owner: &Owner, name: &str) -> Credential {
    Credential {
        id: Id::new(id),
        owner: owner.reference(),
        name: name.into(),
        kind: "API key",
        description: Text::default(),
        scopes: Granted::AsOwner,
        created: Some(before(90 * DAY)),
        rotated: None,
        expires: Expiry::Never,
        last_use: LastUse::At(before(2 * 3600 + 60)),
        enabled: true,
        owner_enabled: true,
        window: None,
        particulars: Particulars::default(),
    }
}

/// What the server of the first account says of itself.
pub fn server() -> ServerInfo {
    ServerInfo {
        title: "ZenML server 0.98.0 (Kitaru generation Z)".into(),
        version: "0.98.0".into(),
        skew: Skew::default(),
        refuses_login: None,
        notes: vec!["bearers do not expire on this server".into()],
        survives: Survives {
            rotate: vec!["bearers made with the old secret live through the window, then die".into()],
            disable: vec!["nothing: bearers stop at once, and work again when it is switched on".into()],
            revoke: vec![],
        },
    }
}

/// Who is logged in.
pub fn session() -> SessionFacts {
    SessionFacts {
        who: "ada".into(),
        kind: "user",
        may_create: Ok(()),
        may_revoke: Ok(()),
        expires: Some(before(-42 * 60 - 30)),
        renews: false,
        kept: true,
        credential: None,
    }
}

/// The main account: logged in, listed, one key inside its window.
pub fn prod() -> AccountState {
    let mut state = account("prod-kitaru", &ABILITIES);
    state.server = Some(server());
    state.opened = Fetch::Ready(before(120));
    state.session = SessionView::In(session());
    state.listed = Fetch::Ready(before(61));
    let (ci, etl, wide) = (
        owner("o1", "ci-runner", "builds and deploys"),
        owner("o2", "etl", "nightly loads"),
        owner("o3", "数据平台-ingest", "👩‍💻 pipelines of the data platform"),
    );
    let mut default = credential("c1", &ci, "default");
    default.description = "prod deploys".into();
    default.rotated = Some(before(24 * 3600 - 492));
    default.window = Some(Window { began: before(24 * 3600 - 492), ends: before(-492) });
    let mut nightly = credential("c2", &etl, "nightly");
    nightly.last_use = LastUse::Never;
    nightly.created = Some(before(200 * DAY));
    let mut backup = credential("c3", &etl, "backup");
    backup.enabled = false;
    let mut unused = credential("c4", &wide, "日本語の鍵");
    unused.created = Some(before(300 * DAY));
    unused.last_use = LastUse::At(before(120 * DAY));
    let mut checked = credential("c5", &ci, "release");
    checked.last_use = LastUse::OurCheck { before: Some(before(3 * DAY)) };
    let lost = credential("c6", &ci, "preview-2");
    let facts =
        Facts { stored: true, old_stored: true, verified: Some(before(2 * 3600)), ..Facts::default() };
    state.facts.insert(default.reference(state.name()), facts);
    state.facts.insert(lost.reference(state.name()), Facts { orphan: true, ..Facts::default() });
    state.listing = Listing {
        owners: vec![ci, etl, wide],
        credentials: vec![default, nightly, backup, unused, checked, lost],
        failed: Vec::new(),
        findings: Vec::new(),
    };
    state
}

/// A second account with scopes and dates.
pub fn pools() -> AccountState {
    let mut state = account("zpools-eu", &SCOPED);
    state.opened = Fetch::Ready(before(100));
    state.session = SessionView::In(SessionFacts { who: "grace".into(), expires: None, ..session() });
    state.listed = Fetch::Ready(before(60));
    let me = owner("u1", "grace", "");
    let mut job = credential("p1", &me, "nightly");
    job.kind = "PAT";
    job.scopes = Granted::Listed(vec!["zpool".into(), "job".into()]);
    job.expires = Expiry::At(before(-2 * DAY - 7200));
    let mut all = credential("p2", &me, "laptop");
    all.kind = "PAT";
    all.scopes = Granted::Everything;
    all.expires = Expiry::At(before(-80 * DAY));
    let mut gone = credential("p3", &me, "old laptop");
    gone.kind = "PAT";
    gone.scopes = Granted::Listed(vec!["zpool".into()]);
    gone.expires = Expiry::At(before(DAY));
    state.listing = Listing {
        owners: vec![me],
        credentials: vec![job, all, gone],
        failed: Vec::new(),
        findings: Vec::new(),
    };
    state
}

/// A third account, whose tokens have one namespace that is typed.
pub fn ticks() -> AccountState {
    let mut state = account("ztick-eu", &TYPED);
    state.opened = Fetch::Ready(before(100));
    state.session = SessionView::In(SessionFacts { who: "file".into(), expires: None, ..session() });
    state.listed = Fetch::Ready(before(60));
    state.listing.owners = vec![owner("t1", "deployer", ""), owner("t2", "reader", "")];
    state
}

/// The main model on a server that gives out secrets for storage.
pub fn vends() -> Model {
    let mut state = prod();
    state.abilities = &VENDS;
    let mut model = of(vec![state]);
    model.targets = with_targets().targets;
    model
}

/// What secrets for storage can be had for.
pub fn places() -> Vec<vending::Place> {
    let place = |id: &str, about: &str| vending::Place { id: id.into(), about: about.into() };
    vec![
        place("s3://lake/", "warehouse main, its own long-lived keys"),
        place("s3://short/", "warehouse short, temporary credentials"),
        place("table sales/orders/daily", "the long-lived keys of its warehouse"),
    ]
}

/// A secret for storage that is held here and ends in so many seconds.
pub fn held(place: &str, seconds: Option<i64>) -> Held {
    Held {
        credential: vending::reference(&name("prod-kitaru"), place),
        stored: before(60),
        ends: seconds.map(|seconds| before(-seconds)),
    }
}

/// A model of some accounts, with its table built.
pub fn of(accounts: Vec<AccountState>) -> Model {
    let mut model = Model::new(now(), TimeZone::UTC, accounts);
    model.vault = VaultView::Keyring("Secret Service".into());
    model.backends = vec![&ABILITIES, &SCOPED];
    rebuild(&mut model);
    model
}

/// Builds the table again after accounts were changed by hand.
pub fn rebuild(model: &mut Model) {
    let shown = model.shown_accounts();
    model.table.rebuild(&model.accounts, &shown, model.now);
    keywright::app::findings::rebuild(model);
    keywright::app::due::rebuild(model);
}

/// One account that is logged in, the cursor on the key inside its window.
pub fn full() -> Model {
    let mut model = of(vec![prod()]);
    model.table.cursor = model.table.rows.iter().position(|row| row.credential == 0).unwrap_or_default();
    model.table.held = true;
    model
}

/// The same account where a rotation makes a second credential.
pub fn two() -> Model {
    let mut state = prod();
    state.abilities = &TWO;
    // A key has no window of its own then.
    for credential in &mut state.listing.credentials {
        (credential.window, credential.rotated) = (None, None);
    }
    let mut model = of(vec![state]);
    model.table.cursor = model.table.rows.iter().position(|row| row.credential == 0).unwrap_or_default();
    model.table.held = true;
    model
}

/// The same where the form of a rotation is chosen, and owners are people.
pub fn either() -> Model {
    let mut model = two();
    model.accounts[0].abilities = &EITHER;
    model
}

/// Several accounts: logged in, with scopes, logged out.
pub fn several() -> Model {
    let mut out = account("staging", &ABILITIES);
    out.opened = Fetch::Ready(before(30));
    out.session = SessionView::Out;
    of(vec![prod(), pools(), out])
}

/// Several accounts, one of which was told what only its backend knows.
pub fn told() -> Model {
    let mut model = several();
    let finding = |severity, credential: Option<&str>, what: &str, mend: &str| Finding {
        severity,
        credential: credential.map(Id::new),
        what: what.into(),
        mend: mend.into(),
    };
    model.accounts[1].listing.findings = vec![
        finding(Severity::Hint, Some("p1"), "It shares its scopes with 'laptop'.", "Revoke one of the two."),
        finding(
            Severity::Alarm,
            None,
            "The server asks nobody who they are: whoever reaches it may do everything.",
            "Switch its authentication on, and restart it.",
        ),
    ];
    model.accounts[1].listing.credentials[2].particulars.pending =
        Some("The running server has not read it yet.".into());
    rebuild(&mut model);
    model
}

/// An account with so many keys.
pub fn many(count: usize) -> Model {
    let mut state = prod();
    let one = state.listing.owners[0].clone();
    state.listing.credentials = (0..count)
        .map(|number| credential(&format!("n{number}"), &one, &format!("key-{number:06}")))
        .collect();
    of(vec![state])
}

/// The owner reference of the first owner.
pub fn first_owner() -> OwnerRef {
    OwnerRef { id: Id::new("o1"), name: "ci-runner".into() }
}

/// An operation that was sent and never answered.
pub fn operation(kind: OperationKind, phase: Phase) -> Operation {
    Operation {
        id: Uuid::from_u128(7),
        kind,
        account: name("prod-kitaru"),
        owner: Id::new("o1"),
        owner_name: String::from("ci-runner"),
        credential: Some(Id::new("c1")),
        noun: String::from("API key"),
        replaces: None,
        scopes: Vec::new(),
        reviewed: None,
        expiry: None,
        credential_name: String::from("default"),
        description: String::new(),
        retain_minutes: Some(1440),
        idempotency_key: Uuid::from_u128(8),
        vault_entry: String::from("prod-kitaru/c1/7"),
        target: String::from(if kind == OperationKind::Deliver { "github" } else { "" }),
        rotated_before: None,
        began_there: None,
        phase,
        note: String::from("the connection ended before the answer did"),
        began: before(3 * 60 + 5),
        advanced: before(3 * 60),
        running_elsewhere: false,
    }
}

/// The promise to revoke the first key so many seconds after `now`, made an hour before.
pub fn promise(now: Timestamp, seconds: i64) -> Promise {
    let of = |id: &str| CredentialRef { account: name("prod-kitaru"), owner: Id::new("o1"), id: Id::new(id) };
    let due = now.checked_add(SignedDuration::from_secs(seconds)).expect("in range");
    Promise {
        id: Uuid::from_u128(9),
        credential: of("c1"),
        name: String::from("default"),
        owner_name: String::from("ci-runner"),
        noun: String::from("API key"),
        successor: of("second"),
        operation: Uuid::from_u128(7),
        made: now.checked_sub(SignedDuration::from_hours(1)).expect("in range"),
        duty: Duty::Revoke,
        due,
        skew: None,
        then: None,
        uses_then: Some(10),
        our_uses: 0,
        state: PromiseState::Waiting,
        tries: 0,
        next_try: due,
        note: String::new(),
        running_elsewhere: false,
    }
}

/// A line of the audit log.
pub fn activity(seconds: i64, what: &str, object: &str, result: &str) -> ActivityEntry {
    ActivityEntry {
        at: before(seconds),
        what: what.into(),
        account: "prod-kitaru".into(),
        object: object.into(),
        result: result.into(),
    }
}

/// A target of the settings.
pub fn target(text: &str, place: Place) -> Target {
    Target { name: TargetName::parse(text).expect("a name"), part: None, place }
}

/// Three targets, two of them the first credential's: one has its secret, the other an older one.
pub fn with_targets() -> Model {
    let mut model = full();
    let gh = ["gh", "secret", "set", "API_KEY", "--repo", "org/app"].map(String::from).into();
    model.targets = vec![
        target(
            "deploy-env",
            Place::File { path: "/srv/app/deploy.env".into(), key: String::from("API_KEY") },
        ),
        target("github", Place::Command { program: gh, seconds: 60, input: None }),
        target(
            "their-tool",
            Place::Keyring { service: String::from("their-tool"), username: String::from("me") },
        ),
    ];
    let account = &mut model.accounts[0];
    let reference = account.listing.credentials[0].reference(account.name());
    let receipt = |name: &str, seconds, result| Receipt {
        target: TargetName::parse(name).expect("a name"),
        at: before(seconds),
        result,
    };
    let note = |receipt: Receipt, current| TargetNote {
        target: receipt.target.clone(),
        receipt: Some(receipt),
        current,
    };
    account.facts.entry(reference).or_default().targets = vec![
        note(receipt("github", 7200, Delivered::Done("".into())), true),
        note(receipt("deploy-env", 2 * DAY, Delivered::ReadBack("the file is new, mode 0600".into())), false),
    ];
    model
}

/// What other tools left here: by the variant nothing, something of another server, or a login and a credential.
pub fn around(look: RequestId, variant: &str) -> Around {
    let one = |index, kind, what: &str, source: &str, endpoint: &str| FoundView {
        at: FoundAt { look, index },
        backend: "kitaru",
        kind,
        what: what.into(),
        source: source.into(),
        warnings: Vec::new(),
        endpoint: Some(Endpoint::parse(endpoint).expect("an address")),
        login: Some(String::from("ada")),
    };
    let here = account("prod-kitaru", &ABILITIES).account.endpoint;
    let here = here.as_str();
    let mut key = one(1, FoundKind::Credential, "API key", "$ZENML_STORE_API_KEY", here);
    key.warnings.push("A variable of the environment can be read by every program started from here.".into());
    let login =
        one(0, FoundKind::Login, "login of ada by password", "~/.config/zenml/credentials.yaml", here);
    let far = one(0, FoundKind::Login, "login of ada by password", "a file", "https://other.example.com");
    let bare = one(0, FoundKind::Account, "account", "a file", here);
    let other = FoundView { backend: "pangolin", ..one(2, FoundKind::Login, "a token", "a file", here) };
    let found = match variant {
        "nothing" | "unread" => Vec::new(),
        "far" => vec![far],
        "bare" => vec![bare],
        _ => vec![login, key, other],
    };
    let junk =
        ("kitaru", "~/.config/zenml/credentials.yaml is not text, so nothing was taken from it.".into());
    let loose =
        LooseFile { backend: "kitaru", path: "~/.config/kitaru/credentials.yaml".into(), mode: 0o644 };
    Around {
        found,
        unread: if variant == "unread" { vec![junk] } else { Vec::new() },
        loose: if variant == "loose" { vec![loose] } else { Vec::new() },
    }
}
