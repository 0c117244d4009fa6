//! Targets: marking those of a credential, delivering to one or all, and what became of each.

use keywright::app::model::Facts;
use keywright::app::pane::Overlay;
use keywright::app::pane::deliver::{lines, notes, shared_words};
use keywright::domain::target::{TargetName, TargetNote};

use crate::play::Play;
use crate::{build, check, expect};

#[test]
fn without_targets_in_the_settings_it_is_said_how_to_describe_one() {
    check(build::full(), "d", "= credentials > message There are no targets yet");
}

#[test]
fn only_a_stored_secret_can_be_delivered() {
    let mut model = build::with_targets();
    for facts in model.accounts[0].facts.values_mut() {
        *facts = Facts { targets: facts.targets.clone(), ..Facts::default() };
    }
    check(
        model,
        "d",
        "
        = credentials
        ! this secret is not stored here, so it cannot be delivered; import it (i) or rotate (r)
    ",
    );
}

#[test]
fn marking_remembers_targets_in_order() {
    let mut play = check(build::with_targets(), "d j j", "= credentials > deliver default 2");
    expect(
        &mut play,
        "<space>",
        "set targets c1 [github, deploy-env, their-tool] | = credentials > deliver default 2",
    );
    // A target that is taken out goes to the others; the cursor stays on it.
    expect(&mut play, "k <space>", "set targets c1 [github, their-tool] | = credentials > deliver default 2");
    expect(&mut play, "k k k k <esc>", "= credentials");
}

#[test]
fn one_or_all_are_delivered_and_their_receipts_noted() {
    let mut play = check(
        build::with_targets(),
        "d j <enter>",
        "deliver 'default' of ci-runner to deploy-env | = credentials > deliver default 1 …",
    );
    // While one is under way nothing else begins.
    expect(&mut play, "a d <space>", "= credentials > deliver default 1 …");
    expect(
        &mut play,
        "@deliver",
        "unfinished | = credentials > deliver default 1 | ! deploy-env: delivered and read back",
    );
    let credential = play.model.accounts[0].listing.credentials[0].reference(&build::name("prod-kitaru"));
    assert!(notes(&play.model, &credential).iter().all(keywright::domain::target::TargetNote::is_up_to_date));

    expect(
        &mut play,
        "a",
        "deliver 'default' of ci-runner to github, deploy-env | = credentials > deliver default 1 … | ! deploy-env: delivered and read back",
    );
    expect(
        &mut play,
        "@deliver=failed",
        "unfinished | = credentials > deliver default 1 | ! 2 of 2 targets did not get it",
    );
    assert!(notes(&play.model, &credential).iter().all(|note| !note.is_up_to_date()));
}

#[test]
fn a_closed_overlay_does_not_stop_it_and_the_result_is_said() {
    let mut play = check(
        build::with_targets(),
        "d <enter> <esc>",
        "deliver 'default' of ci-runner to github | = credentials",
    );
    expect(
        &mut play,
        "@deliver=failed",
        "
        unfinished
        = credentials
        ! github: not delivered: it ended with exit code 1: no such repository
    ",
    );
    check(
        build::with_targets(),
        "d <enter> @deliver!keyring",
        "
        deliver 'default' of ci-runner to github
        unfinished
        = credentials > deliver default 0 [The keyring cannot be used]
        ! The keyring cannot be used
    ",
    );
    check(
        build::with_targets(),
        "d <enter> @crash=deliver",
        "
        deliver 'default' of ci-runner to github
        unfinished
        = credentials > deliver default 0 [The connection ended before the answer did]
        ! a bug stopped this: delivering 'default'. It may have happened; see unfinished work (u).
    ",
    );
}

#[test]
fn a_target_that_left_the_settings_is_said_so() {
    let mut model = build::with_targets();
    model.targets.remove(1);
    check(
        model,
        "d <enter>",
        "= credentials > deliver default 0 | ! 'github' is not in the settings any more",
    );
}

#[test]
fn leaving_waits_for_a_delivery() {
    check(
        build::with_targets(),
        "d <enter> <c-c>",
        "
        deliver 'default' of ci-runner to github
        = credentials > deliver default 0 … > LEAVING
        ! leaving as soon as this has its answer: delivering 'default'
    ",
    );
}

#[test]
fn a_rotation_delivers_once_the_new_secret_was_accepted() {
    let rotated = "r @read <enter> 'yes' <enter> <enter> <enter> <enter> @rotate <c-d>";
    let delivered = |play: &mut Play, script: &str| {
        play.log.clear();
        play.run(script);
        play.log.iter().filter(|line| line.starts_with("deliver")).cloned().collect::<Vec<String>>()
    };
    let to_both = "deliver 'default' of ci-runner to github, deploy-env";
    let mut play = Play::new(build::with_targets());
    assert_eq!(delivered(&mut play, &format!("{rotated} @verify")), [to_both]);
    // Each is tried once with this secret; a failure is the operator's to try again.
    assert_eq!(delivered(&mut play, "@deliver=failed v @verify"), Vec::<String>::new());
    for verdict in ["refused", "wider"] {
        let mut play = Play::new(build::with_targets());
        assert_eq!(delivered(&mut play, &format!("{rotated} @verify={verdict}")), Vec::<String>::new());
    }
}

#[test]
fn a_rotation_chooses_targets_and_remembers_them() {
    let mut play = check(
        build::with_targets(),
        "r @read <enter> 'yes' <enter> <enter>",
        "read c1 | = credentials > rotate targets",
    );
    expect(
        &mut play,
        "j j <space>",
        "set targets c1 [github, deploy-env, their-tool] | = credentials > rotate targets",
    );
    expect(
        &mut play,
        "k k <space>",
        "set targets c1 [deploy-env, their-tool] | = credentials > rotate targets",
    );
    play.log.clear();
    play.run("<enter> <enter> @rotate <c-d> @verify");
    let delivered =
        play.log.iter().filter(|line| line.starts_with("deliver")).cloned().collect::<Vec<String>>();
    assert_eq!(delivered, ["deliver 'default' of ci-runner to deploy-env, their-tool"]);
    // What failed is tried again from the last step, one by one.
    play.run("@deliver=failed");
    play.told();
    expect(
        &mut play,
        "d",
        "= credentials > rotate verify > deliver default 0 | ! 2 of 2 targets did not get it",
    );
    expect(
        &mut play,
        "<enter>",
        "deliver 'default' of ci-runner to deploy-env | = credentials > rotate verify > deliver default 0 … | ! 2 of 2 targets did not get it",
    );
}

#[test]
fn a_new_credential_goes_to_the_targets_that_were_chosen() {
    let new = "n 'etl' <enter> 'deploy' <tab> 'x' <enter> <enter>";
    let mut play =
        check(build::with_targets(), new, "= credentials > create targets name=deploy [description=x]");
    // The order is the one in which they were marked; none is fine, too.
    play.run("j j <space> j j <space> j <space> <space>");
    let Some(Overlay::Create(pane)) = play.model.overlays.last() else { panic!("the wizard") };
    assert_eq!(pane.targets.iter().map(ToString::to_string).collect::<Vec<_>>(), ["their-tool", "github"]);
    play.run("<enter> <enter> @create <c-d>");
    play.log.clear();
    play.run("@verify");
    assert!(
        play.log.contains(&String::from("deliver 'deploy' of etl to their-tool, github")),
        "{:?}",
        play.log
    );
    // One that was refused, or may do something else, goes nowhere.
    let mut play = Play::new(build::with_targets());
    play.run(&format!("{new} <space> <enter> <enter> @create <c-d> @verify=refused"));
    assert!(!play.log.iter().any(|line| line.starts_with("deliver")), "{:?}", play.log);
    let mut play = Play::new(build::with_targets());
    play.run(&format!("{new} <enter> <enter> @create <c-d> @verify"));
    assert!(!play.log.iter().any(|line| line.starts_with("deliver")), "{:?}", play.log);
}

#[test]
fn a_target_of_several_is_told_with_their_names_but_a_successor_shares_with_its_predecessor() {
    let mut model = build::with_targets();
    let account = model.accounts[0].name().clone();
    let other = model.accounts[0].listing.credentials[1].reference(&account);
    let note =
        TargetNote { target: TargetName::parse("github").expect("a name"), receipt: None, current: false };
    model.accounts[0].facts.entry(other.clone()).or_default().targets.push(note);
    let first = model.accounts[0].listing.credentials[0].reference(&account);
    let shared = shared_words(&lines(&model, &first));
    let name = &model.accounts[0].listing.credentials[1];
    assert_eq!(shared, [format!("'github' is a target of '{}' of {} as well", name.name, name.owner.name)]);
    let promise = keywright::domain::promise::Promise {
        credential: other.clone(),
        successor: first.clone(),
        ..build::promise(model.now, 3600)
    };
    model.accounts[0].retiring.insert(other, promise);
    assert_eq!(shared_words(&lines(&model, &first)), Vec::<String>::new());
}

#[test]
fn closed_or_locked_while_it_is_presented_the_new_secret_still_goes_to_its_targets() {
    let rotated = "r @read <enter> 'yes' <enter> <enter> <enter> <enter> @rotate <c-d>";
    let to_both = "deliver 'default' of ci-runner to github, deploy-env";
    for away in ["<esc>", "<c-l>"] {
        for (verdict, delivered) in [("", 1), ("=refused", 0), ("=wider", 0), ("!slow", 0)] {
            let mut play = Play::new(build::with_targets());
            play.run(&format!("{rotated} {away}"));
            play.log.clear();
            play.run(&format!("@verify{verdict}"));
            let sent = play.log.iter().filter(|line| line.as_str() == to_both).count();
            assert_eq!(sent, delivered, "{away} {verdict}: {:?}", play.log);
        }
    }
}
