//! A revocation, and the changes that can be undone: edit, switch off, owners.

use crate::play::Play;
use crate::{build, check, expect, protected};
use keywright::app::model::Pane;
use keywright::app::msg::Reply;

#[test]
fn read_afresh_then_asked() {
    let mut play = check(build::full(), "x", "read c1 | = credentials > revoke reading");
    expect(&mut play, "<enter>", "= credentials > revoke reading | ! still reading what is true now");
    expect(&mut play, "@read", "= credentials > revoke");
    expect(&mut play, "~<enter>", "= credentials > revoke");
    expect(&mut play, "<enter>", "revoke 'default' of ci-runner | = credentials > revoke …");
    expect(&mut play, "<enter>", "= credentials > revoke …");
    expect(
        &mut play,
        "@revoke",
        "
        unfinished
        = credentials
        ! 'default' is revoked; presented again, it was refused (invalid key)
    ",
    );
    assert_eq!(play.model.accounts[0].listing.credentials.len(), 5);
}

#[test]
fn an_old_secret_is_not_revoked_by_itself() {
    check(build::full(), "j x", "= credentials > message The old secret ends by itself");
}

#[test]
fn how_it_is_known_is_said() {
    for (reply, notice) in [
        ("@revoke", "'default' is revoked; presented again, it was refused (invalid key)"),
        ("@revoke=unlisted", "'default' is revoked; the listing does not have it any more"),
        ("@revoke=accepted", "'default' was revoked, but presented again it was still accepted"),
        ("@revoke=unproven", "'default' is revoked; that could not be checked (the server was slow)"),
    ] {
        let mut play = Play::new(build::full());
        play.run("x @read <enter>").run(reply);
        assert_eq!(play.model.notice.as_ref().unwrap().text, notice);
        assert_eq!(play.place(), "credentials");
    }
}

#[test]
fn on_a_protected_account_the_name_is_typed_not_pasted() {
    let mut play = check(protected(), "x @read <enter>", "read c1 | = credentials > revoke mistyped");
    expect(&mut play, "#paste=default <enter>", "= credentials > revoke mistyped");
    expect(&mut play, "'default' <enter>", "revoke 'default' of ci-runner | = credentials > revoke …");
}

#[test]
fn failures_stay_where_they_happened() {
    check(
        build::full(),
        "x @read <enter> @revoke!forbidden",
        "
        read c1
        revoke 'default' of ci-runner
        unfinished
        = credentials > revoke [The server does not allow this]
    ",
    );
    check(
        build::full(),
        "x @read <enter> @revoke!cut?",
        "
        read c1
        revoke 'default' of ci-runner
        unfinished
        = credentials > revoke [The connection ended before the answer did]
    ",
    );
    check(build::full(), "x @read <enter> @revoke!out", "
        read c1
        revoke 'default' of ci-runner
        unfinished
        = credentials > revoke [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
    // What is not there any more needs no revoking.
    check(
        build::full(),
        "x @read!gone",
        "read c1 | list prod-kitaru | = credentials > revoke [It is not there any more]",
    );
    check(build::full(), "x @read!gone <enter>", "read c1 | list prod-kitaru | = credentials");
    // After any failure what is true is read again before anything is sent.
    check(build::full(), "x @read!slow <enter>", "read c1 | read c1 | = credentials > revoke reading");
    check(
        build::full(),
        "x @read <enter> @revoke!cut? <enter> <enter>",
        "
        read c1
        revoke 'default' of ci-runner
        unfinished
        read c1
        = credentials > revoke reading
        ! still reading what is true now
    ",
    );
    check(
        build::full(),
        "x @read <enter> @revoke!cut? <enter> @read!gone <enter>",
        "
        read c1
        revoke 'default' of ci-runner
        unfinished
        read c1
        list prod-kitaru
        = credentials
    ",
    );
    // Somebody else was faster: there is nothing left to revoke, and it is not sent again.
    let mut play = check(
        build::full(),
        "x @read <enter> @revoke!gone",
        "
        read c1
        revoke 'default' of ci-runner
        list prod-kitaru
        unfinished
        = credentials > revoke [It is not there any more]
    ",
    );
    expect(&mut play, "<enter>", "= credentials");
    check(
        build::full(),
        "x @read <enter> <esc> @revoke",
        "
        read c1
        revoke 'default' of ci-runner
        list prod-kitaru
        = credentials
        ! revoked; refresh to see the list
    ",
    );
    check(
        build::full(),
        "x @read <enter> <esc> @revoke!slow?",
        "
        read c1
        revoke 'default' of ci-runner
        list prod-kitaru
        = credentials
        ! The server did not answer in time
    ",
    );
    check(build::full(), "x <esc> @read", "read c1 | = credentials");
}

#[test]
fn name_and_description_are_changed() {
    let mut play = check(
        build::full(),
        "e",
        "
        = credentials > edit [name=default] description=prod deploys
    ",
    );
    expect(
        &mut play,
        "<c-u> 'main' <enter> <enter>",
        "
        edit c1 name 'main'
        = credentials > edit name=main [description=prod deploys] …
    ",
    );
    expect(&mut play, "@edit", "= credentials | ! changed 'default' of ci-runner");
    // Nothing changed, nothing sent.
    check(build::full(), "e <enter> <enter>", "= credentials");
    check(
        build::full(),
        "e <c-u> <enter> <enter>",
        "
        = credentials > edit [name= (a name is needed)] description=prod deploys
    ",
    );
    check(build::full(), "e <tab> '!' <enter> @edit!out", "
        edit c1 about 'prod deploys!'
        = credentials > edit name=default [description=prod deploys!] [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
    check(
        build::full(),
        "e <tab> '!' <enter> <esc> @edit",
        "
        edit c1 about 'prod deploys!'
        list prod-kitaru
        = credentials
        ! changed 'default'
    ",
    );
    check(
        build::full(),
        "e <tab> '!' <enter> <esc> @edit!forbidden",
        "
        edit c1 about 'prod deploys!'
        list prod-kitaru
        = credentials
        ! The server does not allow this
    ",
    );
}

#[test]
fn what_a_backend_cannot_change_is_said() {
    check(
        build::of(vec![build::pools()]),
        "e",
        "
        = credentials
        ! zpools cannot change names or descriptions
    ",
    );
    check(build::of(vec![build::pools()]), "o", "= credentials | ! zpools cannot switch credentials off");
}

#[test]
fn switching_off_asks_and_is_typed_on_protected_accounts() {
    let mut play = check(build::full(), "o", "= credentials > confirm Switch 'default' off");
    expect(&mut play, "<enter>", "edit c1 off | = credentials > confirm Switch 'default' off …");
    expect(&mut play, "@edit", "list prod-kitaru | = credentials | ! done: Switch 'default' off");
    assert!(!play.model.accounts[0].listing.credentials[0].enabled);
    let mut play = check(
        protected(),
        "o <enter>",
        "
        = credentials > confirm Switch 'default' off mistyped
    ",
    );
    expect(&mut play, "'default' <enter>", "edit c1 off | = credentials > confirm Switch 'default' off …");
    check(build::full(), "o <esc>", "= credentials");
    check(build::full(), "o <enter> @edit!out", "
        edit c1 off
        = credentials > confirm Switch 'default' off [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
}

#[test]
fn switching_on_needs_no_typing() {
    let mut model = protected();
    model.table.cursor = model.table.rows.iter().position(|row| row.credential == 2).unwrap();
    check(model, "o <enter>", "edit c3 on | = credentials > confirm Switch 'backup' on …");
}

#[test]
fn owners_are_switched_off_and_deleted_only_after_the_question() {
    let mut model = build::full();
    model.pane = Pane::Owners;
    let mut play = check(model, "x", "= owners > confirm Delete service account 'ci-runner'");
    expect(&mut play, "<enter>", "= owners > confirm Delete service account 'ci-runner' mistyped");
    expect(
        &mut play,
        "#paste=ci-runner <enter>",
        "
        = owners > confirm Delete service account 'ci-runner' mistyped
    ",
    );
    expect(
        &mut play,
        "'ci-runner' <enter>",
        "
        delete owner o1
        = owners > confirm Delete service account 'ci-runner' …
    ",
    );
    expect(
        &mut play,
        "@delete-owner",
        "
        list prod-kitaru
        = owners
        ! done: Delete service account 'ci-runner'
    ",
    );
    check(build::full(), "3 o", "= owners > confirm Switch service account 'ci-runner' off");
    check(
        build::full(),
        "3 o <enter> @enable-owner",
        "
        enable owner o1 off
        list prod-kitaru
        = owners
        ! done: Switch service account 'ci-runner' off
    ",
    );
    check(
        protected(),
        "3 o <enter>",
        "
        = owners > confirm Switch service account 'ci-runner' off mistyped
    ",
    );
    check(
        build::full(),
        "3 o <enter> @enable-owner!forbidden",
        "
        enable owner o1 off
        = owners > confirm Switch service account 'ci-runner' off [The server does not allow this]
    ",
    );
    check(build::full(), "3 x 'ci-runner' <enter> @delete-owner!out", "
        delete owner o1
        = owners > confirm Delete service account 'ci-runner' [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
    check(
        build::full(),
        "3 x 'ci-runner' <enter> <esc> @delete-owner",
        "
        delete owner o1
        list prod-kitaru
        = owners
        ! deleted; refresh to see the list
    ",
    );
    check(
        build::full(),
        "3 o <enter> <esc> @enable-owner",
        "
        enable owner o1 off
        list prod-kitaru
        = owners
        ! done: ci-runner
    ",
    );
}

#[test]
fn owners_lead_to_their_credentials_and_new_ones_are_made() {
    let mut play = check(build::full(), "3 j <enter>", "= credentials");
    assert_eq!(play.model.table.filter.value(), "owner:etl");
    assert_eq!(play.model.table.rows.len(), 2);
    expect(&mut play, "3 n", "= owners > create newowner [name=] description=");
    check(build::full(), "3 <esc>", "= credentials");
    check(build::full(), "3 G g <pagedown> <pageup> <down> <up>", "= owners");
}

#[test]
fn a_new_owner_is_made_where_the_one_under_the_cursor_is() {
    let mut model = build::several();
    let of_pools = model.table.rows.iter().position(|row| row.account == 1);
    (model.table.cursor, model.table.held) = (of_pools.expect("a line of it"), true);
    check(model, "3 n", "= owners > create newowner [name=] description=");
    check(build::several(), "3 G n", "= owners | ! users cannot be made here");
}

#[test]
fn the_credential_of_the_own_login_is_typed() {
    let mut model = build::full();
    let credential = model.accounts[0].listing.credentials[0].id.clone();
    let session =
        keywright::domain::session::SessionFacts { credential: Some(credential), ..build::session() };
    model.accounts[0].session = keywright::app::model::SessionView::In(session);
    let mut play = Play::new(model);
    play.run("x @read");
    play.log.clear();
    expect(&mut play, "<enter>", "= credentials > revoke mistyped");
    expect(&mut play, "'default' <enter>", "revoke 'default' of ci-runner | = credentials > revoke …");
}

#[test]
fn a_use_of_somebody_elses_warns_for_a_day_and_our_own_checks_do_not() {
    use keywright::app::guards::used_lately;
    use keywright::domain::credential::LastUse;

    let mut model = build::full();
    let now = model.now;
    let hour = build::before(3600);
    for (last, want) in [
        (LastUse::At(hour), Some(hour)),
        (LastUse::At(build::before(25 * 3600)), None),
        (LastUse::OurCheck { before: None }, None),
        (LastUse::OurCheck { before: Some(hour) }, Some(hour)),
        (LastUse::Never, None),
        (LastUse::Untold, None),
    ] {
        model.accounts[0].listing.credentials[0].last_use = last.clone();
        let account = &model.accounts[0];
        assert_eq!(used_lately(account, &account.listing.credentials[0], now), want, "{last:?}");
    }
}

#[test]
fn the_last_one_that_may_do_everything_is_typed() {
    use keywright::app::guards::is_last_admin;
    use keywright::domain::scope::Granted;

    let mut model = build::full();
    let now = model.now;
    let account = &mut model.accounts[0];
    account.listing.credentials[0].scopes = Granted::Everything;
    let (one, other) = (account.listing.credentials[0].clone(), account.listing.credentials[1].clone());
    assert!(is_last_admin(account, &one, now) && !is_last_admin(account, &other, now));
    account.listing.credentials[1].scopes = Granted::Everything;
    assert!(!is_last_admin(account, &one, now), "there is another one");
    account.listing.credentials[1].enabled = false;
    assert!(is_last_admin(account, &one, now), "that does not work");
    check(model, "x @read <enter>", "read c1 | = credentials > revoke mistyped");
    // It came to be that only after the list was read.
    let mut play = Play::new(build::full());
    play.run("x");
    play.answer("read", |model, _| {
        let mut fresh = model.accounts[0].listing.credentials[0].clone();
        fresh.scopes = Granted::Everything;
        Reply::Read(Box::new(Ok((fresh, model.accounts[0].skew))))
    });
    play.told();
    expect(&mut play, "<enter>", "= credentials > revoke mistyped");
}
