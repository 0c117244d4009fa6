//! Owners: what credentials belong to.

use std::sync::Arc;

use super::text::Text;
use super::time::Timestamp;

/// A backend's own identifier, checked by the backend before it is used in a path. Copies share the letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Arc<str>);

impl Id {
    /// Wraps an identifier the backend gave.
    pub fn new(raw: impl AsRef<str>) -> Self {
        Self(raw.as_ref().into())
    }

    /// The identifier as the backend gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The owner of a credential, as its rows name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRef {
    /// The backend's identifier.
    pub id: Id,
    /// Its name.
    pub name: Text,
}

/// An owner with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The backend's identifier.
    pub id: Id,
    /// Its name.
    pub name: Text,
    /// What its people wrote about it.
    pub description: Text,
    /// Whether it may act.
    pub enabled: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
}

impl Owner {
    /// The short form used in rows.
    pub fn reference(&self) -> OwnerRef {
        OwnerRef { id: self.id.clone(), name: self.name.clone() }
    }
}
