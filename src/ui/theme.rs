//! Styles by their meaning. A pane asks for `danger` or `muted` and never for a colour.
//!
//! Themes are files under `assets/themes/`, built into the program; a theme from elsewhere does not exist. Start
//! with [`load`].

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// The themes there are, by name.
pub const NAMES: [&str; 4] = ["terminal", "dark", "light", "high-contrast"];

const FILES: [(&str, &str); 4] = [
    ("terminal", include_str!("../../assets/themes/terminal.toml")),
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../assets/themes/high-contrast.toml")),
];

/// The styles of everything that is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Ordinary text, and the ground under everything.
    pub text: Style,
    /// What may be overlooked: labels, hints, what is not told.
    pub muted: Style,
    /// Headings and the name of what one looks at.
    pub title: Style,
    /// The one colour of the program: keys, the current tab.
    pub accent: Style,
    /// What has the keyboard.
    pub focus: Style,
    /// The line under the cursor.
    pub selected: Style,
    /// Lines around panes, and everything behind an overlay.
    pub border: Style,
    /// It went well.
    pub good: Style,
    /// It needs attention.
    pub warning: Style,
    /// It is wrong, or cannot be undone.
    pub danger: Style,
    /// The ground of a field that text is typed into.
    pub field: Style,
    /// Whether symbols are drawn as their ASCII twins.
    pub ascii: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    modifiers: Vec<String>,
}

/// The theme called `name` (the terminal's own colours when there is no name), without colours when asked, with
/// ASCII symbols when asked. The error is a sentence.
pub fn load(name: Option<&str>, no_color: bool, ascii: bool) -> Result<Theme, String> {
    let name = name.unwrap_or("terminal");
    let (_, file) = FILES
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| format!("no theme is called '{name}'; there are {}", NAMES.join(", ")))?;
    let theme = parse(file)?;
    let theme = if no_color { theme.without_colors() } else { theme };
    Ok(Theme { ascii, ..theme })
}

fn parse(file: &str) -> Result<Theme, String> {
    let mut roles: BTreeMap<String, Role> = toml::from_str(file).map_err(|error| error.to_string())?;
    let mut role = |name: &str| -> Result<Style, String> {
        let role = roles.remove(name).ok_or_else(|| format!("the theme has no [{name}]"))?;
        let mut style = Style { fg: color(role.fg)?, bg: color(role.bg)?, ..Style::new() };
        for word in &role.modifiers {
            style = style.add_modifier(modifier(word).ok_or_else(|| format!("'{word}' is not a modifier"))?);
        }
        Ok(style)
    };
    let theme = Theme {
        text: role("text")?,
        muted: role("muted")?,
        title: role("title")?,
        accent: role("accent")?,
        focus: role("focus")?,
        // A dim word on a marked line would be hard to read.
        selected: role("selected")?.remove_modifier(Modifier::DIM),
        border: role("border")?,
        good: role("good")?,
        warning: role("warning")?,
        danger: role("danger")?,
        field: role("field")?,
        ascii: false,
    };
    match roles.keys().next() {
        Some(extra) => Err(format!("the theme has a [{extra}] that nothing uses")),
        None => Ok(theme),
    }
}

fn color(word: Option<String>) -> Result<Option<Color>, String> {
    word.map(|word| word.parse().map_err(|_ignored| format!("'{word}' is not a colour"))).transpose()
}

fn modifier(word: &str) -> Option<Modifier> {
    match word {
        "bold" => Some(Modifier::BOLD),
        "dim" => Some(Modifier::DIM),
        "italic" => Some(Modifier::ITALIC),
        "underlined" => Some(Modifier::UNDERLINED),
        "reversed" => Some(Modifier::REVERSED),
        _ => None,
    }
}

impl Theme {
    /// The same meanings by weight alone, for `NO_COLOR`.
    fn without_colors(self) -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            muted: plain.add_modifier(Modifier::DIM),
            title: plain.add_modifier(Modifier::BOLD),
            accent: plain.add_modifier(Modifier::BOLD),
            focus: plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            selected: plain.add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            border: plain.add_modifier(Modifier::DIM),
            good: plain,
            warning: plain.add_modifier(Modifier::BOLD),
            danger: plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            field: plain.add_modifier(Modifier::UNDERLINED),
            ascii: self.ascii,
        }
    }

    /// Every style with its name, for tests that look at a frame's styles.
    pub fn roles(&self) -> [(&'static str, Style); 11] {
        [
            ("text", self.text),
            ("muted", self.muted),
            ("title", self.title),
            ("accent", self.accent),
            ("focus", self.focus),
            ("selected", self.selected),
            ("border", self.border),
            ("good", self.good),
            ("warning", self.warning),
            ("danger", self.danger),
            ("field", self.field),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(color: Color) -> Option<f64> {
        let Color::Rgb(red, green, blue) = color else { return None };
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.039_28 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        Some(0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue))
    }

    fn contrast(one: Color, other: Color) -> Option<f64> {
        let (one, other) = (luminance(one)?, luminance(other)?);
        Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
    }

    #[test]
    fn every_theme_loads() {
        for name in NAMES {
            for (no_color, ascii) in [(false, false), (true, false), (false, true), (true, true)] {
                let theme = load(Some(name), no_color, ascii).expect(name);
                assert_eq!(theme.ascii, ascii);
            }
        }
        assert_eq!(load(None, false, false), load(Some("terminal"), false, false));
        assert!(load(Some("solarized"), false, false).expect_err("unknown").contains("high-contrast"));
    }

    #[test]
    fn rgb_themes_are_readable() {
        for name in ["dark", "light", "high-contrast"] {
            let theme = load(Some(name), false, false).expect(name);
            let ground = theme.text.bg.expect("a ground");
            for (role, style) in theme.roles() {
                // Lines around panes are no text; 3:1 is what makes a line visible.
                let least = if role == "border" { 3.0 } else { 4.5 };
                let color = style.fg.or(theme.text.fg).expect("a colour");
                let grounds = [style.bg.unwrap_or(ground), theme.selected.bg.expect("a ground for the line")];
                for under in grounds.into_iter().filter(|_| role != "border") {
                    let got = contrast(color, under).expect("rgb");
                    assert!(got >= least, "{name}: {role} has {got:.2}:1");
                }
                assert!(contrast(color, ground).expect("rgb") >= least, "{name}: {role} on the ground");
            }
        }
    }

    #[test]
    fn no_color_has_no_color_and_still_tells_roles_apart() {
        let theme = load(Some("dark"), true, false).expect("loads");
        for (role, style) in theme.roles() {
            assert_eq!((style.fg, style.bg), (None, None), "{role}");
        }
        assert_ne!(theme.text, theme.danger);
        assert_ne!(theme.text, theme.muted);
        assert_ne!(theme.text, theme.selected);
    }

    #[test]
    fn a_theme_with_a_slip_is_refused() {
        let good = FILES[0].1;
        for bad in [
            good.replace("[danger]", "[danke]"),
            good.replace("\"bold\"", "\"blod\""),
            format!("{good}\n[extra]\nfg = \"red\"\n"),
            good.replace("fg = \"red\"", "fg = \"rad\""),
        ] {
            assert!(parse(&bad).is_err());
        }
    }
}
