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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_names_what_was_given_and_nothing_else() {
        let mut labels = Vec::new();
        for registration in BACKENDS {
            let all = std::iter::once(&registration.abilities).chain(registration.others);
            for (abilities, method) in all.flat_map(|one| one.logins.iter().map(move |method| (one, method)))
            {
                let told = method.check_again();
                for field in method.fields {
                    let named = told.contains(field.label);
                    assert_eq!(
                        named,
                        field.secret || !field.optional,
                        "{} {}: {told}",
                        abilities.id,
                        method.id
                    );
                }
                let has_password = method.fields.iter().any(|field| field.label == "Password");
                assert_eq!(told.contains("Password"), has_password, "{} {}: {told}", abilities.id, method.id);
                labels.push(told);
            }
        }
        for told in [
            "Check the fields User name and Password, then try again.",
            "Check the field API key (ZENKEY_…), then try again.",
            "Check the field API key (KITKEY_…), then try again.",
            "Check the field PAT (zpat_…), then try again.",
            "Check the field Access token, then try again.",
            "Check the fields Public key and Secret key, then try again.",
            "Check the fields Service user's id and Key (pgl_…), then try again.",
            "Begin again, or choose another way to log in.",
        ] {
            assert!(labels.iter().any(|one| one == told), "{told}: {labels:?}");
        }
    }
}
