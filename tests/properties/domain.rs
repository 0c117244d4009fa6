//! Laws of texts, lengths of time, names and addresses.

use keywright::domain::account::{AccountName, Endpoint};
use keywright::domain::retention::Retention;
use keywright::domain::text::{LONGEST, Text};
use keywright::domain::time::{SignedDuration, Skew, Timestamp, ago, rough_span, span};
use proptest::prelude::*;

use crate::config;

/// What must never reach a terminal from outside: controls, line breaks, direction overrides, invisible characters.
fn controls(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

/// Any text, rich in what is dangerous.
fn nasty() -> impl Strategy<Value = String> {
    let dangerous = prop::sample::select(vec![
        '\u{1b}',
        '\u{9b}',
        '\u{7}',
        '\r',
        '\n',
        '\t',
        '\u{0}',
        '\u{7f}',
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{feff}',
        '\u{e0041}',
        '\u{301}',
        '\u{200d}',
        '👩',
        '日',
        'a',
    ]);
    prop::collection::vec(prop_oneof![dangerous, prop::char::any()], 0..200).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn cleaned_text_controls_nothing(raw in nasty()) {
        let clean = Text::clean(&raw);
        prop_assert!(!clean.as_str().chars().any(controls), "{clean:?}");
        prop_assert_eq!(Text::clean(clean.as_str()).as_str().len() >= clean.as_str().len(), true);
    }

    #[test]
    fn cleaning_twice_is_cleaning_once(raw in nasty()) {
        let once = Text::clean(&raw);
        if once.as_str().chars().count() <= LONGEST {
            prop_assert_eq!(Text::clean(once.as_str()), once);
        }
    }

    #[test]
    fn harmless_text_is_left_alone(raw in "[a-zA-Z0-9 .,:/_äöü日本語-]{0,80}") {
        let clean = Text::clean(&raw);
        prop_assert_eq!(clean.as_str(), raw);
    }

    #[test]
    fn a_window_is_read_as_it_is_written(days in 0_i64..400, hours in 0_i64..24, minutes in 0_i64..60) {
        let wanted = Retention::minutes((days * 24 + hours) * 60 + minutes);
        for typed in [
            format!("{days}d {hours}h {minutes}m"),
            format!("{days} days {hours} hours {minutes} minutes"),
            format!("{}", (days * 24 + hours) * 60 + minutes),
            format!("{}M", (days * 24 + hours) * 60 + minutes),
        ] {
            prop_assert_eq!(Retention::parse(&typed), Ok(wanted), "{}", typed);
        }
    }

    #[test]
    fn a_window_in_words_is_read_back_where_two_units_say_it_all(
        large in 1_i64..48,
        small in 0_i64..60,
        unit in prop::sample::select(vec![60_i64, 3600]),
    ) {
        // Words keep the two largest units, so only such windows are told whole.
        let seconds = if unit == 60 { (large % 24).max(1) * 3600 + small * 60 } else { large.min(6) * 86_400 + (small % 24) * 3600 };
        let window = Retention::minutes(seconds / 60);
        prop_assert_eq!(Retention::parse(&window.words()), Ok(window), "{}", window.words());
    }

    #[test]
    fn any_text_is_a_window_or_a_sentence(typed in "\\PC{0,30}") {
        match Retention::parse(&typed) {
            Ok(window) => {
                prop_assert!(window.duration() >= SignedDuration::ZERO);
                prop_assert!(window.whole_minutes().duration() >= SignedDuration::from_mins(window.as_minutes()));
                prop_assert!(window.end(Timestamp::UNIX_EPOCH) >= Timestamp::UNIX_EPOCH);
            }
            Err(why) => prop_assert!(!why.to_string().is_empty()),
        }
    }

    #[test]
    fn any_number_with_a_unit_overflows_into_a_sentence(number in 0_i64..=i64::MAX, unit in "s|m|h|d|w") {
        if let Ok(window) = Retention::parse(&format!("{number}{unit}")) {
            // Rounded up to minutes it is never shorter than asked, and nothing panics at the far end.
            prop_assert!(window.as_minutes() >= window.duration().as_secs() / 60);
            prop_assert!(window.whole_minutes() >= Retention::NONE);
        }
    }

    #[test]
    fn a_name_that_is_taken_is_safe_everywhere(typed in "\\PC{0,40}") {
        if let Ok(name) = AccountName::parse(&typed) {
            let text = name.as_str();
            prop_assert!((1..=32).contains(&text.len()));
            prop_assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')));
            prop_assert!(text.starts_with(|c: char| c.is_ascii_alphanumeric()));
            prop_assert_eq!(AccountName::parse(text), Ok(name));
        }
    }

    #[test]
    fn an_address_that_is_taken_has_no_secret_and_no_plain_way_out(
        typed in "(https?|ftp)://([a-z]{1,3}(:[a-z]{1,3})?@)?([a-z]{1,6}\\.example|localhost|127\\.0\\.0\\.1|10\\.0\\.0\\.1|\\[::1\\])(:[0-9]{1,4})?(/[a-z]{0,4})?(\\?q=1|#f)?/{0,2}",
    ) {
        if let Ok(endpoint) = Endpoint::parse(&typed) {
            let url = endpoint.url();
            prop_assert!(url.username().is_empty() && url.password().is_none());
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            let here = ["localhost", "127.0.0.1", "[::1]"].contains(&url.host_str().unwrap_or_default());
            prop_assert!(url.scheme() == "https" || (url.scheme() == "http" && here), "{}", typed);
            prop_assert!(!endpoint.as_str().ends_with('/'));
            prop_assert_eq!(Endpoint::parse(endpoint.as_str()), Ok(endpoint));
        }
    }

    #[test]
    fn any_text_is_an_address_or_a_sentence(typed in "\\PC{0,40}") {
        if let Err(why) = Endpoint::parse(&typed) {
            prop_assert!(!why.to_string().is_empty());
        }
    }

    #[test]
    fn spans_and_moments_never_panic(seconds in prop::num::i64::ANY, other in -62_135_596_800_i64..253_402_300_799) {
        let duration = SignedDuration::from_secs(seconds);
        prop_assert!(span(duration).contains(' '));
        prop_assert!(!rough_span(duration).is_empty());
        let at = Timestamp::from_second(other).unwrap_or_default();
        prop_assert!(!ago(at, Timestamp::UNIX_EPOCH).is_empty());
        let there = Skew(seconds).server_time(at);
        prop_assert!(there <= Timestamp::MAX);
    }
}
