//! What every pane looks like in every state: snapshots of the text and of the styles, at the three sizes that
//! matter, and the laws that hold for all of them.
//!
//! A case is a name, a size and a model; each pane's file lists its own. After a wanted change run
//! `INSTA_UPDATE=always cargo snapshots` and read what changed. A snapshot no case asks for is an error.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "tests say what they expect, and their helpers belong to several of them"
)]

#[path = "../support/model.rs"]
mod build;
#[path = "../support/screen.rs"]
mod screen;

mod accounts;
mod bulk;
mod create;
mod credentials;
mod deliver;
mod forms;
mod laws;
mod other;
mod reveal;
mod rotate;
mod timeline;
mod vend;

use std::collections::BTreeSet;

use keywright::app::model::Model;

/// The least screen, the usual one, a large one.
pub const SMALL: (u16, u16) = (60, 16);
/// The usual one.
pub const USUAL: (u16, u16) = (80, 24);
/// A large one.
pub const LARGE: (u16, u16) = (160, 50);

/// One picture.
pub struct Case {
    /// The pane and its state.
    pub name: &'static str,
    /// Columns and rows.
    pub size: (u16, u16),
    /// What is drawn.
    pub model: Model,
}

/// A case at a size.
pub fn case(name: &'static str, size: (u16, u16), model: Model) -> Case {
    Case { name, size, model }
}

/// The same picture at several sizes.
pub fn at(name: &'static str, sizes: &[(u16, u16)], model: impl Fn() -> Model) -> Vec<Case> {
    sizes.iter().map(|size| case(name, *size, model())).collect()
}

fn all() -> Vec<Case> {
    [
        credentials::cases(),
        accounts::cases(),
        forms::cases(),
        reveal::cases(),
        rotate::cases(),
        deliver::cases(),
        bulk::cases(),
        vend::cases(),
        create::cases(),
        other::cases(),
        timeline::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn snapshot_name(case: &Case) -> String {
    format!("{}_{}x{}", case.name, case.size.0, case.size.1)
}

fn check(cases: Vec<Case>) {
    let theme = screen::dark();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for case in cases {
            let drawn = screen::draw(&case.model, &theme, case.size);
            let cursor = drawn.cursor.map_or_else(|| String::from("none"), |(x, y)| format!("{x},{y}"));
            let text = screen::text(&drawn.buffer);
            let styles = screen::styles(&drawn.buffer, &theme);
            insta::assert_snapshot!(snapshot_name(&case), format!("{text}\n~~~ cursor {cursor}\n{styles}"));
        }
    });
}

#[test]
fn the_table_and_its_detail() {
    check(credentials::cases());
}

#[test]
fn accounts_owners_activity() {
    check(accounts::cases());
}

#[test]
fn fields_to_fill_in() {
    check(forms::cases());
}

#[test]
fn a_secret_shown_once() {
    check(reveal::cases());
}

#[test]
fn many_at_once() {
    check(bulk::cases());
}

#[test]
fn rotate_create_revoke() {
    check(rotate::cases());
}

#[test]
fn targets_and_their_receipts() {
    check(deliver::cases());
}

#[test]
fn bars_over_time() {
    check(timeline::cases());
}

#[test]
fn vend() {
    check(vend::cases());
}

#[test]
fn the_choices_of_a_new_credential() {
    check(create::cases());
}

#[test]
fn the_other_overlays() {
    check(other::cases());
}

#[test]
fn every_case_has_a_name_of_its_own_and_no_snapshot_is_left_over() {
    let cases = all();
    let names: BTreeSet<String> = cases.iter().map(snapshot_name).collect();
    assert_eq!(names.len(), cases.len(), "two cases have the same name");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens/snapshots");
    let files =
        std::fs::read_dir(folder).expect("the snapshots").map(|file| file.expect("a file").file_name());
    let found: BTreeSet<String> =
        files.map(|file| file.to_string_lossy().trim_end_matches(".snap").to_owned()).collect();
    let left_over: Vec<&String> = found.difference(&names).collect();
    assert!(left_over.is_empty(), "snapshots no case asks for: {left_over:?}");
}
