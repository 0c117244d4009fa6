//! Guards: what is told, and asked for twice, before a step that cannot be undone hits whoever takes it or somebody
//! else. Facts only; panes and commands have the words around them.

use super::model::{AccountState, Model};
use crate::domain::ability::ScopeModel;
use crate::domain::credential::{Credential, CredentialRef, Expiry};
use crate::domain::scope::{Granted, Risk};
use crate::domain::target::TargetName;
use crate::domain::time::{SignedDuration, Timestamp};

/// What is said of the last one that may administer.
pub const LAST_ADMIN: &str = "It is the last credential in use here that may do everything: without it no credential \
    can administer this account any more.";

/// What is said of several that are the last ones together.
pub const LAST_ADMINS: &str = "with these the last credentials in use here go that may do everything: none can administer \
    the account any more";

/// What is said of the credential somebody is logged in with.
pub const OWN: &str = "You are logged in with this very credential";

/// A use that is so fresh that somebody probably depends on it.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Whether the login of an account rests on a credential.
pub fn is_own(account: &AccountState, reference: &CredentialRef) -> bool {
    account.session().and_then(|facts| facts.credential.as_ref()) == Some(&reference.id)
}

/// Whether a credential may do everything and no other that works may.
pub fn is_last_admin(account: &AccountState, credential: &Credential, now: Timestamp) -> bool {
    let same = |one: &Credential| one.id == credential.id && one.owner.id == credential.owner.id;
    is_admin_at_work(account, credential, now) && !has_admin_beside(account, now, same)
}

/// Whether a credential may do everything, and works.
pub fn is_admin_at_work(account: &AccountState, credential: &Credential, now: Timestamp) -> bool {
    let ended = matches!(credential.expires, Expiry::At(end) if end <= account.server_time(now));
    is_admin(account, credential)
        && credential.enabled
        && credential.owner_enabled
        && !ended
        && account.promise(credential).is_none()
}

/// Whether somebody can still administer an account when these are gone.
pub fn has_admin_beside(account: &AccountState, now: Timestamp, gone: impl Fn(&Credential) -> bool) -> bool {
    account.listing.credentials.iter().any(|one| !gone(one) && is_admin_at_work(account, one, now))
}

/// Whether a credential holds everything, or a scope that is as good as that.
fn is_admin(account: &AccountState, credential: &Credential) -> bool {
    match (&credential.scopes, &account.abilities.kind(credential.kind).scopes) {
        (Granted::Everything, _) => true,
        (Granted::Listed(scopes), ScopeModel::Chosen(choice)) => scopes.iter().any(|scope| {
            choice.offers.iter().any(|offer| offer.id == scope.as_str() && offer.risk == Risk::Wide)
        }),
        (Granted::AsOwner | Granted::Listed(_), _) => false,
    }
}

/// When somebody else used it, so lately that the use probably goes on. Our own checks do not count; what was known
/// before one does.
pub fn used_lately(account: &AccountState, credential: &Credential, now: Timestamp) -> Option<Timestamp> {
    let at = credential.last_use.when()?;
    (account.server_time(now).duration_since(at) < FRESH).then_some(at)
}

/// The other credentials that have a target too, in words: what one delivers there overwrites what the others have. An
/// old one whose revocation is promised does not count beside its successor.
pub fn sharing(model: &Model, credential: Option<&CredentialRef>, target: &TargetName) -> Vec<String> {
    let mut others = Vec::new();
    for account in &model.accounts {
        for (reference, facts) in &account.facts {
            let has = facts.targets.iter().any(|note| note.target == *target);
            if !has || credential == Some(reference) || are_a_pair(account, reference, credential) {
                continue;
            }
            if let Some(found) = account.find(reference) {
                others.push(format!("'{}' of {}", found.name, found.owner.name));
            }
        }
    }
    others.sort();
    others
}

/// Whether one of the two takes the other's place.
fn are_a_pair(account: &AccountState, one: &CredentialRef, other: Option<&CredentialRef>) -> bool {
    let Some(other) = other else { return account.retiring.contains_key(one) };
    let leads = |from: &CredentialRef, to: &CredentialRef| {
        account.retiring.get(from).is_some_and(|promise| promise.successor == *to)
    };
    leads(one, other) || leads(other, one)
}
