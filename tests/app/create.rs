//! A new credential: owner, name, rights, check.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::effect::Effect;
use keywright::app::model::Model;
use keywright::app::pane::Overlay;
use keywright::app::scopes::{Line, Picked, ScopePicker};
use keywright::domain::ability::{Abilities, NameRule, OwnerAbility, ScopeModel};
use keywright::domain::scope::Granted;
use keywright::keymap::action::Action;

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
        create owner 'fresh' in prod-kitaru about 'a new one'
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
        create owner 'x' in prod-kitaru about ''
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

fn pools() -> Model {
    build::of(vec![build::pools()])
}

/// To the choice of scopes of an account whose one owner needs no choosing.
const NAMED: &str = "n 'ci' <enter>";

#[test]
fn scopes_and_expiry_are_steps_where_there_is_something_to_choose() {
    let mut play = check(pools(), "n", "= credentials > create name [name=]");
    expect(&mut play, "'ci' <enter>", "= credentials > create scopes [preset CI for pools]");
    expect(&mut play, "<space>", "= credentials > create scopes [preset CI for pools] zpool+job");
    expect(&mut play, "<enter>", "= credentials > create expiry days(90)");
    expect(&mut play, "<enter>", "= credentials > create check [name=ci]");
    expect(
        &mut play,
        "<enter>",
        "
        create 'ci' for grace about '' with zpool job until 2027-02-20
        = credentials > create check [name=ci] …
    ",
    );
    let back = "= credentials > create";
    let mut play = Play::new(pools());
    play.run("n 'ci' <enter> <space> <enter> <enter>");
    expect(&mut play, "<esc>", &format!("{back} expiry days(90)"));
    expect(&mut play, "<esc>", &format!("{back} scopes [preset CI for pools] zpool+job"));
    expect(&mut play, "<esc>", &format!("{back} name [name=ci]"));
    expect(&mut play, "<esc>", "= credentials");
}

#[test]
fn nothing_chosen_is_refused_and_everything_is_meant_twice() {
    let scopes = |script: &str| Play::new(pools()).run(&format!("{NAMED} {script}")).place();
    let place = |text: &str| format!("credentials > create scopes {text}");
    let refusal = "(without a scope it could do nothing: choose at least one with Space)";
    assert_eq!(scopes("<enter>"), place(&format!("[preset CI for pools] {refusal}")));
    assert_eq!(scopes("<enter> j j"), place(&format!("[zpool] {refusal}")));
    assert_eq!(scopes("<enter> <space>"), place("[preset CI for pools] zpool+job"));
    // A preset given up, one scope given up.
    assert_eq!(scopes("<space> <space>"), place("[preset CI for pools]"));
    assert_eq!(scopes("<space> j j <space>"), place("[zpool] job"));
    // Everything stands alone, and gives way to anything less.
    assert_eq!(scopes("<space> G <space>"), place("[*] *"));
    assert_eq!(scopes("G <space> k <space>"), place("[job] job"));
    assert_eq!(scopes("G <space> <enter>"), place("[*] * WARNED"));
    assert_eq!(scopes("G <space> <enter> ~<enter>"), place("[*] * WARNED"));
    assert_eq!(scopes("G <space> <enter> <enter>"), "credentials > create expiry days(90)");
    // Another choice after the warning is warned about again.
    assert_eq!(scopes("G <space> <enter> k <space> G <space> <enter>"), place("[*] * WARNED"));
}

#[test]
fn searching_narrows_the_list_and_keeps_what_is_chosen() {
    let mut play = Play::new(pools());
    play.run(NAMED);
    let place = |text: &str| format!("= credentials > create scopes {text}");
    expect(&mut play, "<space> / 'start'", &place("/start [job] zpool+job"));
    // Enter takes what is under the cursor; what is taken already stays.
    expect(&mut play, "<enter>", &place("[job] zpool+job"));
    expect(&mut play, "<space>", &place("[job] zpool"));
    expect(&mut play, "/ 'START' <enter>", &place("[job] zpool+job"));
    expect(&mut play, "/ 'nothing'", &place("/nothing [nothing] zpool+job"));
    expect(&mut play, "<enter>", &place("[preset CI for pools] zpool+job"));
    expect(&mut play, "/ 'job' <esc> <enter>", "= credentials > create expiry days(90)");
}

#[test]
fn a_date_is_typed_or_there_is_none() {
    let expiry = |script: &str| Play::new(pools()).run(&format!("{NAMED} <space> <enter> {script}")).place();
    let place = |text: &str| format!("credentials > create expiry {text}");
    assert_eq!(expiry("k k k"), place("days(7)"));
    assert_eq!(expiry("j"), place("typed"));
    assert_eq!(expiry("j <enter>"), place("typed (type a date such as 2027-01-06, or a number of days)"));
    assert_eq!(expiry("j '2026-11-01' <enter>"), place("typed (2026-11-01 is in the past)"));
    assert_eq!(expiry("j '2026-11-01' <enter> <backspace>"), place("typed"));
    for (script, want) in [
        ("k k <enter>", " until 2026-11-29"),
        ("j '2027-01-01' <enter>", " until 2027-01-01"),
        ("j 'x' <c-u> #paste=10⏎ <enter>", " until 2026-12-02"),
        ("j <down> <enter>", ""),
    ] {
        let mut play = Play::new(pools());
        play.run(&format!("{NAMED} <space> <enter> {script} <enter>"));
        let want = format!("create 'ci' for grace about '' with zpool job{want}");
        assert_eq!(play.log.last(), Some(&want), "{script}");
    }
}

#[test]
fn a_name_is_given_twice_only_where_two_may_share_it_and_only_on_purpose() {
    let mut play = Play::new(pools());
    expect(
        &mut play,
        "n 'laptop' <enter>",
        "= credentials > create name [name=laptop (this owner has one of that name already; Enter once more gives it to \
         a second one)]",
    );
    expect(&mut play, "<enter>", "= credentials > create scopes [preset CI for pools]");
}

#[test]
fn kinds_are_chosen_and_the_server_is_asked_for_what_it_has() {
    let ticks = || build::of(vec![build::ticks()]);
    let mut play = check(ticks(), "n", "= credentials > create kind 0");
    expect(&mut play, "j <enter>", "= credentials > create kind 1 | ! certificates come from the authority");
    play.model.notice = None;
    expect(
        &mut play,
        "k <enter> <enter> 'eu' <enter>",
        "
        scope offers of ztick-eu for token of t1
        = credentials > create scopes [*] …
    ",
    );
    // What there always is can be chosen meanwhile.
    expect(&mut play, "<space>", "= credentials > create scopes [*] * …");
    expect(&mut play, "@scope-offers", "= credentials > create scopes [*] *");
    expect(&mut play, "j j <space>", "= credentials > create scopes [deploy.us] deploy.us");
    expect(
        &mut play,
        "<enter> <enter>",
        "
        create 'eu' for deployer about '' with deploy.us
        = credentials > create check [name=eu] …
    ",
    );
}

#[test]
fn a_server_that_does_not_tell_its_scopes_is_asked_again() {
    let mut play = Play::new(build::of(vec![build::ticks()]));
    play.run("n <enter> <enter> 'eu' <enter>");
    play.log.clear();
    expect(&mut play, "@scope-offers!slow", "= credentials > create scopes [*]");
    expect(
        &mut play,
        "<f5>",
        "scope offers of ztick-eu for token of t1 | = credentials > create scopes [*] …",
    );
    expect(
        &mut play,
        "@crash=scope-offers <f5> @scope-offers=none",
        "
        scope offers of ztick-eu for token of t1
        = credentials > create scopes [*]
        ! a bug stopped this: asking ztick-eu for its namespaces. Try again.
    ",
    );
    // A session that ended brings up the login, and Esc the wizard again.
    let mut play = Play::new(build::of(vec![build::ticks()]));
    play.run("n <enter> <enter> 'eu' <enter> @scope-offers!out");
    assert!(play.place().contains("create scopes [*] > login"), "{}", play.place());
}

#[test]
fn a_scope_is_typed_that_is_not_on_the_list() {
    let mut play = Play::new(build::of(vec![build::ticks()]));
    play.run("n <enter> <enter> 'eu' <enter> @scope-offers");
    play.log.clear();
    let place = |text: &str| format!("= credentials > create scopes {text}");
    expect(&mut play, "/ 'dep'", &place("/dep [as typed]"));
    expect(&mut play, "<down> <enter>", &place("[deploy.eu] deploy.eu"));
    expect(&mut play, "/ 'a b' <enter>", &place("/a b [as typed] deploy.eu (no spaces)"));
    expect(&mut play, "<c-u> 'deploy' <enter>", &place("[deploy] deploy"));
    let Some(Overlay::Create(pane)) = play.model.overlays.last() else { panic!("create") };
    let sum: Vec<String> = pane.picker.as_ref().unwrap().sum().into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        sum,
        [
            "It allows: all that begins with it. It can change things.",
            "deploy covers deploy.eu, deploy.us.",
            "deploy also covers deployment, because it only begins with it; end it with . to leave that out.",
        ]
    );
    // The only one there can be gives way to another; ending it as a part leaves the accident out.
    expect(&mut play, "/ 'deploy.' <enter>", &place("[deploy.] deploy."));
}

#[test]
fn narrowing_leaves_out_and_never_adds() {
    let ScopeModel::Chosen(choice) = &build::SCOPED.credential.scopes else { panic!("chosen") };
    let narrowing = |scopes: &[&str]| {
        let has = Granted::Listed(scopes.iter().map(|scope| (*scope).into()).collect());
        ScopePicker::narrowing(choice, &has)
    };
    let mut picker = narrowing(&["zpool", "old"]);
    assert_eq!(picker.chosen(), ["zpool", "old"]);
    assert!(picker.lines.iter().all(|line| !matches!(line, Line::Preset(_))));
    assert_eq!(picker.act(Action::Open), Picked::GoOn);
    picker.act(Action::Last);
    picker.act(Action::Select);
    assert_eq!((picker.chosen(), picker.act(Action::Open)), (vec![String::from("zpool")], Picked::GoOn));
    picker.act(Action::First);
    picker.act(Action::Select);
    assert_eq!((picker.chosen().len(), picker.act(Action::Open)), (0, Picked::Stay));
    // Whoever may do everything may be given anything less, and is not warned about what was there before.
    let mut all = ScopePicker::narrowing(choice, &Granted::Everything);
    assert_eq!((all.chosen(), all.act(Action::Open)), (vec![String::from("*")], Picked::GoOn));
    all.act(Action::First);
    all.act(Action::Select);
    assert_eq!(all.chosen(), ["zpool", "job"]);
}

#[test]
fn another_owner_is_another_choice() {
    let mut play = Play::new(build::of(vec![build::ticks()]));
    play.run("n <enter> <enter> 'eu' <enter> @scope-offers <space> <esc> <esc>");
    play.log.clear();
    expect(
        &mut play,
        "<down> <enter> <enter>",
        "
        scope offers of ztick-eu for token of t2
        = credentials > create scopes [*] …
    ",
    );
    play.run("<space> <esc> <esc>");
    play.log.clear();
    expect(&mut play, "<enter> <enter>", "= credentials > create scopes [*] * …");
}

/// A backend that makes nothing.
static NONE: Abilities = Abilities {
    id: "none",
    title: "none",
    endpoint: "",
    schemes: &[],
    settings: &[],
    logins: &[],
    owner: OwnerAbility {
        noun: "owner",
        plural: "owners",
        create: true,
        disable: false,
        delete: false,
        names: NameRule { longest: 64, refused: &[], only: None, words: "" },
    },
    credential: build::CERTIFICATE,
    further: &[],
    verify: "",
};

#[test]
fn where_no_kind_can_be_made_it_is_said() {
    let mut model = build::full();
    model.accounts[0].abilities = &NONE;
    check(model, "n", "= credentials > message Nothing can be made here");
}
