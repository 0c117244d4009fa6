//! Secrets that reached the keyring before their program died, and were not written down: which of them is the newest
//! does not hang on a clock that was set meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Setup;
use super::*;
use crate::config::Paths;
use crate::domain::account::{Account, AccountName, Endpoint};
use crate::domain::credential::{CredentialRef, Expiry, LastUse, Particulars};
use crate::domain::owner::OwnerRef;
use crate::domain::scope::Granted;
use crate::runtime::clipboard::MemoryClipboard;
use crate::runtime::clock;
use crate::state::Verification;
use crate::vault::Vault;

const HOUR: i64 = 3600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn credential() -> CredentialRef {
    CredentialRef {
        account: AccountName::parse("there").expect("a name"),
        owner: Id::new("o"),
        id: Id::new("k"),
    }
}

fn program(state: &State, vault: &Vault) -> Tasks {
    let at = |part: &str| std::path::Path::new("/nowhere").join(part);
    let (messages, _) = tokio::sync::mpsc::unbounded_channel();
    let tasks = Tasks::new(Setup {
        clock: Arc::new(clock::now),
        clipboard: Arc::new(MemoryClipboard::default()),
        messages,
        paths: Paths { config: at("c"), state: at("s"), log: at("l") },
        keeping: Keeping::Keyring,
        accounts: Vec::new(),
    });
    tasks.use_state(state.clone());
    tasks.use_vault(Keeping::Keyring, vault.clone());
    tasks
}

/// A rotation in place, sent at that moment.
fn rotation(tasks: &Tasks, began: i64) -> Operation {
    let of = credential();
    let planned = tasks.operation(OperationKind::Rotate, &of.account, &of.owner, "owner", "key");
    Operation {
        credential: Some(of.id),
        phase: Phase::Sent,
        began: at(began),
        advanced: at(began),
        ..planned
    }
}

#[tokio::test]
async fn which_secret_came_last_does_not_hang_on_the_clock() {
    // When, by our clock, the lost rotation began and the other secret was stored; whether that came by an operation, and
    // if so whether by one before; whether the lost one is taken for the newest.
    for (began, stored, other, newest) in [
        (0, -HOUR, Some(true), true),
        // The clock was ahead when the one before was stored, and set right since.
        (0, HOUR, Some(true), true),
        (0, 300_000_000, Some(true), true),
        (0, HOUR, Some(false), false),
        // The clock was ahead when the lost one began.
        (0, -HOUR, Some(false), false),
        // Nothing but the clock tells of one that was imported.
        (0, -HOUR, None, true),
        (0, HOUR, None, false),
    ] {
        let case = format!("began {began}, stored {stored}, by {other:?}");
        let (state, vault) = (State::in_memory().expect("records"), Vault::memory());
        let tasks = program(&state, &vault);
        let lost = rotation(&tasks, began);
        let known = rotation(&tasks, stored);
        let mut begun = [&lost, &known];
        if other == Some(true) {
            begun.reverse();
        }
        for one in begun {
            if one.id == lost.id || other.is_some() {
                state.begin(one).expect("begun");
            }
        }
        state.remember_entry(&credential(), "other", known.id, at(stored), None).expect("remembered");
        if other.is_some() {
            state.advance(known.id, Phase::Done, "", at(stored)).expect("done");
        }
        vault.store(&lost.vault_entry, "label", &Secret::new(String::from("new"))).await.expect("stored");
        let left = tasks.unfinished().await.expect("read");
        let (phases, want): (Vec<Phase>, &[Phase]) =
            (left.iter().map(|one| one.phase).collect(), if newest { &[Phase::Stored] } else { &[] });
        assert_eq!(phases, want, "{case}");
        let newest_entry = state.entries(&credential()).expect("read").remove(0).entry;
        assert_eq!(newest_entry == lost.vault_entry, newest, "{case}");
    }
}

#[tokio::test]
async fn reading_what_memory_holds_writes_nothing() {
    let (state, vault) = (State::in_memory().expect("records"), Vault::memory());
    let tasks = program(&state, &vault);
    tasks.use_vault(Keeping::Memory, vault.clone());
    let held = rotation(&tasks, 0);
    state.begin(&held).expect("begun");
    vault.store(&held.vault_entry, "label", &Secret::new(String::from("new"))).await.expect("stored");
    let advanced = || state.operation(held.id).expect("readable").map(|one| (one.phase, one.advanced));
    tasks.hold(&credential(), &held.vault_entry, held.id, (None, None));
    state.advance(held.id, Phase::InMemory, "", at(5)).expect("advanced");
    for _ in 0..2 {
        let left = tasks.unfinished().await.expect("read");
        assert_eq!(left.iter().map(|one| one.phase).collect::<Vec<_>>(), [Phase::Stored]);
        assert_eq!(
            advanced(),
            Some((Phase::InMemory, at(5))),
            "with a thousand of them each write would be felt"
        );
    }
}

fn account() -> Account {
    Account {
        name: credential().account,
        backend: String::from("kitaru"),
        endpoint: Endpoint::parse("https://127.0.0.1:1").expect("an address"),
        login: None,
        ca_file: None,
        protected: false,
        settings: BTreeMap::new(),
    }
}

/// The credential as its server lists it, rotated at that moment of the server's clock.
fn listed(rotated: i64) -> Listing {
    let of = credential();
    let one = Credential {
        id: of.id,
        owner: OwnerRef { id: of.owner, name: "owner".into() },
        name: "key".into(),
        kind: "API key",
        description: "".into(),
        scopes: Granted::AsOwner,
        created: Some(at(-HOUR)),
        rotated: Some(at(rotated)),
        expires: Expiry::Never,
        last_use: LastUse::Never,
        enabled: true,
        owner_enabled: true,
        window: None,
        particulars: Particulars::default(),
    };
    Listing { credentials: vec![one], ..Listing::default() }
}

#[tokio::test]
async fn a_secret_found_after_a_crash_stays_the_current_one_when_the_clock_is_set() {
    // How far the server's clock seems to be ahead later on, and when it says the last rotation was; whether the secret
    // that was stored at 0 is still the current one.
    for (ahead, rotated, current) in
        [(0, 0, true), (-120, 0, true), (-HOUR, 0, true), (HOUR, 0, true), (HOUR, 60, false)]
    {
        let (state, vault) = (State::in_memory().expect("records"), Vault::memory());
        let tasks = program(&state, &vault);
        let name = credential().account;
        tasks.use_accounts(&[account()]);
        state.remember_entry(&credential(), "found", Uuid::new_v4(), at(0), None).expect("remembered");
        let stored = async |listing: &Listing, ahead| {
            let known = tasks.known(&name).await.expect("records");
            let facts = tasks.facts(&known, &name, listing, Skew(ahead));
            facts.iter().any(|(_, facts)| facts.stored)
        };
        assert!(stored(&listed(0), 0).await, "as long as the clock is as it was");
        assert_eq!(stored(&listed(rotated), ahead).await, current, "{ahead} s ahead, rotated at {rotated}");
    }
}

#[tokio::test]
async fn that_a_secret_works_is_told_of_the_current_one_whatever_is_known_of_the_one_before() {
    let (state, vault) = (State::in_memory().expect("records"), Vault::memory());
    let tasks = program(&state, &vault);
    tasks.use_accounts(&[account()]);
    let verified = |entry: &str, second, accepted| {
        let (entry, words) = (Some(entry.to_owned()), String::new());
        let one = Verification { credential: credential(), entry, at: at(second), accepted, words };
        state.note_verified(&one).expect("noted");
    };
    let told = async || {
        let known = tasks.known(&credential().account).await.expect("records");
        let facts = tasks.facts(&known, &credential().account, &listed(0), Skew(0));
        facts.into_iter().map(|(_, facts)| facts.verified).collect::<Vec<_>>()
    };
    state.remember_entry(&credential(), "before", Uuid::new_v4(), at(-9), Some(at(-9))).expect("remembered");
    verified("before", -8, true);
    state.remember_entry(&credential(), "current", Uuid::new_v4(), at(0), Some(at(0))).expect("remembered");
    assert_eq!(told().await, [None]);
    verified("current", 1, true);
    assert_eq!(told().await, [Some(at(1))]);
    verified("before", 2, false);
    assert_eq!(told().await, [Some(at(1))]);
    verified("current", 3, false);
    assert_eq!(told().await, [None]);
}

#[tokio::test]
async fn what_is_left_alone_is_an_orphan_when_it_was_found_before_the_screen_knew() {
    let state = State::in_memory().expect("records");
    let tasks = program(&state, &Vault::memory());
    for (found, end) in [(true, Phase::Lost), (false, Phase::Settled)] {
        let create =
            tasks.operation(OperationKind::Create, &credential().account, &Id::new("o"), "o", "fresh");
        let (id, made) = (create.id, Id::new(create.id.to_string()));
        state.begin(&create).expect("begins");
        state.advance(id, Phase::Unclear, "", at(1)).expect("its answer was lost");
        if found {
            state.name_credential(id, &made, at(2)).expect("found");
        }
        // The screen had read it before that.
        tasks.advance(id, Phase::Settled, "").expect("left alone");
        assert_eq!(state.operation(id).expect("readable").map(|known| known.phase), Some(end));
        assert_eq!(state.orphans(&credential().account).expect("readable").contains(&made), found);
    }
}
