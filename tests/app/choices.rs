//! The choices of a new credential: kind, scopes, an end, and a page where it is made by hand.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::model::Model;
use keywright::app::pane::Overlay;
use keywright::app::scopes::{Line, Picked, ScopePicker};
use keywright::domain::ability::{
    Abilities, DESCRIPTION, NameRule, OwnerAbility, Pick, ScopeChoice, ScopeModel,
};
use keywright::domain::scope::{Granted, Risk, ScopeOffer};
use keywright::keymap::action::Action;

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
fn offers_that_come_late_leave_the_cursor_where_it_is() {
    let mut play = Play::new(build::of(vec![build::ticks()]));
    play.run("n <enter> <enter> 'eu' <enter> / 'mine.' <enter>");
    assert!(play.place().contains("[mine.]"), "{}", play.place());
    play.run("@scope-offers");
    assert!(play.place().contains("[mine.]"), "{}", play.place());
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

static OFFERS: [ScopeOffer; 1] = [ScopeOffer::fixed("zpool", Risk::Reads, "see pools")];

/// A kind whose credentials may be made without any.
static BARE: ScopeChoice = ScopeChoice {
    noun: "scope",
    pick: Pick::Many,
    offers: &OFFERS,
    asked: false,
    typed: None,
    without: Some("It may do little."),
    presets: &[],
};

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
    // Also where one without any could be made: nothing chosen would be taken for all that the first one has.
    let mut bare = ScopePicker::narrowing(&BARE, &Granted::Listed(vec!["zpool".into()]));
    bare.act(Action::First);
    bare.act(Action::Select);
    assert_eq!((bare.chosen().len(), bare.act(Action::Open)), (0, Picked::Stay));
    assert!(bare.error.as_deref().is_some_and(|why| why.contains("leave at least one")), "{:?}", bare.error);
    let mut none = ScopePicker::narrowing(&BARE, &Granted::Listed(Vec::new()));
    assert_eq!(none.act(Action::Open), Picked::GoOn, "it had none before");
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
        fields: &[DESCRIPTION],
        edits: &[],
    },
    credential: build::CERTIFICATE,
    further: &[],
    restart: None,
    vending: None,
    history: None,
    verify: "",
};

#[test]
fn where_no_kind_can_be_made_it_is_said() {
    let mut model = build::full();
    model.accounts[0].abilities = &NONE;
    check(model, "n", "= credentials > message Nothing can be made here");
}

/// An account whose login makes nothing by itself.
fn by_hand() -> Model {
    let mut pools = build::pools();
    let session = build::session();
    let may_create = Err("no PAT can make another one".into());
    let facts = keywright::domain::session::SessionFacts { may_create, expires: None, ..session };
    pools.session = keywright::app::model::SessionView::In(facts);
    build::of(vec![pools])
}

/// To the page, with everything chosen.
const PAGE: &str = "n @creation-page 'ci' <enter> <space> <enter> <enter> <enter> @creation-page";

#[test]
fn where_this_login_makes_nothing_it_is_made_on_a_page_and_pasted() {
    let mut play = check(by_hand(), "n", "creation page for '' of PAT | = credentials");
    expect(&mut play, "@creation-page", "= credentials > create name [name=]");
    expect(&mut play, "'ci' <enter> <space> <enter> <enter>", "= credentials > create check [name=ci]");
    expect(&mut play, "<enter>", "creation page for 'ci' of PAT | = credentials > create check [name=ci] …");
    let page = "= credentials > create check [name=ci] > by hand";
    expect(&mut play, "@creation-page", &format!("{page} https://example.com/tokens?label=ci"));
    expect(
        &mut play,
        "y",
        &format!("copy 'https://example.com/tokens?label=ci' | {page} https://example.com/tokens?label=ci"),
    );
    expect(
        &mut play,
        "<enter> <enter>",
        &format!("{page} [secret= (paste the secret that the page showed)]"),
    );
    expect(
        &mut play,
        "#paste=zpat_x⏎ <enter>",
        &format!("take in 'ci' secret:6 known:3 | {page} [secret=] …"),
    );
    // What is being stored is waited for, and nothing is sent twice.
    expect(
        &mut play,
        "<esc> <enter> 'x' #paste=y",
        &format!("{page} [secret=] … | ! the secret is being stored and presented; wait for the answer"),
    );
    play.model.notice = None;
    expect(&mut play, "@take-in", "unfinished | = credentials > reveal ci masked safe");
    expect(
        &mut play,
        "<c-d>",
        "repaint | advance shown | verify new current for the operation | = credentials",
    );
}

#[test]
fn without_a_page_it_is_said_why_nothing_can_be_made() {
    check(
        by_hand(),
        "n @creation-page=none",
        "creation page for '' of PAT | = credentials > message This login may not change anything",
    );
    check(
        by_hand(),
        "n @creation-page!state",
        "creation page for '' of PAT | = credentials | ! keywright's own records cannot be used",
    );
}

#[test]
fn a_bad_paste_is_refused_with_a_sentence_and_stays_in_the_field() {
    let mut play = Play::new(by_hand());
    play.run(&format!("{PAGE} <enter> #paste=horse <enter>"));
    play.log.clear();
    let place = "= credentials > create check [name=ci] > by hand";
    expect(
        &mut play,
        "@take-in!not-taken",
        &format!("unfinished | {place} [secret=***] [This secret was not taken]"),
    );
    // The same again, or another one.
    expect(
        &mut play,
        "<enter>",
        &format!("take in 'ci' secret:5 known:3 | {place} [secret=***] …").replace("***", ""),
    );
    play.run("@take-in!not-taken");
    play.log.clear();
    expect(
        &mut play,
        "<c-u> 'zpat_y' <enter>",
        &format!("take in 'ci' secret:6 known:3 | {place} [secret=] …"),
    );
    expect(&mut play, "@take-in", "unfinished | = credentials > reveal ci masked safe");
}

#[test]
fn what_could_not_be_matched_is_stored_and_unfinished() {
    let mut play = Play::new(by_hand());
    play.run(&format!("{PAGE} <enter> 'zpat_x' <enter>"));
    play.log.clear();
    let place = "= credentials > create check [name=ci] > by hand [secret=] stored";
    expect(
        &mut play,
        "@take-in!slow @unfinished=left",
        &format!("unfinished | {place} [The server did not answer in time]"),
    );
    expect(&mut play, "<enter>", "unfinished | = credentials > create check [name=ci] > unfinished 0");
}

#[test]
fn stepping_back_from_the_page_keeps_the_wizard() {
    let mut play = Play::new(by_hand());
    play.run(PAGE);
    play.log.clear();
    expect(&mut play, "<enter> <esc> <esc>", "= credentials > create check [name=ci]");
    expect(&mut play, "<esc> <esc> <esc> <esc>", "= credentials");
}

#[test]
fn only_owners_that_fit_the_kind_are_offered() {
    // One owner may have the first kind, so there is no step for it.
    expect(&mut Play::new(build::either()), "n <enter>", "= credentials > create name [name=] description=");
    let mut play = Play::new(build::either());
    play.run("n <down> <enter>");
    let keywright::app::pane::Overlay::Create(pane) = play.model.overlays.last().expect("open") else {
        panic!("the wizard")
    };
    let found: Vec<&str> = pane.found(&play.model).iter().map(|owner| owner.id.as_str()).collect();
    assert!(!found.is_empty() && !found.contains(&"o1"), "{found:?}");
}

#[test]
fn a_user_is_made_with_a_password_that_is_never_told() {
    let mut play = Play::new(build::either());
    expect(&mut play, "3 n", "= owners > create newowner [name=] email= password= role=plain");
    expect(
        &mut play,
        "'eve' <enter> <enter> <enter> <enter>",
        "= owners > create newowner name=eve [email= (this is needed)] password= role=plain",
    );
    play.run("'eve@x' <enter> 'hunter2' <enter> <right>");
    play.told();
    expect(
        &mut play,
        "<enter>",
        "
        create owner 'eve' in prod-kitaru email:'eve@x' role:'admin' password:7
        = owners > create newowner name=eve email=eve@x password= [role=admin] …
    ",
    );
    // The new one fits another kind than the first, which is gone over to.
    play.run("@create-owner");
    let keywright::app::pane::Overlay::Create(pane) = play.model.overlays.last().expect("open") else {
        panic!("the wizard")
    };
    assert_eq!(pane.ability(&play.model.accounts[0]).noun, "minted");
}

#[test]
fn an_owner_is_changed_by_what_its_form_has() {
    let mut play = Play::new(build::either());
    expect(&mut play, "3 e", "= owners > edit [password=]");
    expect(&mut play, "'new one' <enter>", "edit owner '' in o1 password:7 | = owners > edit [password=] …");
    play.run("@edit-owner");
    play.told();
    assert!(play.model.overlays.is_empty());
    let mut play = Play::new(build::full());
    expect(&mut play, "3 e", "= owners | ! Kitaru cannot change service accounts");
}
