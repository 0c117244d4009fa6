//! Fields to fill in: a label, the value, and below it what it takes or why it was refused.

use ratatui::text::{Line, Span};
use tui_input::Input;

use super::page::Page;
use crate::app::form::{Field, FieldKind, Form};
use crate::secret::SecretBuffer;
use crate::ui::ink::{Ink, Tone};
use crate::ui::symbol;
use crate::ui::text::{cells, cut, pad, width, window};

/// Cells of the column of labels.
const LABEL: usize = 18;
/// Cells of the longest input.
const LONGEST: usize = 60;
/// What is drawn of a secret, whatever its length.
pub const MASKED: usize = 8;

/// Puts every field on the page; the one with the focus has the cursor.
pub fn fields(page: &mut Page<'_>, ink: &Ink<'_>, form: &Form) {
    for (position, field) in form.fields.iter().enumerate() {
        let focused = position == form.focus;
        let column = head(ink, page.width, &field.label, focused);
        let room = page.width.saturating_sub(column.1).min(LONGEST);
        let (value, cursor) = value(ink, field, room, focused);
        if focused {
            page.focus_here();
            page.cursor = cursor.map(|at| (page.lines.len(), cells(column.1 + at)));
        }
        let mut spans = column.0;
        spans.extend(value);
        page.line(Line::from(spans));
        below(page, ink, field, focused, column.1);
    }
}

/// One input with its label, as on the step of a wizard.
pub fn input(page: &mut Page<'_>, ink: &Ink<'_>, label: &str, input: &Input) {
    let (mut spans, column) = head(ink, page.width, label, true);
    let room = page.width.saturating_sub(column).min(LONGEST);
    let (shown, at) = window(input.value(), input.cursor(), room);
    page.focus_here();
    page.cursor = Some((page.lines.len(), cells(column + at)));
    spans.push(Span::styled(pad(&shown, room), ink.theme.field));
    page.line(Line::from(spans));
}

fn head(ink: &Ink<'_>, page_width: usize, label: &str, focused: bool) -> (Vec<Span<'static>>, usize) {
    let room = LABEL.min(page_width / 3).max(width(label).min(page_width / 2));
    let (mark, style) = if focused { (symbol::CURSOR, ink.theme.focus) } else { (" ", ink.theme.muted) };
    let spans =
        vec![Span::styled(format!("{mark} "), style), Span::styled(pad(label, room), style), Span::raw(" ")];
    (spans, room + 3)
}

fn value(ink: &Ink<'_>, field: &Field, room: usize, focused: bool) -> (Vec<Span<'static>>, Option<usize>) {
    let theme = ink.theme;
    match &field.kind {
        FieldKind::Text(input) => {
            let (shown, at) = window(input.value(), if focused { input.cursor() } else { 0 }, room);
            let shown = if focused { shown } else { cut(input.value(), room) };
            (vec![Span::styled(pad(&shown, room), theme.field)], Some(at))
        }
        FieldKind::Secret(buffer) => {
            let shown = masked(buffer);
            (
                vec![Span::styled(pad(&shown, room), theme.field)],
                Some(width(&shown).min(room.saturating_sub(1))),
            )
        }
        FieldKind::Choice { options, chosen } => (choice(ink, options, *chosen, room, focused), None),
        FieldKind::Switch(on) => {
            let (mark, word) = if *on { ("[✓]", "yes") } else { ("[ ]", "no") };
            let style = if focused { theme.focus } else { theme.text };
            (vec![Span::styled(mark, style), Span::styled(format!(" {word}"), theme.text)], None)
        }
    }
}

fn choice(
    ink: &Ink<'_>,
    options: &[String],
    chosen: usize,
    room: usize,
    focused: bool,
) -> Vec<Span<'static>> {
    let arrows = if focused { ink.theme.focus } else { ink.theme.muted };
    let shown = options.get(chosen).map(String::as_str).unwrap_or_default();
    let count =
        if options.len() > 1 { format!("  {} of {}", chosen + 1, options.len()) } else { String::new() };
    vec![
        Span::styled("◂ ", arrows),
        Span::styled(cut(shown, room.saturating_sub(4 + width(&count))), ink.theme.text),
        Span::styled(" ▸", arrows),
        Span::styled(count, ink.theme.muted),
    ]
}

/// What stands for a typed secret: nothing, or the same width whatever was typed.
fn masked(buffer: &SecretBuffer) -> String {
    if buffer.is_empty() { String::new() } else { symbol::MASK.repeat(MASKED) }
}

/// The refusal, or the hint of the field that is being filled in.
fn below(page: &mut Page<'_>, ink: &Ink<'_>, field: &Field, focused: bool, column: usize) {
    let (style, sentence) = match &field.error {
        Some(error) => (ink.theme.danger, format!("{} {error}", Ink::mark(Tone::Danger))),
        None if focused && !field.hint.is_empty() => (ink.theme.muted, field.hint.clone()),
        None => return,
    };
    page.hanging(Span::raw(" ".repeat(column)), style, &sentence);
}
