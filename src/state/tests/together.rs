//! What is owed to the records while the disk takes nothing.

use super::*;

#[test]
fn no_step_is_written_before_where_the_secret_is() {
    // How the place refuses and is mended; whether several are written down together.
    for (refuse, mend, together) in [
        ("PRAGMA query_only = true", "PRAGMA query_only = false", false),
        ("PRAGMA query_only = true", "PRAGMA query_only = false", true),
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 100000", false),
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 100000", true),
    ] {
        let case = format!("{refuse}, together: {together}");
        let state = State::in_memory().expect("opens");
        let begun = Operation { phase: Phase::Sent, ..operation(0) };
        state.begin(&begun).expect("begins");
        state
            .remember_entry(&credential("a"), "a#1", Uuid::new_v4(), at(0), Some(at(0)))
            .expect("remembered");
        let place = |how: &str| {
            // Some of them answer with a row.
            state.connection().query_row(how, [], |_row| Ok(())).optional().expect("set");
        };
        place(refuse);
        let keep = Note::Keep(Box::new(Keep {
            id: begun.id,
            credential: credential("a"),
            entry: Some(String::from("a#2")),
            made: Some(at(1)),
            ends: None,
            phase: Phase::Stored,
            // More than what is left of a page that is in use.
            note: "x".repeat(100_000),
            at: at(1),
        }));
        let kept = if together {
            let line = Note::Record(happening("rotate"));
            state.write_together(&[line, keep]).pop().expect("an answer for each")
        } else {
            state.write_one(&keep)
        };
        assert!(kept.is_err(), "{case}");
        let entries = || -> Vec<String> {
            let found = state.entries(&credential("a")).expect("readable");
            assert_eq!(state.stored(&account()), Ok(found.clone()), "{case}");
            found.into_iter().map(|one| one.entry).collect()
        };
        assert_eq!(entries(), ["a#2", "a#1"], "{case}: this program knows it all the same");
        assert!(state.advance(begun.id, Phase::Shown, "", at(2)).is_err(), "{case}: a smaller step neither");
        let phase = || state.operation(begun.id).expect("readable").map(|one| one.phase);
        assert_eq!(phase(), Some(Phase::Sent), "{case}");
        place(mend);
        state.advance(begun.id, Phase::Shown, "", at(3)).expect("written");
        assert_eq!((phase(), entries()), (Some(Phase::Shown), vec!["a#2".into(), "a#1".into()]), "{case}");
        let written = state.read(|connection| {
            let sql = "SELECT count(*) FROM entries WHERE credential = 'a'";
            Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        });
        assert_eq!(written, Ok(2), "{case}");
        state.forget_entry("a#2").expect("forgotten");
        assert_eq!(entries(), ["a#1"], "{case}: it is owed once");
    }
}
