//! The last listing of each account, drawn at start as "as of …" until the server has answered.
//!
//! The domain has no serialised form of its own; the mirrors here are that form and may change with the schema.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::State;
use super::error::StateError;
use super::row::{moment, written};
use crate::domain::account::AccountName;
use crate::domain::answer::Listing;
use crate::domain::credential::{Credential, Expiry, LastUse, Particulars, Told, Window};
use crate::domain::owner::{Id, Owner, OwnerRef};
use crate::domain::scope::Granted;
use crate::domain::text::Text;

/// What an account's listing was the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedListing {
    /// When it was read, on our clock.
    pub at: Timestamp,
    /// Every owner.
    pub owners: Vec<Owner>,
    /// Every credential that could be read.
    pub credentials: Vec<Credential>,
    /// Owners whose credentials could not be read even then.
    pub unread: Vec<OwnerRef>,
}

impl State {
    /// Keeps a listing in place of the former one.
    pub fn save_listing(
        &self,
        account: &AccountName,
        listing: &Listing,
        at: Timestamp,
    ) -> Result<(), StateError> {
        let kept = Kept {
            owners: listing.owners.iter().map(KeptOwner::from).collect(),
            credentials: listing.credentials.iter().map(KeptCredential::from).collect(),
            unread: listing.failed.iter().map(|(owner, _)| KeptRef::from(owner)).collect(),
        };
        let body =
            serde_json::to_string(&kept).map_err(|error| StateError::Other(error.to_string().into()))?;
        self.write(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO listings (account, at, body) VALUES (?1, ?2, ?3)",
                params![account.as_str(), written(at), body],
            )?;
            Ok(())
        })
    }

    /// The listing kept last. `kinds` are the words the account's backend has for its credentials; one it does
    /// not know any more reads `credential`. A listing in an outdated form counts as none.
    pub fn listing(
        &self,
        account: &AccountName,
        kinds: &[&'static str],
    ) -> Result<Option<SavedListing>, StateError> {
        let found = self.read(|connection| {
            let sql = "SELECT at, body FROM listings WHERE account = ?1";
            let found = connection.query_row(sql, [account.as_str()], |row| {
                Ok((moment(row, "at")?, row.get::<_, String>("body")?))
            });
            Ok(found.optional()?)
        })?;
        Ok(found.and_then(|(at, body)| {
            let kept: Kept = serde_json::from_str(&body).ok()?;
            Some(SavedListing {
                at,
                owners: kept.owners.into_iter().map(Owner::from).collect(),
                credentials: kept.credentials.into_iter().map(|kept| kept.credential(kinds)).collect(),
                unread: kept.unread.into_iter().map(OwnerRef::from).collect(),
            })
        }))
    }

    /// Forgets the listing of an account that is gone.
    pub fn forget_listing(&self, account: &AccountName) -> Result<(), StateError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM listings WHERE account = ?1", [account.as_str()])?;
            Ok(())
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    owners: Vec<KeptOwner>,
    credentials: Vec<KeptCredential>,
    unread: Vec<KeptRef>,
}

#[derive(Serialize, Deserialize)]
struct KeptRef {
    id: String,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct KeptOwner {
    id: String,
    name: String,
    description: String,
    enabled: bool,
    created: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct KeptCredential {
    id: String,
    owner: KeptRef,
    name: String,
    kind: String,
    description: String,
    scopes: KeptScopes,
    created: Option<Timestamp>,
    rotated: Option<Timestamp>,
    expires: Option<Timestamp>,
    last_use: KeptUse,
    enabled: bool,
    owner_enabled: bool,
    window: Option<(Timestamp, Timestamp)>,
    #[serde(default)]
    particulars: KeptParticulars,
}

#[derive(Default, Serialize, Deserialize)]
struct KeptParticulars {
    soft_end: Option<Timestamp>,
    hard_end: Option<Timestamp>,
    last_address: Option<String>,
    last_agent: Option<String>,
    uses: Option<u64>,
    #[serde(default)]
    allows: Vec<String>,
    #[serde(default)]
    cautions: Vec<String>,
    #[serde(default)]
    presented: Option<String>,
    #[serde(default)]
    pending: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptScopes {
    AsOwner,
    Listed(Vec<String>),
    Everything,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptUse {
    Untold,
    Never,
    At(Timestamp),
    OurCheck(Option<Timestamp>),
}

impl From<&OwnerRef> for KeptRef {
    fn from(owner: &OwnerRef) -> Self {
        Self { id: owner.id.as_str().to_owned(), name: owner.name.to_string() }
    }
}

impl From<KeptRef> for OwnerRef {
    fn from(kept: KeptRef) -> Self {
        Self { id: Id::new(kept.id), name: kept.name.into() }
    }
}

impl From<&Owner> for KeptOwner {
    fn from(owner: &Owner) -> Self {
        Self {
            id: owner.id.as_str().to_owned(),
            name: owner.name.to_string(),
            description: owner.description.to_string(),
            enabled: owner.enabled,
            created: owner.created,
        }
    }
}

impl From<KeptOwner> for Owner {
    fn from(kept: KeptOwner) -> Self {
        Self {
            id: Id::new(kept.id),
            name: kept.name.into(),
            description: kept.description.into(),
            enabled: kept.enabled,
            created: kept.created,
        }
    }
}

impl From<&Credential> for KeptCredential {
    fn from(credential: &Credential) -> Self {
        Self {
            id: credential.id.as_str().to_owned(),
            owner: KeptRef::from(&credential.owner),
            name: credential.name.to_string(),
            kind: credential.kind.to_owned(),
            description: credential.description.to_string(),
            scopes: match &credential.scopes {
                Granted::AsOwner => KeptScopes::AsOwner,
                Granted::Listed(scopes) => KeptScopes::Listed(scopes.iter().map(Text::to_string).collect()),
                Granted::Everything => KeptScopes::Everything,
            },
            created: credential.created,
            rotated: credential.rotated,
            expires: match credential.expires {
                Expiry::Never => None,
                Expiry::At(at) => Some(at),
            },
            last_use: match credential.last_use {
                LastUse::Untold => KeptUse::Untold,
                LastUse::Never => KeptUse::Never,
                LastUse::At(at) => KeptUse::At(at),
                LastUse::OurCheck { before } => KeptUse::OurCheck(before),
            },
            enabled: credential.enabled,
            owner_enabled: credential.owner_enabled,
            window: credential.window.map(|window| (window.began, window.ends)),
            particulars: KeptParticulars::from(&*credential.particulars),
        }
    }
}

impl KeptCredential {
    fn credential(self, kinds: &[&'static str]) -> Credential {
        Credential {
            id: Id::new(self.id),
            owner: self.owner.into(),
            name: self.name.into(),
            kind: kinds.iter().copied().find(|kind| **kind == *self.kind).unwrap_or("credential"),
            description: self.description.into(),
            scopes: match self.scopes {
                KeptScopes::AsOwner => Granted::AsOwner,
                KeptScopes::Listed(scopes) => Granted::Listed(scopes.into_iter().map(Text::from).collect()),
                KeptScopes::Everything => Granted::Everything,
            },
            created: self.created,
            rotated: self.rotated,
            expires: self.expires.map_or(Expiry::Never, Expiry::At),
            last_use: match self.last_use {
                KeptUse::Untold => LastUse::Untold,
                KeptUse::Never => LastUse::Never,
                KeptUse::At(at) => LastUse::At(at),
                KeptUse::OurCheck(before) => LastUse::OurCheck { before },
            },
            enabled: self.enabled,
            owner_enabled: self.owner_enabled,
            window: self.window.map(|(began, ends)| Window { began, ends }),
            particulars: self.particulars.into(),
        }
    }
}

impl From<&Told> for KeptParticulars {
    fn from(told: &Told) -> Self {
        Self {
            soft_end: told.soft_end,
            hard_end: told.hard_end,
            last_address: told.last_address.as_ref().map(Text::to_string),
            last_agent: told.last_agent.as_ref().map(Text::to_string),
            uses: told.uses,
            allows: told.allows.iter().map(Text::to_string).collect(),
            cautions: told.cautions.iter().map(Text::to_string).collect(),
            presented: told.presented.as_ref().map(Text::to_string),
            pending: told.pending.as_ref().map(Text::to_string),
        }
    }
}

impl From<KeptParticulars> for Particulars {
    fn from(kept: KeptParticulars) -> Self {
        Told {
            soft_end: kept.soft_end,
            hard_end: kept.hard_end,
            last_address: kept.last_address.map(Text::from),
            last_agent: kept.last_agent.map(Text::from),
            uses: kept.uses,
            allows: kept.allows.into_iter().map(Text::from).collect(),
            cautions: kept.cautions.into_iter().map(Text::from).collect(),
            presented: kept.presented.map(Text::from),
            pending: kept.pending.map(Text::from),
        }
        .into()
    }
}
