//! The file reader: contract section 8 once more, and that it agrees with the editor's reader on any file. The two are
//! written apart, so that a slip in one shows.

use proptest::prelude::*;

use super::super::auth_file::parse;
use crate::backend::ztick::file;

/// What both readers make of a file: every token, or the word of the failure.
fn agree(text: &[u8]) {
    let editor = file::read(text);
    match (parse(text), editor.failure) {
        (Ok(tokens), None) => {
            assert_eq!(tokens.len(), editor.tokens.len());
            for (server, editor) in tokens.iter().zip(&editor.tokens) {
                assert_eq!(server.name, editor.name);
                assert_eq!(Some(server.secret.as_slice()), editor.secret);
                assert_eq!(Some(server.namespace.as_slice()), editor.namespace);
            }
        }
        (Err(word), Some((failure, _))) => assert_eq!(word, failure.word()),
        (Ok(_), Some((failure, _))) => panic!("the server starts, the editor says {failure}"),
        (Err(word), None) => panic!("the server ends with {word}, the editor says nothing"),
    }
}

#[test]
fn values() {
    let rows: &[(&str, &[u8])] = &[
        (r#""s1"  # note"#, br#""s1"  # note"#),
        (r#""s1" # "x""#, br#"s1" # "x"#),
        ("'s1'", b"'s1'"),
        ("s1", b"s1"),
        (r#""a\\b\"c""#, br#"a\\b\"c"#),
        (r#""a"b""#, br#"a"b"#),
        (r#""""s1""""#, br#"""s1"""#),
        (r#"""""#, b"\""),
        (r#""s1"#, b"\"s1"),
        ("\"\"", b""),
        ("", b""),
        ("\"", b"\""),
        ("\"\ts \"\t\r", b"\ts "),
    ];
    for (written, read) in rows {
        let text = format!("[token.a]\nsecret = {written}\nnamespace=x");
        assert_eq!(parse(text.as_bytes()).unwrap()[0].secret, *read, "{written}");
        agree(text.as_bytes());
    }
}

/// Lines that mean something, in any order and with any end.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        Just(String::from("[token.a]")),
        Just(String::from("secret = \"s\"")),
        Just(String::from("namespace = n")),
        "[ \t]{0,2}\\[{0,2}[ \t]?token[.s]?[ab\" ]{0,2}\\]?.{0,2}",
        "[ \t]{0,2}#?(secret|namespace|note)[ \t]?[=:]?[ \t]?[\"']{0,2}[a-b#= ]{0,3}[\"']{0,2}[ \t\r]{0,2}",
        "[\"=\\[\\]#a \t\r]{0,6}",
    ];
    let end = prop_oneof![6 => Just("\n"), 1 => Just("\r\n"), 1 => Just("")];
    (text, end).prop_map(|(text, end)| (text + end).into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_agree_on_any_file(lines in prop::collection::vec(line(), 0..12)) {
        agree(&lines.concat());
    }

    #[test]
    fn both_readers_agree_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        agree(&bytes);
    }
}
