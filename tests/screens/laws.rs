//! What holds for every picture: no size panics, a secret is in no frame but an unmasked reveal, ASCII means ASCII,
//! and an unmasked secret is there whole.

use keywright::app::model::Pane;
use keywright::app::pane::Overlay;
use keywright::ui::theme;
use proptest::prelude::*;
use ratatui::style::Color;

use crate::reveal::{long_secret, reveal};
use crate::{SMALL, all, build, screen};

/// What would betray a secret: a run of its letters.
const MARK: &str = "QZXJ7";

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"│".contains(*c)).collect()
}

#[test]
fn every_picture_can_be_drawn_at_every_edge_of_a_size() {
    let theme = screen::dark();
    for case in all() {
        for width in [0, 1, 60, 110, 200] {
            for height in [0, 1, 16, 20, 60] {
                screen::draw(&case.model, &theme, (width, height));
            }
        }
    }
}

#[test]
fn no_size_panics() {
    let cases = std::cell::RefCell::new(all());
    let theme = screen::dark();
    let sizes = (0_u16..=300, 0_u16..=100, any::<proptest::sample::Index>(), 0_usize..200);
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let drawn =
        proptest::test_runner::TestRunner::new(config).run(&sizes, |(width, height, pick, scroll)| {
            let mut cases = cases.borrow_mut();
            let count = cases.len();
            let case = &mut cases[pick.index(count)];
            case.model.scroll = scroll;
            case.model.size = (width, height);
            screen::draw(&case.model, &theme, (width, height));
            Ok(())
        });
    drawn.expect("no size panics");
}

#[test]
fn a_secret_is_in_no_frame_but_an_unmasked_reveal() {
    let mut shown = 0;
    for case in all() {
        let may = case.name.starts_with("reveal")
            && match case.model.overlays.last() {
                Some(Overlay::Reveal(pane)) => pane.is_unmasked(case.model.now) && case.model.focused,
                _ => false,
            };
        let frame =
            without_spaces(&screen::text(&screen::draw(&case.model, &screen::dark(), case.size).buffer));
        assert_eq!(frame.contains(MARK), may, "{} at {:?}", case.name, case.size);
        assert!(
            !frame.contains("horse") && !frame.contains("eyJpZCI6"),
            "{}: a typed secret is drawn",
            case.name
        );
        shown += usize::from(may);
    }
    assert!(shown >= 4);
}

#[test]
fn a_locked_screen_shows_nothing_of_what_is_behind() {
    for case in all() {
        let mut model = case.model;
        model.locked = true;
        let frame = screen::text(&screen::draw(&model, &screen::dark(), case.size).buffer);
        for word in [MARK, "ci-runner", "prod-kitaru", "zpools"] {
            assert!(!frame.contains(word), "{}: {word} is behind the curtain", case.name);
        }
    }
}

#[test]
fn the_longest_secret_is_whole_on_the_least_screen() {
    let model = reveal(|pane| pane.unmasked_until = Some(build::before(-5)));
    let drawn = screen::draw(&model, &screen::dark(), SMALL);
    let mut found = String::new();
    for area in &drawn.hits.secrets {
        for x in area.left()..area.right() {
            found.push_str(drawn.buffer[(x, area.y)].symbol().trim());
        }
    }
    assert_eq!(found, long_secret());
    assert_eq!(long_secret().len(), 167);
}

#[test]
fn the_mask_tells_nothing_of_the_length() {
    let frame = |text: &str| {
        let secret = keywright::secret::Secret::new(text.to_owned());
        let model = reveal(|pane| pane.parts = keywright::secret::Parts::single(secret));
        screen::text(&screen::draw(&model, &screen::dark(), SMALL).buffer)
    };
    assert_eq!(frame("a"), frame(&"a".repeat(500)));
}

#[test]
fn ascii_means_ascii() {
    let theme = theme::load(None, false, true).expect("it loads");
    for case in all() {
        let wide = case.name.contains("wide_names");
        let frame = screen::text(&screen::draw(&case.model, &theme, case.size).buffer);
        let foreign: Vec<char> = frame.chars().filter(|c| !c.is_ascii() && !is_name(*c)).collect();
        assert!(wide || foreign.is_empty(), "{}: {foreign:?}", case.name);
    }
}

/// Letters of the made-up names, which are not ours to translate.
fn is_name(character: char) -> bool {
    "日本語の鍵数据平台👩‍💻".contains(character)
}

#[test]
fn no_color_means_no_color() {
    let theme = theme::load(None, true, false).expect("it loads");
    for case in all() {
        let drawn = screen::draw(&case.model, &theme, case.size);
        let plain = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(drawn.buffer.content().iter().all(plain), "{}", case.name);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the cost of a frame is what is tested")]
fn a_hundred_thousand_rows_cost_no_more_than_twenty() {
    let theme = screen::dark();
    let time = |count: usize, pane: Pane| {
        let mut model = build::many(count);
        model.pane = pane;
        screen::draw(&model, &theme, (160, 50));
        let began = std::time::Instant::now();
        for _ in 0..5 {
            screen::draw(&model, &theme, (160, 50));
        }
        began.elapsed()
    };
    for pane in [Pane::Credentials, Pane::Timeline] {
        let (few, many) = (time(40, pane), time(100_000, pane));
        let longest = few * 4 + std::time::Duration::from_millis(50);
        assert!(many < longest, "{pane:?}: {few:?} for 40, {many:?} for 100,000");
    }
}

#[test]
fn the_hit_map_tells_how_many_lines_of_the_table_are_visible() {
    let drawn = screen::draw(&build::many(1000), &screen::dark(), (80, 24));
    let rows = screen::text(&drawn.buffer).lines().filter(|line| line.contains("key-0")).count();
    // The detail's title names the credential under the cursor as well.
    assert_eq!(usize::from(drawn.hits.table_height), rows - 1);
    assert_eq!(drawn.hits.tabs.len(), 5);
}
