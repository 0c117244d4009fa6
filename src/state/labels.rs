//! What only this machine knows: names of credentials whose server keeps none, and what was found out about servers by
//! trying. Nothing here is secret.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::State;
use super::error::StateError;
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::owner::Id;

/// The name of a credential that is kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

impl State {
    /// Keeps the name of a credential; a former one is replaced.
    pub fn set_label(&self, of: &CredentialRef, label: &Label) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO labels (account, owner, credential, name, description) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    of.account.as_str(),
                    of.owner.as_str(),
                    of.id.as_str(),
                    label.name,
                    label.description
                ],
            )?;
            Ok(())
        })
    }

    /// The names kept for an account.
    pub fn labels(&self, account: &AccountName) -> Result<HashMap<Id, Label>, StateError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT credential, name, description FROM labels WHERE account = ?1")?;
            let label = |row: &rusqlite::Row<'_>| {
                let label = Label { name: row.get(1)?, description: row.get(2)? };
                Ok((Id::new(row.get::<_, String>(0)?), label))
            };
            let found = statement.query_map([account.as_str()], label)?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets the name of a credential that is gone.
    pub fn forget_label(&self, of: &CredentialRef) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "DELETE FROM labels WHERE account = ?1 AND owner = ?2 AND credential = ?3",
                [of.account.as_str(), of.owner.as_str(), of.id.as_str()],
            )?;
            Ok(())
        })
    }

    /// Writes down what was found out about an account's server.
    pub fn learn(&self, account: &AccountName, word: &str) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO learned (account, word) VALUES (?1, ?2)",
                [account.as_str(), word],
            )?;
            Ok(())
        })
    }

    /// What was found out about an account's server before.
    pub fn learned(&self, account: &AccountName) -> Result<Option<String>, StateError> {
        self.read(|connection| {
            let sql = "SELECT word FROM learned WHERE account = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_row([account.as_str()], |row| row.get(0)).optional()?)
        })
    }
}
