//! The keys of a context in one line: whole bindings as far as they fit, and always the one that leads on or back.

use ratatui::text::{Line, Span};

use crate::keymap::table::{Binding, Context};
use crate::keymap::{self, action::Action};
use crate::ui::ink::{Ink, key_name};
use crate::ui::text::width;

/// The bindings of a context that are shown, without those that mean nothing just now, as many whole ones as fit into `room` cells.
pub fn line(ink: &Ink<'_>, context: Context, without: &[Action], room: usize) -> Line<'static> {
    let wanted = |binding: &&Binding| binding.footer && !without.contains(&binding.action);
    let shown: Vec<&Binding> = keymap::bindings(context).filter(wanted).collect();
    of(ink, &shown, room)
}

/// What works everywhere, for the last line while something lies over the panes.
pub fn everywhere(ink: &Ink<'_>, room: usize) -> Line<'static> {
    let wanted = [Action::Leave, Action::Lock];
    let shown: Vec<&Binding> =
        keymap::bindings(Context::Global).filter(|binding| wanted.contains(&binding.action)).collect();
    of(ink, &shown, room)
}

fn of(ink: &Ink<'_>, shown: &[&Binding], room: usize) -> Line<'static> {
    let mut spans = Vec::new();
    for binding in fitting(shown, room) {
        if !spans.is_empty() {
            spans.push(Span::raw("  "));
        }
        spans.extend(ink.key(binding.keys.first().copied().unwrap_or_default(), binding.label).spans);
    }
    Line::from(spans)
}

/// The bindings that fit. Help where it is bound, else the last one (which closes or goes back), is kept and the
/// others give way.
fn fitting<'a>(shown: &[&'a Binding], room: usize) -> Vec<&'a Binding> {
    let help = shown.iter().position(|binding| binding.action == Action::Help);
    let Some(kept) = help.or(shown.len().checked_sub(1)) else { return Vec::new() };
    let cells = |binding: &Binding| {
        let key = key_name(binding.keys.first().copied().unwrap_or_default());
        width(&key) + 1 + width(binding.label) + 2
    };
    let mut left = (room + 2).saturating_sub(shown.get(kept).map_or(0, |binding| cells(binding)));
    let mut full = false;
    let mut chosen = Vec::new();
    for (position, binding) in shown.iter().enumerate() {
        let wanted = cells(binding);
        if position == kept {
            chosen.push(*binding);
        } else if !full && wanted <= left {
            left -= wanted;
            chosen.push(*binding);
        } else {
            full = true;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(context: Context, room: usize) -> Vec<&'static str> {
        let shown: Vec<&Binding> = keymap::bindings(context).filter(|binding| binding.footer).collect();
        fitting(&shown, room).iter().map(|binding| binding.label).collect()
    }

    #[test]
    fn help_and_the_way_back_are_always_there() {
        assert!(labels(Context::Credentials, 40).contains(&"help"));
        assert_eq!(labels(Context::RotateVerify, 30).last(), Some(&"done"));
        assert_eq!(labels(Context::Locked, 30), ["lift the curtain"]);
        assert!(labels(Context::Global, 30).is_empty());
    }

    #[test]
    fn whole_bindings_only_and_never_too_wide() {
        for context in Context::ALL {
            for room in 24..200 {
                let shown: Vec<&Binding> =
                    keymap::bindings(context).filter(|binding| binding.footer).collect();
                let cells =
                    |binding: &&Binding| width(&key_name(binding.keys[0])) + 1 + width(binding.label) + 2;
                let taken: usize = fitting(&shown, room).iter().map(cells).sum();
                assert!(taken <= room + 2, "{context:?} in {room}: {taken}");
            }
        }
    }
}
