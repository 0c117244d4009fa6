//! What the companion commands hand to other programs: a bearer, a stored secret; and the audit log as a whole.

use super::Tasks;
use crate::app::effect::Generation;
use crate::domain::account::AccountName;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::secret::Secret;
use crate::state::Happening;
use crate::vault::entry_name;

/// A stored secret on its way out.
pub struct Given {
    /// The secret, or the part that was asked for.
    pub secret: Secret,
    /// Whether the server's word was had on which one is current.
    pub compared: bool,
}

impl Tasks {
    /// The bearer of the login that was kept.
    pub async fn bearer(&self, name: &AccountName) -> Result<Secret, Failure> {
        // Whether its time is over is a question of the server's clock, which any answer tells. A server that does not
        // answer keeps nobody from a bearer that is good by ours.
        drop(self.backend(name)?.inspect().await);
        let session = self.session(name).await?;
        self.record("token", name, session.facts.who.as_str(), "given to standard output");
        Ok(session.bearer.share())
    }

    /// The current stored secret, or a part of it, with a line in the audit log that says where it goes.
    pub async fn give(
        &self,
        reference: &CredentialRef,
        part: Option<&str>,
        whereto: &str,
    ) -> Result<Given, Failure> {
        let stored = self.stored(reference, Generation::Current).await?;
        let secret = super::deliver::part(&stored.secret, part)
            .map_err(|why| Failure::new(FailureKind::Invalid, why))?;
        self.record("exec", &reference.account, reference.id.as_str(), whereto);
        Ok(Given { secret: secret.share(), compared: stored.compared })
    }

    /// The credentials whose secret is stored here under this name, `OWNER/NAME`, or with this identifier: what can be
    /// known when the server cannot be asked.
    pub async fn stored_as(&self, account: &AccountName, named: &str) -> Result<Vec<CredentialRef>, Failure> {
        let splits: Vec<(&str, &str)> = named
            .match_indices('/')
            .filter_map(|(at, _)| Some((named.get(..at)?, named.get(at + 1..)?)))
            .collect();
        let mut found: Vec<CredentialRef> = Vec::new();
        for entry in self.account_entries(account).await? {
            let is_it = entry.credential.id.as_str() == named
                || splits.iter().any(|(owner, name)| {
                    entry_name(account.as_str(), owner, name, entry.operation) == entry.entry
                });
            if is_it && !found.contains(&entry.credential) {
                found.push(entry.credential);
            }
        }
        Ok(found)
    }

    /// The whole audit log, newest first, and the first line of it that is not as it was written.
    pub fn audit(&self) -> Result<(Vec<Happening>, Option<i64>), Failure> {
        let state = self.state()?;
        let lines = state.activity(usize::MAX).map_err(Failure::from)?;
        Ok((lines, state.broken_activity().map_err(Failure::from)?))
    }
}
