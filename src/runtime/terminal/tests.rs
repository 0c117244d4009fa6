//! The screen on a device that remembers everything that was done to it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use ratatui::layout::Size;
use ratatui::style::{Color, Style};
use ratatui::text::Line;

use super::{Device, Lost, Screen};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Done {
    Raw(bool),
    Wrote(String),
}

struct Record {
    done: Vec<Done>,
    size: Size,
    broken: bool,
}

#[derive(Clone)]
pub(super) struct Fake(Arc<Mutex<Record>>);

impl Fake {
    pub(super) fn new(columns: u16, rows: u16) -> Self {
        Self(Arc::new(Mutex::new(Record { done: Vec::new(), size: Size::new(columns, rows), broken: false })))
    }

    /// What was done since the last look.
    fn look(&self) -> Vec<Done> {
        std::mem::take(&mut self.0.lock().expect("lock").done)
    }

    /// What was written since the last look.
    fn written(&self) -> Vec<String> {
        self.look()
            .into_iter()
            .filter_map(|done| match done {
                Done::Wrote(text) => Some(text),
                Done::Raw(_) => None,
            })
            .collect()
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.0.lock().expect("lock").size = Size::new(columns, rows);
    }

    fn hang_up(&self) {
        self.0.lock().expect("lock").broken = true;
    }
}

impl Write for Fake {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut record = self.0.lock().expect("lock");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        record.done.push(Done::Wrote(text));
        if record.broken { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Device for Fake {
    fn size(&self) -> io::Result<Size> {
        Ok(self.0.lock().expect("lock").size)
    }

    fn raw(&mut self, on: bool) -> io::Result<()> {
        self.0.lock().expect("lock").done.push(Done::Raw(on));
        Ok(())
    }
}

const ENTER: &str = "\x1b[?1049h\x1b[2J\x1b[?2004h\x1b[?1004h\x1b[?25l";
const LEAVE: &str = "\x1b[?2026l\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[1;1H\x1b[J\x1b[?1049l\x1b[?25h";

fn wrote(text: &str) -> Done {
    Done::Wrote(text.to_owned())
}

/// Draws `text` in the first row.
fn draw(screen: &mut Screen<Fake>, text: &str) -> Result<(), Lost> {
    screen.draw(|frame| frame.render_widget(Line::raw(text), frame.area()))
}

#[test]
fn entering_and_leaving_are_these_bytes_and_leaving_twice_is_leaving_once() {
    let fake = Fake::new(20, 3);
    let mut screen = Screen::enter(fake.clone()).expect("a screen");
    assert_eq!(fake.look(), [Done::Raw(true), wrote(ENTER)]);
    screen.guard().leave();
    assert_eq!(fake.look(), [wrote(LEAVE), Done::Raw(false)]);
    screen.leave();
    drop(screen);
    assert_eq!(fake.look(), []);
}

#[test]
fn dropping_the_screen_leaves() {
    let fake = Fake::new(20, 3);
    drop(Screen::enter(fake.clone()).expect("a screen"));
    assert_eq!(fake.look().last(), Some(&Done::Raw(false)));
}

/// The private modes named in `codes`, and whether each is on at the end.
fn modes(codes: &str) -> BTreeMap<String, bool> {
    codes
        .split("\x1b[?")
        .skip(1)
        .filter_map(|rest| {
            let (mode, _) = rest.split_once(['h', 'l'])?;
            Some((mode.to_owned(), rest.starts_with(&format!("{mode}h"))))
        })
        .collect()
}

#[test]
fn every_mode_is_put_back_and_no_question_is_asked() {
    let fake = Fake::new(20, 3);
    let mut screen = Screen::enter(fake.clone()).expect("a screen");
    draw(&mut screen, "one").expect("drawn");
    screen.draw(|frame| frame.set_cursor_position((1, 1))).expect("drawn");
    drop(screen);
    let all = fake.written().concat();
    for (mode, on) in modes(&all) {
        assert_eq!(on, mode == "25", "mode {mode} is left {}", if on { "on" } else { "off" });
    }
    for question in ["\x1b[6n", "\x1b[c", "\x1b[?u", "\x1b[>", "$p", "]10;?", "]11;?", "\x1bP"] {
        assert!(!all.contains(question), "{question:?} waits for an answer");
    }
}

#[test]
fn a_frame_is_one_write_in_brackets_and_an_unchanged_one_is_none() {
    let fake = Fake::new(20, 3);
    let mut screen = Screen::enter(fake.clone()).expect("a screen");
    fake.look();
    screen
        .draw(|frame| {
            frame.render_widget(Line::styled("one", Style::new().fg(Color::Red)), frame.area());
            frame.set_cursor_position((3, 0));
        })
        .expect("drawn");
    let writes = fake.written();
    assert_eq!(writes.len(), 1);
    assert!(writes[0].starts_with("\x1b[?2026h") && writes[0].ends_with("\x1b[?2026l"), "{:?}", writes[0]);
    assert!(writes[0].contains("one") && writes[0].contains("\x1b[?25h\x1b[1;4H"), "{:?}", writes[0]);

    screen
        .draw(|frame| {
            frame.render_widget(Line::styled("one", Style::new().fg(Color::Red)), frame.area());
            frame.set_cursor_position((3, 0));
        })
        .expect("drawn");
    assert_eq!(fake.look(), [], "nothing changed");

    draw(&mut screen, "one").expect("drawn");
    let writes = fake.written();
    assert_eq!(writes.len(), 1);
    assert!(writes[0].contains("\x1b[?25l"), "the cursor is hidden again: {:?}", writes[0]);
}

#[test]
fn a_new_size_and_a_repaint_write_everything() {
    let fake = Fake::new(20, 3);
    let mut screen = Screen::enter(fake.clone()).expect("a screen");
    draw(&mut screen, "one").expect("drawn");
    fake.look();

    fake.resize(10, 2);
    assert_eq!(screen.size(), Size::new(10, 2));
    draw(&mut screen, "one").expect("drawn");
    assert!(fake.written().concat().contains("one"));

    screen.repaint().expect("asked");
    assert_eq!(fake.look(), [], "it waits for the frame");
    draw(&mut screen, "one").expect("drawn");
    let writes = fake.written();
    assert_eq!(writes.len(), 1);
    assert!(writes[0].contains("\x1b[2J") && writes[0].contains("one"), "{:?}", writes[0]);

    fake.resize(0, 0);
    draw(&mut screen, "one").expect("a screen of no size");
}

#[test]
fn resuming_switches_all_on_again_and_the_next_frame_is_whole() {
    let fake = Fake::new(20, 3);
    let mut screen = Screen::enter(fake.clone()).expect("a screen");
    draw(&mut screen, "one").expect("drawn");
    fake.look();
    // Continued without having been asked to stop: the modes may or may not be on still.
    screen.resume().expect("resumed");
    assert_eq!(fake.look(), [Done::Raw(false), Done::Raw(true), wrote(ENTER)]);
    draw(&mut screen, "one").expect("drawn");
    assert!(fake.written().concat().contains("one"));
}

#[test]
fn a_frame_after_leaving_is_dropped_but_the_clipboard_can_still_be_cleared() {
    let fake = Fake::new(20, 3);
    let mut screen = Screen::enter(fake.clone()).expect("a screen");
    screen.guard().leave();
    fake.look();
    draw(&mut screen, "late").expect("dropped");
    assert_eq!(fake.look(), []);
    screen.guard().send(b"\x1b]52;c;\x07").expect("sent");
    assert_eq!(fake.look(), [wrote("\x1b]52;c;\x07")]);
}

#[test]
fn a_closed_terminal_is_tried_once() {
    let fake = Fake::new(20, 3);
    let mut screen = Screen::enter(fake.clone()).expect("a screen");
    fake.look();
    fake.hang_up();
    let lost = draw(&mut screen, "one").expect_err("lost");
    assert_eq!(lost.to_string(), "the terminal is gone (broken pipe)");
    assert_eq!(fake.written().len(), 1);
    assert_eq!(draw(&mut screen, "two"), Err(lost));
    assert_eq!(screen.guard().send(b"x"), Err(lost));
    drop(screen);
    assert_eq!(fake.look(), [Done::Raw(false)], "the line settings are restored even so");
}

#[test]
fn a_terminal_that_cannot_be_entered_is_left() {
    let fake = Fake::new(20, 3);
    fake.hang_up();
    assert!(Screen::enter(fake.clone()).is_err());
    let done = fake.look();
    assert_eq!(done.last(), Some(&Done::Raw(false)), "{done:?}");
}
