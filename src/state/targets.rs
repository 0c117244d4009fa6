//! Which credential has which targets, in which order, and the last receipt of each. What they are is in the settings.

use rusqlite::{Row, params};

use super::State;
use super::error::StateError;
use super::row::{moment_if_any, reference, word, written};
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::target::{Delivered, Receipt, TargetName};
use crate::domain::text::Text;

/// A target of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTarget {
    /// Whose.
    pub credential: CredentialRef,
    /// Which.
    pub target: TargetName,
    /// The keyring entry of the secret the receipt is about.
    pub entry: Option<String>,
    /// The last receipt.
    pub receipt: Option<Receipt>,
}

impl State {
    /// Remembers exactly these targets of a credential, in this order. Receipts of those that stay are kept.
    pub fn set_targets(&self, credential: &CredentialRef, targets: &[TargetName]) -> Result<(), StateError> {
        self.write(|transaction| {
            let of = [credential.account.as_str(), credential.owner.as_str(), credential.id.as_str()];
            let known: Vec<String> = {
                let mut statement = transaction.prepare(
                    "SELECT target FROM targets WHERE account = ?1 AND owner = ?2 AND credential = ?3",
                )?;
                let rows = statement.query_map(of, |row| row.get(0))?;
                rows.collect::<Result<_, _>>()?
            };
            for gone in known.iter().filter(|name| targets.iter().all(|kept| kept.as_str() != name.as_str())) {
                transaction.execute(
                    "DELETE FROM targets WHERE account = ?1 AND owner = ?2 AND credential = ?3 AND target = ?4",
                    params![of[0], of[1], of[2], gone],
                )?;
            }
            for (position, target) in (0_i64..).zip(targets) {
                transaction.execute(
                    "INSERT INTO targets (account, owner, credential, target, position) VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT (account, owner, credential, target) DO UPDATE SET position = ?5",
                    params![of[0], of[1], of[2], target.as_str(), position],
                )?;
            }
            Ok(())
        })
    }

    /// Writes a receipt down, about the secret in this keyring entry. The target is remembered by that.
    pub fn note_receipt(
        &self,
        credential: &CredentialRef,
        entry: &str,
        receipt: &Receipt,
    ) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO targets (account, owner, credential, target, position, entry, at, result, words) \
                 SELECT ?1, ?2, ?3, ?4, 1 + ifnull(max(position), -1), ?5, ?6, ?7, ?8 FROM targets \
                 WHERE account = ?1 AND owner = ?2 AND credential = ?3 \
                 ON CONFLICT (account, owner, credential, target) \
                 DO UPDATE SET entry = ?5, at = ?6, result = ?7, words = ?8",
                params![
                    credential.account.as_str(),
                    credential.owner.as_str(),
                    credential.id.as_str(),
                    receipt.target.as_str(),
                    entry,
                    written(receipt.at),
                    receipt.result.word(),
                    receipt.result.note().as_str(),
                ],
            )?;
            Ok(())
        })
    }

    /// The targets of an account's credentials, those of each in their order.
    pub fn targets(&self, account: &AccountName) -> Result<Vec<KeptTarget>, StateError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM targets WHERE account = ?1 ORDER BY owner, credential, position, target",
            )?;
            let found = statement.query_map([account.as_str()], read)?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// The credential that takes the place of another gets its targets, in their order and without receipts; those it
    /// has already come first.
    pub fn carry_targets(&self, old: &CredentialRef, new: &CredentialRef) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO targets (account, owner, credential, target, position) \
                 SELECT ?4, ?5, ?6, target, position + (SELECT 1 + ifnull(max(position), -1) FROM targets \
                 WHERE account = ?4 AND owner = ?5 AND credential = ?6) \
                 FROM targets WHERE account = ?1 AND owner = ?2 AND credential = ?3 \
                 ON CONFLICT (account, owner, credential, target) DO NOTHING",
                params![
                    old.account.as_str(),
                    old.owner.as_str(),
                    old.id.as_str(),
                    new.account.as_str(),
                    new.owner.as_str(),
                    new.id.as_str(),
                ],
            )?;
            Ok(())
        })
    }

    /// Forgets the targets of a credential that is no more.
    pub fn forget_targets(&self, credential: &CredentialRef) -> Result<(), StateError> {
        self.set_targets(credential, &[])
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeptTarget> {
    let target = word(row, "target", |text| TargetName::parse(text).ok())?;
    let receipt = match moment_if_any(row, "at")? {
        None => None,
        Some(at) => {
            let note = Text::clean(&row.get::<_, Option<String>>("words")?.unwrap_or_default());
            let result = word(row, "result", |text| Delivered::from_word(text, note.clone()))?;
            Some(Receipt { target: target.clone(), at, result })
        }
    };
    Ok(KeptTarget { credential: reference(row)?, target, entry: row.get("entry")?, receipt })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::owner::Id;
    use crate::domain::time::Timestamp;

    fn of(id: &str) -> CredentialRef {
        let account = AccountName::parse("prod").expect("a name");
        CredentialRef { account, owner: Id::new("o"), id: Id::new(id) }
    }

    fn name(text: &str) -> TargetName {
        TargetName::parse(text).expect("a name")
    }

    fn names(state: &State, credential: &CredentialRef) -> Vec<String> {
        let all = state.targets(&credential.account).expect("readable");
        let its = all.into_iter().filter(|one| one.credential == *credential);
        its.map(|one| one.target.as_str().to_owned()).collect()
    }

    #[test]
    fn targets_are_remembered_in_order_and_receipts_stay_with_them() {
        let state = State::in_memory().expect("records");
        let one = of("c1");
        state.set_targets(&one, &[name("gh"), name("env")]).expect("written");
        let receipt = Receipt {
            target: name("env"),
            at: Timestamp::from_second(1_700_000_000).expect("a moment"),
            result: Delivered::ReadBack("the file is new".into()),
        };
        state.note_receipt(&one, "entry-1", &receipt).expect("written");
        state.set_targets(&one, &[name("env"), name("gh"), name("kv")]).expect("written");
        assert_eq!(names(&state, &one), ["env", "gh", "kv"]);
        let kept = state.targets(&one.account).expect("readable");
        let first = kept.first().expect("one");
        assert_eq!((first.receipt.as_ref(), first.entry.as_deref()), (Some(&receipt), Some("entry-1")));

        let failed = Receipt { target: name("late"), result: Delivered::Failed("no".into()), ..receipt };
        state.note_receipt(&one, "entry-2", &failed).expect("written");
        assert_eq!(names(&state, &one), ["env", "gh", "kv", "late"], "a receipt remembers its target");
        state.set_targets(&one, &[name("gh")]).expect("written");
        assert_eq!(names(&state, &one), ["gh"]);
    }

    #[test]
    fn the_next_credential_gets_them_without_receipts() {
        let state = State::in_memory().expect("records");
        let (old, new) = (of("c1"), of("c2"));
        state.set_targets(&old, &[name("gh"), name("env")]).expect("written");
        let at = Timestamp::from_second(1_700_000_000).expect("a moment");
        let receipt = Receipt { target: name("gh"), at, result: Delivered::Done("".into()) };
        state.note_receipt(&old, "entry-1", &receipt).expect("written");
        state.set_targets(&new, &[name("env"), name("own")]).expect("written");
        state.carry_targets(&old, &new).expect("written");
        state.carry_targets(&old, &new).expect("written twice is written once");
        assert_eq!(names(&state, &new), ["env", "own", "gh"]);
        assert_eq!(names(&state, &old), ["gh", "env"]);
        let all = state.targets(&old.account).expect("readable");
        assert!(all.iter().filter(|one| one.credential == new).all(|one| one.receipt.is_none()));
        state.forget_targets(&old).expect("written");
        assert_eq!(names(&state, &old), Vec::<String>::new());
    }
}
