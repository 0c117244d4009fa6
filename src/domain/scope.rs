//! Scopes: what a credential may do, in the backend's terms and in words.

use std::borrow::Cow;

use super::text::Text;

/// How risky a scope is; shown as a mark and a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Reads only.
    Reads,
    /// Changes things.
    Writes,
    /// Can do everything, or give itself more.
    Wide,
}

impl Risk {
    /// The word beside the mark.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Wide => "wide",
        }
    }
}

/// The scope that holds all others.
pub const EVERYTHING: &str = "*";

/// One scope a backend offers, with what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOffer {
    /// The backend's word; what is sent.
    pub id: Cow<'static, str>,
    /// What people call it, where that differs from the word: a role's name.
    pub title: Option<Text>,
    /// What it belongs with, as a heading; empty for none.
    pub group: Cow<'static, str>,
    /// What it allows, in words.
    pub allows: Cow<'static, str>,
    /// How risky it is.
    pub risk: Risk,
}

impl ScopeOffer {
    /// An offer that is known beforehand.
    pub const fn fixed(id: &'static str, risk: Risk, allows: &'static str) -> Self {
        Self {
            id: Cow::Borrowed(id),
            title: None,
            group: Cow::Borrowed(""),
            allows: Cow::Borrowed(allows),
            risk,
        }
    }

    /// Whether it holds every other scope, so that none goes beside it: all backends that have one write it alike.
    pub fn is_everything(&self) -> bool {
        self.id == EVERYTHING
    }

    /// What it is called on the screen.
    pub fn name(&self) -> &str {
        self.title.as_ref().map_or(&self.id, Text::as_str)
    }
}

/// How one grant differs from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What there is and should not be.
    pub beyond: Vec<Text>,
    /// What there should be and is not.
    pub missing: Vec<Text>,
}

impl Difference {
    /// The difference in words; none where there is none.
    pub fn words(&self) -> Option<String> {
        let names = |scopes: &[Text]| scopes.iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
        let told = [
            ("it may do more than was reviewed: ", self.beyond.as_slice()),
            ("it may not do what was asked for: ", self.missing.as_slice()),
        ];
        let told = told.into_iter().filter(|(_, scopes)| !scopes.is_empty());
        let told: Vec<String> = told.map(|(what, scopes)| format!("{what}{}", names(scopes))).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// What a credential was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Granted {
    /// The backend has no scopes on credentials: this one may do what its owner may.
    AsOwner,
    /// Exactly these, in the backend's words.
    Listed(Vec<Text>),
    /// Everything.
    Everything,
}

impl Granted {
    /// What scopes in the backend's words come to.
    pub fn listed(scopes: &[String]) -> Self {
        Self::Listed(scopes.iter().map(|scope| Text::clean(scope)).collect())
    }

    /// Whether everything in `self` is also in `reviewed`: what a rotation must keep to.
    pub fn within(&self, reviewed: &Self) -> bool {
        match (self, reviewed) {
            (_, Self::Everything) | (Self::AsOwner, Self::AsOwner) => true,
            (Self::Listed(new), Self::Listed(old)) => new.iter().all(|scope| old.contains(scope)),
            (Self::Listed(new), Self::AsOwner) => new.is_empty(),
            (Self::Everything | Self::AsOwner, _) => false,
        }
    }

    /// How what a secret was seen to do differs from what it should, scope by scope. What was not told is not missing.
    pub fn against(&self, wanted: &Self, untold: &[Text]) -> Difference {
        let lacks = |have: &[Text], scopes: &[Text]| -> Vec<Text> {
            scopes.iter().filter(|scope| !have.contains(scope)).cloned().collect()
        };
        match (self, wanted) {
            (Self::Listed(seen), Self::Listed(wanted)) => {
                let known: Vec<Text> = seen.iter().chain(untold).cloned().collect();
                Difference { beyond: lacks(wanted, seen), missing: lacks(&known, wanted) }
            }
            (seen, wanted) if seen.within(wanted) => Difference::default(),
            (seen, _) => Difference { beyond: vec![Text::from(seen.words())], missing: Vec::new() },
        }
    }

    /// The column's words: `as owner`, `zpool job`, `everything`.
    pub fn words(&self) -> String {
        match self {
            Self::AsOwner => String::from("as owner"),
            Self::Everything => String::from("everything"),
            Self::Listed(scopes) if scopes.is_empty() => String::from("none"),
            Self::Listed(scopes) => scopes.iter().map(Text::as_str).collect::<Vec<_>>().join(" "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(scopes: &[&str]) -> Granted {
        Granted::Listed(scopes.iter().map(|scope| Text::clean(scope)).collect())
    }

    #[test]
    fn within_is_a_subset() {
        let cases = [
            (listed(&["a"]), listed(&["a", "b"]), true),
            (listed(&["a", "c"]), listed(&["a", "b"]), false),
            (Granted::Everything, listed(&["a"]), false),
            (listed(&["a"]), Granted::Everything, true),
            (Granted::AsOwner, Granted::AsOwner, true),
            (Granted::AsOwner, listed(&[]), false),
            (listed(&[]), Granted::AsOwner, true),
        ];
        for (new, reviewed, want) in cases {
            assert_eq!(new.within(&reviewed), want, "{new:?} within {reviewed:?}");
        }
    }
}
