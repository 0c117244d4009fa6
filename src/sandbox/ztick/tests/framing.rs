//! Framing: contract section 3.

use std::io::Write as _;

use super::super::line;
use super::bench::{Lines, TOKENS, read_lines, read_to_end};

#[test]
fn tokens_of_a_line() {
    let rows: &[(&str, Option<&[&str]>)] = &[
        ("a b\n", Some(&["a", "b"])),
        ("  a   b  \n", Some(&["a", "b"])),
        ("a\tb\r\n", Some(&["a\tb\r"])),
        ("\"a b\" c\n", Some(&["a b", "c"])),
        ("\"a\\\"b\\n\\\\\"\n", Some(&["a\"bn\\"])),
        ("\"two\nlines\"\n", Some(&["two\nlines"])),
        ("a\"b\"c\n", Some(&["a", "b", "c"])),
        ("a\\ b\n", Some(&["a\\", "b"])),
        ("\"\" x\n", Some(&["", "x"])),
        ("\n", Some(&[])),
        ("   \n", Some(&[])),
        ("a b", None),
        ("\"open\n", None),
        ("\"open\\", None),
        ("", None),
    ];
    for (sent, wanted) in rows {
        let tokens = line::next(sent.as_bytes()).map(|line| line.tokens);
        let wanted = wanted.map(|tokens| tokens.iter().map(|token| token.as_bytes().to_vec()).collect());
        assert_eq!(tokens, wanted, "{sent:?}");
    }
}

#[test]
fn a_line_of_4096_bytes_is_taken_and_one_more_is_not() {
    let lines = Lines::new("bare");
    let padded = |length: usize| format!("{:<1$}\n", "AUTH s1", length - 1);
    assert_eq!(lines.talk(&padded(4096)), "OK\n");
    assert_eq!(lines.wait(padded(4097).as_bytes()).0, b"");

    let mut stream = lines.connect();
    stream.write_all(b"AUTH s1\n").unwrap();
    assert_eq!(read_lines(&mut stream, 1), "OK\n");
    stream.write_all(&[b'x'; 4096]).unwrap();
    assert_eq!(read_to_end(&mut stream), b"", "closed at once");
}

#[test]
fn the_longest_secret_that_can_log_in() {
    let lines = Lines::new("bare");
    let token =
        |name: &str, secret: &str| format!("[token.{name}]\nsecret = \"{secret}\"\nnamespace = \"*\"\n");
    let (raw, longer) = ("r".repeat(4090), "s".repeat(4091));
    let quoted = format!("q {}", "q".repeat(4086));
    lines.tokens([TOKENS, &token("x", &raw), &token("y", &longer), &token("z", &quoted)].concat().as_bytes());
    assert_eq!(lines.restart().0["tokens"], 9);
    assert_eq!(lines.talk(&format!("AUTH {raw}\n")), "OK\n");
    assert_eq!(lines.wait(format!("AUTH {longer}\n").as_bytes()).0, b"");
    assert_eq!(lines.talk(&format!("AUTH \"{quoted}\"\n")), "OK\n");
}

#[test]
fn two_thousand_lines_in_one_write_are_answered_in_order() {
    let lines = Lines::new("bare");
    let sent: String =
        (0..2000).map(|number| format!("r{number} GET deploy.none\n")).collect::<Vec<_>>().concat();
    let wanted: Vec<String> = (0..2000).map(|number| format!("r{number} ERROR\n")).collect();
    assert_eq!(lines.talk(&format!("AUTH s1\n{sent}")), format!("OK\n{}", wanted.concat()));
}

#[test]
fn lines_that_are_dropped() {
    let bare = Lines::new("bare");
    // A dropped line is skipped up to the first line feed, even one inside its quotes: what is left opens a quote.
    let rows = [
        ("\nr1\n\r\n  \nr2 GET deploy.x\n", "OK\nr2 ERROR\n"),
        ("\"a\nr1 GET deploy.x\"\nclosed\"\n", "OK\nr1 ERROR\n"),
        ("\"swallowed\nr1 GET x\n", "OK\n"),
        ("r1 \"swallowed\nr2 GET x\n", "OK\n"),
        ("r1 stat\nr2 UNKNOWN\nr3 GET\nr4 SET\nr5 SET x\nr6 RULE\nSET job 1\n", "OK\n"),
        ("\"\" GET j\n", "OK\n ERROR\n"),
        ("\"a\nb\" GET j\n", "OK\na\nb ERROR\n"),
    ];
    for (sent, wanted) in rows {
        assert_eq!(bare.talk(&format!("AUTH s1\n{sent}")), wanted, "{sent:?}");
    }
    let coded = Lines::new("coded");
    let said = coded.talk("AUTH s1\n\nr1\n \nr2 stat\nr3 STAT x\n");
    assert!(said.starts_with("OK\nERROR invalid_command\nERROR invalid_command\nr3 uptime_ns "), "{said}");
}
