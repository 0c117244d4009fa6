//! The records against everything that goes wrong: other programs, crashes, damage, newer programs.
#![expect(clippy::disallowed_methods, reason = "one test starts itself again, and others damage files")]

mod promises;
mod together;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rusqlite::Connection;

use super::*;
use crate::domain::account::AccountName;
use crate::domain::answer::Listing;
use crate::domain::credential::{Credential, CredentialRef, Expiry, LastUse, Told, Window};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::operation::{Operation, OperationKind, Phase};
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::domain::time::{Skew, Timestamp};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn account() -> AccountName {
    AccountName::parse("prod").expect("a name")
}

fn credential(id: &str) -> CredentialRef {
    CredentialRef { account: account(), owner: Id::new("o-1"), id: Id::new(id) }
}

fn operation(began: i64) -> Operation {
    Operation {
        id: Uuid::new_v4(),
        kind: OperationKind::Rotate,
        account: account(),
        owner: Id::new("o-1"),
        owner_name: String::from("ci \u{1b}runner"),
        credential: None,
        noun: String::from("API key"),
        replaces: Some(Id::new("old")),
        scopes: vec![String::from("zpool"), String::from("日本")],
        reviewed: Some(Granted::Listed(vec![Text::from("zpool"), Text::from("日本")])),
        expiry: Some(jiff::civil::date(2027, 2, 28)),
        credential_name: String::from("default"),
        description: String::from("日本語"),
        retain_minutes: Some(1440),
        idempotency_key: Uuid::new_v4(),
        vault_entry: String::from("prod/ci/default#1"),
        target: String::new(),
        rotated_before: Some(at(-1)),
        began_there: Some(at(-2)),
        phase: Phase::Planned,
        note: String::new(),
        began: at(began),
        advanced: at(began),
        running_elsewhere: false,
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(folder: &tempfile::TempDir) -> State {
    State::open(folder.path()).expect("opens")
}

#[test]
fn an_operation_is_read_as_it_was_written() {
    let state = State::in_memory().expect("opens");
    let mut full = operation(0);
    full.began = at(0).checked_add(jiff::SignedDuration::from_nanos(1)).expect("in range");
    let mut bare = operation(1);
    (bare.kind, bare.retain_minutes, bare.rotated_before) = (OperationKind::Create, None, None);
    bare.reviewed = None;
    let owners = Operation { reviewed: Some(Granted::AsOwner), ..operation(2) };
    let wide = Operation { reviewed: Some(Granted::Everything), ..operation(3) };
    for operation in [&full, &bare, &owners, &wide] {
        state.begin(operation).expect("begins");
        assert_eq!(state.operation(operation.id).expect("readable").as_ref(), Some(operation));
    }
    assert!(state.begin(&full).is_err(), "the same one cannot begin twice");
    state.name_credential(bare.id, &Id::new("c-9"), at(2)).expect("named");
    let named = state.operation(bare.id).expect("readable").expect("there");
    assert_eq!((named.credential, named.advanced), (Some(Id::new("c-9")), at(2)));
    assert_eq!(state.operation(Uuid::new_v4()), Ok(None));
}

#[test]
fn every_order_of_phases() {
    let state = State::in_memory().expect("opens");
    let secret_exists = |phase| matches!(phase, Phase::Stored | Phase::InMemory | Phase::Shown);
    for from in Phase::ALL {
        for to in Phase::ALL {
            let operation = Operation { phase: from, ..operation(0) };
            state.begin(&operation).expect("begins");
            let allowed = if from.is_final() {
                from == to
            } else if secret_exists(from) {
                secret_exists(to) || to.is_final()
            } else {
                to != Phase::Planned || from == Phase::Planned
            };
            let advanced = state.advance(operation.id, to, "why", at(5));
            let now = state.operation(operation.id).expect("readable").expect("there");
            if allowed {
                assert_eq!(advanced, Ok(()), "{from:?} to {to:?}");
                assert_eq!((now.phase, now.note.as_str(), now.advanced), (to, "why", at(5)));
            } else {
                assert_eq!(advanced, Err(StateError::Backwards { id: operation.id, from, to }));
                assert_eq!(now, operation, "nothing of a refused step is kept");
            }
        }
    }
    let unknown = Uuid::new_v4();
    assert_eq!(state.advance(unknown, Phase::Done, "", at(0)), Err(StateError::Unknown(unknown)));
}

#[test]
fn unfinished_are_the_ones_not_final_in_the_order_they_were_written() {
    let state = State::in_memory().expect("opens");
    // The clock goes back all the while.
    for (number, phase) in (0..).zip(Phase::ALL) {
        state.begin(&Operation { phase, ..operation(-number) }).expect("begins");
    }
    let phases: Vec<Phase> =
        state.unfinished().expect("readable").into_iter().map(|operation| operation.phase).collect();
    assert_eq!(
        phases,
        [Phase::Planned, Phase::Sent, Phase::Unclear, Phase::Stored, Phase::InMemory, Phase::Shown]
    );
}

#[test]
fn what_a_living_program_does_is_nobody_elses_business() {
    let folder = folder();
    let (one, two) = (open(&folder), open(&folder));
    let begun = operation(0);
    one.begin(&begun).expect("begins");
    let seen = |state: &State| state.unfinished().expect("readable").pop().expect("one").running_elsewhere;
    assert_eq!((seen(&one), seen(&two)), (false, true));
    assert_eq!(two.adopt(begun.id), Ok(false));
    assert_eq!(two.advance(begun.id, Phase::Sent, "", at(1)), Err(StateError::Elsewhere(begun.id)));
    assert_eq!(one.adopt(begun.id), Ok(true), "it is ours already");
    drop(one);
    assert!(!seen(&two));
    assert_eq!(two.adopt(begun.id), Ok(true));
    assert_eq!(two.advance(begun.id, Phase::Settled, "", at(1)), Ok(()));
    assert_eq!(two.adopt(begun.id), Ok(false), "nothing is left to take over");
    let unknown = Uuid::new_v4();
    assert_eq!(two.adopt(unknown), Err(StateError::Unknown(unknown)));
}

#[test]
fn of_several_who_adopt_at_once_one_wins() {
    let folder = folder();
    let dead = open(&folder);
    let all: Vec<Operation> = (0..10).map(operation).collect();
    for begun in &all {
        dead.begin(begun).expect("begins");
    }
    drop(dead);
    let rivals: Vec<State> = (0..4).map(|_| open(&folder)).collect();
    let won: Vec<usize> = std::thread::scope(|scope| {
        let tries: Vec<_> = rivals
            .iter()
            .map(|rival| {
                let all = &all;
                scope
                    .spawn(move || all.iter().filter(|begun| rival.adopt(begun.id).expect("answers")).count())
            })
            .collect();
        tries.into_iter().map(|won| won.join().expect("no panic")).collect()
    });
    assert_eq!(won.iter().sum::<usize>(), all.len(), "{won:?}");
}

/// The folder a child of the next test works in.
const CHILD: &str = "KEYWRIGHT_STATE_CHILD";

#[test]
fn a_killed_program_leaves_its_operation_to_others() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let state = State::open(Path::new(&folder)).expect("opens");
        let begun = operation(0);
        state.begin(&begun).expect("begins");
        state.advance(begun.id, Phase::Sent, "", at(1)).expect("advances");
        println!("\nbegun {}", begun.id);
        // Until the parent kills us; it never writes.
        std::io::stdin().read_line(&mut String::new()).expect("standard input");
        return;
    }
    let folder = folder();
    let survivor = open(&folder);
    let mut child = Command::new(std::env::current_exe().expect("our own path"))
        .args(["state::tests::a_killed_program_leaves_its_operation_to_others", "--exact", "--nocapture"])
        .env(CHILD, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let begun = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("begun ").map(str::to_owned));
    let id = Uuid::parse_str(&begun.expect("it begins")).expect("an identifier");
    let one = || survivor.unfinished().expect("readable").pop().expect("one");
    assert!(one().running_elsewhere);
    assert_eq!(survivor.adopt(id), Ok(false));
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert_eq!((one().running_elsewhere, one().phase, one().id), (false, Phase::Sent, id));
    assert_eq!(survivor.adopt(id), Ok(true));
    assert_eq!(survivor.advance(id, Phase::Unclear, "", at(2)), Ok(()));
}

#[test]
fn several_programs_open_and_write_at_once() {
    let folder = folder();
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let folder = &folder;
            scope.spawn(move || {
                let state = open(folder);
                for number in 0..10 {
                    // Two may not be at the same one at once.
                    let replaces = Some(Id::new(format!("old {writer}")));
                    let one = Operation { replaces, ..operation(writer * 100 + number) };
                    state.begin(&one).expect("begins");
                    state.record(&happening("begin")).expect("recorded");
                }
            });
        }
    });
    let state = open(&folder);
    assert_eq!(state.unfinished().expect("readable").len(), 60);
    assert_eq!(state.activity(usize::MAX).expect("readable").len(), 60);
    assert_eq!(state.broken_activity(), Ok(None), "the chain holds across programs");
}

#[test]
fn the_settings_that_make_it_durable() {
    let folder = folder();
    let state = open(&folder);
    let pragma = |name: &str| -> String {
        state
            .connection()
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .expect("readable")
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("synchronous"), "Integer(2)");
    assert_eq!(pragma("foreign_keys"), "Integer(1)");
    assert_eq!(pragma("busy_timeout"), "Integer(5000)");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_anything() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let dir = folder.path().join("a").join("keywright");
    std::fs::create_dir_all(&dir).expect("made");
    std::fs::write(dir.join("state.db"), "").expect("made");
    for open in [dir.clone(), dir.join("state.db")] {
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o755)).expect("set");
    }
    let state = State::open(&dir).expect("opens");
    state.begin(&operation(0)).expect("begins");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("runs"))), (0o700, 0o700));
    let files = std::fs::read_dir(&dir)
        .expect("readable")
        .chain(std::fs::read_dir(dir.join("runs")).expect("readable"));
    let files: Vec<_> =
        files.map(|entry| entry.expect("readable").path()).filter(|path| path.is_file()).collect();
    assert!(files.len() >= 4, "{files:?}");
    assert!(files.iter().all(|path| mode(path) == 0o600), "{files:?}");
}

#[test]
fn damaged_records_are_an_error_and_stay() {
    let folder = folder();
    let path = folder.path().join("state.db");
    let garbage = b"this is not a database, but somebody's text".repeat(100);
    std::fs::write(&path, &garbage).expect("written");
    let refused = State::open(folder.path()).err().expect("refused");
    assert!(matches!(refused, StateError::Damaged(_)), "{refused}");
    assert_eq!(std::fs::read(&path).expect("still there"), garbage);
    assert_eq!(Failure::from(refused).kind, FailureKind::State);

    std::fs::remove_file(&path).expect("removed");
    let state = open(&folder);
    let begun = operation(0);
    state.begin(&begun).expect("begins");
    let set = "UPDATE operations SET phase = 'mislaid'";
    state.connection().execute(set, []).expect("changed by hand");
    assert!(matches!(state.unfinished(), Err(StateError::Damaged(_))), "loud, not left out");
    assert!(matches!(state.adopt(begun.id), Err(StateError::Damaged(_))));
}

#[test]
fn the_records_of_a_newer_program_are_refused_untouched() {
    let folder = folder();
    drop(open(&folder));
    let path = folder.path().join("state.db");
    let newer = Connection::open(&path).expect("opens");
    newer.pragma_update(None, "user_version", 99).expect("set");
    drop(newer);
    let before = std::fs::read(&path).expect("readable");
    let refused = State::open(folder.path()).err();
    assert_eq!(refused, Some(StateError::Newer { found: 99, known: crate::state::schema::STEPS.len() }));
    assert_eq!(std::fs::read(&path).expect("readable"), before);
}

#[test]
fn a_full_disk_and_a_read_only_place_are_told_apart_and_break_nothing() {
    let state = State::in_memory().expect("opens");
    let begun = operation(0);
    state.begin(&begun).expect("begins");
    let pages: i64 =
        state.connection().pragma_query_value(None, "page_count", |row| row.get(0)).expect("readable");
    state.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("set");
    let large = "x".repeat(100_000);
    assert_eq!(state.advance(begun.id, Phase::Sent, &large, at(1)), Err(StateError::Full));
    assert_eq!(state.operation(begun.id), Ok(Some(begun.clone())));
    state.connection().pragma_update(None, "query_only", true).expect("set");
    assert_eq!(state.advance(begun.id, Phase::Sent, "", at(1)), Err(StateError::ReadOnly));
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").expect("written");
    assert!(matches!(State::open(&folder.path().join("file")), Err(StateError::File(_))));
}

#[test]
fn entries_come_newest_first_with_their_generation() {
    let state = State::in_memory().expect("opens");
    let operation = Uuid::new_v4();
    for (id, entry) in [("a", "a#1"), ("b", "b#1"), ("a", "a#2"), ("a", "a#2"), ("a", "a#3")] {
        state.remember_entry(&credential(id), entry, operation, at(0), None).expect("remembered");
    }
    let names = |of: &str| -> Vec<(String, u32)> {
        let found = state.entries(&credential(of)).expect("readable");
        found.into_iter().map(|stored| (stored.entry, stored.generation)).collect()
    };
    let entry = |name: &str, generation| (String::from(name), generation);
    assert_eq!(names("a"), [entry("a#3", 3), entry("a#2", 2), entry("a#1", 1)]);
    state.forget_entry("a#2").expect("forgotten");
    state.forget_entry("a#2").expect("absent is fine");
    state.remember_entry(&credential("a"), "a#4", operation, at(1), None).expect("remembered");
    assert_eq!(names("a"), [entry("a#4", 4), entry("a#3", 3), entry("a#1", 1)]);
    assert_eq!(state.stored(&account()).expect("readable").len(), 4);
    assert_eq!(state.stored(&AccountName::parse("other").expect("a name")), Ok(vec![]));
}

#[test]
fn a_verification_is_kept_per_secret_and_goes_with_its_entry() {
    let state = State::in_memory().expect("opens");
    state.remember_entry(&credential("a"), "a#1", Uuid::new_v4(), at(0), None).expect("remembered");
    let note = |entry: Option<&str>, second, accepted| {
        let entry = entry.map(str::to_owned);
        let words = String::from("accepted as ci");
        let note = Verification { credential: credential("a"), entry, at: at(second), accepted, words };
        state.note_verified(&note).expect("noted");
        note
    };
    let _replaced = note(Some("a#1"), 1, true);
    let stored = note(Some("a#1"), 2, false);
    let _replaced = note(None, 3, true);
    let unstored = note(None, 4, true);
    assert_eq!(state.verified(&account()), Ok(vec![unstored.clone(), stored]));
    state.forget_entry("a#1").expect("forgotten");
    assert_eq!(state.verified(&account()), Ok(vec![unstored]));
}

#[test]
fn our_own_checks_do_not_count_as_use() {
    let state = State::in_memory().expect("opens");
    let ended = state.begin_check(&credential("a"), Some(at(-500)), at(100)).expect("begun");
    state.end_check(ended, None, at(110)).expect("ended");
    state.begin_check(&credential("a"), None, at(1_000)).expect("begun, and the program dies");
    let checks = |id: &str| state.checks_of(&credential(id)).expect("readable");
    let seen = |id: &str, second, skew| not_ours(LastUse::At(at(second)), None, &checks(id), Skew(skew));
    let by = |agent, second| not_ours(LastUse::At(at(second)), Some(agent), &checks("a"), Skew(0));
    let by_us =
        |checks: &[Check]| not_ours(LastUse::At(at(5_000)), Some("keywright/1.0 check-1"), checks, Skew(0));
    let ours = |before: Option<i64>| LastUse::OurCheck { before: before.map(at) };
    let cases = [
        (seen("a", 105, 0), ours(Some(-500))),
        (seen("a", 98, 0), ours(Some(-500))),
        (seen("a", 112, 0), ours(Some(-500))),
        (seen("a", 97, 0), LastUse::At(at(97))),
        (seen("a", 113, 0), LastUse::At(at(113))),
        (seen("a", 705, 600), ours(Some(-500))),
        (seen("a", 105, 600), LastUse::At(at(105))),
        (seen("b", 105, 0), LastUse::At(at(105))),
        (seen("a", 1_030, 0), ours(None)),
        (seen("a", 1_100, 0), LastUse::At(at(1_100))),
        // What it was used by is known better than when.
        (by("curl/8.14.1", 105), LastUse::At(at(105))),
        (by("keywrighter/1", 105), LastUse::At(at(105))),
        (by_us(&checks("a")[..1]), ours(Some(-500))),
        (by_us(&checks("b")), ours(None)),
    ];
    for (number, (got, want)) in cases.into_iter().enumerate() {
        assert_eq!(got, want, "case {number}");
    }
    assert_eq!(not_ours(LastUse::Never, None, &checks("a"), Skew(0)), LastUse::Never);
}

fn happening(action: &str) -> Happening {
    Happening {
        at: at(0),
        action: action.to_owned(),
        account: String::from("prod"),
        credential: String::from("default of ci"),
        result: String::from("done"),
    }
}

#[test]
fn the_activity_log_notices_every_change() {
    let recorded = || {
        let state = State::in_memory().expect("opens");
        for action in ["log in", "create", "rotate", "revoke"] {
            state.record(&happening(action)).expect("recorded");
        }
        state
    };
    let state = recorded();
    assert_eq!(state.broken_activity(), Ok(None));
    let last: Vec<String> =
        state.activity(2).expect("readable").into_iter().map(|happening| happening.action).collect();
    assert_eq!(last, ["revoke", "rotate"]);
    for statement in ["UPDATE activity SET result = 'x'", "DELETE FROM activity"] {
        assert!(state.connection().execute(statement, []).is_err(), "{statement}");
    }
    assert_eq!(State::in_memory().expect("opens").broken_activity(), Ok(None), "an empty log is whole");
    let tampered = [
        ("UPDATE activity SET result = 'failed' WHERE number = 2", 2),
        ("UPDATE activity SET account = 'pro', credential = 'ddefault of ci' WHERE number = 3", 3),
        ("UPDATE activity SET at = 'yesterday' WHERE number = 1", 1),
        ("DELETE FROM activity WHERE number = 2", 2),
        ("DELETE FROM activity WHERE number = 4", 4),
        ("DELETE FROM activity", 1),
    ];
    for (change, first) in tampered {
        let state = recorded();
        let free = "DROP TRIGGER activity_is_not_changed; DROP TRIGGER activity_is_not_deleted;";
        state.connection().execute_batch(&format!("{free} {change};")).expect("tampered");
        assert_eq!(state.broken_activity(), Ok(Some(first)), "{change}");
    }
}

#[test]
fn a_device_stays_itself() {
    let folder = folder();
    let first = open(&folder).device().expect("made");
    assert_eq!(open(&folder).device(), Ok(first));
    assert_ne!(State::in_memory().expect("opens").device(), Ok(first));
}

fn listed(number: i64) -> Credential {
    let uses = [LastUse::Untold, LastUse::Never, LastUse::At(at(1)), LastUse::OurCheck { before: None }];
    let scopes = [Granted::AsOwner, Granted::Listed(vec!["a".into(), "\u{1b}b".into()]), Granted::Everything];
    let pick = usize::try_from(number).expect("small");
    Credential {
        id: Id::new(format!("c-{number}")),
        owner: OwnerRef { id: Id::new("o-1"), name: "ci".into() },
        name: "de\u{202e}fault 👩‍💻".into(),
        kind: "API key",
        description: "x".repeat(5_000).into(),
        scopes: scopes[pick % 3].clone(),
        created: (number > 0).then(|| at(number)),
        rotated: None,
        expires: if number % 2 == 0 { Expiry::Never } else { Expiry::At(at(9)) },
        last_use: uses[pick % 4].clone(),
        enabled: number % 2 == 0,
        owner_enabled: true,
        window: (number > 1).then(|| Window { began: at(1), ends: at(2) }),
        particulars: Told {
            hard_end: (number > 1).then(|| at(9)),
            last_agent: (number > 1).then(|| "curl/8".into()),
            uses: u64::try_from(number).ok(),
            pending: (number > 2).then(|| "restart it".into()),
            ..Told::NOTHING
        }
        .into(),
    }
}

#[test]
fn the_version_changes_with_what_any_program_writes_and_not_with_reading() {
    let folder = folder();
    let (ours, other) = (open(&folder), open(&folder));
    for state in [&ours, &State::in_memory().expect("opens")] {
        let version = || state.version().expect("readable");
        let first = version();
        assert_eq!(state.checks(&account()), Ok(Vec::new()));
        assert_eq!(version(), first);
        state.begin_check(&credential("c"), None, at(0)).expect("written");
        assert_ne!(version(), first);
    }
    let before = ours.version().expect("readable");
    other.begin_check(&credential("c"), None, at(1)).expect("written");
    assert_ne!(ours.version().expect("readable"), before);
}

#[test]
fn a_listing_comes_back_as_it_was() {
    let state = State::in_memory().expect("opens");
    let owner = Owner {
        id: Id::new("o-1"),
        name: "ci".into(),
        description: "runs things".into(),
        enabled: false,
        created: Some(at(0)),
    };
    let failed = (owner.reference(), Failure::new(FailureKind::Slow, ""));
    let listing = Listing {
        owners: vec![owner.clone()],
        credentials: (0..12).map(listed).collect(),
        failed: vec![failed],
        findings: Vec::new(),
    };
    assert_eq!(state.listing(&account(), &[]), Ok(None));
    state.save_listing(&account(), &Listing::default(), at(1)).expect("saved");
    state.save_listing(&account(), &listing, at(2)).expect("saved over");
    let back = state.listing(&account(), &["PAT", "API key"]).expect("readable").expect("there");
    let (owners, unread) = (vec![owner.clone()], vec![owner.reference()]);
    assert_eq!(back, SavedListing { at: at(2), owners, credentials: listing.credentials, unread });
    let renamed = state.listing(&account(), &["PAT"]).expect("readable").expect("there");
    assert_eq!(renamed.credentials[0].kind, "credential");
    state.connection().execute("UPDATE listings SET body = '{\"old\":1}'", []).expect("changed");
    assert_eq!(state.listing(&account(), &[]), Ok(None), "an outdated form is no listing");
    state.forget_listing(&account()).expect("forgotten");
}

#[tokio::test]
async fn no_secret_reaches_the_disk() {
    use crate::secret::Secret;
    use crate::vault::Vault;
    let folder = folder();
    let state = open(&folder);
    let (vault, mark) = (Vault::memory(), format!("zenkey_{}", Uuid::new_v4()));
    let begun = operation(0);
    state.begin(&begun).expect("begins");
    state.advance(begun.id, Phase::Sent, "", at(1)).expect("advances");
    vault.store(&begun.vault_entry, "label", &Secret::new(mark.clone())).await.expect("stored");
    state.name_credential(begun.id, &Id::new("c"), at(2)).expect("named");
    state.remember_entry(&credential("c"), &begun.vault_entry, begun.id, at(2), None).expect("remembered");
    state.advance(begun.id, Phase::Stored, "", at(2)).expect("advances");
    state.record(&happening("create")).expect("recorded");
    state.save_listing(&account(), &Listing::default(), at(3)).expect("saved");
    state.advance(begun.id, Phase::Done, "", at(4)).expect("advances");
    let holds = |needle: &str| {
        let files =
            std::fs::read_dir(folder.path()).expect("readable").map(|entry| entry.expect("readable").path());
        let contents: Vec<u8> =
            files.filter(|path| path.is_file()).flat_map(std::fs::read).flatten().collect();
        contents.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    assert!(holds(&begun.vault_entry), "the search finds what is there");
    assert!(!holds(&mark));
}
