//! Contract section 8 and the auth rows of 2.1: what the server reads, and that the trap is told.

use super::super::{LARGEST, StartFailure, Trap, Weight, findings, read};
use super::tokens;

/// Good lines around the row under test, so that a lost token is seen.
const OK_SECRET: &str = "secret = \"0123456789abcdef\"\n";
const OK_SPACE: &str = "namespace = \"a.\"\n";

fn told(bytes: &[u8]) -> Vec<Trap> {
    findings(bytes).into_iter().map(|finding| finding.trap).collect()
}

#[track_caller]
fn tells(bytes: &[u8], trap: Trap) {
    let told = told(bytes);
    assert!(told.contains(&trap), "{trap:?} is not among {told:?} for {:?}", String::from_utf8_lossy(bytes));
}

/// One value of a secret, what the server makes of it, and the trap to tell.
#[test]
fn secrets_as_written_and_as_read() {
    let rows: &[(&str, &str, Option<Trap>)] = &[
        (r#"secret = "s1"  # note"#, r#""s1"  # note"#, Some(Trap::InlineComment)),
        (r#"secret = "s1" # "x""#, r#"s1" # "x"#, Some(Trap::InlineComment)),
        ("secret = s1 # note", "s1 # note", Some(Trap::InlineComment)),
        ("secret = 's1'", "'s1'", Some(Trap::SingleQuotes)),
        ("secret = 's1' # note", "'s1' # note", Some(Trap::InlineComment)),
        ("secret = s1", "s1", Some(Trap::BareValue)),
        (r#"secret = "a\\b\"c""#, r#"a\\b\"c"#, Some(Trap::Backslash)),
        (r#"secret = "\u0041""#, r"\u0041", Some(Trap::Backslash)),
        (r#"secret = "a"b""#, r#"a"b"#, Some(Trap::InnerQuote)),
        (r#"secret = """s1""""#, r#"""s1"""#, Some(Trap::TripleQuotes)),
        ("secret = \"\"\"\nrest\n\"\"\"", "\"", Some(Trap::TripleQuotes)),
        ("secret = \"s1", "\"s1", Some(Trap::UnclosedQuote)),
        ("secret = s1\"", "s1\"", Some(Trap::UnclosedQuote)),
        (r#"secret = """#, "", Some(Trap::EmptySecret)),
        ("secret =", "", Some(Trap::EmptySecret)),
        ("secret = \"short\"", "short", Some(Trap::ShortSecret)),
        ("secret = \"two words, sixteen\"", "two words, sixteen", Some(Trap::QuotedSecret)),
        ("secret = \"  edges are kept  \"", "  edges are kept  ", Some(Trap::QuotedSecret)),
        ("secret = \"with\ttab and\0nul, long\"", "with\ttab and\0nul, long", Some(Trap::UnprintableSecret)),
        ("secret = \"old\"\nsecret = \"0123456789abcdef\"", "0123456789abcdef", Some(Trap::RepeatedKey)),
        ("secret=\"0123456789=abcdef=\"", "0123456789=abcdef=", None),
        ("\t secret\t = \t\"0123456789abcdef\" \t\r", "0123456789abcdef", None),
        (
            "expires_at = 2001-01-01\nsecret = \"0123456789abcdef\"",
            "0123456789abcdef",
            Some(Trap::ExpiryIgnored),
        ),
        ("note = 1\nsecret = \"0123456789abcdef\"", "0123456789abcdef", Some(Trap::UnknownKey)),
        ("garbage\nsecret = \"0123456789abcdef\"", "0123456789abcdef", Some(Trap::LooseLine)),
    ];
    for (row, read, trap) in rows {
        let file = format!("[token.a]\n{row}\n{OK_SPACE}");
        assert_eq!(tokens(file.as_bytes()), [(b"a".into(), read.as_bytes().into(), b"a.".into())], "{row}");
        match trap {
            Some(trap) => tells(file.as_bytes(), *trap),
            None => assert_eq!(told(file.as_bytes()), [Trap::NoWideToken], "{row}"),
        }
    }
    let raw = b"[token.a]\nsecret = \"0123456789\xff\xfeabcdef\"\nnamespace = \"a.\"\n";
    assert_eq!(tokens(raw)[0].1, b"0123456789\xff\xfeabcdef");
    tells(raw, Trap::UnprintableSecret);
}

#[test]
fn namespaces_as_written_and_as_read() {
    let rows: &[(&str, &str, Trap)] = &[
        (r#"namespace = "*" # all"#, r#""*" # all"#, Trap::InlineComment),
        (r#"namespace = "*""#, "*", Trap::WideNamespace),
        ("namespace = 7", "7", Trap::BareValue),
        (r#"namespace = " ""#, " ", Trap::OddNamespace),
        (r#"namespace = "deploy""#, "deploy", Trap::OpenNamespace),
        (r#"namespace = "deploy.*""#, "deploy.*", Trap::GlobNamespace),
        (r#"namespace = "**""#, "**", Trap::GlobNamespace),
        (r#"namespace = "a b.""#, "a b.", Trap::SpacedNamespace),
        (r#"namespace = "a#""#, "a#", Trap::OddNamespace),
        (r"namespace = '*'", "'*'", Trap::SingleQuotes),
        ("namespace = \"x.\"\nnamespace = \"y.\"", "y.", Trap::RepeatedKey),
    ];
    for (row, read, trap) in rows {
        let file = format!("[token.a]\n{OK_SECRET}{row}\n");
        assert_eq!(tokens(file.as_bytes())[0].2, read.as_bytes(), "{row}");
        tells(file.as_bytes(), *trap);
    }
}

/// What the server reads of a header that is followed by good keys, with another token before it.
#[test]
fn headers() {
    let rows: &[(&str, Option<&str>, Option<Trap>)] = &[
        ("[token.b]", Some("b"), None),
        ("[token.b] # note", Some("b"), None),
        ("  [ token.b ]  ", Some("b"), None),
        ("[token.\"b c\"]", Some("\"b c\""), Some(Trap::OddName)),
        ("[token.b.c]", Some("b.c"), Some(Trap::OddName)),
        ("[token.дев]", Some("дев"), Some(Trap::OddName)),
        ("[token.b] secret = \"lost\"", Some("b"), Some(Trap::HeaderTail)),
        ("[token.b", None, Some(Trap::UnclosedHeader)),
        ("[[token.b]]", None, Some(Trap::DoubledHeader)),
        ("[token]", None, Some(Trap::StrayHeader)),
        ("[tokens.b]", None, Some(Trap::StrayHeader)),
        ("[Token.b]", None, Some(Trap::StrayHeader)),
        ("[token . b]", None, Some(Trap::StrayHeader)),
        ("[token.]", None, Some(Trap::StrayHeader)),
        ("[log]", None, Some(Trap::StrayHeader)),
    ];
    for (header, name, trap) in rows {
        let file = format!(
            "[token.a]\nsecret = \"fedcba9876543210\"\nnamespace = \"*\"\n{header}\n{OK_SECRET}{OK_SPACE}"
        );
        let names: Vec<Vec<u8>> = tokens(file.as_bytes()).into_iter().map(|(name, ..)| name).collect();
        let mut wanted = vec![b"a".to_vec()];
        wanted.extend(name.map(|name| name.as_bytes().to_vec()));
        assert_eq!(names, wanted, "{header}");
        match trap {
            Some(trap) => tells(file.as_bytes(), *trap),
            None => assert_eq!(told(file.as_bytes()), [Trap::WideNamespace], "{header}"),
        }
        if name.is_none() {
            tells(file.as_bytes(), Trap::KeysOutside);
        }
    }
}

#[test]
fn tokens_that_are_silently_absent_or_another() {
    let good = format!("[token.a]\n{OK_SECRET}{OK_SPACE}");
    let inside = |text: &str| format!("{good}{text}");
    let rows: &[(String, usize, Trap)] = &[
        (inside("token.b = { secret = \"x\" }\n"), 1, Trap::InlineTable),
        (inside("token.b.secret = \"x\"\n"), 1, Trap::DottedKey),
        (inside("[token]\nb = { secret = \"x\" }\n"), 1, Trap::InlineTable),
        (inside("\"secret\" = \"x\"\n"), 1, Trap::MisspeltKey),
        (inside("Secret = \"x\"\n"), 1, Trap::MisspeltKey),
        (inside("secret: \"x\"\n"), 1, Trap::MisspeltKey),
        (inside("\u{200b}secret = \"x\"\n"), 1, Trap::MisspeltKey),
        (inside("\u{feff}[token.b]\nnote\n"), 1, Trap::StrayHeader),
        (format!("{OK_SECRET}{OK_SPACE}"), 0, Trap::KeysOutside),
        (format!("#[token.a]\n{OK_SECRET}{OK_SPACE}"), 0, Trap::CommentedHeader),
        (inside("#[token.b]\nsecret = \"0123456789abcdeX\"\nnamespace = \"b.\"\n"), 1, Trap::CommentedHeader),
        (format!("\u{feff}{good}"), 0, Trap::HiddenHeader),
        (format!("\u{feff}# comment\n{good}"), 1, Trap::ByteOrderMark),
        (inside(&good.replace("0123", "3210")), 2, Trap::RepeatedName),
        (inside(&good.replace("0123", "3210").replace(".a]", ".b]")), 2, Trap::SharedNamespace),
        (inside(&good.replace("0123", "3210").replace("a.\"", "a.b.\"")), 2, Trap::NestedNamespace),
        (String::new(), 0, Trap::NoToken),
        (String::from("# only\n# comments\n"), 0, Trap::NoToken),
        (good.clone(), 1, Trap::NoWideToken),
    ];
    for (file, count, trap) in rows {
        let reading = read(file.as_bytes());
        assert_eq!(reading.failure, None, "{file:?}");
        assert_eq!(reading.tokens.len(), *count, "{file:?}");
        tells(file.as_bytes(), *trap);
    }
    let (name, secret, namespace) = tokens(rows[10].0.as_bytes()).remove(0);
    let overwritten = (name.as_slice(), secret.as_slice(), namespace.as_slice());
    assert_eq!(overwritten, (b"a".as_slice(), b"0123456789abcdeX".as_slice(), b"b.".as_slice()));
}

#[test]
fn line_ends() {
    let good = format!("# x\n[token.a]\n  {OK_SECRET}\t{OK_SPACE}");
    for same in [good.replace('\n', "\r\n"), good.trim_end().to_owned(), format!("{good}\n \r\n\t\n")] {
        assert_eq!(tokens(same.as_bytes()), tokens(good.as_bytes()), "{same:?}");
    }
    let old_mac = format!("[token.a]\n{OK_SECRET}{OK_SPACE}").replace('\n', "\r");
    assert_eq!(read(old_mac.as_bytes()).failure, Some((StartFailure::MissingSecret, 0)));
    tells(old_mac.as_bytes(), Trap::CarriageReturn);
    let comment = good.replace('\n', "\r");
    assert!(tokens(comment.as_bytes()).is_empty());
    tells(comment.as_bytes(), Trap::CarriageReturn);
}

/// Section 2.1: the first offending section decides; inside it the order is secret, namespace, duplicate.
#[test]
fn files_the_server_does_not_start_with() {
    let token = |name: &str, keys: &str| format!("[token.{name}]\n{keys}");
    let good = token("a", &format!("{OK_SECRET}{OK_SPACE}"));
    let rows = [
        (format!("{good}[token.b]\n"), StartFailure::MissingSecret, 3),
        (format!("{good}[token.b]\n[x]\n{OK_SECRET}{OK_SPACE}"), StartFailure::MissingSecret, 3),
        (token("a", OK_SPACE), StartFailure::MissingSecret, 0),
        (token("a", OK_SECRET), StartFailure::EmptyNamespace, 0),
        (token("a", &format!("{OK_SECRET}namespace = \"\"\n")), StartFailure::EmptyNamespace, 0),
        (token("a", &format!("{OK_SECRET}namespace =\n")), StartFailure::EmptyNamespace, 0),
        (format!("{good}{}", good.replace(".a]", ".b]")), StartFailure::DuplicateSecret, 3),
        (format!("{good}{}[token.c]\n", token("b", OK_SECRET)), StartFailure::EmptyNamespace, 3),
        (format!("{good}[token.b]\n{}", token("c", OK_SECRET)), StartFailure::MissingSecret, 3),
    ];
    for (file, failure, line) in rows {
        assert_eq!(read(file.as_bytes()).failure, Some((failure, line)), "{file:?}");
        tells(file.as_bytes(), failure.into());
        assert_eq!(Trap::from(failure).weight(), Weight::Fatal);
    }
    // The guide's own example of a duplicate starts, with a mangled second secret.
    let guide = format!("{good}[token.b]\n{} # duplicate\n{OK_SPACE}", OK_SECRET.trim_end());
    assert_eq!(read(guide.as_bytes()).failure, None);
}

#[test]
fn the_size_limit() {
    let good = format!("[token.a]\n{OK_SECRET}{OK_SPACE}#");
    let exact = format!("{good}{}", "x".repeat(LARGEST - good.len()));
    assert_eq!((exact.len(), read(exact.as_bytes()).failure), (LARGEST, None));
    let over = format!("{exact}x");
    assert_eq!(read(over.as_bytes()).failure, Some((StartFailure::FileTooBig, 0)));
    tells(over.as_bytes(), Trap::FileTooBig);
}

#[test]
fn secrets_that_fit_one_line_of_auth() {
    let rows = [
        ("x".repeat(4090), false),
        ("x".repeat(4091), true),
        (format!("a {}", "x".repeat(4086)), false),
        (format!("a {}", "x".repeat(4087)), true),
        (format!("a \\{}", "x".repeat(4085)), true),
    ];
    for (secret, long) in rows {
        let file = format!("[token.a]\nsecret = \"{secret}\"\n{OK_SPACE}");
        assert_eq!(told(file.as_bytes()).contains(&Trap::LongSecret), long, "{}", secret.len());
    }
}

#[test]
fn a_finding_names_line_and_tokens_and_every_sentence_ends() {
    let file =
        format!("\n[token.a]\n{OK_SECRET}{OK_SPACE}\n[token.b]\nsecret = \"fedcba9876543210\"\n{OK_SPACE}");
    let found = findings(file.as_bytes());
    let shared = found.iter().find(|finding| finding.trap == Trap::SharedNamespace).unwrap();
    assert_eq!(shared.line, Some(6));
    assert_eq!(shared.token.as_ref().unwrap().as_str(), "b");
    assert_eq!(shared.other.as_ref().unwrap().as_str(), "a");
    for trap in [Trap::FileTooBig, Trap::LooseMode, Trap::NestedNamespace, Trap::LooseLine] {
        assert!(trap.sentence().ends_with('.'), "{trap:?}");
    }
}

#[test]
fn fifteen_thousand_tokens_and_one_endless_namespace_are_quick() {
    let many = (0..15_000)
        .map(|number| format!("[token.t{number}]\nsecret = \"s{number:015}\"\nnamespace = \"n{number}.\"\n"));
    let file = many.collect::<Vec<_>>().concat();
    assert_eq!(read(file.as_bytes()).tokens.len(), 15_000);
    assert!(findings(file.as_bytes()).iter().all(|finding| finding.trap != Trap::DuplicateSecret));
    let endless = format!("[token.a]\n{OK_SECRET}namespace = \"{}\"\n", "x".repeat(900_000));
    tells(endless.as_bytes(), Trap::OpenNamespace);
}
