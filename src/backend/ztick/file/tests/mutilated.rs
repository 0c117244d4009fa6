//! A hundred mutilated files, always the same ones, and as many more as the property test makes: whatever stands in a
//! file, an edit changes nothing but its section, loses no token, and leaves a file the server starts with.

use proptest::prelude::*;

use super::super::{Trap, Weight, findings, read, revoke};
use super::{NEW, ORDINARY, create, good, plain, rotate, secret, tokens};

type Damage = fn(&str) -> String;

/// Small damages as an editor, a merge or a habit makes them, and the trap each of them is.
const DAMAGES: &[(Option<Trap>, Damage)] = &[
    (Some(Trap::UnclosedHeader), |file| file.replace(']', "")),
    (Some(Trap::UnclosedHeader), |file| file.replacen(']', "", 1)),
    (Some(Trap::DoubledHeader), |file| file.replace("[token.deploy]", "[[token.deploy]]")),
    (Some(Trap::CommentedHeader), |file| file.replace("[token.deploy]", "#[token.deploy]")),
    (Some(Trap::StrayHeader), |file| file.replace("[token.ops]", "[tokens.ops]")),
    (Some(Trap::InlineComment), |file| file.replace("\"\n", "\" # note\n")),
    (Some(Trap::InlineComment), |file| file.replace("\"*\"", "\"*\" # all")),
    (Some(Trap::SingleQuotes), |file| file.replace('"', "'")),
    (Some(Trap::TripleQuotes), |file| file.replace('"', "\"\"\"")),
    (Some(Trap::UnclosedQuote), |file| file.replacen("\"sk", "sk", 1)),
    (Some(Trap::UnclosedQuote), |file| file.replacen("\"\n", "\n", 2)),
    (None, |file| file.replace('\n', "\r\n")),
    (Some(Trap::CarriageReturn), |file| file.replace('\n', "\r")),
    (Some(Trap::ByteOrderMark), |file| format!("\u{feff}{file}")),
    (Some(Trap::HiddenHeader), |file| {
        format!("\u{feff}{}", file.split_once("\n\n").map_or("", |(_, rest)| rest))
    }),
    (Some(Trap::MissingSecret), |file| file.replace("secret", "Secret")),
    (Some(Trap::MisspeltKey), |file| file.replacen("secret =", "secret:", 1)),
    (Some(Trap::MisspeltKey), |file| file.replacen("secret", "\"secret\"", 1)),
    (Some(Trap::OpenNamespace), |file| file.replace("deploy.\"", "deploy\"")),
    (Some(Trap::GlobNamespace), |file| file.replace("deploy.\"", "deploy.*\"")),
    (Some(Trap::EmptyNamespace), |file| file.replace("namespace = \"deploy.\"", "namespace = \"\"")),
    (Some(Trap::ShortSecret), |file| file.replace("a1b2c3d4e5f6", "")),
    (Some(Trap::QuotedSecret), |file| file.replace("sk_ops", "sk ops")),
    (Some(Trap::DuplicateSecret), |file| file.replace("sk_deploy_a1b2c3d4e5f6", "sk_ops_a1b2c3d4e5f6a7b8")),
    (Some(Trap::InlineTable), |file| file.replace("[token.deploy]", "token.deploy = { secret = \"x\" }")),
    (Some(Trap::MissingSecret), |file| file.replace("[token.deploy]", "[token.deploy]\n[token.empty]")),
    (Some(Trap::RepeatedName), |file| file.replace("[token.deploy]", "[token.ops]")),
    (Some(Trap::LooseLine), |file| file.replace("# owner", "garbage")),
    (Some(Trap::ExpiryIgnored), |file| file.replace("created", "expires_at")),
    (Some(Trap::Backslash), |file| file.replace("sk_deploy", "sk\\deploy")),
    (Some(Trap::UnprintableSecret), |file| file.replace("sk_deploy", "sk\0dé")),
    (None, |file| file.replace('\n', "\n\n")),
    (Some(Trap::DuplicateSecret), |file| format!("{file}{file}")),
    (None, |file| file.trim_end().to_owned()),
    (None, |file| file.chars().rev().collect()),
];

/// Two damages after one another; the pairs are spread over the table.
fn hundred() -> Vec<Vec<u8>> {
    let pairs = DAMAGES.iter().flat_map(|first| DAMAGES.iter().map(move |second| (first.1, second.1)));
    pairs.step_by(6).map(|(first, second)| second(&first(ORDINARY)).into_bytes()).collect()
}

/// What must hold for any file at all.
fn holds(file: &[u8]) {
    let before = tokens(file);
    let starts = read(file).failure.is_none();

    if let Ok(made) = create(file, "brand-new", "n.", &secret(NEW)) {
        assert!(starts, "a file the server refuses is not made longer");
        assert!(made.bytes.starts_with(file));
        let mut after = tokens(&made.bytes);
        assert_eq!(after.pop().unwrap(), (b"brand-new".into(), NEW.into(), b"n.".into()));
        assert_eq!(after, before);
        let undone = good(revoke(&made.bytes, before.len()));
        assert!(undone.bytes.starts_with(file) && undone.bytes.len() <= file.len() + 4);
    } else {
        assert!(!starts, "a file the server starts with takes a new token");
    }

    for index in 0..before.len() {
        let token = read(file).tokens[index];
        let all: Vec<&[u8]> = file.split_inclusive(|&byte| byte == b'\n').collect();
        let outside = [&all[..token.header], &all[token.last_key + 1..]].concat().concat();
        let mut left = before.clone();
        left.remove(index);
        match revoke(file, index) {
            Ok(edited) => {
                assert_eq!(edited.bytes.as_slice(), outside, "every byte outside the section stays");
                assert_eq!(tokens(&edited.bytes), left, "no other token is lost or changed");
                assert_eq!(read(&edited.bytes).failure, None);
            }
            Err(_) => {
                assert!(read(&outside).failure.is_some(), "only a result that does not start is refused");
            }
        }
        if let Ok(rotated) = rotate(file, index, "brand-new", &secret(NEW)) {
            let after = tokens(&rotated.bytes);
            assert_eq!(after[..before.len()], before);
            assert_eq!(after[before.len()].2, before[index].2);
        }
    }
    told(file);
}

/// What the server would not start with, and what it silently makes of a habit, is told.
fn told(file: &[u8]) {
    let found = findings(file);
    let reading = read(file);
    let has = |trap: Trap| found.iter().any(|finding| finding.trap == trap);
    if let Some((failure, _)) = reading.failure {
        assert!(has(failure.into()), "{failure:?}");
    }
    let shown = format!("{found:?}");
    assert!(reading.tokens.iter().all(|token| {
        let secret = String::from_utf8_lossy(token.secret.unwrap_or_default());
        secret.len() < 12 || !shown.contains(&*secret)
    }));
}

/// A secret of the ordinary file that nobody can log in with any more is never passed over in silence.
fn no_loss_is_silent(file: &[u8]) {
    let found = findings(file);
    let reading = read(file);
    let serious = found.iter().any(|finding| finding.trap.weight() <= Weight::Serious);
    let meant = tokens(ORDINARY.as_bytes());
    let alive = |secret: &[u8]| reading.tokens.iter().any(|token| token.secret == Some(secret));
    let text = String::from_utf8_lossy(file);
    for (_, secret, _) in &meant {
        let written = String::from_utf8_lossy(secret);
        assert!(alive(secret) || !text.contains(&*written) || serious, "{text}\n{found:#?}");
    }
}

#[test]
fn each_damage_is_told() {
    for (number, (trap, damage)) in DAMAGES.iter().enumerate() {
        let file = damage(ORDINARY).into_bytes();
        assert_ne!(file, ORDINARY.as_bytes(), "{number}");
        let found: Vec<Trap> = findings(&file).into_iter().map(|finding| finding.trap).collect();
        assert!(trap.is_none_or(|trap| found.contains(&trap)), "{number}: {trap:?} is not among {found:?}");
        holds(&file);
        no_loss_is_silent(&file);
    }
}

#[test]
fn what_a_strange_line_break_makes_part_of_a_name_is_not_shown() {
    let secret = "sk_ops_a1b2c3d4e5f6a7b8";
    let key = format!("secret = \"{secret}\"");
    for file in [
        format!("[token.\r{key}\r[token.a]\n{key}\nnamespace = \"n.\"\n"),
        format!("[token.b\r{key}\rnamespace = \"n.\"\r[token.a]\r{key}\r"),
    ] {
        holds(file.as_bytes());
        let reading = read(file.as_bytes());
        assert!(!reading.tokens.is_empty() && reading.tokens.iter().all(|token| token.name.len() < 2));
    }
}

#[test]
fn a_hundred_mutilated_files() {
    let files = hundred();
    let different: std::collections::HashSet<&[u8]> = files.iter().map(Vec::as_slice).collect();
    assert!(different.len() >= 100, "{} are different", different.len());
    for file in &files {
        holds(file);
        no_loss_is_silent(file);
    }
    let read_any = files.iter().filter(|file| !plain(&read(file)).is_empty()).count();
    assert!(read_any > 40, "the files are not so broken that nothing is tested: {read_any}");
}

/// Lines that mean something, in any order.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let name = "[a-c]{1}";
    let value =
        prop_oneof![Just(String::from("sk_ops_a1b2c3d4e5f6a7b8")), "[a-z.*# \"'\\\\]{0,8}", "[a-f0-9]{16}",];
    let end = prop_oneof![5 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r"), 1 => Just("")];
    let text = prop_oneof![
        3 => name.prop_map(|name| format!("[token.{name}]")),
        3 => value.clone().prop_map(|value| format!("secret = \"{value}\"")),
        3 => value.prop_map(|value| format!("namespace = \"{value}\"")),
        1 => "#? ?\\[{0,2}token\\.?[a-b]?\\]?.{0,3}",
        1 => "\\PC{0,12}",
        1 => Just(String::new()),
    ];
    let raw = prop::collection::vec(any::<u8>(), 0..12);
    prop_oneof![
        12 => (text, end).prop_map(|(text, end)| format!("{text}{end}").into_bytes()),
        1 => raw,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_at_all(lines in prop::collection::vec(line(), 0..24)) {
        holds(&lines.concat());
    }

    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&bytes);
    }
}
