//! The wizards: rotate in its six steps, create, revoke.

use keywright::app::effect::RequestId;
use keywright::app::form::{Field, Form};
use keywright::app::model::Model;
use keywright::app::msg::Kept;
use keywright::app::pane::Overlay;
use keywright::app::pane::create::{Create, CreateStep};
use keywright::app::pane::revoke::Revoke;
use keywright::app::pane::rotate::{Presented, Rotate, RotateStep};
use keywright::domain::answer::{Progress, Verdict};
use keywright::domain::credential::LastUse;
use keywright::domain::failure::{Failure, FailureKind};
use keywright::domain::scope::Granted;
use keywright::domain::session::SessionFacts;
use tui_input::Input;

use crate::build;
use crate::{Case, LARGE, SMALL, USUAL, at, case};

const ALL: [(u16, u16); 3] = [SMALL, USUAL, LARGE];

fn rotate(step: RotateStep, change: impl FnOnce(&mut Rotate, &mut Model)) -> Model {
    rotate_in(build::full(), step, change)
}

/// Where a rotation makes a second credential.
fn second(step: RotateStep, change: impl FnOnce(&mut Rotate, &mut Model)) -> Model {
    let mut model = build::two();
    let session = |kept| SessionFacts { kept, expires: None, ..build::session() };
    model.accounts[0].session = keywright::app::model::SessionView::In(session(true));
    rotate_in(model, step, change)
}

/// Where the form of a rotation is chosen.
fn either(form: usize) -> Model {
    rotate_in(build::either(), RotateStep::Retention, |pane, _| {
        (pane.form, pane.cuts_over) = (form, form == 1);
    })
}

/// The same with the rotation done and the end of the old one promised.
fn promised(change: impl FnOnce(&mut Rotate, &mut Model)) -> Model {
    second(RotateStep::Verify, |pane, model| {
        let mut made = pane.reviewed.clone();
        made.id = keywright::domain::owner::Id::new("second");
        (made.created, made.last_use) = (Some(model.now), LastUse::Never);
        model.accounts[0].listing.credentials.push(made.clone());
        pane.made = Some(made);
        pane.new_presented = Presented::Told(Verdict::Accepted {
            who: "ci-runner".into(),
            scopes: Granted::AsOwner,
            untold: Vec::new(),
        });
        let promise = build::promise(model.now, 23 * 3600);
        keywright::app::promises::arrived(model, vec![promise]);
        change(pane, model);
    })
}

fn rotate_in(mut model: Model, step: RotateStep, change: impl FnOnce(&mut Rotate, &mut Model)) -> Model {
    let (reference, reviewed) = {
        let (account, credential) = model.selected().unwrap();
        (credential.reference(account.name()), credential.clone())
    };
    let mut pane = Rotate {
        credential: reference,
        reviewed,
        reading: None,
        step,
        form: 0,
        choice: 3,
        custom: Input::default(),
        custom_error: None,
        leaked: false,
        typed: Input::default(),
        mistyped: false,
        running: None,
        failure: None,
        kept: None,
        new_presented: Presented::NotYet,
        old_presented: Presented::NotYet,
        operation: None,
        made: None,
        moving: false,
        target: 0,
        slot_agreed: false,
        narrowed: None,
        picker: None,
        cuts_over: false,
        agreed: keywright::domain::scope::Granted::AsOwner,
    };
    change(&mut pane, &mut model);
    model.overlays.push(Overlay::Rotate(Box::new(pane)));
    model
}

fn rotations() -> Vec<Case> {
    let mut cases = at("rotate_review", &ALL, || rotate(RotateStep::Review, |_, _| {}));
    cases.push(case("rotate_form_replace", USUAL, either(0)));
    cases.push(case("rotate_form_in_place", USUAL, either(1)));
    cases.push(case(
        "rotate_review_warnings",
        USUAL,
        rotate(RotateStep::Review, |pane, model| {
            pane.reading = Some(RequestId(4));
            pane.reviewed.last_use = LastUse::Never;
            pane.reviewed.scopes = Granted::Everything;
            pane.reviewed.owner_enabled = false;
            let own = Some(pane.reviewed.id.clone());
            model.accounts[0].session = keywright::app::model::SessionView::In(SessionFacts {
                may_create: Err("only an administrator may".into()),
                may_revoke: Ok(()),
                credential: own,
                ..build::session()
            });
            model.vault = keywright::app::model::VaultView::Memory { sandbox: false };
        }),
    ));
    cases.push(case(
        "rotate_review_scrolled",
        SMALL,
        rotate(RotateStep::Review, |_, model| model.scroll = 99),
    ));
    cases.extend(at("rotate_retention", &ALL, || rotate(RotateStep::Retention, |_, _| {})));
    cases.push(case(
        "rotate_retention_zero_leaked",
        SMALL,
        rotate(RotateStep::Retention, |pane, _| {
            pane.choice = 0;
            pane.leaked = true;
        }),
    ));
    cases.push(case(
        "rotate_retention_custom",
        USUAL,
        rotate(RotateStep::Retention, |pane, model| {
            pane.choice = 6;
            pane.custom = Input::new(String::from("36h"));
            model.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
            model.accounts[0].skew = keywright::domain::time::Skew(600);
        }),
    ));
    cases.push(case(
        "rotate_retention_refused",
        SMALL,
        rotate(RotateStep::Retention, |pane, _| {
            pane.choice = 6;
            pane.custom = Input::new(String::from("soon"));
            pane.custom_error =
                Some(String::from("this is not a length of time; type one such as 10m, 1h 30m or 3d"));
        }),
    ));
    cases
}

#[expect(clippy::too_many_lines, reason = "one entry for each case")]
fn second_credentials() -> Vec<Case> {
    use keywright::app::model::SessionView;
    let mut cases = at("rotate_two_retention", &ALL, || second(RotateStep::Retention, |_, _| {}));
    for (name, session) in [
        ("rotate_two_not_kept", SessionFacts { kept: false, expires: None, ..build::session() }),
        ("rotate_two_ends_before", build::session()),
        (
            "rotate_two_may_not",
            SessionFacts { may_revoke: Err("this PAT has no scope pat".into()), ..build::session() },
        ),
    ] {
        cases.push(case(
            name,
            USUAL,
            second(RotateStep::Retention, |_, model| model.accounts[0].session = SessionView::In(session)),
        ));
    }
    cases.extend(at("rotate_two_check", &[SMALL, USUAL], || second(RotateStep::Check, |_, _| {})));
    cases.push(case("rotate_two_zero", SMALL, second(RotateStep::Check, |pane, _| pane.choice = 0)));
    cases.extend(at("rotate_two_verify", &ALL, || promised(|_, _| {})));
    cases.push(case(
        "rotate_two_still_used",
        USUAL,
        promised(|pane, model| {
            let old = &mut model.accounts[0].listing.credentials[0];
            old.last_use = LastUse::At(build::before(180));
            old.particulars.last_address = Some("203.0.113.9".into());
            old.particulars.last_agent = Some("terraform/1.9".into());
            old.particulars.uses = Some(22);
            pane.old_presented = Presented::Told(Verdict::Accepted {
                who: "ci-runner".into(),
                scopes: Granted::AsOwner,
                untold: Vec::new(),
            });
        }),
    ));
    cases.push(case(
        "rotate_two_verifying",
        USUAL,
        promised(|pane, model| {
            let request = model.request("presenting the old secret of 'default'", false);
            let far = Progress { done: 3, of: 6, what: "job".into(), why: "" };
            model.pending.get_mut(&request).unwrap().progress = Some(far);
            pane.old_presented = Presented::Running(request);
        }),
    ));
    cases.push(case(
        "rotate_two_overdue",
        USUAL,
        promised(|_, model| {
            let promise = keywright::domain::promise::Promise {
                tries: 3,
                next_try: build::before(-600),
                note: String::from("The server did not answer in time"),
                ..build::promise(model.now, -1800)
            };
            keywright::app::promises::arrived(model, vec![promise]);
        }),
    ));
    cases.push(case(
        "rotate_two_not_promised",
        SMALL,
        promised(|pane, model| {
            keywright::app::promises::arrived(model, Vec::new());
            pane.agreed = Granted::Listed(vec!["job".into()]);
            let scopes = Granted::Listed(vec!["job".into(), "billing".into()]);
            pane.new_presented =
                Presented::Told(Verdict::Accepted { who: "ada".into(), scopes, untold: Vec::new() });
        }),
    ));
    cases.push(case(
        "rotate_cut_over",
        SMALL,
        second(RotateStep::Check, |pane, model| {
            model.accounts[0].abilities = &build::CUT;
            pane.cuts_over = true;
        }),
    ));
    cases.push(case(
        "rotate_cut_over_retention",
        USUAL,
        second(RotateStep::Retention, |pane, model| {
            model.accounts[0].abilities = &build::CUT;
            pane.cuts_over = true;
        }),
    ));
    let narrow = |pane: &mut Rotate, model: &mut Model| {
        model.accounts[0].abilities = &build::SCOPED;
        pane.reviewed.scopes = Granted::Listed(vec!["zpool".into(), "job".into()]);
        pane.reviewed.particulars = keywright::domain::credential::Told {
            soft_end: Some(build::before(-20 * build::DAY)),
            hard_end: Some(build::before(-200 * build::DAY)),
            last_address: Some("203.0.113.9".into()),
            last_agent: Some("terraform/1.9".into()),
            uses: Some(22),
            ..keywright::domain::credential::Told::NOTHING
        }
        .into();
        pane.agreed = Granted::Listed(vec!["zpool".into()]);
        pane.narrowed = Some(vec![String::from("zpool")]);
    };
    cases.push(case("rotate_two_narrowed", USUAL, second(RotateStep::Review, narrow)));
    cases.push(case(
        "rotate_two_narrowing",
        USUAL,
        second(RotateStep::Review, |pane, model| {
            narrow(pane, model);
            let choice = match &build::SCOPED.credential.scopes {
                keywright::domain::ability::ScopeModel::Chosen(choice) => choice,
                keywright::domain::ability::ScopeModel::AsOwner(_) => unreachable!("scopes are chosen there"),
            };
            let picker = keywright::app::scopes::ScopePicker::narrowing(choice, &pane.reviewed.scopes);
            pane.picker = Some(picker);
        }),
    ));
    let mut table = promised(|_, _| {});
    table.overlays.clear();
    table.table.cursor = table.table.rows.iter().position(|row| row.credential == 0).unwrap();
    cases.push(case("credentials_retiring", USUAL, table));
    cases
}

fn sent_and_verified() -> Vec<Case> {
    let lost = || Failure::new(FailureKind::CutOff, "after 2 s").unknown();
    let accepted =
        |scopes| Presented::Told(Verdict::Accepted { who: "ci-runner".into(), scopes, untold: Vec::new() });
    let mut cases = at("rotate_targets", &ALL, || rotate(RotateStep::Targets, |_, _| {}));
    cases.extend(at("rotate_check", &ALL, || rotate(RotateStep::Check, |_, _| {})));
    cases.extend(at("rotate_check_protected", &[SMALL, USUAL], || {
        rotate(RotateStep::Check, |pane, model| {
            model.accounts[0].account.protected = true;
            pane.typed = Input::new(String::from("defalt"));
            pane.mistyped = true;
        })
    }));
    cases.push(case(
        "rotate_new_secret_running",
        USUAL,
        rotate(RotateStep::NewSecret, |pane, model| {
            pane.running = Some(model.request("rotating default", true));
            model.now = build::before(-2);
        }),
    ));
    cases.extend(at("rotate_new_secret_unclear", &[SMALL, LARGE], || {
        rotate(RotateStep::NewSecret, |pane, _| pane.failure = Some(lost()))
    }));
    cases.push(case(
        "rotate_new_secret_kept",
        SMALL,
        rotate(RotateStep::NewSecret, |pane, _| pane.kept = Some(Kept::Keyring)),
    ));
    cases.extend(at("rotate_verify", &ALL, || {
        rotate(RotateStep::Verify, |pane, _| pane.new_presented = accepted(Granted::AsOwner))
    }));
    cases.push(case(
        "rotate_verify_wider",
        USUAL,
        rotate(RotateStep::Verify, |pane, _| {
            pane.new_presented = accepted(Granted::Everything);
            pane.old_presented = accepted(Granted::AsOwner);
        }),
    ));
    cases.push(case(
        "rotate_verify_refused",
        USUAL,
        rotate(RotateStep::Verify, |pane, _| {
            pane.new_presented = Presented::Running(RequestId(5));
            pane.old_presented =
                Presented::Told(Verdict::Refused { why: "could not verify key value".into() });
            pane.reviewed.window = None;
        }),
    ));
    cases
}

fn create(step: CreateStep, change: impl FnOnce(&mut Create)) -> Model {
    let mut model = build::full();
    let names = |name: &str, text: &str| {
        Form::new(vec![
            Field::text("name", "name", "", name),
            Field::text("description", "description", "what it is for; may be empty", text),
        ])
    };
    let mut pane = Create {
        account: build::name("prod-kitaru"),
        step,
        kind: 0,
        twice: None,
        by_hand: false,
        targets: Vec::new(),
        target: 0,
        picker: None,
        expiry: None,
        search: Input::default(),
        cursor: 1,
        owner: Some(build::first_owner()),
        owner_form: names("", ""),
        form: names("staging-deploys", "deploys to staging"),
        running: None,
        failure: None,
    };
    change(&mut pane);
    model.overlays.push(Overlay::Create(Box::new(pane)));
    model
}

/// A new person as an owner, with a password.
fn new_user() -> Model {
    let mut model = build::either();
    let turn = Create::open_new_owner(&mut model, 0);
    model.overlays.extend(turn.open);
    model
}

fn creations() -> Vec<Case> {
    let mut cases = at("create_owner", &ALL, || create(CreateStep::Owner, |_| {}));
    cases.push(case(
        "create_owner_no_match",
        SMALL,
        create(CreateStep::Owner, |pane| pane.search = Input::new(String::from("zz"))),
    ));
    cases.push(case(
        "create_new_owner",
        USUAL,
        create(CreateStep::NewOwner, |pane| pane.owner_form.refuse("name", "a name is needed")),
    ));
    cases.push(case("create_new_user", USUAL, new_user()));
    cases.extend(at("create_name", &ALL, || create(CreateStep::Name, |_| {})));
    cases.extend(at("create_rights", &ALL, || create(CreateStep::Rights, |_| {})));
    cases.extend(at("create_check", &ALL, || create(CreateStep::Check, |_| {})));
    cases.push(case(
        "create_running",
        SMALL,
        create(CreateStep::Check, |pane| pane.running = Some(RequestId(8))),
    ));
    cases.push(case(
        "create_failed",
        SMALL,
        create(CreateStep::Check, |pane| {
            pane.failure = Some(Failure::new(
                FailureKind::NameTaken,
                "an API key 'staging-deploys' exists for ci-runner",
            ));
        }),
    ));
    cases
}

fn revoke(change: impl FnOnce(&mut Revoke)) -> Model {
    revoke_in(build::full(), change)
}

fn revoke_in(mut model: Model, change: impl FnOnce(&mut Revoke)) -> Model {
    let (reference, reviewed) = {
        let (account, credential) = model.selected().unwrap();
        (credential.reference(account.name()), credential.clone())
    };
    let mut pane = Revoke {
        credential: reference,
        reviewed,
        reading: None,
        must_type: false,
        typed: Input::default(),
        mistyped: false,
        running: None,
        failure: None,
    };
    change(&mut pane);
    model.overlays.push(Overlay::Revoke(Box::new(pane)));
    model
}

fn revocations() -> Vec<Case> {
    let mut cases = at("revoke", &ALL, || revoke(|_| {}));
    cases.push(case(
        "revoke_typed",
        USUAL,
        revoke(|pane| {
            pane.must_type = true;
            pane.typed = Input::new(String::from("defau"));
        }),
    ));
    cases.push(case("revoke_typed", SMALL, revoke(|pane| pane.must_type = true)));
    cases.push(case(
        "revoke_unclear",
        USUAL,
        revoke(|pane| pane.failure = Some(Failure::new(FailureKind::Slow, "").unknown())),
    ));
    cases.push(case(
        "revoke_gone",
        USUAL,
        revoke(|pane| pane.failure = Some(Failure::new(FailureKind::NotFound, ""))),
    ));
    cases.push(case("revoke_guards", USUAL, {
        let mut model = build::full();
        let credential = &mut model.accounts[0].listing.credentials[0];
        credential.scopes = Granted::Everything;
        let session = SessionFacts { credential: Some(credential.id.clone()), ..build::session() };
        model.accounts[0].session = keywright::app::model::SessionView::In(session);
        revoke_in(model, |pane| pane.must_type = true)
    }));
    // The second one of a rotation is there, and somebody goes on with the first.
    cases.push(case("revoke_still_used", USUAL, {
        let mut model = promised(|_, model| {
            let old = &mut model.accounts[0].listing.credentials[0];
            old.last_use = LastUse::At(build::before(180));
            old.particulars.uses = Some(22);
        });
        model.overlays.clear();
        revoke_in(model, |_| {})
    }));
    cases.push(case("revoke_running", SMALL, revoke(|pane| pane.running = Some(RequestId(2)))));
    cases
}

/// Every picture.
pub fn cases() -> Vec<Case> {
    [rotations(), second_credentials(), sent_and_verified(), creations(), revocations()]
        .into_iter()
        .flatten()
        .collect()
}
