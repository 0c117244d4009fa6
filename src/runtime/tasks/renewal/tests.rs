//! Programs that renew the same login at once, that die in between, that are stopped; and a command that prints the next
//! token. Each `Tasks` stands for a program: they share records, keyring and server, and nothing else.

use serde_json::json;

use super::super::Setup;
use super::super::kept::session_ref;
use super::*;
use crate::app::effect::Keeping;
use crate::config::Paths;
use crate::domain::account::{Account, Endpoint};
use crate::domain::session::SessionFacts;
use crate::runtime::clipboard::MemoryClipboard;
use crate::runtime::clock;
use crate::sandbox::{Options, Sandbox, TwoSides, start};
use crate::secret::Secret;
use crate::vault::Vault;

const REFRESH: &str = "/account/auth/refresh/";
const DAY: i64 = 24 * 3600;

/// A machine with a server beside it.
struct Machine {
    dir: tempfile::TempDir,
    vault: Vault,
    sandbox: Sandbox,
    told: TwoSides,
    command: Option<String>,
}

impl Machine {
    fn new() -> Self {
        let sandbox = start(Options::default()).expect("a sandbox");
        let told = sandbox.announcement().foxnose.clone();
        let dir = tempfile::tempdir().expect("a folder");
        Self { dir, vault: Vault::memory(), sandbox, told, command: None }
    }

    /// Another program on this machine.
    fn program(&self) -> Tasks {
        let at = |part: &str| self.dir.path().join(part);
        let (messages, _) = tokio::sync::mpsc::unbounded_channel();
        let account = Account {
            name: name(),
            backend: String::from("foxnose"),
            endpoint: Endpoint::parse(&self.told.management_url).expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
            settings: self.command.iter().map(|line| (TOKEN_COMMAND.to_owned(), line.clone())).collect(),
        };
        let tasks = Tasks::new(Setup {
            clock: Arc::new(clock::now),
            clipboard: Arc::new(MemoryClipboard::default()),
            messages,
            paths: Paths { config: at("c"), state: at("s"), log: at("l") },
            keeping: Keeping::Keyring,
            accounts: vec![account],
        });
        tasks.use_vault(Keeping::Keyring, self.vault.clone());
        tasks
    }

    async fn log_in(&self, tasks: &Tasks, keep: bool) -> SessionFacts {
        let login = Login {
            method: "password",
            fields: vec![("username", self.told.email.clone())],
            secrets: vec![("password", Secret::new(self.told.password.clone()))],
        };
        tasks.log_in(&name(), login, keep).await.expect("a login")
    }

    fn refreshes(&self) -> usize {
        self.sandbox.asked("POST", REFRESH)
    }
}

fn name() -> AccountName {
    AccountName::parse("fox").expect("a name")
}

/// Everything that was answered, in order; a failure ends the test.
async fn all<T: Send + 'static>(work: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let started: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    let mut done = Vec::new();
    for one in started {
        done.push(one.await.expect("no panic"));
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_programs_at_once_renew_once_and_all_have_the_new_one() {
    let machine = Machine::new();
    assert!(machine.log_in(&machine.program(), true).await.kept);
    let first = machine.program().bearer(&name()).await.expect("a bearer");
    for days in 1..=2 {
        machine.sandbox.advance_clock(DAY + 60);
        let programs: Vec<Tasks> = (0..10).map(|_| machine.program()).collect();
        let asked = programs.iter().cloned().map(|one| async move { one.bearer(&name()).await });
        let bearers = all(asked.collect()).await;
        let bearers: Vec<Secret> = bearers.into_iter().map(|one| one.expect("a bearer")).collect();
        assert_eq!(machine.refreshes(), days);
        assert!(bearers.iter().all(|one| one.is_same(&bearers[0]) && !one.is_same(&first)));
        // Each of them can work with it, and nobody renews for that.
        programs[9].list(&name()).await.expect("a listing");
        assert_eq!(machine.refreshes(), days);
    }
    let entries = machine.program().entries(&session_ref(&name())).await.expect("entries");
    assert_eq!(entries.len(), 1, "the old ones are forgotten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn programs_that_are_refused_while_they_work_renew_once() {
    let machine = Machine::new();
    machine.log_in(&machine.program(), true).await;
    let programs: Vec<Tasks> = (0..6).map(|_| machine.program()).collect();
    for one in &programs {
        one.list(&name()).await.expect("a listing");
    }
    machine.sandbox.advance_clock(DAY + 60);
    let listed = programs.iter().cloned().map(|one| async move { one.list(&name()).await.is_ok() });
    assert!(all(listed.collect()).await.iter().all(|listed| *listed));
    assert_eq!(machine.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_not_kept_is_renewed_once_inside_its_program() {
    let machine = Machine::new();
    let tasks = machine.program();
    assert!(!machine.log_in(&tasks, false).await.kept);
    machine.sandbox.advance_clock(DAY + 60);
    let asked = (0..8).map(|_| tasks.clone()).map(|one| async move { one.list(&name()).await.is_ok() });
    assert!(all(asked.collect()).await.iter().all(|listed| *listed));
    assert_eq!(machine.refreshes(), 1);
    let kept = machine.program().entries(&session_ref(&name())).await.expect("entries");
    assert!(kept.is_empty(), "renewing keeps nothing that was not to be kept");
}

#[tokio::test]
async fn an_answer_that_is_lost_costs_the_login_and_the_next_program_says_so() {
    let machine = Machine::new();
    machine.log_in(&machine.program(), true).await;
    machine.sandbox.advance_clock(DAY + 60);
    machine.sandbox.spoil(json!({ "backend": "foxnose", "path": REFRESH, "kind": "cut_after" }));
    let lost = machine.program().bearer(&name()).await.err().expect("it is lost");
    assert_eq!(lost.kind, FailureKind::CutOff, "{lost:?}");
    for _ in 0..2 {
        let next = machine.program().bearer(&name()).await.err().expect("spent");
        assert_eq!(next.kind, FailureKind::LoggedOut);
        let words = next.sentence();
        for part in ["a renewal was sent at 20", "its answer never stored", "log in again"] {
            assert!(words.contains(part), "{part} in {words}");
        }
    }
    // A new login ends the story.
    machine.log_in(&machine.program(), true).await;
    machine.sandbox.advance_clock(DAY + 60);
    machine.program().bearer(&name()).await.expect("renewed");
    assert_eq!(machine.program().turn(&name()).await.expect("a turn").unsettled(), None);
}

#[tokio::test]
async fn an_entry_that_is_gone_is_nobody_logged_in_and_no_endless_search() {
    let machine = Machine::new();
    let tasks = machine.program();
    machine.log_in(&tasks, true).await;
    let entries = tasks.entries(&session_ref(&name())).await.expect("entries");
    machine.vault.delete(&entries[0].entry).await.expect("somebody cleared the keyring");
    assert!(machine.program().kept_session(&name()).await.expect("looked").is_none());
    let failure = machine.program().session(&name()).await.err().expect("nobody");
    assert_eq!(failure.kind, FailureKind::LoggedOut);
}

#[tokio::test]
async fn a_server_that_is_not_there_costs_nothing() {
    let machine = Machine::new();
    machine.log_in(&machine.program(), true).await;
    machine.sandbox.advance_clock(DAY + 60);
    for answer in [
        json!({ "backend": "foxnose", "path": REFRESH, "kind": "answer", "status": 429 }),
        json!({ "backend": "foxnose", "path": REFRESH, "kind": "cut_before" }),
    ] {
        machine.sandbox.spoil(answer);
        machine.program().bearer(&name()).await.err().expect("not now");
    }
    machine.program().bearer(&name()).await.expect("renewed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_may_be_stopped_and_what_comes_is_stored() {
    let machine = Machine::new();
    machine.log_in(&machine.program(), true).await;
    machine.sandbox.advance_clock(DAY + 60);
    machine.sandbox.spoil(json!({ "backend": "foxnose", "path": REFRESH, "kind": "delay", "delay_ms": 300 }));
    let tasks = machine.program();
    let waiting = tokio::spawn({
        let tasks = tasks.clone();
        async move { tasks.bearer(&name()).await }
    });
    while machine.program().state().expect("records").take_turn("fox").expect("asked").is_some() {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    tasks.finish_renewals().await;
    assert_eq!(machine.refreshes(), 1);
    machine.program().bearer(&name()).await.expect("the one that was stored");
    assert_eq!(machine.refreshes(), 1);
}

/// Breaks the records in one place, as a full or damaged disk would.
fn break_records(machine: &Machine, sql: &str) {
    let records = rusqlite::Connection::open(machine.dir.path().join("s/state.db")).expect("the records");
    records.execute_batch(sql).expect("broken");
}

#[tokio::test]
async fn a_session_that_cannot_be_written_down_is_not_left_in_the_keyring() {
    let machine = Machine::new();
    let tasks = machine.program();
    tasks.state().expect("the records");
    break_records(
        &machine,
        "create trigger t before insert on entries begin select raise(abort, 'full'); end",
    );
    assert!(!machine.log_in(&tasks, true).await.kept);
    assert_eq!(machine.vault.entries().await.expect("names"), Vec::<String>::new());
    tasks.list(&name()).await.expect("it works in this run");
}

#[tokio::test]
async fn a_refusal_is_tried_again_only_when_it_certainly_had_no_effect() {
    let machine = Machine::new();
    let tasks = machine.program();
    machine.log_in(&tasks, false).await;
    for (effected, times) in [(Effected::Unknown, 1), (Effected::No, 2)] {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let account = name();
        let done = tasks.with_session(&account, |_, _| {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            async move { Err::<(), _>(Failure { effected, ..Failure::new(FailureKind::LoggedOut, "no") }) }
        });
        assert_eq!(done.await.expect_err("refused").effected, effected);
        assert_eq!(asked.into_inner(), times);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_logs_in_and_is_run_again_when_its_token_ends() {
    let mut machine = Machine::new();
    let (token, count) = (machine.dir.path().join("token"), machine.dir.path().join("count"));
    let (shown, counted) = (token.display(), count.display());
    machine.command = Some(format!("sh -c 'echo x >> {counted}; cat {shown}'"));
    let print = |text: &str| {
        use std::io::Write as _;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        options.open(&token).and_then(|mut file| writeln!(file, "{text}")).expect("written");
    };
    let runs = || std::fs::read_to_string(&count).unwrap_or_default().lines().count();
    print(&machine.told.access_token);
    let tasks = machine.program();
    let bearer = tasks.bearer(&name()).await.expect("logged in by itself");
    assert!(bearer.is_same(&Secret::new(machine.told.access_token.clone())));
    tasks.list(&name()).await.expect("a listing");
    assert_eq!(runs(), 1, "as long as the token is good");

    // The token ends; the command has another one.
    machine.sandbox.advance_clock(DAY + 60);
    let other = machine.program();
    machine.log_in(&other, false).await;
    let fresh = other.session(&name()).await.expect("a session").bearer.share();
    print(fresh.expose());
    tasks.list(&name()).await.expect("a listing");
    assert_eq!(runs(), 2);
    assert_eq!(machine.refreshes(), 0);

    // A command that fails is a sentence, and nothing that it printed is in it.
    machine.command = Some(String::from("sh -c 'echo secret-value; echo no session >&2; exit 3'"));
    let failure = machine.program().bearer(&name()).await.err().expect("it fails");
    let words = failure.sentence();
    assert!(
        words.contains("ended with exit code 3: no session") && !words.contains("secret-value"),
        "{words}"
    );
    machine.command = Some(String::from("echo not-a-token"));
    let failure = machine.program().bearer(&name()).await.err().expect("it is none");
    assert!(failure.sentence().contains("not an access token"), "{}", failure.sentence());
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_typed_at_login_is_run_again_and_kept_with_the_account_alone() {
    let machine = Machine::new();
    let tasks = machine.program();
    let line = format!("echo {}", machine.told.access_token);
    let login = Login { method: "command", fields: vec![(TOKEN_COMMAND, line)], secrets: Vec::new() };
    let facts = tasks.log_in(&name(), login, true).await.expect("a login");
    assert!(facts.renews && facts.kept);
    assert!(machine.program().session(&name()).await.expect("kept").facts.renews);
    machine.sandbox.advance_clock(DAY + 60);
    // It prints the same token, which has ended: that is refused, once.
    let failure = tasks.list(&name()).await.err().expect("ended");
    assert!(failure.sentence().contains("refuses this token"), "{}", failure.sentence());
    // Another program has the kept token, and no command.
    let failure = machine.program().bearer(&name()).await.err().expect("ended");
    assert!(failure.sentence().contains("is not known any more"), "{}", failure.sentence());
}
