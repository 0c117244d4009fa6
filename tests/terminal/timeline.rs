//! The timeline in a terminal: one key goes there, two zoom, and the line under the cursor is that of the table.

use support::home::Home;
use support::pty::{Exit, Start};

use crate::program::{BINARY, KITARU, to_account};

#[test]
fn the_timeline_is_one_key_away_and_zooms() {
    let home = Home::new();
    let mut terminal = Start::new(BINARY, &home).arg("--sandbox").size(120, 30).spawn();
    to_account(&mut terminal, KITARU);
    terminal.wait_for("ci-runner").keys("2").wait_for("┌ Timeline · 3 months").wait_for("two secrets work");
    for (key, span) in
        [("+", "1 month"), ("+", "1 week"), ("-", "1 month"), ("-", "3 months"), ("-", "1 year")]
    {
        terminal.keys(key).wait_for(&format!("┌ Timeline · {span} ·"));
    }
    // On 60 columns the bars are still there, and what else is done to a line.
    terminal.resize(60, 16).wait_for("─ Timeline · 1 year").wait_for("now").wait_for("ENDS");
    terminal.keys("<enter>").wait_for("Enter close").keys("<esc>").wait_gone("Enter close");
    terminal.keys("1").wait_for("─ Credentials ·").keys("q");
    assert_eq!(*terminal.wait_exit(), Exit { code: Some(0), signal: None });
}
