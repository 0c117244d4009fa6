//! What was selected, in groups: by backend, kind and everything a careful operator would want to be told. What cannot
//! be done stays out, with the reason; nothing of it disappears.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tui_input::Input;

use super::{Bulk, Form, Item, Word, Work};
use crate::app::guards;
use crate::app::model::{AccountState, Facts, Model};
use crate::domain::ability::RotationForm;
use crate::domain::credential::{Credential, CredentialRef};
use crate::domain::retention;
use crate::domain::scope::Granted;
use crate::domain::target::TargetName;
use crate::domain::time::{SignedDuration, Timestamp};

/// Within how many days a use counts as a sign that somebody still uses it.
const RECENT_DAYS: i64 = 7;

/// What should be known of a credential before something is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// The login rests on it.
    OwnSession,
    /// No credential may administer its account after all that is selected is gone.
    LastAdmin,
    /// Its account is protected.
    Protected,
    /// It may do everything.
    Wide,
    /// Its backend warns: the last of its kind.
    Caution,
    /// An old secret of it still works.
    SlotOccupied,
    /// It was used in the last days.
    StillUsed,
    /// Another credential has one of its targets.
    SharedTarget,
    /// It has targets.
    Targets,
}

impl Risk {
    /// In a sentence, for what is done.
    pub fn sentence(self, work: Work) -> &'static str {
        match (self, work) {
            (Self::OwnSession, Work::Revoke) => {
                "you are logged in with these very credentials: they come last, and your session ends with them"
            }
            (Self::OwnSession, _) => "you are logged in with these very credentials: they come last",
            (Self::LastAdmin, _) => guards::LAST_ADMINS,
            (Self::Protected, _) => "the account is protected: its name is typed too",
            (Self::Wide, _) => "wide: may do everything",
            (Self::Caution, _) => "the backend warns about these: look at each",
            (Self::SlotOccupied, Work::Rotate) => {
                "an old secret still works: another rotation may end it at once"
            }
            (Self::SlotOccupied, _) => "an old secret still works: it goes too",
            (Self::StillUsed, Work::Revoke) => "still used in the last 7 days: that breaks now",
            (Self::StillUsed, _) => "still used in the last 7 days",
            (Self::SharedTarget, _) => {
                "a target is shared with another credential: the last one delivered counts"
            }
            (Self::Targets, Work::Rotate) => "the new secret goes to their targets once it was accepted",
            (Self::Targets, Work::Revoke) => "their targets keep a secret that stops working",
            (Self::Targets, _) => "have targets",
        }
    }

    /// Whether it is worth more than a word.
    pub fn warns(self) -> bool {
        self != Self::Targets
    }
}

/// Credentials about which the same is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The backend's title.
    pub title: &'static str,
    /// The kind of credential.
    pub kind: &'static str,
    /// How it is done, in a sentence.
    pub form: &'static str,
    /// Another way it could be rotated, which is chosen for one credential at a time.
    pub other_form: Option<&'static str>,
    /// What should be known.
    pub risks: BTreeSet<Risk>,
    /// Why nothing can be done with them here.
    pub cannot: Option<String>,
    /// Whether the operator leaves them out.
    pub out: bool,
    /// How many they are.
    pub count: usize,
    /// Their accounts.
    pub accounts: BTreeSet<String>,
}

impl Group {
    /// Whether something will be done with them.
    pub fn is_in(&self) -> bool {
        self.cannot.is_none() && !self.out
    }
}

/// What a group is known by: what stays out comes last, and what is most worth knowing first.
type Key = (Option<String>, bool, Vec<Risk>, &'static str, &'static str);

impl Bulk {
    /// Makes items and groups of what is selected, as it is listed now. Groups that were left out stay out.
    pub(super) fn review(&mut self, model: &Model) {
        let shared = shared_targets(model);
        let mut found: BTreeMap<Key, (Group, Vec<Item>)> = BTreeMap::new();
        let mut listed = 0;
        for name in self.marks.accounts() {
            let Some(account) = model.account(name) else { continue };
            let selected = |one: &Credential| self.marks.has(name, one);
            let remains = self.work != Work::Revoke || guards::has_admin_beside(account, model.now, selected);
            for credential in &account.listing.credentials {
                if !self.marks.has(name, credential) {
                    continue;
                }
                listed += 1;
                let facts = account.facts_of(credential);
                let cannot = cannot(self.work, model, account, credential, &facts);
                let mut risks = match cannot {
                    Some(_) => BTreeSet::new(),
                    None => risks(self.work, model, account, credential, &facts, &shared),
                };
                if cannot.is_none() && !remains && guards::is_admin_at_work(account, credential, model.now) {
                    risks.insert(Risk::LastAdmin);
                }
                let ability = account.abilities.kind(credential.kind);
                let first = risks.iter().copied().collect();
                let key = (cannot.clone(), risks.is_empty(), first, account.abilities.title, credential.kind);
                let form = match self.work {
                    Work::Rotate => ability.rotation.sentence(),
                    Work::Revoke => ability.revoke.sentence,
                    Work::Verify => account.abilities.verify,
                    Work::Deliver => "the stored secret goes to each of its targets",
                };
                let (group, items) = found.entry(key).or_insert_with(|| {
                    let group = Group {
                        title: account.abilities.title,
                        kind: credential.kind,
                        form,
                        other_form: ability
                            .further_rotations
                            .first()
                            .filter(|_| self.work == Work::Rotate)
                            .map(RotationForm::title),
                        risks,
                        cannot,
                        out: false,
                        count: 0,
                        accounts: BTreeSet::new(),
                    };
                    (group, Vec::new())
                });
                group.count += 1;
                group.accounts.insert(name.as_str().to_owned());
                items.push(item(account, credential));
            }
        }
        let out: Vec<Group> = self.groups.drain(..).filter(|group| group.out).collect();
        self.items.clear();
        for (position, (mut group, items)) in found.into_values().enumerate() {
            let same = |other: &Group| {
                (other.title, other.kind, &other.risks, &other.cannot)
                    == (group.title, group.kind, &group.risks, &group.cannot)
            };
            group.out = out.iter().any(same);
            self.items.extend(items.into_iter().map(|item| Item { group: position, ..item }));
            self.groups.push(group);
        }
        self.unlisted = self.marks.count().saturating_sub(listed);
        self.cursor = self.cursor.min(self.groups.len().saturating_sub(1));
    }

    /// The forms of rotation among what is chosen; a window that was chosen before stays.
    pub(super) fn forms(&self, model: &Model) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::new();
        for at in self.chosen() {
            let Some(item) = self.items.get(at) else { continue };
            let Some(account) = model.account(&item.credential.account) else { continue };
            let title = account.abilities.title;
            if forms.iter().any(|form| (form.title, form.kind) == (title, item.kind)) {
                continue;
            }
            let rotation = &account.abilities.kind(item.kind).rotation;
            let (longest, ours) = match rotation {
                RotationForm::ServerWindow { longest_minutes, .. } => (Some(*longest_minutes), false),
                RotationForm::TwoCredentials { .. } => (None, true),
                RotationForm::CutOver { .. } => continue,
            };
            let known = self.forms.iter().find(|form| (form.title, form.kind) == (title, item.kind));
            let day = retention::PRESETS.iter().position(|preset| *preset == retention::DEFAULT);
            forms.push(known.cloned().unwrap_or_else(|| Form {
                title,
                kind: item.kind,
                sentence: rotation.sentence(),
                longest,
                ours,
                choice: day.unwrap_or(0),
                custom: Input::default(),
                error: None,
            }));
        }
        forms
    }

    /// The window chosen for a credential; none where there is none to choose.
    pub(super) fn window(&self, model: &Model, item: &Item) -> retention::Retention {
        let title = model.account(&item.credential.account).map(|account| account.abilities.title);
        let form = self.forms.iter().find(|form| Some(form.title) == title && form.kind == item.kind);
        form.and_then(|form| form.retention().ok()).unwrap_or(retention::Retention::NONE)
    }
}

fn item(account: &AccountState, credential: &Credential) -> Item {
    Item {
        credential: credential.reference(account.name()),
        name: credential.name.clone(),
        owner: credential.owner.clone(),
        kind: credential.kind,
        scopes: credential.scopes.clone(),
        rotated: credential.rotated,
        group: 0,
        word: Word::Waiting,
        says: String::new(),
        fresh: None,
        brought: false,
    }
}

/// Why nothing can be done with a credential, if so.
fn cannot(
    work: Work,
    model: &Model,
    account: &AccountState,
    credential: &Credential,
    facts: &Facts,
) -> Option<String> {
    let Some(session) = account.session() else {
        return Some(format!("nobody is logged in to {}", account.name()));
    };
    let ability = account.abilities.kind(credential.kind);
    match work {
        Work::Rotate => {
            if account.promise(credential).is_some() {
                return Some(String::from(
                    "already rotated: a second one was made, and these are on their way out",
                ));
            }
            if let (RotationForm::TwoCredentials { .. }, Err(why)) = (&ability.rotation, &ability.create) {
                return Some((*why).to_owned());
            }
            session.may_create.as_ref().err().map(|why| format!("{} may not: {why}", session.who))
        }
        Work::Revoke => {
            session.may_revoke.as_ref().err().map(|why| format!("{} may not: {why}", session.who))
        }
        Work::Verify | Work::Deliver if !facts.stored => {
            Some(String::from("the secret is not stored here; import it, or rotate"))
        }
        Work::Verify => None,
        Work::Deliver if facts.targets.is_empty() => Some(String::from("no target is marked for these")),
        Work::Deliver => {
            let known = |name: &TargetName| model.targets.iter().any(|target| target.name == *name);
            let gone = facts.targets.iter().find(|note| !known(&note.target));
            gone.map(|note| format!("the target '{}' is not in the settings any more", note.target))
        }
    }
}

fn risks(
    work: Work,
    model: &Model,
    account: &AccountState,
    credential: &Credential,
    facts: &Facts,
    shared: &HashMap<TargetName, usize>,
) -> BTreeSet<Risk> {
    let now = account.server_time(model.now);
    let changes = work.is_typed();
    let own = account.session().and_then(|session| session.credential.as_ref()) == Some(&credential.id);
    let targets = facts.targets.iter().any(|note| shared.get(&note.target).is_some_and(|count| *count > 1));
    let all = [
        (Risk::OwnSession, changes && own),
        (Risk::Protected, changes && account.account.protected),
        (Risk::Wide, credential.scopes == Granted::Everything),
        (Risk::Caution, changes && !credential.particulars.cautions.is_empty()),
        (Risk::SlotOccupied, changes && credential.open_window(now).is_some()),
        (Risk::StillUsed, changes && is_recent(credential, now)),
        (Risk::SharedTarget, work != Work::Verify && targets),
        (Risk::Targets, changes && !facts.targets.is_empty()),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(risk, _)| risk).collect()
}

/// Whether somebody used it lately; our own checks do not count.
fn is_recent(credential: &Credential, now: Timestamp) -> bool {
    let days = SignedDuration::from_hours(RECENT_DAYS * 24);
    credential.last_use.when().is_some_and(|last| now.duration_since(last) <= days)
}

/// How many credentials have each target.
fn shared_targets(model: &Model) -> HashMap<TargetName, usize> {
    let mut counts = HashMap::new();
    let facts = model.accounts.iter().flat_map(|account| account.facts.values());
    for note in facts.flat_map(|facts| &facts.targets) {
        *counts.entry(note.target.clone()).or_insert(0) += 1;
    }
    counts
}

/// The targets of a credential, in order.
pub(super) fn targets(model: &Model, credential: &CredentialRef) -> Vec<TargetName> {
    let facts = model.account(&credential.account).and_then(|account| account.facts.get(credential));
    facts.map_or_else(Vec::new, |facts| facts.targets.iter().map(|note| note.target.clone()).collect())
}
