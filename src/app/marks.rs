//! The credentials that are selected, by what they are and not by where they stand: order, filter and a fresh listing
//! leave the selection as it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::account::AccountName;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::owner::Id;

/// A set of credentials over all accounts. Whether one is in it is asked for every line that is drawn, so nothing is
/// copied for the question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<AccountName, BTreeMap<Id, BTreeSet<Id>>>);

impl Marks {
    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many are selected.
    pub fn count(&self) -> usize {
        self.0.values().flat_map(BTreeMap::values).map(BTreeSet::len).sum()
    }

    /// Whether a credential of an account is selected.
    pub fn has(&self, account: &AccountName, credential: &Credential) -> bool {
        self.0
            .get(account)
            .and_then(|owners| owners.get(&credential.owner.id))
            .is_some_and(|ids| ids.contains(&credential.id))
    }

    /// Whether this very credential is selected.
    pub fn contains(&self, one: &CredentialRef) -> bool {
        let owners = self.0.get(&one.account);
        owners.and_then(|owners| owners.get(&one.owner)).is_some_and(|ids| ids.contains(&one.id))
    }

    /// Selects a credential. `false` when it was selected already.
    pub fn add(&mut self, one: CredentialRef) -> bool {
        self.0.entry(one.account).or_default().entry(one.owner).or_default().insert(one.id)
    }

    /// Takes a credential out again.
    pub fn remove(&mut self, one: &CredentialRef) {
        let Some(owners) = self.0.get_mut(&one.account) else { return };
        if let Some(ids) = owners.get_mut(&one.owner) {
            ids.remove(&one.id);
            owners.retain(|_, ids| !ids.is_empty());
        }
        self.0.retain(|_, owners| !owners.is_empty());
    }

    /// Selects nothing any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The accounts of which something is selected.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        self.0.keys()
    }

    /// Every selected credential.
    pub fn all(&self) -> impl Iterator<Item = CredentialRef> {
        self.0.iter().flat_map(|(account, owners)| {
            owners.iter().flat_map(move |(owner, ids)| {
                let one = move |id: &Id| CredentialRef {
                    account: account.clone(),
                    owner: owner.clone(),
                    id: id.clone(),
                };
                ids.iter().map(one)
            })
        })
    }

    /// Takes out what an account does not list any more; answers how many that were.
    pub fn keep_listed(&mut self, account: &AccountName, listed: &[Credential]) -> usize {
        let Some(owners) = self.0.get_mut(account) else { return 0 };
        let before: usize = owners.values().map(BTreeSet::len).sum();
        let mut kept: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
        for one in listed {
            if owners.get(&one.owner.id).is_some_and(|ids| ids.contains(&one.id)) {
                kept.entry(one.owner.id.clone()).or_default().insert(one.id.clone());
            }
        }
        let after: usize = kept.values().map(BTreeSet::len).sum();
        *owners = kept;
        self.0.retain(|_, owners| !owners.is_empty());
        before.saturating_sub(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(account: &str, owner: &str, id: &str) -> CredentialRef {
        let account = AccountName::parse(account).expect("a name");
        CredentialRef { account, owner: Id::new(owner), id: Id::new(id) }
    }

    #[test]
    fn what_goes_in_comes_out_and_nothing_else() {
        let mut marks = Marks::default();
        let (a, b, c) = (one("x", "o", "1"), one("x", "p", "1"), one("y", "o", "1"));
        assert!(marks.add(a.clone()) && marks.add(b.clone()) && marks.add(c.clone()));
        assert!(!marks.add(a.clone()), "twice is once");
        assert_eq!((marks.count(), marks.all().count(), marks.accounts().count()), (3, 3, 2));
        marks.remove(&b);
        marks.remove(&b);
        assert!(marks.contains(&a) && !marks.contains(&b) && marks.contains(&c));
        assert_eq!(marks.all().collect::<Vec<_>>(), [a.clone(), c.clone()]);
        assert_eq!(marks.keep_listed(&a.account, &[]), 1);
        assert_eq!(marks.all().collect::<Vec<_>>(), std::slice::from_ref(&c));
        marks.remove(&c);
        assert_eq!(marks, Marks::default(), "nothing empty stays behind");
    }
}
