//! Logging in: every way, failure, approval elsewhere, giving up.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::model::{Model, SessionView};
use keywright::domain::ability::{Abilities, LoginField, LoginMethod, any_owner};

fn out() -> Model {
    let mut model = build::full();
    model.accounts[0].session = SessionView::Out;
    model
}

#[test]
fn name_and_password() {
    check(out(), "L", "= credentials > login method=name and password username=ada [password=] keep=off");
    check(
        out(),
        "L 'pw' <enter>",
        "
        log in prod-kitaru password username=ada password:2
        = credentials > login method=name and password username=ada [password=] keep=off …
    ",
    );
    check(
        out(),
        "L 'pw' <enter> @log-in",
        "
        log in prod-kitaru password username=ada password:2
        list prod-kitaru
        = credentials
        ! logged in to prod-kitaru as ada
    ",
    );
    // Kept only when asked for.
    check(
        out(),
        "L 'pw' <tab> <space> <enter>",
        "
        log in prod-kitaru password username=ada password:2 kept
        = credentials > login method=name and password username=ada password= [keep=on] …
    ",
    );
}

#[test]
fn what_is_needed_is_asked_for() {
    let mut model = out();
    model.accounts[0].account.login = None;
    check(
        model,
        "L <enter>",
        "
        = credentials > login method=name and password [username= (this is needed)] password= keep=off
    ",
    );
}

#[test]
fn a_refused_login_keeps_the_name_and_forgets_the_password() {
    check(out(), "L <up> <c-u> 'grace' <tab> 'pw' <enter> @log-in!login", "
        log in prod-kitaru password username=grace password:2
        = credentials > login method=name and password username=grace [password=] keep=off [The login was refused]
    ");
    check(
        out(),
        "L 'pw' <enter> @log-in!login 'pw2' <enter> @log-in",
        "
        log in prod-kitaru password username=ada password:2
        log in prod-kitaru password username=ada password:3
        list prod-kitaru
        = credentials
        ! logged in to prod-kitaru as ada
    ",
    );
}

#[test]
fn another_way_keeps_the_name_but_moves_no_secret() {
    check(
        out(),
        "L 'pw' <up> <up> <right>",
        "
        = credentials > login [method=approve in a browser] keep=off
    ",
    );
    check(
        out(),
        "L 'pw' <up> <up> <right> <left>",
        "
        = credentials > login [method=name and password] username=ada password= keep=off
    ",
    );
}

#[test]
fn keys_typed_while_it_is_under_way_change_nothing() {
    check(
        out(),
        "L 'pw' <enter> 'zzz' <enter>",
        "
        log in prod-kitaru password username=ada password:2
        = credentials > login method=name and password username=ada [password=] keep=off …
    ",
    );
}

#[test]
fn approved_elsewhere() {
    let mut play = check(
        out(),
        "L <up> <up> <right> <enter>",
        "
        device login prod-kitaru
        = credentials > login [method=approve in a browser] keep=off …
    ",
    );
    expect(&mut play, "@device", "= credentials > login code [method=approve in a browser] keep=off …");
    expect(
        &mut play,
        "y",
        "
        copy 'https://prod.example.com/devices?code=WDJB-MJHT'
        = credentials > login code [method=approve in a browser] keep=off …
    ",
    );
    expect(
        &mut play,
        "@device-login",
        "
        list prod-kitaru
        = credentials
        ! logged in to prod-kitaru as ada
    ",
    );
}

#[test]
fn giving_up_cancels_what_is_under_way() {
    let mut play = check(
        out(),
        "L <up> <up> <right> <enter> @device <esc>",
        "
        device login prod-kitaru
        cancel
        = credentials > login [method=approve in a browser] keep=off
    ",
    );
    expect(&mut play, "@device-login", "= credentials > login [method=approve in a browser] keep=off");
    expect(&mut play, "<esc>", "= credentials");
    let mut play = check(
        out(),
        "L 'pw' <enter> <esc>",
        "
        log in prod-kitaru password username=ada password:2
        cancel
        = credentials
    ",
    );
    // The answer comes too late: nobody is logged in by it.
    expect(&mut play, "@log-in", "= credentials");
    assert!(play.model.accounts[0].session().is_none());
}

#[test]
fn a_code_nobody_waits_for_is_dropped() {
    check(
        out(),
        "L <up> <up> <right> <enter> <esc> @device",
        "
        device login prod-kitaru
        cancel
        = credentials
    ",
    );
}

#[test]
fn a_bug_in_the_login_leaves_the_form() {
    check(
        out(),
        "L 'pw' <enter> @crash=log-in",
        "
        log in prod-kitaru password username=ada password:2
        = credentials > login method=name and password username=ada [password=] keep=off
        ! a bug stopped this: logging in to prod-kitaru. Try again.
    ",
    );
    check(
        out(),
        "L <up> <up> <right> <enter> @device @crash=device-login",
        "
        device login prod-kitaru
        = credentials > login [method=approve in a browser] keep=off
        ! a bug stopped this: logging in to prod-kitaru. Try again.
    ",
    );
}

#[test]
fn writing_without_a_login_asks_for_it_first() {
    for key in ["n", "r", "x", "e", "o"] {
        let mut play = Play::new(out());
        play.run(key);
        assert!(play.place().starts_with("credentials > login"), "{key}: {}", play.place());
        assert!(play.log.is_empty(), "{key}");
    }
}

#[test]
fn a_login_that_may_not_write_is_told_why_before_anything_is_typed() {
    // Where a credential might be made by hand, the backend is asked for its page first.
    for key in ["n @creation-page=none", "r", "x", "e", "o"] {
        let mut model = build::full();
        let mut session = build::session();
        session.may_create = Err("only an administrator may".into());
        session.may_revoke = session.may_create.clone();
        model.accounts[0].session = SessionView::In(session);
        let mut play = Play::new(model);
        play.run(key);
        assert_eq!(play.place(), "credentials > message This login may not change anything", "{key}");
        play.run("L");
        assert!(play.place().starts_with("credentials > login"), "{key}: {}", play.place());
    }
}

#[test]
fn logging_out_forgets_what_was_listed() {
    let mut play = check(build::full(), ": 'log out' <enter>", "log out prod-kitaru | = credentials");
    assert!(play.model.table.rows.is_empty());
    // A listing that was under way does not come back.
    let mut late = check(
        build::full(),
        "<f5> : 'log out' <enter> @list",
        "
        list prod-kitaru
        log out prod-kitaru
        = credentials
    ",
    );
    assert!(late.model.table.rows.is_empty());
    expect(&mut play, "@log-out", "= credentials | ! done");
    expect(&mut late, "@log-out", "= credentials | ! done");
}

/// A backend with one way only, whose secret must not be empty.
static ONE_WAY: Abilities = Abilities {
    logins: &[LoginMethod {
        id: "pat",
        title: "token",
        explain: "",
        fields: &[LoginField { id: "pat", label: "token", secret: true, optional: false }],
        keeps: "the token",
    }],
    id: "other",
    title: "Other",
    endpoint: "",
    schemes: &keywright::domain::account::WEB,
    settings: &[],
    owner: keywright::domain::ability::OwnerAbility {
        noun: "user",
        plural: "users",
        create: false,
        disable: false,
        delete: false,
        names: keywright::domain::ability::NameRule { longest: 9, refused: &[], only: None, words: "" },
        fields: &[],
        edits: &[],
    },
    credential: keywright::domain::ability::CredentialAbility {
        noun: "token",
        parts: keywright::domain::ability::WHOLE,
        names: keywright::domain::ability::NameRule { longest: 9, refused: &[], only: None, words: "" },
        create: Ok(()),
        describe: false,
        edit: false,
        disable: false,
        scopes: keywright::domain::ability::ScopeModel::AsOwner(""),
        expiry: keywright::domain::ability::ExpiryModel::None(""),
        last_use: keywright::domain::ability::Told::No(""),
        may_own: any_owner,
        named_here: false,
        rotation: keywright::domain::ability::RotationForm::TwoCredentials {
            sentence: "",
            narrows: false,
            grace: None,
        },
        further_rotations: &[],
        revoke: keywright::domain::ability::RevokeForm { verb: "revoke", sentence: "" },
        replay: keywright::domain::ability::Replay::NEVER,
    },
    further: &[],
    restart: None,
    vending: None,
    history: None,
    verify: "",
};

#[test]
fn a_single_way_is_not_a_choice_and_its_secret_is_needed() {
    let mut model = build::of(vec![build::account("prod-kitaru", &ONE_WAY)]);
    model.accounts[0].session = SessionView::Out;
    let mut play = check(model, "L <enter>", "= credentials > login [pat= (this is needed)] keep=off");
    expect(
        &mut play,
        "#paste=tok⏎en⏎ <enter>",
        "
        log in prod-kitaru pat pat:5
        = credentials > login [pat=] keep=off …
    ",
    );
}

#[test]
fn too_many_logins_keep_what_was_typed_and_count_down() {
    let mut model = build::full();
    model.accounts[0].session = keywright::app::model::SessionView::Out;
    let mut play = Play::new(model);
    play.run("L 'correct horse' <enter>");
    let sent = play.told();
    assert!(sent.contains("password:13"), "{sent}");
    let told = play.run("@log-in!many").told();
    assert!(told.contains("[Too many requests]"), "{told}");
    // Until the server takes another attempt nothing is sent, and the second after it what was typed goes out again.
    let told = play.run("+59s <enter>").told();
    assert!(!told.contains("log in ") && told.contains("takes another attempt in 1 s"), "{told}");
    let told = play.run("+1s <enter>").told();
    assert!(told.contains("password:13"), "{told}");
}

#[test]
fn too_many_mints_in_the_middle_of_a_wizard_lose_nothing() {
    let mut play = Play::new(build::full());
    play.run("n <enter> 'robot' <tab> 'for the night' <enter> <enter> <enter>");
    let told = play.told();
    assert!(told.contains("create 'robot'"), "{told}");
    let told = play.run("@create!many +10s <enter>").told();
    assert!(!told.contains("create 'robot'") && told.contains("takes another attempt in 50 s"), "{told}");
    let told = play.run("+50s <enter>").told();
    assert!(told.contains("create 'robot' for ci-runner about 'for the night'"), "{told}");
}

#[test]
fn a_login_that_was_renewed_along_the_way_is_counted_down_anew() {
    use keywright::app::msg::Msg;
    let later =
        keywright::domain::session::SessionFacts { expires: Some(build::before(-7200)), ..build::session() };
    let mut play = Play::new(build::full());
    assert_ne!(play.model.accounts[0].session(), Some(&later));
    play.send(Msg::Renewed(build::name("prod-kitaru"), Box::new(later.clone())));
    assert_eq!(play.model.accounts[0].session(), Some(&later));
    // Whoever logged out meanwhile stays so.
    play.model.accounts[0].session = SessionView::Out;
    play.send(Msg::Renewed(build::name("prod-kitaru"), Box::new(later)));
    assert!(play.model.accounts[0].session().is_none());
}
