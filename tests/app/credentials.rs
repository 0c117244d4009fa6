//! The table: filter, order, cursor; copy, verify, details, import.

use crate::play::Play;
use crate::{build, check, expect};
use keywright::app::model::SessionView;

fn names(play: &Play) -> Vec<String> {
    let model = &play.model;
    let name = |row: &keywright::app::rows::Row| {
        let credential = &model.accounts[row.account].listing.credentials[row.credential];
        let old = row.generation == keywright::app::effect::Generation::Previous;
        format!("{}{}", credential.name, if old { " (old)" } else { "" })
    };
    model.table.rows.iter().map(name).collect()
}

fn filtered(text: &str) -> Vec<String> {
    let mut play = Play::new(build::several());
    play.run("/").typed(text);
    names(&play)
}

#[test]
fn terms() {
    let none: [&str; 0] = [];
    assert_eq!(filtered("state:disabled"), ["backup"]);
    assert_eq!(filtered("state:retiring"), ["default (old)"]);
    assert_eq!(filtered("state:exp"), ["old laptop", "nightly"]);
    assert_eq!(filtered("state:orphan"), ["preview-2"]);
    assert_eq!(filtered("owner:etl"), ["nightly", "backup"]);
    assert_eq!(filtered("owner:ETL name:night"), ["nightly"]);
    assert_eq!(filtered("account:zpools"), ["old laptop", "nightly", "laptop"]);
    assert_eq!(filtered("scope:job"), ["nightly"]);
    assert_eq!(filtered("scope:everything"), ["laptop"]);
    assert_eq!(filtered("unused:90d"), ["nightly", "日本語の鍵"]);
    assert_eq!(filtered("unused:110d state:unused"), ["nightly", "日本語の鍵"]);
    assert_eq!(filtered("unused:130d owner:数据"), none);
    // A length not typed to its end lets everything through.
    assert_eq!(filtered("unused:").len(), filtered("").len());
    assert_eq!(filtered("owner:nobody"), none);
}

#[test]
fn words_are_found_fuzzily_and_together_with_terms() {
    assert_eq!(filtered("bckup"), ["backup"]);
    assert_eq!(filtered("日本"), ["日本語の鍵"]);
    assert_eq!(filtered("nightly owner:etl"), ["nightly"]);
    // What is no term is a word.
    assert!(filtered("http://x").is_empty());
}

#[test]
fn the_filter_is_typed_kept_and_dropped() {
    let mut play = check(build::full(), "/ 'n' q j '?'", "= credentials");
    assert_eq!(play.model.table.filter.value(), "nqj?");
    expect(&mut play, "<c-u> 'etl' <enter>", "= credentials");
    assert!(!play.model.table.filtering);
    assert_eq!(play.model.table.filter.value(), "etl");
    expect(&mut play, "<esc>", "= credentials");
    assert_eq!(play.model.table.filter.value(), "");
    play.run("/ #paste=e⏎tl <down> <up>");
    assert_eq!(play.model.table.filter.value(), "etl");
    play.run("<esc>");
    assert_eq!(play.model.table.filter.value(), "");
}

fn under_cursor(play: &Play) -> String {
    names(play)[play.model.table.cursor].clone()
}

#[test]
fn the_cursor_stays_on_its_credential() {
    for script in [
        "s",
        "s s",
        "S",
        "<f5> @list",
        "<f5> @list=moved",
        "/ 'n' <enter>",
        "/ 'night' <esc>",
        "/ 'night' <enter> <esc>",
        "<tab> <tab>",
    ] {
        let mut play = Play::new(build::full());
        play.run("g");
        while under_cursor(&play) != "nightly" {
            play.run("j");
        }
        play.run(script);
        assert_eq!(under_cursor(&play), "nightly", "after {script}: {:?}", names(&play));
    }
}

#[test]
fn a_listing_fills_the_table_while_the_rest_is_read() {
    let mut model = build::full();
    model.accounts[0].listing = keywright::domain::answer::Listing::default();
    build::rebuild(&mut model);
    let mut play = Play::new(model);
    play.run("<f5> @part=two");
    assert_eq!(names(&play), ["default", "default (old)", "nightly"]);
    play.run("G @part=new");
    assert_eq!(under_cursor(&play), "nightly", "{:?}", names(&play));
    assert_eq!(names(&play).len(), 4);
    // Meanwhile everything can be done.
    let place = play.run("n").place();
    assert!(place.contains("create"), "{place}");
    play.run("<esc> @list=moved");
    assert_eq!(under_cursor(&play), "nightly", "{:?}", names(&play));
    assert_eq!((names(&play).len(), play.model.accounts[0].reach), (8, None));
}

#[test]
fn until_a_key_is_typed_the_cursor_is_on_the_first_line() {
    let mut model = build::full();
    model.accounts[0].listing = keywright::domain::answer::Listing::default();
    model.table.held = false;
    build::rebuild(&mut model);
    let mut play = Play::new(model);
    play.run("s <f5> @part=two");
    assert_eq!(under_cursor(&play), "default");
    play.run("@part=new");
    assert_eq!(under_cursor(&play), "a first one", "{:?}", names(&play));
}

#[test]
fn a_listing_that_breaks_off_keeps_what_was_read() {
    for (end, stays) in [("@list!cut", true), ("<esc>", true), ("@list=less", false)] {
        let mut play = Play::new(build::full());
        play.run(&format!("<f5> @part=new {end}"));
        let names = names(&play);
        assert_eq!(names.contains(&String::from("a first one")), stays, "after {end}: {names:?}");
        assert_eq!(play.model.accounts[0].reach.is_some(), stays, "after {end}");
        play.run("<f5>");
        assert_eq!(play.model.accounts[0].reach, None, "a new reading begins at nothing");
    }
    // A part of a reading that was stopped or is over changes nothing, and Esc stops only what is under way.
    let mut play = Play::new(build::full());
    play.run("<f5> @part=two <esc>").told();
    expect(&mut play, "@part=new", "= credentials");
    assert!(!names(&play).contains(&String::from("a first one")));
    expect(&mut play, "<esc>", "= credentials");
    // The filter goes first.
    let mut play = Play::new(build::full());
    play.run("<f5> @part=two / 'n' <enter>").told();
    expect(&mut play, "<esc>", "= credentials");
    expect(&mut play, "<esc>", "cancel | = credentials");
}

#[test]
fn a_credential_that_is_gone_leaves_the_cursor_in_its_place() {
    let mut play = Play::new(build::full());
    play.run("g");
    while under_cursor(&play) != "nightly" {
        play.run("j");
    }
    let before = play.model.table.cursor;
    play.run("x @read <enter> @revoke");
    assert_eq!(play.model.table.cursor, before);
    assert!(!names(&play).contains(&String::from("nightly")));
}

#[test]
fn the_order_goes_round_and_around() {
    let mut play = Play::new(build::full());
    assert_eq!(
        names(&play),
        ["preview-2", "default", "default (old)", "nightly", "日本語の鍵", "release", "backup"]
    );
    play.run("s");
    assert_eq!(
        names(&play),
        ["backup", "default", "default (old)", "nightly", "preview-2", "release", "日本語の鍵"]
    );
    play.run("S");
    assert_eq!(names(&play).first().unwrap(), "日本語の鍵");
    play.run("S s");
    assert_eq!(names(&play).first().unwrap(), "default");
    play.run("s s");
    assert_eq!(names(&play).first().unwrap(), "nightly", "never used comes first");
    play.run("s");
    assert_eq!(names(&play).first().unwrap(), "preview-2");
}

#[test]
fn the_cursor_stops_at_the_ends() {
    let mut play = Play::new(build::many(100));
    play.run("g k <up>");
    assert_eq!(play.model.table.cursor, 0);
    play.run("~<down> ~j");
    assert_eq!(play.model.table.cursor, 2);
    play.run("<pagedown>");
    assert_eq!(play.model.table.cursor, 2 + play.model.view.table_height);
    play.run("G <down> <pagedown>");
    assert_eq!(play.model.table.cursor, 99);
    play.run("<home>");
    assert_eq!(play.model.table.cursor, 0);
}

#[test]
fn only_what_is_stored_can_be_copied_and_presented() {
    check(build::full(), "y", "copy stored c1 current | = credentials");
    check(
        build::full(),
        "y @copy",
        "
        copy stored c1 current
        = credentials
        ! copied to the desktop's clipboard
    ",
    );
    check(
        build::full(),
        "v @progress=3 <esc> @verify",
        "
        verify c1 current
        cancel
        = credentials
        ! stopped; nothing is known of it
    ",
    );
    check(
        build::full(),
        "v <esc>",
        "
        verify c1 current
        = credentials
    ",
    );
    check(
        build::full(),
        "v @verify",
        "
        verify c1 current
        unfinished
        = credentials
        ! presented the secret: accepted as ci-runner, as owner
    ",
    );
    check(
        build::full(),
        "G y",
        "
        = credentials
        ! this secret is not stored here; the server shows it only when it is made
    ",
    );
    check(
        build::full(),
        "G v",
        "
        = credentials
        ! this secret is not stored here, so it cannot be presented; import it (i) to verify it
    ",
    );
    // The old secret inside its window is a line of its own.
    check(build::full(), "j y v", "copy stored c1 previous | verify c1 previous | = credentials");
}

#[test]
fn details_are_a_page() {
    check(build::full(), "<enter>", "= credentials > message default · ci-runner");
    check(build::full(), "<enter> <esc>", "= credentials");
}

#[test]
fn an_empty_table_says_so() {
    let empty = || {
        let mut model = build::full();
        model.accounts[0].listing.credentials.clear();
        build::rebuild(&mut model);
        model
    };
    for key in ["r", "x", "e", "v", "y", "o"] {
        let mut play = Play::new(empty());
        play.run(key);
        assert_eq!(play.told(), "= credentials\n! there is nothing here", "{key}");
    }
    for key in
        ["n", "r", "x", "v", "y", "L", "i", "<enter>", "G", "g", "/", "s", "S", "<f5>", "o", "e", "<tab>"]
    {
        let mut play = Play::new(build::of(Vec::new()));
        play.run(key);
        assert!(play.log.is_empty(), "{key}: {:?}", play.log);
    }
}

#[test]
fn importing() {
    let mut play = check(
        build::full(),
        "i <enter>",
        "
        look around
        = credentials > import [secret= (paste or type the secret first)]
    ",
    );
    expect(
        &mut play,
        "#paste=ZENKEY_x⏎ <enter>",
        "
        import prod-kitaru secret:8
        = credentials > import [secret=] …
    ",
    );
    expect(&mut play, "@import", "= credentials | ! stored the secret of 'nightly'");
    let (account, credential) = play.model.selected().unwrap();
    assert_eq!(credential.name.as_str(), "nightly");
    let facts = account.facts_of(credential);
    assert!(facts.stored && facts.verified.is_some());
    check(
        build::full(),
        "i 'x' <enter> @import!forbidden",
        "
        look around
        import prod-kitaru secret:1
        = credentials > import [secret=] [The server does not allow this]
    ",
    );
    check(
        build::full(),
        "i 'x' <enter> <esc> @import",
        "
        look around
        import prod-kitaru secret:1
        list prod-kitaru
        = credentials
        ! stored the imported secret
    ",
    );
    check(
        build::full(),
        "i 'x' <enter> <esc> @import!keyring",
        "
        look around
        import prod-kitaru secret:1
        list prod-kitaru
        = credentials
        ! The keyring cannot be used
    ",
    );
    check(build::full(), "i 'x' <enter> @import!out", "
        look around
        import prod-kitaru secret:1
        = credentials > import [secret=] [The session has ended] > login method=name and password username=ada [password=] keep=off
    ");
}

#[test]
fn importing_what_was_found() {
    let mut play = check(
        build::full(),
        "i @look-around",
        "
        look around
        = credentials > import [secret=] found:2
    ",
    );
    // The cursor goes from the field to what was found, and around.
    expect(&mut play, "<down>", "= credentials > import secret= found:2 [login of ada by password]");
    expect(&mut play, "'x' <tab>", "= credentials > import secret= found:2 [API key]");
    expect(&mut play, "<tab>", "= credentials > import [secret=] found:2");
    expect(
        &mut play,
        "<up> <enter>",
        "import found 1 prod-kitaru | = credentials > import secret= found:2 [API key] …",
    );
    // One at a time.
    expect(&mut play, "<enter>", "= credentials > import secret= found:2 [API key] …");
    expect(&mut play, "@import-found", "= credentials | ! stored the secret of 'nightly'");
    check(
        build::full(),
        "i @look-around <up> <enter> @import-found!forbidden",
        "
        look around
        import found 1 prod-kitaru
        = credentials > import secret= found:2 [API key] [The server does not allow this]
    ",
    );
    check(
        build::full(),
        "i @look-around=nothing <down>",
        "look around | = credentials > import [secret=] found:0",
    );
    check(
        build::full(),
        "i @crash=look-around",
        "
        look around
        = credentials > import [secret=]
        ! a bug stopped this: looking for what other tools left here. Try again.
    ",
    );
    // What has no secret, or is for another server, is sent nowhere.
    for variant in ["bare", "far"] {
        let mut play = Play::new(build::full());
        play.run(&format!("i @look-around={variant} <down> <enter>"));
        assert_eq!(play.log, ["look around"], "{variant}");
        assert!(play.place().contains('['), "{}", play.place());
    }
}

#[test]
fn logging_in_with_what_was_found() {
    let out = || {
        let mut model = build::full();
        model.accounts[0].session = SessionView::Out;
        model
    };
    let mut play = check(
        out(),
        "i @look-around <down> <enter>",
        "
        look around
        log in found 0 prod-kitaru
        = credentials > import secret= found:2 [login of ada by password] …
    ",
    );
    expect(
        &mut play,
        "@log-in-found",
        "
        list prod-kitaru
        = credentials > import secret= found:2 [login of ada by password]
        ! logged in to prod-kitaru as ada
    ",
    );
    assert!(play.model.accounts[0].session().is_some());
    // Leaving stops it, so that nobody is logged in unseen.
    let mut play = check(
        out(),
        "i @look-around <down> <enter> <esc>",
        "
        look around
        log in found 0 prod-kitaru
        cancel
        = credentials
    ",
    );
    expect(&mut play, "@log-in-found", "= credentials");
    assert!(play.model.accounts[0].session().is_none());
    // A paste needs a login, which is asked for with the secret left where it is.
    let mut play = Play::new(out());
    play.run("i 'x' <enter>");
    assert!(play.place().starts_with("credentials > import [secret=***] > login"), "{}", play.place());
}

#[test]
fn refreshing_reads_once_at_a_time_and_keeps_what_is_known() {
    let mut play = check(build::full(), "<f5> R", "list prod-kitaru | = credentials");
    expect(&mut play, "@list!slow", "= credentials");
    assert_eq!(play.model.table.rows.len(), 7);
    expect(&mut play, "R @list!out", "list prod-kitaru | = credentials");
    assert!(matches!(play.model.accounts[0].session, keywright::app::model::SessionView::Ended));
}

#[test]
fn accounts_are_walked_through() {
    let mut play = Play::new(build::several());
    let shown: Vec<String> = (0..5)
        .map(|_| {
            play.run("<tab>");
            format!("{:?}", play.model.shown)
        })
        .collect();
    assert_eq!(shown, ["One(0)", "One(1)", "One(2)", "All", "One(0)"]);
    play.run("<s-tab>");
    assert_eq!(format!("{:?}", play.model.shown), "All");
}

#[test]
fn a_reading_only_a_closed_pane_wanted_changes_nothing() {
    let mut play = check(build::full(), "r <esc>", "read c1 | = credentials");
    let before = play.summary();
    play.answer("read", |model, effect| crate::play::replies::good(model, effect, ""));
    assert_ne!(before, play.summary(), "it is not awaited any more");
    let settled = play.summary();
    // A second answer to the same request is stale.
    play.answer("read", |model, effect| crate::play::replies::good(model, effect, ""));
    assert_eq!(settled, play.summary());
    assert!(play.log.is_empty(), "{:?}", play.log);
}
