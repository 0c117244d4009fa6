//! A new credential: owner, name, rights, check.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::effect::Effect;
use keywright::app::model::Model;

/// To the last step with everything typed.
const TYPED: &str = "n 'etl' <enter> 'deploy' <tab> 'for the pipeline' <enter> <enter>";

fn to(step: &str) -> Play {
    let mut play = Play::new(build::full());
    play.run(step);
    play
}

#[test]
fn every_step() {
    let mut play = check(build::full(), "n", "= credentials > create owner [name=] description=");
    expect(&mut play, "'etl'", "= credentials > create owner [name=] description=");
    expect(&mut play, "<enter>", "= credentials > create name [name=] description=");
    expect(&mut play, "'deploy' <enter>", "= credentials > create name name=deploy [description=]");
    expect(
        &mut play,
        "'for the pipeline' <enter>",
        "
        = credentials > create rights name=deploy [description=for the pipeline]
    ",
    );
    expect(
        &mut play,
        "<enter>",
        "
        = credentials > create check name=deploy [description=for the pipeline]
    ",
    );
    expect(
        &mut play,
        "<enter>",
        "
        create 'deploy' for etl about 'for the pipeline'
        = credentials > create check name=deploy [description=for the pipeline] …
    ",
    );
    expect(&mut play, "@create", "unfinished | = credentials > reveal deploy masked safe");
    expect(
        &mut play,
        "<c-d>",
        "
        repaint
        advance shown
        verify new current for the operation
        = credentials
    ",
    );
    expect(
        &mut play,
        "@verify",
        "
        unfinished
        = credentials
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    assert_eq!(play.model.selected().unwrap().1.name.as_str(), "deploy");
}

#[test]
fn the_owner_of_the_line_is_offered_first() {
    let play = to("n <enter>");
    let Some(keywright::app::pane::Overlay::Create(pane)) = play.model.overlays.last() else {
        panic!("create")
    };
    assert_eq!(pane.owner, Some(build::first_owner()));
    let mut play = to("n <enter> 'm' <enter> <enter> <enter> <enter>");
    expect(
        &mut play,
        "",
        "
        create 'm' for ci-runner about ''
        = credentials > create check name=m [description=] …
    ",
    );
}

#[test]
fn esc_goes_back_one_step_and_keeps_what_was_typed() {
    let mut play = to(TYPED);
    expect(&mut play, "<esc>", "= credentials > create rights name=deploy [description=for the pipeline]");
    expect(&mut play, "<esc>", "= credentials > create name name=deploy [description=for the pipeline]");
    expect(&mut play, "<esc>", "= credentials > create owner name=deploy [description=for the pipeline]");
    expect(&mut play, "<esc>", "= credentials");
}

#[test]
fn names_are_checked_before_anything_is_sent() {
    for (typed, why) in [
        ("<enter>", "a name is needed"),
        ("'a/b' <enter>", "'/' cannot be part of a name here"),
        ("'default' <enter>", "this owner has one of that name already"),
    ] {
        let mut play = to("n 'ci-runner' <enter>");
        play.run(typed);
        assert!(play.place().contains(why), "{typed}: {}", play.place());
        assert!(play.log.is_empty(), "{typed}");
    }
    let long = format!("n 'etl' <enter> #paste={} <enter>", "x".repeat(256));
    assert!(to(&long).place().contains("at most 255 characters; these are 256"));
    // The same name is free for another owner.
    let play = to("n 'etl' <enter> 'default' <enter> <enter>");
    assert!(play.place().contains("create rights"), "{}", play.place());
}

#[test]
fn a_name_refused_by_description_field_is_shown_where_it_is_typed() {
    check(
        build::full(),
        "n 'etl' <enter> <tab> 'only a description' <enter>",
        "
        = credentials > create name [name= (a name is needed)] description=only a description
    ",
    );
}

#[test]
fn pasted_line_breaks_neither_enter_nor_submit() {
    check(
        build::full(),
        "n #paste=et⏎l⏎ <enter> #paste=na⏎me⏎",
        "
        = credentials > create name [name=name] description=
    ",
    );
}

#[test]
fn an_owner_that_is_missing_is_made_on_the_way() {
    let mut play = check(
        build::full(),
        "n 'fresh' <enter>",
        "
        = credentials > create newowner [name=fresh] description=
    ",
    );
    expect(
        &mut play,
        "<enter> 'a new one' <enter>",
        "
        create owner 'fresh' in prod-kitaru description:'a new one'
        = credentials > create newowner name=fresh [description=a new one] …
    ",
    );
    expect(&mut play, "@create-owner", "= credentials > create name [name=] description= | ! made fresh");
    expect(
        &mut play,
        "'key' <enter> <enter> <enter> <enter>",
        "
        create 'key' for fresh about ''
        = credentials > create check name=key [description=] …
        ! made fresh
    ",
    );
    check(
        build::full(),
        "n <c-n> <enter> <enter>",
        "
        = credentials > create newowner [name= (a name is needed)] description=
    ",
    );
    check(
        build::full(),
        "n <c-n> 'x' <enter> <enter> @create-owner!taken",
        "
        create owner 'x' in prod-kitaru description:''
        list prod-kitaru
        = credentials > create newowner name=x [description=] [The name is taken]
    ",
    );
    check(build::full(), "n <c-n> <esc>", "= credentials > create owner [name=] description=");
}

#[test]
fn where_owners_cannot_be_made_it_says_so() {
    let mut pools = build::pools();
    pools.listing.owners.push(build::owner("u2", "lin", ""));
    let mut model = build::of(vec![pools]);
    model.table.cursor = 0;
    check(
        model,
        "n <c-n>",
        "
        = credentials > create owner [name=]
        ! owners cannot be made here
    ",
    );
}

#[test]
fn what_certainly_failed_can_be_tried_again_from_the_same_step() {
    let mut play = to(TYPED);
    expect(
        &mut play,
        "<enter> @create!taken",
        "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        list prod-kitaru
        = credentials > create check name=deploy [description=for the pipeline] [The name is taken]
    ",
    );
    expect(
        &mut play,
        "<enter> @create",
        "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        = credentials > reveal deploy masked safe
    ",
    );
}

#[test]
fn a_throttle_in_the_middle_of_the_wizard_costs_nothing_that_was_typed() {
    let mut play = to(TYPED);
    play.run("<enter>");
    for _ in 0..2 {
        play.run("@create!many");
        let told = play.told();
        assert!(told.contains("create check name=deploy [description=for the pipeline]"), "{told}");
        assert_eq!(told.matches("create 'deploy'").count(), 1, "sent by Enter, never by itself: {told}");
        play.run("+60s <enter>");
    }
    play.run("@create");
    assert!(play.told().contains("reveal deploy"));
}

#[test]
fn what_may_have_been_made_is_never_asked_for_again_by_enter() {
    let mut play = to(TYPED);
    expect(&mut play, "<enter> @create!cut? @unfinished=left", "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        list prod-kitaru
        = credentials > create check name=deploy [description=for the pipeline] [The connection ended before the answer did]
    ");
    expect(&mut play, "<enter>", "unfinished | = credentials > unfinished 0");
    let mut play = to(TYPED);
    expect(
        &mut play,
        "<enter> @create!cut? @unfinished=left <esc>",
        "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        list prod-kitaru
        = credentials
    ",
    );
}

#[test]
fn a_session_that_ends_in_the_wizard_asks_for_the_login_on_top_and_loses_nothing() {
    let mut play = to(TYPED);
    expect(&mut play, "<enter> @create!out", "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        = credentials > create check name=deploy [description=for the pipeline] [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
    expect(
        &mut play,
        "'pw' <enter> @log-in",
        "
        log in prod-kitaru password username=ada password:2
        list prod-kitaru
        = credentials > create check name=deploy [description=for the pipeline]
        ! logged in to prod-kitaru as ada
    ",
    );
    expect(
        &mut play,
        "<enter>",
        "
        create 'deploy' for etl about 'for the pipeline'
        = credentials > create check name=deploy [description=for the pipeline] …
        ! logged in to prod-kitaru as ada
    ",
    );
    // Giving the login up leads back as well.
    let mut play = to(TYPED);
    expect(
        &mut play,
        "<enter> @create!out <esc>",
        "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        = credentials > create check name=deploy [description=for the pipeline] [The session has ended]
    ",
    );
}

#[test]
fn a_wizard_closed_while_it_is_asked_for_still_shows_the_secret() {
    let mut play = to(TYPED);
    expect(&mut play, "<enter> <esc>", "create 'deploy' for etl about 'for the pipeline' | = credentials");
    expect(&mut play, "@create", "unfinished | = credentials > reveal deploy masked safe");
    let mut play = to(TYPED);
    expect(
        &mut play,
        "<enter> <esc> @create!slow?",
        "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        = credentials
        ! The server did not answer in time
    ",
    );
}

#[test]
fn a_key_held_down_confirms_nothing() {
    let mut play = to(TYPED);
    expect(
        &mut play,
        "~<enter> ~<enter>",
        "
        = credentials > create check name=deploy [description=for the pipeline]
    ",
    );
    let sent = |play: &Play| play.open.iter().any(|(_, effect)| matches!(effect, Effect::Create(..)));
    assert!(!sent(&play));
    play.run("<enter> ~<enter> ~<enter>");
    assert_eq!(play.asked(), ["create"]);
}

#[test]
fn nothing_is_done_twice_while_it_is_under_way() {
    let mut play = to(TYPED);
    play.run("<enter> <enter> <enter> 'x' <tab>");
    assert_eq!(play.asked(), ["create"]);
}

#[test]
fn a_bug_is_said_and_unfinished_work_looked_for() {
    let mut play = to(TYPED);
    expect(&mut play, "<enter> @crash=create", "
        create 'deploy' for etl about 'for the pipeline'
        unfinished
        = credentials > create check name=deploy [description=for the pipeline] [The connection ended before the answer did]
        ! a bug stopped this: creating 'deploy' for etl. It may have happened; see unfinished work (u).
    ");
}

#[test]
fn with_no_owner_at_all_the_wizard_begins_with_one() {
    let mut model: Model = build::full();
    model.accounts[0].listing = keywright::domain::answer::Listing::default();
    build::rebuild(&mut model);
    check(model, "n <enter>", "= credentials > create newowner [name=] description=");
}

#[test]
fn locked_while_it_is_asked_for_or_presented_the_secret_is_there_afterwards() {
    for (kept, safe) in [("keyring", "safe"), ("nowhere", "unsafe")] {
        let mut play = to(&format!("{TYPED} <enter> <enter> <c-l>"));
        assert!(play.place().ends_with("LOCKED"), "{}", play.place());
        play.run(&format!("@create={kept}"));
        let behind = format!("credentials > reveal deploy masked {safe} > LOCKED");
        assert_eq!(play.place(), behind);
        play.run("u y <c-d> <esc>");
        assert_eq!(play.place(), behind, "no key reaches it there");
        play.run("<enter>");
        assert_eq!(play.place(), format!("credentials > reveal deploy masked {safe}"));
    }
    let play = to(&format!("{TYPED} <enter> <enter> @create <c-d> <c-l> @verify"));
    assert_eq!(play.place(), "credentials > LOCKED");
    let account = &play.model.accounts[0];
    let made = account.listing.credentials.iter().find(|one| one.name.as_str() == "deploy").expect("listed");
    assert!(account.facts_of(made).stored && account.facts_of(made).verified.is_some());
    // What could not be presented is still stored, and presented from the list.
    let mut play = to(&format!("{TYPED} <enter> <enter> @create <c-d> <c-l> @verify!slow <enter>"));
    play.told();
    play.run("v");
    assert!(play.told().contains("verify new current"), "{}", play.place());
}
