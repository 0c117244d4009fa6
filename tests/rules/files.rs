//! Sizes, leftovers, silenced lints, what lies at the top, and paths of somebody's machine.

use crate::source::{Source, all, has_word, top};

/// Lines after which a Rust file has to say at its top why it is one file.
const LONGEST: usize = 600;
/// How it says so.
const REASON: &str = "Long because";

fn rust() -> Vec<Source> {
    all().into_iter().filter(Source::is_rust).collect()
}

#[test]
fn a_long_file_says_why() {
    for source in rust() {
        let lines = source.text.lines().count();
        let says = source.text.lines().take(12).any(|line| line.contains(REASON));
        assert!(
            lines <= LONGEST || says,
            "{} has {lines} lines: split it by meaning, or say at its top \"{REASON} …\"",
            source.path
        );
    }
}

#[test]
fn main_is_arguments_in_and_exit_code_out() {
    let main = include_str!("../../src/main.rs");
    assert!(main.lines().count() < 60);
}

#[test]
fn every_rust_file_says_what_it_is() {
    for source in rust() {
        assert!(source.text.starts_with("//!"), "{} does not open with what it owns", source.path);
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let words = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "X".repeat(3), "HA".to_owned() + "CK"];
    for source in all() {
        for (number, line) in source.text.lines().enumerate() {
            for word in &words {
                assert!(!has_word(line, word), "{}:{}: {}", source.path, number + 1, line.trim());
            }
        }
    }
}

#[test]
fn lints_are_expected_with_a_reason_never_silenced() {
    let silenced = ["#[".to_owned() + "allow", "#![".to_owned() + "allow", "#[".to_owned() + "ignore"];
    for source in rust() {
        for (number, line) in source.text.lines().enumerate() {
            for mark in &silenced {
                assert!(
                    !line.trim_start().starts_with(mark.as_str()),
                    "{}:{}: {line}",
                    source.path,
                    number + 1
                );
            }
        }
    }
}

/// Everything at the top: the program, what it carries, its tests, its words, and what the tools want there.
const TOP: [&str; 16] = [
    ".cargo",
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "assets",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
    "src",
    "tests",
];

#[test]
fn the_top_is_exactly_this() {
    assert_eq!(top(), TOP);
}

#[test]
fn no_path_of_somebodys_machine_is_in_the_repository() {
    // Homes and drives, put together here for the same reason. What every system has is fine.
    let machine = [
        "/ho".to_owned() + "me/",
        "/Us".to_owned() + "ers/",
        "/wo".to_owned() + "rk/",
        "C:".to_owned() + "\\",
    ];
    let here = crate::source::root().to_string_lossy().into_owned();
    for source in all() {
        for (number, line) in source.text.lines().enumerate() {
            let found = machine.iter().find(|path| line.contains(path.as_str()));
            assert!(found.is_none(), "{}:{}: {}", source.path, number + 1, line.trim());
            assert!(
                here.len() < 4 || !line.contains(&here),
                "{}:{}: {}",
                source.path,
                number + 1,
                line.trim()
            );
        }
    }
}
