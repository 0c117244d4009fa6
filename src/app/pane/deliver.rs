//! The targets of a credential: which belong to it, what each has, and bringing the stored secret there.

use crate::app::effect::{DeliverPlan, Effect, RequestId};
use crate::app::guards;
use crate::app::model::{Model, Tone};
use crate::app::update::Turn;
use crate::domain::credential::CredentialRef;
use crate::domain::failure::Failure;
use crate::domain::target::{Target, TargetName, TargetNote};
use crate::domain::text::Text;
use crate::keymap::action::Action;

/// How targets come to be, for whoever has none.
pub const HOW: [&str; 8] = [
    "A target is a place that uses a secret and must get the new one. Describe it in the settings file:",
    "",
    "  [targets.deploy-env]",
    "  kind = \"file\"",
    "  path = \"/srv/app/deploy.env\"",
    "  key = \"API_TOKEN\"",
    "",
    "There are also kind = \"command\", a program that reads the secret on standard input, and kind = \"keyring\", an \
     entry for another program; the README has each, with presets for common tools.",
];

/// The overlay.
pub struct Deliver {
    /// Whose targets.
    pub credential: CredentialRef,
    /// Its name.
    pub name: Text,
    /// Its owner's name.
    pub owner: Text,
    /// The line under the cursor.
    pub cursor: usize,
    /// The deliveries under way.
    pub running: Option<RequestId>,
    /// Why they did not begin at all.
    pub failure: Option<Failure>,
}

/// A line: a target of the settings, or one that is remembered and gone from there.
pub struct Line {
    /// Its name.
    pub name: TargetName,
    /// What the settings say of it.
    pub target: Option<Target>,
    /// What is known here, when it belongs to the credential.
    pub note: Option<TargetNote>,
    /// The other credentials it belongs to as well, in words.
    pub shared: Vec<String>,
}

/// What is known of the targets of a credential, in order of delivery.
pub fn notes<'a>(model: &'a Model, credential: &CredentialRef) -> &'a [TargetNote] {
    let account = model.account(&credential.account);
    let facts = account.and_then(|account| account.facts.get(credential));
    facts.map_or(&[], |facts| facts.targets.as_slice())
}

/// Brings a new secret that was accepted to the targets of its credential, or, where a second one was made, of the
/// first: those that were not tried with it yet. What failed is the operator's to try again.
pub fn after_rotation(
    model: &mut Model,
    old: &CredentialRef,
    new: CredentialRef,
    owner: &Text,
    name: &Text,
) -> Option<Effect> {
    let known = notes(model, &new);
    let tried = |target: &TargetName| known.iter().any(|note| note.current && note.target == *target);
    let wanted = notes(model, old).iter().map(|note| note.target.clone());
    let targets: Vec<TargetName> = wanted.filter(|target| !tried(target)).collect();
    if targets.is_empty() {
        return None;
    }
    let request = model.request(format!("delivering '{name}'"), true);
    let (owner_name, name) = (owner.as_str().to_owned(), name.as_str().to_owned());
    Some(Effect::Deliver(request, DeliverPlan { credential: new, owner_name, name, targets }))
}

/// Every target there is to choose from: first those of the credential in their order, then the others.
pub fn lines(model: &Model, credential: &CredentialRef) -> Vec<Line> {
    let notes = notes(model, credential);
    let described = |name: &TargetName| model.targets.iter().find(|target| target.name == *name).cloned();
    let own = notes.iter().map(|note| (note.target.clone(), Some(note.clone())));
    let is_own = |target: &&Target| notes.iter().all(|note| note.target != target.name);
    let others = model.targets.iter().filter(is_own).map(|target| (target.name.clone(), None));
    let line = |(name, note): (TargetName, Option<TargetNote>)| Line {
        target: described(&name),
        shared: guards::sharing(model, Some(credential), &name),
        name,
        note,
    };
    own.chain(others).map(line).collect()
}

/// The targets of the settings for a credential that is not there yet: the chosen ones first, in their order.
pub fn choices(model: &Model, chosen: &[TargetName]) -> Vec<Line> {
    let of = |target: &Target| Line {
        name: target.name.clone(),
        target: Some(target.clone()),
        note: chosen.contains(&target.name).then(|| TargetNote {
            target: target.name.clone(),
            receipt: None,
            current: false,
        }),
        shared: guards::sharing(model, None, &target.name),
    };
    let mut lines: Vec<Line> = model.targets.iter().map(of).collect();
    let place = |line: &Line| chosen.iter().position(|name| *name == line.name).unwrap_or(usize::MAX);
    lines.sort_by_key(place);
    lines
}

/// The targets of a credential that others have as well, each in a sentence.
pub fn shared_words(lines: &[Line]) -> Vec<String> {
    let marked = lines.iter().filter(|line| line.note.is_some() && !line.shared.is_empty());
    marked.map(|line| format!("'{}' is a target of {} as well", line.name, line.shared.join(", "))).collect()
}

/// Takes a target of a credential in, or out again. The order stays; a new one comes last.
pub fn toggle(model: &mut Model, credential: &CredentialRef, line: &Line) -> Option<Effect> {
    let name = line.name.clone();
    let account = model.account_mut(&credential.account)?;
    let notes = &mut account.facts.entry(credential.clone()).or_default().targets;
    if line.note.is_some() {
        notes.retain(|note| note.target != name);
    } else {
        notes.push(TargetNote { target: name, receipt: None, current: false });
    }
    let names = notes.iter().map(|note| note.target.clone()).collect();
    Some(Effect::SetTargets(credential.clone(), names))
}

impl Deliver {
    /// On a credential.
    pub fn new(credential: CredentialRef, name: Text, owner: Text) -> Self {
        Self { credential, name, owner, cursor: 0, running: None, failure: None }
    }

    /// What an action means here.
    pub fn act(&mut self, model: &mut Model, action: Action) -> Turn {
        let lines = lines(model, &self.credential);
        let last = lines.len().saturating_sub(1);
        match action {
            Action::Back => return Turn::close(),
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::Mark if self.running.is_none() => return self.mark(model, &lines),
            Action::Deliver => {
                let chosen = lines.get(self.cursor.min(last));
                return self.send(model, chosen.into_iter().collect());
            }
            Action::DeliverAll => {
                let all = lines.iter().filter(|line| line.note.is_some()).collect();
                return self.send(model, all);
            }
            _ => {}
        }
        Turn::stay()
    }

    /// Takes a target in, or out again.
    fn mark(&mut self, model: &mut Model, lines: &[Line]) -> Turn {
        let Some(line) = lines.get(self.cursor) else { return Turn::stay() };
        let effect = toggle(model, &self.credential, line);
        // The cursor stays on the target, whose line moved.
        let after = self::lines(model, &self.credential);
        self.cursor = after.iter().position(|one| one.name == line.name).unwrap_or(0);
        effect.map_or_else(Turn::stay, Turn::effect)
    }

    fn send(&mut self, model: &mut Model, lines: Vec<&Line>) -> Turn {
        if self.running.is_some() {
            return Turn::stay();
        }
        if let Some(gone) = lines.iter().find(|line| line.target.is_none()) {
            model.say(Tone::Bad, format!("'{}' is not in the settings any more", gone.name));
            return Turn::stay();
        }
        if lines.is_empty() {
            model.say(Tone::Plain, "no target is marked; mark those that belong to it");
            return Turn::stay();
        }
        let targets: Vec<TargetName> = lines.into_iter().map(|line| line.name.clone()).collect();
        self.failure = None;
        let request = model.request(format!("delivering '{}'", self.name), true);
        self.running = Some(request);
        Turn::effect(Effect::Deliver(
            request,
            DeliverPlan {
                credential: self.credential.clone(),
                owner_name: self.owner.as_str().to_owned(),
                name: self.name.as_str().to_owned(),
                targets,
            },
        ))
    }
}
