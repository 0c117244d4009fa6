//! Help, the command list, activity, suspending, and replies that come too late.

use crate::play::{Play, replies};
use crate::{build, check, expect};
use keywright::app::findings::about;
use keywright::app::model::View;
use keywright::domain::finding::Severity;
use keywright::domain::operation::{OperationKind, Phase};
use keywright::keymap::action::Action;
use keywright::keymap::table::BINDINGS;

#[test]
fn help_lies_on_top_and_goes_away() {
    check(build::full(), "?", "= credentials > help");
    check(build::full(), "? j j k <pagedown> q", "= credentials");
    check(build::full(), "r <f1>", "read c1 | = credentials > rotate review reading > help");
    check(build::full(), "r ? <esc>", "read c1 | = credentials > rotate review reading");
    // Where text is typed the question mark is text.
    check(build::full(), "i ?", "look around | = credentials > import [secret=***]");
    check(build::full(), "i <f1>", "look around | = credentials > import [secret=] > help");
}

#[test]
fn the_command_list_does_what_the_keys_do() {
    check(build::full(), ":", "= credentials > commands ''");
    check(build::full(), ": 'revoke' <enter>", "read c1 | = credentials > revoke reading");
    check(build::full(), ": 'owners' <enter>", "= owners");
    check(build::full(), ": 'help' <enter>", "= credentials > help");
    check(build::full(), ": 'lock' <enter>", "wipe memory | repaint | = credentials > LOCKED");
    check(
        build::full(),
        ": 'new account' <enter>",
        "
        = credentials > account form [backend=Kitaru] endpoint= name= login= ca_file= protected=off
    ",
    );
    check(
        build::full(),
        ": 'nothing is called this' <enter>",
        "
        = credentials > commands 'nothing is called this'
    ",
    );
    check(build::full(), ": #paste=owners <down> <up> <esc>", "= credentials");
    // In another pane it offers what can be done there.
    check(build::full(), "3 : 'delete' <enter>", "= owners > confirm Delete service account 'ci-runner'");
}

#[test]
fn the_panes() {
    let mut play = check(build::full(), "5", "activity | = activity");
    expect(&mut play, "@activity j k G g <pagedown> <pageup>", "= activity");
    expect(&mut play, "1", "= credentials");
    check(
        build::full(),
        "5 @activity!state",
        "
        activity
        = activity
        ! keywright's own records cannot be used
    ",
    );
    check(build::full(), "5 <esc>", "activity | = credentials");
}

#[test]
fn files_others_can_read_are_told_and_tightened_when_that_is_said() {
    let mut play = check(build::full(), "4 @find-loose-files=loose", "find loose files | = findings");
    let loose = |play: &Play| {
        let is = |line: &&keywright::app::findings::FindingLine| {
            matches!(line.source, keywright::app::findings::Source::Loose(_))
        };
        play.model.findings.iter().filter(is).count()
    };
    assert_eq!(loose(&play), 1);
    let at = play.model.findings.iter().position(|line| line.severity == Severity::Warning);
    play.model.finding_cursor = at.expect("a warning");
    // Looking changes nothing, and Esc goes away from the question.
    expect(&mut play, "<enter> <esc>", "= findings");
    let asked = play.run("<enter>").place();
    assert!(asked.contains("confirm"), "{asked}");
    play.told();
    expect(
        &mut play,
        "<enter> @tighten!forbidden",
        "
        tighten ~/.config/kitaru/credentials.yaml to 0600
        = findings > confirm Tighten the file [The server does not allow this]
    ",
    );
    assert_eq!(loose(&play), 1);
    play.run("<enter> @tighten").told();
    assert_eq!((loose(&play), play.place().as_str()), (0, "findings"));
    // They are looked for once; accounts of other backends are not told of them, and neither is the sandbox.
    assert!(!play.run("1 4").told().contains("find loose"));
    let mut play =
        check(build::of(vec![build::pools()]), "4 @find-loose-files=loose", "find loose files | = findings");
    assert_eq!(loose(&play), 0);
    expect(&mut play, "4", "= findings");
    // Where things are imported they stand behind what was found.
    let mut play = Play::new(build::full());
    let place = play.run("i @look-around=loose <tab> <tab> <tab> <enter>").place();
    assert!(place.contains("import") && place.ends_with("confirm Tighten the file"), "{place}");
    play.run("<enter> @tighten");
    assert!(play.model.loose_files.is_empty());
}

#[test]
fn findings_are_ranked_and_lead_to_what_they_are_about() {
    let words = |model: &keywright::app::model::Model| -> Vec<String> {
        let found = model.findings.iter().map(|line| {
            let (account, credential) = about(model, *line).expect("it is about something");
            let name = credential.map_or("-", |one| one.name.as_str());
            format!("{} {} {name}", line.severity.word(), account.name())
        });
        found.collect()
    };
    let model = build::told();
    let all = [
        "alarm prod-kitaru preview-2",
        "alarm zpools-eu -",
        "alarm zpools-eu nightly",
        "warning zpools-eu laptop",
        "hint prod-kitaru nightly",
        "hint prod-kitaru 日本語の鍵",
        "hint zpools-eu nightly",
        "hint zpools-eu old laptop",
    ];
    assert_eq!(words(&model), all);
    let mut play = check(model, "4 j <enter>", "find loose files | = findings > message alarm · zpools-eu");
    // A filter that hides it gives way, and the cursor is on it.
    expect(&mut play, "<esc> 1 / 'xyz' <enter> 4 G k <enter>", "= credentials");
    assert_eq!(play.model.selected().map(|(_, one)| one.id.as_str()), Some("p1"));
    expect(&mut play, "4 g <enter>", "= credentials");
    assert_eq!(play.model.selected().map(|(_, one)| one.name.as_str()), Some("preview-2"));
    expect(&mut play, "4 <esc>", "= credentials");
    // Only the accounts shown are told of, and time alone makes findings.
    let mut play = check(build::full(), "4 <enter>", "find loose files | = credentials");
    assert_eq!(words(&play.model).len(), 3);
    play.run("+9m");
    play.model.accounts[0].listing.credentials[0].expires =
        keywright::domain::credential::Expiry::At(build::before(-build::DAY));
    play.run("4");
    assert_eq!(words(&play.model).len(), 4);
}

#[test]
fn stopping_for_the_shell() {
    check(build::full(), "<c-z> #resume", "suspend | repaint | = credentials");
    check(build::full(), "<c-r>", "repaint | = credentials");
}

#[test]
fn keys_that_mean_nothing_do_nothing() {
    let mut play = Play::new(build::full());
    let before = play.summary();
    play.run("z Z <f9> <c-x> <insert> @ #focus");
    assert_eq!(before, play.summary());
}

#[test]
fn a_reply_nobody_waits_for_changes_nothing() {
    // Each kind of request is answered twice; the second answer must leave no trace.
    let openings: [(&str, &str); 20] = [
        ("<f5>", "list"),
        ("r", "read"),
        ("x @read <enter>", "revoke"),
        ("e <tab> '!' <enter>", "edit"),
        ("o <enter>", "edit"),
        ("v", "verify"),
        ("y", "copy"),
        ("i 'x' <enter>", "import"),
        ("n <c-n> 'x' <enter> <enter>", "create-owner"),
        ("3 o <enter>", "enable-owner"),
        ("3 x 'ci-runner' <enter>", "delete-owner"),
        ("5", "activity"),
        ("L 'pw' <enter>", "log-in"),
        ("L <up> <up> <right> <enter>", "device-login"),
        (": 'look at' <enter>", "check-vault"),
        (": 'memory' <enter>", "use-vault"),
        (": 'log out' <enter>", "log-out"),
        ("u", "unfinished"),
        ("n 'etl' <enter> 'd' <enter> <enter> <enter> <enter>", "create"),
        ("r @read <enter> 'yes' <enter> <enter> <enter> <enter>", "rotate"),
    ];
    for (script, name) in openings {
        for good in [true, false] {
            let mut play = Play::new(build::full());
            play.run(script);
            let failure = || replies::failure("slow");
            play.answer(name, |_, effect| replies::failed(effect, failure()));
            let (before, out) = (play.summary(), play.log.len());
            play.answer(name, |model, effect| match effect {
                // A secret is never stale.
                _ if !good || matches!(name, "create" | "rotate") => replies::failed(effect, failure()),
                _ => replies::good(model, effect, ""),
            });
            assert_eq!(before, play.summary(), "{name} {good}");
            assert_eq!(out, play.log.len(), "{name} {good}");
        }
    }
}

#[test]
fn a_reply_of_the_wrong_kind_harms_nothing() {
    let mut play = Play::new(build::full());
    play.run("r");
    let (request, _) = play.open.remove(0);
    play.send(keywright::app::msg::Msg::Reply(request, keywright::app::msg::Reply::OwnerDeleted(Ok(()))));
    expect(&mut play, "", "read c1 | = credentials > rotate review reading");
}

#[test]
fn a_crash_stops_the_waiting_for_good() {
    // A reading that crashes does not ask for itself again, or it would do so for ever.
    check(
        build::full(),
        "u @crash=unfinished",
        "
        unfinished
        = credentials
        ! a bug stopped this: reading unfinished work. Try again.
    ",
    );
    check(
        build::full(),
        "<f5> @crash=list <f5>",
        "
        list prod-kitaru
        list prod-kitaru
        = credentials
        ! a bug stopped this: reading the credentials of prod-kitaru. Try again.
    ",
    );
    check(
        build::full(),
        "x @read <enter> @crash=revoke",
        "
        read c1
        revoke 'default' of ci-runner
        unfinished
        = credentials > revoke [The connection ended before the answer did]
        ! a bug stopped this: revoking 'default' of ci-runner. It may have happened; see unfinished work (u).
    ",
    );
    // Nothing goes on without a fresh reading.
    check(
        build::full(),
        "x @crash=read <enter>",
        "
        read c1
        read c1
        = credentials > revoke reading
        ! a bug stopped this: reading 'default' again. Try again.
    ",
    );
    check(
        build::full(),
        "r @crash=read <enter>",
        "
        read c1
        read c1
        = credentials > rotate review reading
        ! a bug stopped this: reading 'default' again. Try again.
    ",
    );
    check(
        build::full(),
        "r @read <enter> 'yes' <enter> <enter> <enter> <enter> @crash=rotate",
        "
        read c1
        rotate 'default' of ci-runner window 1 d
        unfinished
        = credentials > rotate newsecret [The connection ended before the answer did]
        ! a bug stopped this: rotating 'default' of ci-runner. It may have happened; see unfinished work (u).
    ",
    );
    check(
        build::full(),
        "i 'x' <enter> @crash=import",
        "
        look around
        import prod-kitaru secret:1
        unfinished
        = credentials > import [secret=]
        ! a bug stopped this: importing a secret. It may have happened; see unfinished work (u).
    ",
    );
    check(
        build::full(),
        "e <tab> '!' <enter> @crash=edit",
        "
        edit c1 about 'prod deploys!'
        unfinished
        = credentials > edit name=default [description=prod deploys!]
        ! a bug stopped this: changing 'default' of ci-runner. It may have happened; see unfinished work (u).
    ",
    );
    check(build::full(), "3 x 'ci-runner' <enter> @crash=delete-owner", "
        delete owner o1
        unfinished
        = owners > confirm Delete service account 'ci-runner'
        ! a bug stopped this: delete service account 'ci-runner'. It may have happened; see unfinished work (u).
    ");
}

/// States in which, taken together, every binding has something to do.
#[expect(clippy::too_many_lines, reason = "one state after the other, and nothing else")]
fn states() -> Vec<Play> {
    let scripts = [
        "",
        "j",
        "j 5 @activity",
        "2 j",
        "3 j",
        "3 G",
        "4 j",
        "/ 'n'",
        "p",
        "p k k",
        "i 'x'",
        "L <up> <up>",
        "L <up> <up> <right> <enter> @device",
        "n 'e' <down>",
        "n",
        "r @read",
        "r @read <enter> 'yes' <enter>",
        "r @read <enter> 'yes' <enter> <enter> <enter> <enter> @rotate <c-d> @verify",
        "n 'etl' <enter> 'd' <enter> <enter> <enter> <enter> @create",
        "n 'etl' <enter> 'd' <enter> <enter> <enter> <enter> @create=nowhere <c-d> 'discard'",
        "? <down>",
        "<enter> <down>",
        "e <tab>",
        "<c-l>",
    ];
    let mut plays: Vec<Play> = Vec::new();
    for script in scripts {
        let mut model = build::several();
        model.accounts[0].listing = build::prod().listing;
        model.shown = keywright::app::model::Shown::One(0);
        build::rebuild(&mut model);
        model.table.cursor = 1;
        model.view = View { table_height: 3, page_height: 3, scroll_max: 50 };
        model.scroll = 1;
        let mut play = Play::new(model);
        play.run(script);
        play.model.scroll = 2;
        plays.push(play);
    }
    // The choices of a new credential.
    for script in [
        "n <down>",
        "n",
        "n <enter> <enter> 'eu' <enter> @scope-offers G",
        "n <enter> <enter> 'eu' <enter> @scope-offers j j j",
        "n <enter> <enter> 'eu' <enter> @scope-offers!slow",
        "n <enter> <enter> 'eu' <enter> @scope-offers / 'deploy' <down>",
    ] {
        let mut play = Play::new(build::of(vec![build::ticks()]));
        play.run(script);
        plays.push(play);
    }
    let mut hand = build::pools();
    let may_create = Err("not this one".into());
    let facts = keywright::domain::session::SessionFacts { may_create, ..build::session() };
    hand.session = keywright::app::model::SessionView::In(facts);
    let mut play = Play::new(build::of(vec![hand]));
    play.run("n @creation-page 'ci' <enter> <space> <enter> <enter> <enter> @creation-page");
    play.model.view = View { table_height: 3, page_height: 3, scroll_max: 50 };
    play.model.scroll = 2;
    plays.push(play);
    for script in ["d", "d j"] {
        let mut play = Play::new(build::with_targets());
        play.run(script);
        plays.push(play);
    }
    // Many at once: the groups, what one consists of, what came of each.
    for script in ["j", "k", "o", "o j", "<enter> <enter> '6' <enter>"] {
        let mut play = Play::new(build::full());
        play.run("<c-a> r @list j").run(script);
        plays.push(play);
    }
    for script in ["", "j j", "G", "<esc>"] {
        let mut play = Play::new(build::full());
        play.run("<c-a> r @list <enter> <enter> '6' <enter> @came=0:stored @came=1:!cut? @bulk @came=0:verified @bulk");
        play.run(script);
        plays.push(play);
    }
    // What needs more than keys: the first start, unfinished work, a failure to read, parts of a secret.
    plays.push(Play::started(build::of(Vec::new())));
    plays[0].model.notice = None;
    let mut second = Play::started(build::of(Vec::new()));
    second.run("j");
    plays.push(second);
    for (kind, phase) in [
        (OperationKind::Create, Phase::Unclear),
        (OperationKind::Create, Phase::Stored),
        (OperationKind::Rotate, Phase::Unclear),
        (OperationKind::Deliver, Phase::Planned),
    ] {
        let mut model = build::full();
        let mut other = build::operation(kind, phase);
        other.id = uuid::Uuid::from_u128(70);
        model.unfinished = vec![build::operation(kind, phase), other];
        let mut play = Play::new(model);
        play.run("u j");
        plays.push(play);
        let mut model = build::full();
        let mut other = build::operation(kind, phase);
        other.id = uuid::Uuid::from_u128(70);
        model.unfinished = vec![build::operation(kind, phase), other];
        let mut play = Play::new(model);
        play.run("u");
        plays.push(play);
    }
    // Where a rotation makes a second credential: before it, with a login that is not kept, and after it.
    let mut model = build::two();
    let session = keywright::domain::session::SessionFacts { kept: false, ..build::session() };
    model.accounts[0].session = keywright::app::model::SessionView::In(session);
    let mut play = Play::new(model);
    play.run("r @read <enter>");
    plays.push(play);
    for down in ["", "j"] {
        let mut play = Play::new(build::with_targets());
        play.run(&format!("r @read <enter> 'yes' <enter> <enter> {down}"));
        plays.push(play);
    }
    // Where a rotation has several forms, both ways round.
    for script in ["r @read <enter>", "r @read <enter> f"] {
        let mut play = Play::new(build::either());
        play.run(script);
        plays.push(play);
    }
    for script in ["w @places", "w @places j", "w @places / 'lake'", "w @places / 'lake' <down>"] {
        let mut model = build::vends();
        model.held = vec![build::held("s3://lake/", None)];
        let mut play = Play::new(model);
        play.run(script);
        plays.push(play);
    }
    let mut play = Play::new(build::either());
    play.run("3");
    plays.push(play);
    let mut play = Play::new(build::of(vec![build::pools()]));
    let job = |row: &keywright::app::rows::Row| row.credential == 0;
    play.model.table.cursor = play.model.table.rows.iter().position(job).expect("a row");
    play.run("r @read");
    plays.push(play);
    let mut play = Play::new(build::two());
    play.run("r @read <enter> <enter> <enter> <enter> @rotate=second <c-d> @verify @unfinished=promised");
    plays.push(play);
    let mut model = build::full();
    let mut session = build::session();
    session.may_create = Err("only an administrator may".into());
    model.accounts[0].session = keywright::app::model::SessionView::In(session);
    let mut play = Play::new(model);
    play.run("n @creation-page=none");
    plays.push(play);
    for cursor in [0, 1] {
        use keywright::secret::{Part, Parts, Secret};
        let mut play = Play::new(build::full());
        play.run("n 'etl' <enter> 'd' <enter> <enter> <enter> <enter> @create");
        if let Some(keywright::app::pane::Overlay::Reveal(pane)) = play.model.overlays.last_mut() {
            let part = |name| Part { name, secret: Secret::new(String::from("s")) };
            pane.parts = Parts::named(vec![part("public"), part("secret")]);
            pane.cursor = cursor;
        }
        plays.push(play);
    }
    plays
}

/// More of a model than the summary: cursors, order. How far a page is scrolled is not in it: any key resets that.
fn all_of(play: &Play) -> String {
    let parts = play.model.overlays.iter().map(|overlay| match overlay {
        keywright::app::pane::Overlay::Reveal(pane) => format!("{} {:?}", pane.cursor, pane.unmasked_until),
        keywright::app::pane::Overlay::Deliver(pane) => pane.cursor.to_string(),
        keywright::app::pane::Overlay::Bulk(pane) => {
            format!("{} {:?} {:?} {:?}", pane.cursor, pane.inside, pane.run.failures, pane.chosen())
        }
        keywright::app::pane::Overlay::Create(pane) => format!("{} {:?}", pane.cursor, pane.step),
        keywright::app::pane::Overlay::Rotate(pane) => {
            format!("{} {} {:?} {} {}", pane.form, pane.choice, pane.step, pane.picker.is_some(), pane.target)
        }
        _ => String::new(),
    });
    let parts: Vec<String> = parts.collect();
    format!(
        "{} {:?} {} {:?} {:?} {:?}",
        play.summary(),
        play.model.table.marks,
        play.model.activity_cursor,
        (play.model.table.sort, play.model.table.reversed, play.model.table.filtering),
        parts,
        play.log.len()
    )
}

#[test]
fn every_binding_does_something_somewhere() {
    for binding in BINDINGS {
        let mut does = false;
        for mut play in states() {
            if play.model.context() != binding.context
                && !std::iter::successors(Some(play.model.context()), |here| here.parent())
                    .any(|here| here == binding.context)
            {
                continue;
            }
            let before = all_of(&play);
            play.run(
                &format!("<{}>", binding.keys[0]).replace("<:>", ":").replace("<?>", "?").replace("</>", "/"),
            );
            let moves =
                matches!(binding.action, Action::Up | Action::Down | Action::PageUp | Action::PageDown);
            does |= before != all_of(&play) || (moves && play.model.scroll != 2);
        }
        assert!(
            does,
            "{} ({:?}) does nothing in any state of {:?}",
            binding.keys[0], binding.action, binding.context
        );
    }
}
