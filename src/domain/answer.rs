//! What a backend answers: a listing, a one-time secret, a verdict about one.

use std::collections::HashMap;

use super::credential::Credential;
use super::failure::Failure;
use super::finding::Finding;
use super::owner::{Owner, OwnerRef};
use super::scope::Granted;
use super::text::Text;
use super::time::Timestamp;
use crate::secret::Parts;

/// What a listing found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Every owner.
    pub owners: Vec<Owner>,
    /// Every credential that could be read.
    pub credentials: Vec<Credential>,
    /// Owners whose credentials could not be read, and why.
    pub failed: Vec<(OwnerRef, Failure)>,
    /// What the backend noticed along the way that deserves attention.
    pub findings: Vec<Finding>,
}

impl Listing {
    /// Takes in what a newer reading brought: what is known already is replaced where it stands, the rest comes behind.
    pub fn take_in(&mut self, newer: Self) {
        for owner in newer.owners {
            match self.owners.iter_mut().find(|known| known.id == owner.id) {
                Some(known) => *known = owner,
                None => self.owners.push(owner),
            }
        }
        // The newer ones are few and the known ones may be many, so it is the newer ones that are made to be found.
        let key = |one: &Credential| (one.owner.id.clone(), one.id.clone());
        let mut places = HashMap::with_capacity(newer.credentials.len());
        let mut rest = Vec::with_capacity(newer.credentials.len());
        for credential in newer.credentials {
            let place = *places.entry(key(&credential)).or_insert(rest.len());
            match rest.get_mut(place) {
                Some(twice) => *twice = Some(credential),
                None => rest.push(Some(credential)),
            }
        }
        for known in &mut self.credentials {
            let place = places.get(&key(known)).and_then(|place| rest.get_mut(*place));
            if let Some(newer) = place.and_then(Option::take) {
                *known = newer;
            }
        }
        self.credentials.extend(rest.into_iter().flatten());
        for failed in newer.failed {
            self.failed.retain(|known| known.0 != failed.0);
            self.failed.push(failed);
        }
        for finding in newer.findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}

/// How far a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// How many of them were read.
    pub done: usize,
    /// How many there are, where the server tells before all were read.
    pub of: Option<usize>,
    /// What is counted, as more than one: `accounts`.
    pub what: &'static str,
}

impl Reach {
    /// `40 of 128 accounts`, `500 API keys`.
    pub fn words(&self) -> String {
        match self.of {
            Some(of) => format!("{} of {of} {}", self.done, self.what),
            None => format!("{} {}", self.done, self.what),
        }
    }
}

/// Some of a listing, handed over while the rest is still read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What is new in it.
    pub listing: Listing,
    /// How far the whole is with it.
    pub reach: Reach,
}

/// A one-time secret with the credential it belongs to.
pub struct Issued {
    /// The credential as the server now knows it.
    pub credential: Credential,
    /// Its secret, given this once.
    pub parts: Parts,
    /// What is to be known or done before it works, in words: a restart that is still needed.
    pub note: Option<Text>,
}

/// Something the server's own history has about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When, on the server's clock; none where that could not be read.
    pub at: Option<Timestamp>,
    /// What, in the server's words.
    pub what: Text,
}

/// What came of giving a new credential what it is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Equipped {
    /// It holds all of it.
    Whole,
    /// Something could not be given, or came out otherwise; what, in a sentence.
    Lacking(Text),
}

/// What came of telling a server again that a credential is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It took it, and forgets it once more.
    Told,
    /// It has not forgotten yet, and takes nothing new before it has.
    Remembered,
    /// It had forgotten; the credential was revoked in the way that lasts.
    ForGood,
}

/// What presenting a secret showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Accepted {
        /// Who the server takes it for.
        who: Text,
        /// What it may do.
        scopes: Granted,
        /// Scopes about which presenting it told nothing, one way or the other.
        untold: Vec<Text>,
    },
    /// It was presented and refused.
    Refused {
        /// The server's reason, in words.
        why: Text,
    },
    /// It was presented, and the answer does not tell whether it works.
    Untold {
        /// Why not, in words.
        why: Text,
    },
}

/// How far the presenting of a secret is, where it takes several questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which question is asked now, the first being one.
    pub done: usize,
    /// How many there are.
    pub of: usize,
    /// What it asks, in a word.
    pub what: Text,
    /// Why it takes long, if it does; else empty.
    pub why: &'static str,
}

impl Progress {
    /// `3 of 6: job`.
    pub fn words(&self) -> String {
        format!("{} of {}: {}", self.done, self.of, self.what)
    }
}

impl Verdict {
    /// The verdict in one line, compared with what the credential should be able to do where that is known.
    pub fn words(&self, wanted: Option<&Granted>) -> String {
        match self {
            Self::Accepted { who, scopes, untold } => {
                let difference = wanted.map(|wanted| scopes.against(wanted, untold)).unwrap_or_default();
                let told = [
                    ("more than it should", difference.beyond.as_slice()),
                    ("less than it should", &difference.missing),
                    ("not told", untold),
                ];
                let told = told.into_iter().filter(|(_, scopes)| !scopes.is_empty()).map(|(what, scopes)| {
                    let names: Vec<&str> = scopes.iter().map(Text::as_str).collect();
                    format!("{what}: {}", names.join(" "))
                });
                let accepted = format!("accepted as {who}, {}", scopes.words());
                std::iter::once(accepted).chain(told).collect::<Vec<_>>().join("; ")
            }
            Self::Refused { why } => format!("refused ({why})"),
            Self::Untold { why } => format!("the answer does not tell ({why})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::{Expiry, LastUse, Particulars};
    use crate::domain::owner::Id;

    #[test]
    fn a_newer_reading_replaces_where_it_stands_and_the_rest_comes_behind() {
        let listing = |names: &[(&str, &str)]| {
            let one = |(id, name): &(&str, &str)| Credential {
                id: Id::new(id),
                owner: OwnerRef { id: Id::new("o"), name: "o".into() },
                name: Text::from(*name),
                kind: "API key",
                description: Text::default(),
                scopes: Granted::AsOwner,
                created: None,
                rotated: None,
                expires: Expiry::Never,
                last_use: LastUse::Untold,
                enabled: true,
                owner_enabled: true,
                window: None,
                particulars: Particulars::default(),
            };
            Listing { credentials: names.iter().map(one).collect(), ..Listing::default() }
        };
        let mut known = listing(&[("a", "1"), ("b", "1"), ("c", "1")]);
        known.take_in(listing(&[("e", "2"), ("b", "2"), ("d", "2"), ("d", "3"), ("a", "2")]));
        let names: Vec<_> =
            known.credentials.iter().map(|one| (one.id.as_str(), one.name.as_str())).collect();
        assert_eq!(names, [("a", "2"), ("b", "2"), ("c", "1"), ("e", "2"), ("d", "3")]);
    }

    #[test]
    fn a_verdict_tells_scope_by_scope_what_differs() {
        let texts = |scopes: &str| scopes.split_whitespace().map(Text::from).collect::<Vec<_>>();
        let granted = |scopes: &str| match scopes {
            "*" => Granted::Everything,
            "owner" => Granted::AsOwner,
            scopes => Granted::Listed(texts(scopes)),
        };
        let cases = [
            ("zpool job", "", "zpool job", "zpool job"),
            ("zpool", "", "*", "zpool"),
            ("owner", "", "owner", "as owner"),
            ("*", "", "owner", "everything; more than it should: everything"),
            ("zpool billing", "", "zpool", "zpool billing; more than it should: billing"),
            ("zpool", "", "zpool job", "zpool; less than it should: job"),
            ("billing", "", "zpool", "billing; more than it should: billing; less than it should: zpool"),
            ("zpool", "pat", "zpool pat", "zpool; not told: pat"),
            ("", "", "zpool", "none; less than it should: zpool"),
        ];
        for (seen, untold, wanted, words) in cases {
            let verdict =
                Verdict::Accepted { who: "ada".into(), scopes: granted(seen), untold: texts(untold) };
            assert_eq!(verdict.words(Some(&granted(wanted))), format!("accepted as ada, {words}"));
        }
    }
}
