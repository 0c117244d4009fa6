//! Edits: what they add and take, what they refuse, and that nothing else changes.

use super::super::{Edited, Refusal, StartFailure, Warning, difference, generate, revoke};
use super::{NEW, ORDINARY, create, good, rotate, secret, tokens};

#[track_caller]
fn text(edited: Result<Edited, Refusal>) -> String {
    String::from_utf8(good(edited).bytes.to_vec()).unwrap()
}

#[track_caller]
fn refused(edited: Result<Edited, Refusal>) -> Refusal {
    edited.err().expect("refused")
}

fn section(end: &str) -> String {
    ["[token.ci]", &format!("secret = \"{NEW}\""), "namespace = \"ci.\"", ""].join(end)
}

#[test]
fn create_appends_a_section_after_a_blank_line() {
    let made = |file: &str| text(create(file.as_bytes(), "ci", "ci.", &secret(NEW)));
    let dos = ORDINARY.replace('\n', "\r\n");
    let rows = [
        (String::new(), section("\n")),
        (String::from(ORDINARY), format!("{ORDINARY}\n{}", section("\n"))),
        (format!("{ORDINARY}\n"), format!("{ORDINARY}\n{}", section("\n"))),
        (ORDINARY.trim_end().to_owned(), format!("{}\n\n{}", ORDINARY.trim_end(), section("\n"))),
        (dos.clone(), format!("{dos}\r\n{}", section("\r\n"))),
        (dos.trim_end().to_owned(), format!("{}\r\n\r\n{}", dos.trim_end(), section("\r\n"))),
        (String::from("\u{feff}# x"), format!("\u{feff}# x\n\n{}", section("\n"))),
    ];
    for (file, wanted) in rows {
        assert_eq!(made(&file), wanted, "{file:?}");
    }
}

#[test]
fn revoke_takes_every_line_from_the_header_to_the_last_key() {
    let without_ops = "# tokens of the scheduler\ntitle = \"not read\"\n\n\n# deploys\n\
        [token.deploy]  # pipeline\nsecret = \"sk_deploy_a1b2c3d4e5f6\"\nnamespace = \"deploy.\"\n\n# last words\n";
    let edited = revoke(ORDINARY.as_bytes(), 0).ok().unwrap();
    assert_eq!(edited.warnings, [Warning::NoWideToken]);
    assert_eq!(String::from_utf8_lossy(&edited.bytes), without_ops);

    let edited = revoke(ORDINARY.as_bytes(), 1).ok().unwrap();
    assert_eq!(edited.warnings, []);
    assert!(edited.bytes.ends_with(b"# deploys\n\n# last words\n"));
    let nothing = revoke(without_ops.as_bytes(), 0).ok().unwrap();
    assert_eq!(nothing.warnings, [Warning::NoToken]);
}

#[test]
fn revoke_takes_the_keys_that_a_commented_header_gave_to_this_token() {
    let file = "[token.w]\nsecret = \"0000\"\nnamespace = \"*\"\n[token.a]\nsecret = \"1\"\nnamespace = \"a\"\n\
        #[token.b]\nsecret = \"2\"\nnamespace = \"b\"\n# end\n";
    let kept = "[token.w]\nsecret = \"0000\"\nnamespace = \"*\"\n# end\n";
    assert_eq!(text(revoke(file.as_bytes(), 1)), kept);
}

#[test]
fn revoke_mends_a_file_the_server_does_not_start_with() {
    let broken = format!("{ORDINARY}[token.broken]\nsecret = \"x\"\n");
    assert_eq!(
        refused(create(broken.as_bytes(), "ci", "ci.", &secret(NEW))),
        Refusal::WouldNotStart(StartFailure::EmptyNamespace)
    );
    assert_eq!(text(revoke(broken.as_bytes(), 2)), ORDINARY);
}

#[test]
fn rotate_adds_a_second_section_with_the_same_namespace() {
    let file = rotate(ORDINARY.as_bytes(), 1, "deploy-2", &secret(NEW)).ok().unwrap();
    let read = tokens(&file.bytes);
    assert_eq!(read[1].2, read[2].2);
    assert_eq!((read[2].0.as_slice(), read[2].1.as_slice()), (b"deploy-2".as_slice(), NEW.as_bytes()));
    assert_eq!(text(revoke(&file.bytes, 2)), format!("{ORDINARY}\n"));

    let bare = "[token.a]\nsecret = \"x\"\nnamespace = a b\n";
    assert!(text(rotate(bare.as_bytes(), 0, "a2", &secret(NEW))).ends_with("namespace = \"a b\"\n"));
    for odd in ["\"*\" # all", "'a\\b'", "\"a\tb\""] {
        let file = format!("[token.a]\nsecret = \"x\"\nnamespace = {odd}\n");
        assert_eq!(refused(rotate(file.as_bytes(), 0, "a2", &secret(NEW))), Refusal::OddNamespace, "{odd}");
    }
}

#[test]
fn what_is_refused() {
    let file = ORDINARY.as_bytes();
    let made =
        |name: &str, namespace: &str, text: &str| refused(create(file, name, namespace, &secret(text)));
    for name in ["", "a b", "a.b", "a]", "дев", "a\n"] {
        assert_eq!(made(name, "x.", NEW), Refusal::Name, "{name:?}");
    }
    for namespace in ["", " ", "a b", "a\"", "a\\", "a\n", "ä"] {
        assert_eq!(made("x", namespace, NEW), Refusal::Namespace, "{namespace:?}");
    }
    let long = "x".repeat(201);
    for text in
        ["", "short", "with a space 0123456789", "with\n0123456789abcdef", "with\"0123456789abcdef", &long]
    {
        assert_eq!(made("x", "x.", text), Refusal::Secret, "{text:?}");
    }
    assert_eq!(made("deploy", "x.", NEW), Refusal::NameTaken);
    let twice = made("x", "x.", "sk_deploy_a1b2c3d4e5f6");
    assert_eq!(twice, Refusal::WouldNotStart(StartFailure::DuplicateSecret));
    let full = format!("{ORDINARY}#{}", "x".repeat(super::super::LARGEST - ORDINARY.len() - 20));
    let over = refused(create(full.as_bytes(), "x", "x.", &secret(NEW)));
    assert_eq!(over, Refusal::WouldNotStart(StartFailure::FileTooBig));
    assert_eq!(refused(revoke(file, 2)), Refusal::NoSuchToken);
    assert_eq!(refused(rotate(file, 2, "x", &secret(NEW))), Refusal::NoSuchToken);
}

#[test]
fn secrets_are_long_random_and_need_no_quotes() {
    let made = generate("sk_").ok().unwrap();
    assert_eq!(made.len(), 46);
    assert!(made.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
    assert_ne!(made.expose(), generate("sk_").ok().unwrap().expose());
    assert!(create(b"", "a", "a.", &made).is_ok());
    assert!(generate("sk ").is_err() && generate(&"x".repeat(33)).is_err());
}

#[test]
fn a_difference_tells_what_changed_and_no_secret() {
    let hidden = "hunter2hunter2";
    let new = format!(
        "{ORDINARY}# {hidden}\n[token.x] {hidden}\nsecret = \"{hidden}\"\n{hidden}==\n{hidden}\n\
         namespace = \"x.\" # {hidden}\n[{hidden}]\n"
    );
    let changes = difference(ORDINARY.as_bytes(), new.as_bytes());
    let shown: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 7);
    assert!(shown.iter().all(|line| !line.contains(hidden)), "{shown:?}");
    assert_eq!(shown[1], "+   17  [token.x]");
    assert!(shown[5].ends_with("namespace = \"x.\""), "{shown:?}");
    let gone = difference(new.as_bytes(), ORDINARY.as_bytes());
    assert!(gone.len() == 7 && gone.iter().all(|change| !change.added));
    assert_eq!(difference(b"a\na\n", b"a\na\na\n").len(), 1);
    assert!(difference(ORDINARY.as_bytes(), ORDINARY.as_bytes()).is_empty());
}
