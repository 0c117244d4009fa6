//! A secret presented to the running server, and what file and server say of it together.

use super::Ztick;
use super::file::read;
use super::wire::{Covers, Manner, Seen};
use crate::domain::answer::Verdict;
use crate::domain::credential::Credential;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::scope::Granted;
use crate::domain::text::Text;
use crate::secret::{Parts, Secret};

impl Ztick {
    /// Presents a secret. The server tells no name and no namespace, so those are the file's.
    pub(super) async fn present(&self, parts: &Parts) -> Result<Verdict, Failure> {
        let secret = parts.get("secret").ok_or_else(|| super::not_here("secret"))?;
        let in_file = self.named(secret).await?;
        let seen = self.client.check(secret, Manner::Reset).await?;
        let untold = |why: String| Ok(Verdict::Untold { why: Text::from(why) });
        match (seen, in_file) {
            (Seen::Valid(_) | Seen::Unhealthy, Some((who, scopes))) => {
                self.compared(secret, who, scopes).await
            }
            (Seen::Valid(_) | Seen::Unhealthy, None) => untold(format!(
                "pending restart: it is not in the file, and the running server takes it until it is restarted. {}",
                self.by_hand()
            )),
            (Seen::Unknown, Some(_)) => untold(format!(
                "pending restart: it is in the file, and the running server does not go by it yet. {}",
                self.by_hand()
            )),
            (Seen::Unknown, None) => Ok(Verdict::Refused {
                why: Text::from("the running server does not know it, and it is not in the file"),
            }),
            (seen @ (Seen::Open(_) | Seen::Malformed), _) => untold(seen.sentence().to_owned()),
            (seen, _) => Err(Failure::new(kind(&seen), seen.sentence())),
        }
    }

    /// Compares the namespace of an accepted secret with what the server lets it ask for, as far as its dialect tells.
    async fn compared(&self, secret: &Secret, who: Text, scopes: Granted) -> Result<Verdict, Failure> {
        let namespaces = match &scopes {
            Granted::Listed(namespaces) => namespaces.clone(),
            Granted::Everything | Granted::AsOwner => vec![Text::from("*")],
        };
        let namespace = namespaces.first().map_or("", Text::as_str);
        match self.client.covers(secret, namespace.as_bytes()).await {
            Ok(Covers::ThisOne | Covers::Everything) => {
                Ok(Verdict::Accepted { who, scopes, untold: Vec::new() })
            }
            Ok(Covers::AnotherOne) => Ok(Verdict::Untold {
                why: Text::from(format!(
                    "pending restart: the running server accepts it, for another namespace than the file's. {}",
                    self.by_hand()
                )),
            }),
            Ok(Covers::CannotTell) | Err(_) => Ok(Verdict::Accepted { who, scopes, untold: namespaces }),
        }
    }

    /// The name and the namespace of a secret in the file.
    async fn named(&self, secret: &Secret) -> Result<Option<(Text, Granted)>, Failure> {
        Ok(self.find(secret).await?.map(|credential| (credential.name, credential.scopes)))
    }

    /// The token of a secret, by the file.
    pub(super) async fn find(&self, secret: &Secret) -> Result<Option<Credential>, Failure> {
        let held = self.store.load().await?;
        let reading = read(held.bytes());
        let wanted = Some(secret.expose().as_bytes());
        let index = reading.tokens.iter().position(|token| token.secret == wanted);
        let mut all = super::list::credentials(held.bytes(), &reading, &self.owner());
        Ok(index.filter(|index| *index < all.len()).map(|index| all.swap_remove(index)))
    }
}

/// What kind of failure it is that a secret could not be judged.
fn kind(seen: &Seen) -> FailureKind {
    match seen {
        Seen::NotListening => FailureKind::Unreachable,
        Seen::Silent | Seen::ClosedLate => FailureKind::Slow,
        Seen::ClosedAtOnce => FailureKind::CutOff,
        Seen::Strange(_)
        | Seen::Malformed
        | Seen::Valid(_)
        | Seen::Open(_)
        | Seen::Unknown
        | Seen::Unhealthy => FailureKind::Unexpected,
    }
}
