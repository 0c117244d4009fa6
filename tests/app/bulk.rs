//! Many at once: what is selected, what is asked before, what is sent, and what is told of each.

use crate::play::Play;
use crate::{build, check, expect, protected};

/// How many are selected, and how many of them have a line.
fn selected(play: &Play) -> (usize, usize) {
    (play.model.table.marks.count(), play.model.table.marks_shown)
}

/// The risks of the groups of a review of everything, in words.
fn risks(model: keywright::app::model::Model, keys: &str) -> Vec<String> {
    use keywright::app::pane::Overlay;
    let mut play = Play::new(model);
    play.run("<c-a>").run(keys);
    let Some(Overlay::Bulk(pane)) = play.model.overlays.last() else { panic!("{}", play.place()) };
    pane.groups.iter().map(|group| format!("{} {:?}", group.count, group.risks)).collect()
}

#[test]
fn all_that_may_administer_together_are_told_and_one_alone_is_not() {
    use keywright::domain::scope::Granted;
    let admins = || {
        let mut model = build::full();
        for credential in &mut model.accounts[0].listing.credentials[..2] {
            credential.scopes = Granted::Everything;
        }
        model
    };
    let told = |groups: &[String]| groups.iter().filter(|group| group.contains("LastAdmin")).count();
    assert_eq!(told(&risks(admins(), "x")), 2, "{:?}", risks(admins(), "x"));
    assert_eq!(told(&risks(admins(), "r")), 0, "a rotation takes nobody's rights");
    // The cursor is on the first of the two; without it selected, it can still administer.
    assert_eq!(told(&risks(admins(), "g j <space> x")), 0, "{:?}", risks(admins(), "g j <space> x"));
}

#[test]
fn our_own_check_is_no_use_and_another_form_is_told() {
    use keywright::domain::credential::LastUse;
    let mut model = build::full();
    for credential in &mut model.accounts[0].listing.credentials {
        credential.last_use = LastUse::OurCheck { before: None };
    }
    assert!(risks(model, "x").iter().all(|group| !group.contains("StillUsed")));
    assert!(risks(build::full(), "x").iter().any(|group| group.contains("StillUsed")));

    let mut play = Play::new(build::either());
    play.run("<c-a> r");
    let Some(keywright::app::pane::Overlay::Bulk(pane)) = play.model.overlays.last() else {
        panic!("{}", play.place())
    };
    assert!(pane.groups.iter().any(|group| group.other_form.is_some_and(|form| form.contains("in place"))));
}

#[test]
fn what_is_selected_stays_selected() {
    // The lines: preview-2, default, its old secret, nightly, 日本語の鍵, release, backup.
    let cases = [
        ("<space>", (1, 1), "the line goes on, and the old secret is the same credential"),
        ("<space> <space>", (0, 0), "so twice is none"),
        ("<space> k <space>", (0, 0), "given up again"),
        ("~<space>", (0, 0), "a held key selects nothing"),
        ("g <space> <space>", (2, 2), "two credentials"),
        ("g <space> G <space> s s s", (2, 2), "whatever the order"),
        ("g <space> / 'backup'", (1, 0), "filtered away and still selected"),
        ("g <space> / 'backup' <enter> <esc>", (1, 1), "the filter goes first"),
        ("g <space> / 'backup' <enter> <esc> <esc>", (0, 0), "then the selection"),
        ("<c-a>", (6, 6), "all of them, each once"),
        ("<c-a> <c-a>", (0, 0), "and none"),
        ("/ 'owner:etl' <enter> <c-a>", (2, 2), "all that is shown"),
        ("G <space> / 'owner:etl' <enter> <c-a> <c-a>", (0, 0), "one of them was selected before"),
        ("g <space> / 'owner:etl' <enter> <c-a> <c-a>", (1, 0), "others stay"),
        ("<c-a> <f5> @list", (6, 6), "read again"),
        ("<c-a> <f5> @list=moved", (6, 6), "a new one is not selected"),
        ("<c-a> <f5> @list=less", (5, 5), "one that is gone is not selected any more"),
        ("<c-a> <f5> @list!slow", (6, 6), "not read again"),
    ];
    for (script, want, why) in cases {
        let mut play = Play::new(build::full());
        play.run(script);
        assert_eq!(selected(&play), want, "{script}: {why}");
    }
    let mut play = Play::new(build::full());
    play.run("<c-a> <f5> @list=less");
    assert!(play.told().contains("! one of the selected credentials is not there any more"));
}

#[test]
fn another_account_hides_what_is_selected() {
    let mut play = Play::new(build::several());
    play.run("<c-a>");
    assert_eq!(selected(&play), (9, 9));
    play.run("<tab>");
    assert_eq!(selected(&play), (9, 6));
    play.run("<tab>");
    assert_eq!(selected(&play), (9, 3));
}

/// Two credentials selected, read afresh, with the cursor in the review.
fn reviewed() -> Play {
    let mut play = Play::new(build::full());
    play.run("/ 'owner:ci-runner' <enter> <c-a> <esc> r @list");
    play.told();
    play
}

#[test]
fn one_review_one_window_one_count() {
    let mut play = check(
        build::full(),
        "/ 'owner:ci-runner' <enter> <c-a> <esc> r",
        "list prod-kitaru | = credentials > bulk rotate review",
    );
    expect(&mut play, "<enter>", "= credentials > bulk rotate review | ! still reading what is true now");
    play.run("@list");
    play.model.notice = None;
    expect(&mut play, "<enter>", "= credentials > bulk rotate retention(0)");
    expect(&mut play, "<enter>", "= credentials > bulk rotate check");
    for wrong in ["<enter>", "'2' <enter>", "<c-u> '33' <enter>", "<c-u> #paste=3 <enter>"] {
        expect(&mut play, wrong, "= credentials > bulk rotate check mistyped");
    }
    // What is most worth knowing comes first.
    expect(
        &mut play,
        "<c-u> '3' <enter>",
        "bulk 0:rotate-c1-1d 1:rotate-c5-1d 2:rotate-c6-1d | = credentials > bulk rotate run … untouched=3",
    );
}

#[test]
fn groups_say_what_should_be_known() {
    let play = reviewed();
    let groups = groups(&play);
    assert_eq!(groups, ["1 of Kitaru: [SlotOccupied, StillUsed]", "2 of Kitaru: [StillUsed]",]);
}

fn groups(play: &Play) -> Vec<String> {
    let keywright::app::pane::Overlay::Bulk(pane) = play.model.overlays.first().expect("open") else {
        panic!("not many at once")
    };
    let words = |group: &keywright::app::pane::bulk::Group| {
        if let Some(why) = &group.cannot {
            return format!("{} stay out: {why}", group.count);
        }
        let risks: Vec<String> = group.risks.iter().map(|risk| format!("{risk:?}")).collect();
        format!("{} of {}: [{}]", group.count, group.title, risks.join(", "))
    };
    pane.groups.iter().map(words).collect()
}

#[test]
fn what_cannot_be_done_stays_out_with_its_reason() {
    let mut model = build::several();
    let session = keywright::domain::session::SessionFacts {
        may_create: Err("it is read-only".into()),
        ..build::session()
    };
    model.accounts[1].session = keywright::app::model::SessionView::In(session);
    model.accounts[1].account.protected = true;
    let mut play = Play::new(model);
    play.run("<c-a> r @list @list");
    let out: Vec<String> = groups(&play).into_iter().filter(|words| words.contains("stay out")).collect();
    assert_eq!(out, ["3 stay out: ada may not: it is read-only"]);
    // Nothing of what stays out is counted, and its account's name is not typed.
    let sent = bulk_steps(&play, "rotate", "-1d");
    play.told();
    let want = format!("bulk {sent} | = credentials > bulk rotate run … untouched=6");
    expect(&mut play, "<enter> <enter> '6' <enter>", &want);
}

/// What is sent for everything that is in, in order.
fn bulk_steps(play: &Play, verb: &str, more: &str) -> String {
    let keywright::app::pane::Overlay::Bulk(pane) = play.model.overlays.first().expect("open") else {
        panic!("not many at once")
    };
    let one = |at: usize| format!("{at}:{verb}-{}{more}", pane.items[at].credential.id.as_str());
    pane.chosen().into_iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn protected_accounts_are_typed_by_name() {
    let mut play = Play::new(protected());
    play.run("g <space> x @list <enter>");
    play.told();
    expect(&mut play, "'1' <enter>", "= credentials > bulk revoke check mistyped");
    expect(
        &mut play,
        "<c-u> '1 prod-kitaru' <enter>",
        "bulk 0:revoke-c6 | = credentials > bulk revoke run … untouched=1",
    );
}

#[test]
fn a_group_can_be_left_out_and_looked_into() {
    let mut play = reviewed();
    expect(&mut play, "o", "= credentials > bulk rotate review inside:0");
    expect(&mut play, "<enter>", "= credentials > bulk rotate review inside:0 > message default · ci-runner");
    expect(&mut play, "<esc> <esc>", "= credentials > bulk rotate review");
    play.run("<space> <enter> <enter>");
    play.told();
    expect(&mut play, "'3' <enter>", "= credentials > bulk rotate check mistyped");
    play.run("<esc> <esc>");
    // The other left out too leaves nothing to do.
    play.told();
    expect(
        &mut play,
        "j <space> <enter>",
        "= credentials > bulk rotate review | ! nothing is left to do; the reasons stand beside each group",
    );
}

#[test]
fn nothing_goes_on_without_a_fresh_reading() {
    let mut play = Play::new(build::full());
    play.run("g <space> r @list!slow");
    play.told();
    expect(&mut play, "<enter>", "list prod-kitaru | = credentials > bulk rotate review");
    expect(&mut play, "@list <enter>", "= credentials > bulk rotate retention(0)");
    // A login that ended leaves everything out.
    let mut play = Play::new(build::full());
    play.run("g <space> r @list!out");
    assert_eq!(groups(&play), ["1 stay out: nobody is logged in to prod-kitaru"]);
}

/// Three under way.
fn running() -> Play {
    let mut play = reviewed();
    play.run("<enter> <enter> '3' <enter>");
    play.told();
    play
}

#[test]
fn stored_then_verified_then_done() {
    let mut play = running();
    play.run("@came=0:begun @came=1:begun");
    expect(&mut play, "@came=0:stored", "= credentials > bulk rotate run … untouched=1,under way=1,stored=1");
    play.run("@came=1:stored @came=2:stored");
    play.told();
    expect(
        &mut play,
        "@bulk",
        "bulk 0:verify-c1 1:verify-c5 2:verify-c6 | = credentials > bulk rotate run … stored=3",
    );
    play.run("@came=0:verified @came=1:wider @came=2:refused");
    play.told();
    expect(
        &mut play,
        "@bulk",
        "
        list prod-kitaru
        unfinished
        = credentials > bulk rotate run finished verified=1,attention=2
    ",
    );
    // What went well is not selected any more; what did not still is.
    assert_eq!(play.model.table.marks.count(), 2);
    expect(&mut play, "<esc>", "= credentials");
}

#[test]
fn pause_and_stop_leave_nothing_half_done() {
    let mut play = running();
    play.run("@came=0:begun");
    expect(&mut play, "p", "halt bulk | = credentials > bulk rotate run … pause untouched=2,under way=1");
    expect(&mut play, "p <enter>", "= credentials > bulk rotate run … pause untouched=2,under way=1");
    play.run("@came=0:stored @bulk @list @unfinished");
    play.told();
    expect(
        &mut play,
        "p",
        "bulk 1:rotate-c5-1d 2:rotate-c6-1d | = credentials > bulk rotate run … untouched=2,stored=1",
    );
    // Esc asks; Esc again goes on.
    expect(&mut play, "<esc>", "= credentials > bulk rotate run … asking untouched=2,stored=1");
    expect(&mut play, "<esc>", "= credentials > bulk rotate run … untouched=2,stored=1");
    expect(
        &mut play,
        "<esc> <enter>",
        "halt bulk | = credentials > bulk rotate run … stop untouched=2,stored=1",
    );
    // What was sent is still verified, and then it ends.
    expect(&mut play, "@bulk", "bulk 0:verify-c1 | = credentials > bulk rotate run … untouched=2,stored=1");
}

#[test]
fn after_a_stop_the_rest_is_untouched_and_selected() {
    let mut play = running();
    play.run("@came=0:begun <esc> <enter> @came=0:stored @bulk @came=0:verified");
    play.told();
    expect(
        &mut play,
        "@bulk",
        "list prod-kitaru | unfinished | = credentials > bulk rotate run stopped untouched=2,verified=1",
    );
    assert_eq!(play.model.table.marks.count(), 2);
    expect(&mut play, "<esc>", "= credentials > bulk rotate run stopped asking untouched=2,verified=1");
    expect(&mut play, "<enter>", "= credentials");
}

#[test]
fn what_stands_in_the_way_pauses_it() {
    let mut play = running();
    play.run("@came=0:begun @came=0:back");
    play.run("@bulk=out");
    let told = play.told();
    assert!(
        told.contains("bulk rotate run paused [prod-kitaru: The session has ended] untouched=3 > login"),
        "{told}"
    );
    assert!(!told.contains("list prod-kitaru"), "nobody is logged in who could read it: {told}");
    // Somebody logs in, and it goes on where it was.
    play.run("<esc>");
    play.told();
    expect(
        &mut play,
        "p",
        "
        bulk 0:rotate-c1-1d 1:rotate-c5-1d 2:rotate-c6-1d
        = credentials > bulk rotate run … untouched=3
        ! prod-kitaru: The session has ended
    ",
    );
}

#[test]
fn a_secret_that_could_not_be_stored_is_shown_at_once() {
    let mut play = running();
    play.run("@came=0:begun");
    let credential = play.model.accounts[0].listing.credentials[0].clone();
    let arrived = crate::play::replies::arrived(credential, true, "nowhere");
    play.send(keywright::app::msg::Msg::Unstored(Box::new(arrived)));
    play.run("@came=0:nowhere @bulk=nowhere");
    let told = play.told();
    assert!(told.contains("paused [a new secret could not be stored (the keyring is locked)"), "{told}");
    assert!(told.contains("reveal default masked unsafe"), "{told}");
    // Leaving asks, as for any secret that exists nowhere else.
    play.run("<c-c>");
    assert!(play.told().contains("confirm"), "it is asked for");
}

#[test]
fn leaving_finishes_what_was_sent_and_begins_nothing_more() {
    let mut play = running();
    play.run("@came=0:begun");
    expect(
        &mut play,
        "<c-c>",
        "
        halt bulk
        = credentials > bulk rotate run … pause untouched=2,under way=1 > LEAVING
        ! leaving as soon as this has its answer: rotating 3 credentials
    ",
    );
    play.run("@came=0:stored");
    play.told();
    play.run("@bulk");
    let told = play.told();
    assert!(told.starts_with("list prod-kitaru\nunfinished\nquit"), "{told}");
}

#[test]
fn unknown_and_failed_are_told_apart_and_filtered() {
    let mut play = running();
    play.run("@came=0:begun @came=1:begun @came=2:begun @came=0:!cut? @came=1:!forbidden @came=2:stored @bulk @came=2:verified @bulk");
    let told = play.told();
    assert!(told.contains("bulk rotate run finished verified=1,failed=1,unknown=1"), "{told}");
    let keywright::app::pane::Overlay::Bulk(pane) = &play.model.overlays[0] else { panic!("open") };
    assert_eq!(pane.shown().len(), 3);
    play.run("f");
    let keywright::app::pane::Overlay::Bulk(pane) = &play.model.overlays[0] else { panic!("open") };
    assert_eq!(pane.shown(), [0, 1]);
    assert!(pane.line().expect("a line").says.contains("see unfinished work"));
    expect(
        &mut play,
        "w",
        "
        export keywright-rotate-20260101T000000Z.tsv with 3 lines
        = credentials > bulk rotate run finished verified=1,failed=1,unknown=1
    "
        .replace("20260101T000000Z", &build::now().strftime("%Y%m%dT%H%M%SZ").to_string())
        .as_str(),
    );
}

#[test]
fn a_bug_leaves_what_was_under_way_unknown() {
    let mut play = running();
    play.run("@came=0:begun @crash=bulk");
    let told = play.told();
    assert!(told.contains("paused untouched=2,unknown=1"), "{told}");
}

#[test]
fn two_credentials_are_verified_under_their_new_one() {
    let mut play = Play::new(build::two());
    play.run("g <space> r @list <enter> <enter> '1' <enter>");
    play.told();
    play.run("@came=0:second");
    play.told();
    expect(&mut play, "@bulk", "bulk 0:verify-c1-new | = credentials > bulk rotate run … stored=1");
}

#[test]
fn targets_get_what_was_accepted() {
    let mut play = Play::new(build::with_targets());
    play.run("<space> r @list <enter> <enter> '1' <enter> @came=0:stored @bulk @came=0:verified");
    play.told();
    play.run("@bulk");
    let told = play.told();
    assert!(told.contains("bulk 0:deliver-") || told.contains("finished verified=1"), "{told}");
}

#[test]
fn verifying_and_delivering_many_need_a_stored_secret() {
    let mut play = Play::new(build::full());
    play.run("<c-a> v @list");
    let told = groups(&play);
    assert!(
        told.contains(&String::from("5 stay out: the secret is not stored here; import it, or rotate")),
        "{told:?}"
    );
    play.told();
    expect(&mut play, "<enter>", "= credentials > bulk verify check");
    expect(&mut play, "<enter>", "bulk 0:verify-c1 | = credentials > bulk verify run … untouched=1");
    expect(
        &mut play,
        "@came=0:verified @bulk",
        "list prod-kitaru | unfinished | = credentials > bulk verify run finished verified=1",
    );
}

#[test]
fn custom_windows_are_checked() {
    let mut play = reviewed();
    play.run("<enter> j j j j j j j '99999d' <enter>");
    let keywright::app::pane::Overlay::Bulk(pane) = &play.model.overlays[0] else { panic!("open") };
    assert!(pane.forms[0].error.is_some());
    play.told();
    expect(&mut play, "<c-u> '36h' <enter>", "= credentials > bulk rotate check");
}

/// The credentials that are sent after the count was typed.
fn sent(play: &mut Play) -> Vec<String> {
    use keywright::app::effect::Effect;
    let step = |effect: &Effect| match effect {
        Effect::Bulk(_, steps) => Some(steps.clone()),
        _ => None,
    };
    let steps = play.open.iter().rev().find_map(|(_, effect)| step(effect)).unwrap_or_default();
    let mut ids: Vec<String> =
        steps.iter().map(|(_, step)| step.credential().id.as_str().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn selecting_everything_sends_each_that_was_shown_then_once_and_nothing_else() {
    let all = ["c1", "c2", "c3", "c4", "c5", "c6"];
    let of = |play: &Play, wanted: &dyn Fn(&str) -> bool| {
        let credentials = &play.model.accounts[0].listing.credentials;
        let mut ids: Vec<String> = credentials
            .iter()
            .filter(|one| wanted(one.owner.name.as_str()))
            .map(|one| one.id.as_str().to_owned())
            .collect();
        ids.sort();
        ids
    };
    // The keys up to the question, how many it is about, and of which owner.
    for (keys, count, owner) in [
        ("<c-a> x @list", 6, None),
        ("<c-a> x @list=moved", 6, None),
        ("/ 'owner:etl' <enter> <c-a> x @list", 2, Some("etl")),
        // Without the filter it stays with what was shown when it was selected.
        ("/ 'owner:etl' <enter> <c-a> <esc> x @list", 2, Some("etl")),
        ("/ 'owner:etl' <enter> <c-a> <esc> / 'owner:ci-runner' <enter> x @list", 2, Some("etl")),
        // All, and those of one owner taken out again.
        ("<c-a> / 'owner:etl' <enter> <c-a> <esc> x @list", 4, None),
        // What the filter hides and was selected before goes, too, and is counted.
        ("<c-a> / 'owner:etl' <enter> x @list", 6, None),
    ] {
        let mut play = Play::new(build::full());
        play.run(keys);
        let groups: usize = {
            let Some(keywright::app::pane::Overlay::Bulk(pane)) = play.model.overlays.last() else {
                panic!("{keys}: {}", play.place())
            };
            pane.groups.iter().map(|group| group.count).sum()
        };
        assert_eq!(groups, count, "{keys}: what is reviewed");
        play.run(&format!("<enter> '{}' <enter>", count + 1));
        assert!(play.place().ends_with("check mistyped"), "{keys}: {}", play.place());
        assert!(sent(&mut play).is_empty(), "{keys}: nothing before the count is right");
        play.run(&format!("<c-u> '{count}' <enter>"));
        let got = sent(&mut play);
        let want = match (owner, count) {
            (Some(owner), _) => of(&play, &|one| one == owner),
            (None, 6) => all.map(String::from).to_vec(),
            (None, _) => of(&play, &|one| one != "etl"),
        };
        assert_eq!(got, want, "{keys}");
    }
}
