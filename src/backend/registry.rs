//! Which backends there are: one line each.

use std::sync::Arc;

use super::found::{Found, Surroundings};
use super::{Backend, Context, foxnose, kitaru, pangolin, zpools, ztick};
use crate::domain::ability::Abilities;
use crate::domain::account::Account;
use crate::domain::failure::{Failure, FailureKind};

/// Opens a backend for an account. Touches no network.
pub type Open = fn(&Account, &Context) -> Result<Arc<dyn Backend>, Failure>;

/// A backend that can be opened for an account.
pub struct Registration {
    /// What it can do, known without opening it.
    pub abilities: &'static Abilities,
    /// What unlike servers under the same name can do, which is known once one was asked.
    pub others: &'static [&'static Abilities],
    /// Opens it.
    pub open: Open,
    /// Finds what its own tools left on this machine.
    pub find: fn(&Surroundings<'_>) -> Vec<Found>,
}

/// Every backend, in the order they are offered.
pub static BACKENDS: &[Registration] = &[
    Registration {
        abilities: kitaru::ABILITIES,
        others: kitaru::OTHERS,
        open: kitaru::open,
        find: kitaru::find,
    },
    Registration {
        abilities: &zpools::abilities::ABILITIES,
        others: &[],
        open: zpools::open,
        find: zpools::found::find,
    },
    Registration {
        abilities: &foxnose::abilities::ABILITIES,
        others: &[],
        open: foxnose::open,
        find: foxnose::found::find,
    },
    Registration {
        abilities: &ztick::abilities::ABILITIES,
        others: &[],
        open: ztick::open,
        find: |_| Vec::new(),
    },
    Registration {
        abilities: &pangolin::abilities::ABILITIES,
        others: &[],
        open: pangolin::open,
        find: pangolin::found::find,
    },
];

/// The registration behind a word in the settings.
pub fn find(id: &str) -> Option<&'static Registration> {
    BACKENDS.iter().find(|registration| registration.abilities.id == id)
}

/// Opens an account's backend.
pub fn open(account: &Account, context: &Context) -> Result<Arc<dyn Backend>, Failure> {
    let unknown =
        || Failure::new(FailureKind::Unsupported, format!("no backend is called {}", account.backend));
    (find(&account.backend).ok_or_else(unknown)?.open)(account, context)
}
