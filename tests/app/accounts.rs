//! The list of accounts and the editor of one.

use crate::play::Play;
use crate::{build, check, expect};

#[test]
fn choosing_what_is_shown() {
    let mut play = check(build::several(), "p", "= credentials > accounts 3");
    expect(&mut play, "k k <enter>", "= credentials");
    assert_eq!(format!("{:?}", play.model.shown), "One(1)");
    expect(&mut play, "p j j j <enter>", "= credentials");
    assert_eq!(format!("{:?}", play.model.shown), "All");
}

#[test]
fn logging_in_and_out_from_the_list() {
    check(
        build::several(),
        "p k L",
        "
        = credentials > accounts 2 > login method=name and password username=ada [password=] keep=off
    ",
    );
    check(build::several(), "p k k k O", "log out prod-kitaru | = credentials > accounts 0");
    // "all accounts" is no account.
    check(build::several(), "p L O e x", "= credentials > accounts 3");
}

#[test]
fn removing_wants_the_same_key_twice() {
    let mut play = check(
        build::several(),
        "p k x",
        "
        = credentials > accounts 2
        ! press x again to take staging out of the settings; its credentials and stored secrets stay
    ",
    );
    expect(
        &mut play,
        "~x",
        "
        = credentials > accounts 2
        ! press x again to take staging out of the settings; its credentials and stored secrets stay
    ",
    );
    expect(&mut play, "x", "
        save accounts prod-kitaru kitaru https://prod-kitaru.example.com, zpools-eu zpools https://zpools-eu.example.com
        = credentials > accounts 2
    ");
    assert_eq!(play.model.accounts.len(), 2);
    expect(
        &mut play,
        "@save-accounts!state",
        "
        = credentials > accounts 2
        ! keywright's own records cannot be used
    ",
    );
    // Another key in between, and it has to be asked for again.
    check(
        build::several(),
        "p k x j k x",
        "
        = credentials > accounts 2
        ! press x again to take staging out of the settings; its credentials and stored secrets stay
    ",
    );
}

#[test]
fn a_new_account() {
    let mut play = check(build::several(), "p n", "
        = credentials > accounts 3 > account form [backend=Kitaru] endpoint= name= login= ca_file= protected=off
    ");
    expect(&mut play, "<tab> 'https://new.example.com/' <tab> 'new' <tab> 'ada' <tab> <tab> <space>", "
        = credentials > accounts 3 > account form backend=Kitaru endpoint=https://new.example.com/ name=new login=ada ca_file= [protected=on]
    ");
    expect(&mut play, "<enter>", "
        save accounts prod-kitaru kitaru https://prod-kitaru.example.com, zpools-eu zpools https://zpools-eu.example.com, staging kitaru https://staging.example.com, new kitaru https://new.example.com protected
        = credentials > accounts 3 > account form backend=Kitaru endpoint=https://new.example.com/ name=new login=ada ca_file= [protected=on] …
    ");
    // What is being written can not be left half way.
    expect(&mut play, "<esc> <enter>", "
        = credentials > accounts 3 > account form backend=Kitaru endpoint=https://new.example.com/ name=new login=ada ca_file= [protected=on] …
    ");
    expect(
        &mut play,
        "@save-accounts",
        "
        open account new
        = credentials > accounts 3 > login method=name and password username=ada [password=] keep=off
    ",
    );
    assert_eq!(play.model.accounts.len(), 4);
}

#[test]
fn what_is_typed_is_checked_with_a_sentence() {
    for (endpoint, name, why) in [
        ("https://a.example", "", "an account needs a name"),
        ("https://a.example", "a b", "an account's name has only letters a-z, digits"),
        ("https://a.example", "prod-kitaru", "another account has this name"),
        ("", "fine", "this is not an address"),
        ("http://a.example", "fine", "plain http would send secrets in the clear to a.example"),
        ("https://u:p@a.example", "fine", "leave user and password out of the address"),
        ("ftp://a.example", "fine", "the address must start with https://"),
        ("https://a.example/?q=1", "fine", "leave ? and # out of the address"),
    ] {
        let mut play = Play::new(build::several());
        play.run("p n <tab>").typed(endpoint);
        play.run("<tab>").typed(name);
        play.run("<tab> <tab> <tab> <enter>");
        assert!(play.place().contains(why), "{endpoint} {name}: {}", play.place());
        assert!(play.log.is_empty());
        // The sentence goes when the field is changed.
        play.run("'x'");
        assert!(!play.place().contains(why), "{endpoint} {name}: {}", play.place());
    }
}

#[test]
fn editing_keeps_the_name_free_for_itself() {
    let mut play = check(build::several(), "p k k k e", "
        = credentials > accounts 0 > account form [backend=Kitaru] endpoint=https://prod-kitaru.example.com name=prod-kitaru login=ada ca_file= protected=off
    ");
    expect(&mut play, "<tab> <tab> <tab> <tab> <tab> <space> <enter>", "
        save accounts prod-kitaru kitaru https://prod-kitaru.example.com protected, zpools-eu zpools https://zpools-eu.example.com, staging kitaru https://staging.example.com
        = credentials > accounts 0 > account form backend=Kitaru endpoint=https://prod-kitaru.example.com name=prod-kitaru login=ada ca_file= [protected=on] …
    ");
    expect(
        &mut play,
        "@save-accounts",
        "
        open account prod-kitaru
        = credentials > accounts 0 > login method=name and password username=ada [password=] keep=off
    ",
    );
    assert!(play.model.accounts[0].account.protected);
    assert_eq!(play.model.accounts.len(), 3);
    let mut play = check(build::several(), "p k k k e <up> <enter>", "
        save accounts prod-kitaru kitaru https://prod-kitaru.example.com, zpools-eu zpools https://zpools-eu.example.com, staging kitaru https://staging.example.com
        = credentials > accounts 0 > account form backend=Kitaru endpoint=https://prod-kitaru.example.com name=prod-kitaru login=ada ca_file= [protected=off] …
    ");
    expect(&mut play, "@save-accounts!state", "
        = credentials > accounts 0 > account form backend=Kitaru endpoint=https://prod-kitaru.example.com [name=prod-kitaru (keywright's own records cannot be used)] login=ada ca_file= protected=off
    ");
}

#[test]
fn another_backend_is_chosen_with_the_arrows() {
    let mut play = Play::new(build::several());
    play.run("p n <right>");
    assert!(play.place().contains("[backend=zpools]"), "{}", play.place());
    play.run("<right>");
    assert!(play.place().contains("[backend=Kitaru]"), "{}", play.place());
}

#[test]
fn the_sandbox_keeps_its_own_accounts() {
    let sandbox = || {
        let mut model = build::several();
        model.sandbox =
            Some(keywright::app::model::SandboxView { control: String::from("http://127.0.0.1:1") });
        model
    };
    check(
        sandbox(),
        "p n",
        "
        = credentials > accounts 3
        ! the sandbox has its own accounts; start keywright without it to add yours
    ",
    );
    check(sandbox(), "p k x", "= credentials > accounts 2 | ! the sandbox's accounts go when it ends");
}

#[test]
fn the_fields_of_an_account_are_those_of_its_backend_and_nothing_typed_is_lost() {
    use keywright::domain::ability::{Abilities, NameRule, OwnerAbility, SettingField};
    static FIELDS: &[SettingField] = &[SettingField {
        id: "auth_file",
        label: "auth file",
        hint: "its path",
        optional: false,
        check: |text| if text.starts_with('/') { Ok(()) } else { Err(String::from("an absolute path")) },
    }];
    static OTHER: Abilities = Abilities {
        id: "ztick",
        title: "ztick",
        endpoint: "the address of the scheduler",
        schemes: &["tcp", "tls"],
        settings: FIELDS,
        logins: &[],
        owner: OwnerAbility {
            noun: "name",
            plural: "names",
            create: false,
            disable: false,
            delete: false,
            names: NameRule { longest: 64, refused: &[], only: None, words: "" },
            fields: &[],
            edits: &[],
        },
        credential: build::CERTIFICATE,
        further: &[],
        restart: None,
        vending: None,
        history: None,
        verify: "",
    };
    let mut model = build::full();
    model.backends = vec![&build::ABILITIES, &OTHER];
    let mut play = crate::play::Play::new(model);
    play.run(": 'new account' <enter> <right> <tab> 'tcp://127.0.0.1:5555' <tab> 'etc' <tab> 'tick'");
    let saved = "<up> <up> <up> <left> <right>";
    crate::expect(&mut play, saved, "
        = credentials > account form [backend=ztick] endpoint=tcp://127.0.0.1:5555 auth_file=etc name=tick login= \
        ca_file= protected=off
    ");
    let go_on = "<tab> <tab> <tab> <tab> <tab> <tab> <enter>";
    play.run(go_on);
    assert!(play.place().contains("[auth_file=etc (an absolute path)]"), "{}", play.place());
    play.run("<c-u> '/etc/auth' <tab> <tab> <tab> <tab> <enter>");
    assert_eq!(
        play.log.last().map(String::as_str),
        Some(
            "save accounts prod-kitaru kitaru https://prod-kitaru.example.com, tick ztick tcp://127.0.0.1:5555"
        )
    );
}
