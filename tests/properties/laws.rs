//! The promises, looked at after each thing that was done, and when all was seen to.

use keywright::app::effect::Generation;
use keywright::app::model::Model;
use keywright::app::pane::unfinished::{Offer, offers};
use keywright::backend::unheard;
use keywright::domain::answer::Verdict;
use keywright::domain::operation::Operation;
use keywright::domain::owner::Id;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::machine::{Machine, name, records};

impl Machine {
    /// At any moment.
    pub async fn laws(&self) {
        assert_eq!(self.server.wrong(), Vec::<String>::new(), "{}", self.kind.noun);
        let left = self.program.tasks.left().await.expect("what is left");
        let model = self.model(&left.operations);
        let orphans = self.program.state.orphans(&name()).expect("readable");
        for (id, secret) in self.server.living() {
            let told = || {
                let leads = |operation: &&Operation| leads_to(&model, operation, &id);
                left.operations.iter().find(leads).is_some() || orphans.contains(&id)
            };
            assert!(
                self.server.is_stored(&secret).await || told(),
                "{} {} lives, is not stored and not told of: {:?}",
                self.kind.noun,
                id.as_str(),
                left.operations
            );
        }
        for promise in &left.promises {
            let (old, new) = (&promise.credential.id, &promise.successor.id);
            // One that was revoked by hand makes no room any more, though its promise may not know yet.
            assert!(
                !self.server.has(old) || !self.server.is_wider(new),
                "{}: the old one is to make room for one that may do more",
                self.kind.noun
            );
        }
        self.what_is_over_is_true();
    }

    /// What is written down as over is as the server has it.
    fn what_is_over_is_true(&self) {
        let written = self.written();
        for id in self.server.ended_unheard() {
            let it = |one: &&Written| one.kind == "revoke" && one.credential.as_deref() == Some(id.as_str());
            assert!(
                written.iter().filter(it).any(|one| one.phase != "failed"),
                "{}: the revocation of {} is called failed, and it happened",
                self.kind.noun,
                id.as_str()
            );
        }
        for over in written {
            let Written { kind, phase, key, credential } = &over;
            let made = self.server.works_of(*key);
            match (phase.as_str(), kind.as_str()) {
                ("failed", "create" | "rotate") => {
                    assert!(
                        made.is_none(),
                        "{}: called failed, and what it made works: {over:?}",
                        self.kind.noun
                    );
                }
                ("done", "create" | "rotate") => {
                    assert!(
                        self.server.was_taken(*key),
                        "{}: called done, and its secret was never taken: {over:?}",
                        self.kind.noun
                    );
                }
                ("done", "revoke") => {
                    let there = credential.as_ref().is_some_and(|id| self.server.has(&Id::new(id.clone())));
                    assert!(!there, "{}: called revoked, and it is still there: {over:?}", self.kind.noun);
                }
                _ => {}
            }
        }
    }

    /// Every operation, past any of the program's own reading.
    fn written(&self) -> Vec<Written> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let file = records(&self.home).join("state.db");
        let connection = Connection::open_with_flags(file, flags).expect("records");
        let sql = "SELECT kind, phase, idempotency_key, credential FROM operations";
        let mut statement = connection.prepare(sql).expect("operations");
        let rows = statement.query_map([], |row| {
            let key: String = row.get(2)?;
            Ok(Written {
                kind: row.get(0)?,
                phase: row.get(1)?,
                key: Uuid::parse_str(&key).expect("a key"),
                credential: row.get(3)?,
            })
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    /// Nothing goes wrong any more: everything can be finished, and then everything that lives is stored.
    pub async fn end(mut self) {
        // What it did not finish is for the next one to see to.
        self.other = None;
        tokio::task::yield_now().await;
        let tasks = &self.program.tasks;
        let finished = self.see_to(tasks).await;
        assert!(finished, "{}: cannot be finished: {:?}", self.kind.noun, tasks.left().await);
        let orphans = self.program.state.orphans(&name()).expect("readable");
        for (id, secret) in self.server.living() {
            assert!(
                self.server.is_stored(&secret).await || orphans.contains(&id),
                "{} {} was lost",
                self.kind.noun,
                id.as_str()
            );
        }
        self.laws().await;
        self.what_is_stored_is_found().await;
        self.no_secret_is_in_the_records();
    }

    /// What lives and is stored is known to be, and the secret that is current is the one that is presented.
    async fn what_is_stored_is_found(&self) {
        let tasks = &self.program.tasks;
        let listed = tasks.list(&name()).await.expect("listed");
        for (id, secret) in self.server.living() {
            let of = listed.facts.iter().find(|(of, _)| of.id == id);
            if self.server.is_taken(&secret) && self.server.is_stored(&secret).await {
                let (of, facts) = of.expect("it is listed");
                assert!(
                    facts.stored,
                    "{}: the secret of {} is stored, and nobody knows",
                    self.kind.noun,
                    id.as_str()
                );
                let verdict = tasks.verify(of, Generation::Current, None, &unheard).await;
                let taken = matches!(verdict, Ok(Verdict::Accepted { .. }));
                assert!(
                    taken,
                    "{}: another secret of {} is taken for current: {verdict:?}",
                    self.kind.noun,
                    id.as_str()
                );
            }
        }
    }

    fn no_secret_is_in_the_records(&self) {
        for entry in std::fs::read_dir(records(&self.home)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let bytes = if path.is_file() { std::fs::read(&path).expect("readable") } else { Vec::new() };
            let secret = bytes.windows(7).any(|seven| seven == b"secret-");
            assert!(!secret, "there is a secret in {}", path.display());
        }
    }
}

/// An operation as it is written down.
#[derive(Debug)]
struct Written {
    kind: String,
    phase: String,
    key: Uuid,
    credential: Option<String>,
}

/// Whether an operation leads to a credential and offers a way to its secret or its end.
fn leads_to(model: &Model, operation: &Operation, id: &Id) -> bool {
    let it = operation.credential.as_ref() == Some(id)
        || (operation.credential.is_none() && operation.kind.makes_secret());
    let ways = [Offer::Check, Offer::Replay, Offer::Rotate, Offer::Revoke, Offer::Verify];
    it && offers(model, operation).iter().any(|offer| ways.contains(offer))
}
