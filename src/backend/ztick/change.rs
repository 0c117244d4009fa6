//! Tokens made and removed: read again, compared with what was looked at, spliced, replaced, restarted.

use uuid::Uuid;

use super::abilities::NOUN;
use super::file::{self, Edited, New, Outline, Reading, Refusal, read};
use super::names;
use super::store::{Held, changed};
use super::{Ztick, list};
use crate::domain::answer::Issued;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::Id;
use crate::domain::request::{CreateRequest, RotateRequest};
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

impl Ztick {
    /// A token for a namespace.
    pub(super) async fn make(&self, request: &CreateRequest) -> Result<Issued, Failure> {
        let [namespace] = request.scopes.as_slice() else {
            return Err(Failure::new(FailureKind::Invalid, "a token has exactly one namespace"));
        };
        super::settings::namespace(namespace).map_err(|why| Failure::new(FailureKind::Invalid, why))?;
        let held = self.unchanged().await?;
        let secret = self.secret()?;
        let note = self.note(request.idempotency_key);
        let new = New { name: &request.name, note: &note, secret: &secret };
        let edited = file::create(held.bytes(), namespace, new).map_err(refused)?;
        self.added(&held, edited).await
    }

    /// A second token for the namespace of one there is.
    pub(super) async fn second(&self, request: &RotateRequest) -> Result<Issued, Failure> {
        let held = self.unchanged().await?;
        let reading = read(held.bytes());
        let index = place(&reading, &request.credential.id)?;
        let old = reading.tokens.get(index).ok_or_else(gone)?;
        let name = names::next(old.name, &reading.tokens);
        let secret = self.secret()?;
        let note = self.note(request.idempotency_key);
        let edited = file::rotate(held.bytes(), index, New { name: &name, note: &note, secret: &secret });
        self.added(&held, edited.map_err(refused)?).await
    }

    /// Takes a token out of the file.
    pub(super) async fn remove(&self, reference: &CredentialRef) -> Result<(), Failure> {
        let held = self.unchanged().await?;
        let index = place(&read(held.bytes()), &reference.id)?;
        let edited = file::revoke(held.bytes(), index).map_err(refused)?;
        self.write(&held, &edited).await?;
        // What is left to do is told by the proof and by the listing: until then the token is still taken.
        let _told_there = self.restart(&edited.bytes).await;
        Ok(())
    }

    /// The token an interrupted request made: the file has its secret.
    pub(super) async fn made_by(&self, key: Uuid) -> Result<Option<Issued>, Failure> {
        let held = self.store.load().await?;
        let reading = read(held.bytes());
        let made = reading.tokens.iter().rposition(|token| list::made_by(held.bytes(), token) == Some(key));
        Ok(made.and_then(|index| self.issued(&held, &reading, index, None)))
    }

    /// Reads the file. If it is not what was last looked at the difference is told, and the next try goes on from there.
    async fn unchanged(&self) -> Result<Held, Failure> {
        let held = self.store.load().await?;
        let now = Outline::of(held.bytes(), &self.marks);
        let before = self.seen().replace(now.clone());
        let changes = before.map(|before| before.difference(&now)).unwrap_or_default();
        if changes.is_empty() { Ok(held) } else { Err(changed(&changes)) }
    }

    /// Remembers what was looked at.
    pub(super) fn looked_at(&self, bytes: &[u8]) {
        *self.seen() = Some(Outline::of(bytes, &self.marks));
    }

    async fn write(&self, held: &Held, edited: &Edited) -> Result<(), Failure> {
        self.store.replace(held, &edited.bytes).await?;
        self.looked_at(&edited.bytes);
        Ok(())
    }

    async fn added(&self, held: &Held, edited: Edited) -> Result<Issued, Failure> {
        self.write(held, &edited).await?;
        let mut note = self.restart(&edited.bytes).await.note();
        if !held.exists() {
            note = Some(self.first_file(note));
        }
        // The bytes that were written hold the new token last.
        let reading = read(&edited.bytes);
        let last = reading.tokens.len().saturating_sub(1);
        let vanished = || Failure::new(FailureKind::State, "the new token is not in the file").unknown();
        self.issued_from(&edited.bytes, &reading, last, note).ok_or_else(vanished)
    }

    fn issued(&self, held: &Held, reading: &Reading<'_>, index: usize, note: Option<Text>) -> Option<Issued> {
        self.issued_from(held.bytes(), reading, index, note)
    }

    fn issued_from(
        &self,
        bytes: &[u8],
        reading: &Reading<'_>,
        index: usize,
        note: Option<Text>,
    ) -> Option<Issued> {
        let token = reading.tokens.get(index)?;
        let secret = Secret::new(str::from_utf8(token.secret?).ok()?.to_owned());
        let mut credential = list::credentials(bytes, reading, &self.owner()).into_iter().nth(index)?;
        credential.particulars.pending.clone_from(&note);
        Some(Issued { credential, parts: Parts::single(secret), note })
    }

    /// What goes above the secret in the file: when it was made, and by which operation, so that its secret can be found
    /// again there if this program dies before it is stored.
    fn note(&self, key: Uuid) -> String {
        format!("{} {} {}", list::NOTE, (self.clock)().strftime("%Y-%m-%dT%H:%M:%SZ"), key.simple())
    }

    fn secret(&self) -> Result<Secret, Failure> {
        file::generate(&self.prefix).map_err(|error| Failure::new(FailureKind::State, error.to_string()))
    }

    /// What the first file of a server needs besides.
    fn first_file(&self, note: Option<Text>) -> Text {
        let path = self.location.path();
        let note = note.map(|note| format!(" {note}.")).unwrap_or_default();
        Text::from(format!(
            "This is the first token in a new file. In the server's own settings add under [controller] the line \
             auth_file = \"{path}\" (with nothing behind it), and restart it; until then it asks nobody who they are.{note}"
        ))
    }
}

/// The place of a token in the file.
pub(super) fn place(reading: &Reading<'_>, id: &Id) -> Result<usize, Failure> {
    names::ids(&reading.tokens).iter().position(|one| one == id).ok_or_else(gone)
}

fn gone() -> Failure {
    Failure::new(FailureKind::NotFound, format!("the file has no such {NOUN} any more"))
}

fn refused(why: Refusal) -> Failure {
    let kind = match why {
        Refusal::NameTaken => FailureKind::NameTaken,
        Refusal::NoSuchToken => return gone(),
        Refusal::WouldNotStart(_) => FailureKind::File,
        Refusal::Name
        | Refusal::Namespace
        | Refusal::OddNamespace
        | Refusal::Note
        | Refusal::Secret
        | Refusal::OtherChanges => FailureKind::Invalid,
    };
    Failure::new(kind, why.to_string())
}
