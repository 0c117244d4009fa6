//! The next start after anything that went wrong: what it tells is compared with what the server has, and then what it
//! offers is done, until nothing is left.

use jiff::tz::TimeZone;
use keywright::app::effect::{DeliverPlan, Generation};
use keywright::app::model::{AccountState, Model, SessionView};
use keywright::app::msg::Listed;
use keywright::app::pane::unfinished::{Offer, offers, story};
use keywright::backend::{registry, unheard};
use keywright::domain::ability::{RotationForm, ScopeChoice, ScopeModel};
use keywright::domain::answer::Verdict;
use keywright::domain::credential::Credential;
use keywright::domain::failure::Failure;
use keywright::domain::operation::{Operation, OperationKind, Phase};
use keywright::domain::owner::Owner;
use keywright::domain::request::OwnerForm;
use keywright::domain::scope::Risk;
use keywright::domain::session::SessionFacts;
use keywright::domain::target::TargetName;
use serde_json::{Value, json};

use crate::robot::{Machine, Named, Robot, account, named, reference};
use crate::ticks::Count;

/// More rounds than anything takes.
const ROUNDS: usize = 12;
/// Seconds after which a server is believed that something did not happen.
const PATIENCE: i64 = 120;
/// How many credentials are left to work with.
const ENOUGH: usize = 4;

impl Robot {
    /// Chooses owner and scopes, and tells what was there before.
    pub(crate) async fn settle_in(&mut self) -> Value {
        let listed = self.tasks.list(&account()).await.expect("a listing").listing;
        let abilities = self.abilities().await;
        let owner = self.owner(listed.owners).await;
        let ability = &abilities.credential;
        let scopes = match &ability.scopes {
            ScopeModel::AsOwner(_) => Vec::new(),
            ScopeModel::Chosen(choice) => self.scopes(choice, ability.noun, &owner).await,
        };
        let known: Vec<&str> = listed.credentials.iter().map(|one| one.id.as_str()).collect();
        let machine = Machine {
            kind: ability.noun.to_owned(),
            owner: (owner.id.as_str().to_owned(), owner.name.as_str().to_owned()),
            scopes,
            ..self.machine.clone()
        };
        let second = matches!(ability.rotation, RotationForm::TwoCredentials { .. });
        json!({ "machine": machine, "known": known, "second": second, "entered": true })
    }

    async fn abilities(&self) -> &'static keywright::domain::ability::Abilities {
        let opened = self.tasks.open_account(&account()).await.abilities;
        opened.unwrap_or_else(|| registry::find(&self.machine.backend).expect("a backend").abilities)
    }

    async fn owner(&self, owners: Vec<Owner>) -> Owner {
        let own = owners.iter().find(|owner| owner.name.as_str() == self.machine.owner.1);
        if let Some(own) = own {
            return own.clone();
        }
        let form = OwnerForm { name: String::from("robots"), ..OwnerForm::default() };
        if let Ok(made) = self.tasks.create_owner(&account(), &form).await {
            return made;
        }
        let mut owners = owners.into_iter().filter(|owner| owner.enabled);
        owners.next().expect("an owner")
    }

    /// Those of the first bundle, or one that is typed, or one the server has that only reads.
    async fn scopes(&self, choice: &ScopeChoice, noun: &str, owner: &Owner) -> Vec<String> {
        if let Some((_, scopes)) = choice.presets.first() {
            return scopes.iter().map(|scope| (*scope).to_owned()).collect();
        }
        if choice.typed.is_some() {
            return vec![String::from("life.")];
        }
        let offers = self.tasks.scope_offers(&account(), noun, &owner.id).await.expect("offers");
        let harmless =
            offers.into_iter().find(|offer| offer.risk == Risk::Reads).expect("one that only reads");
        vec![harmless.id.into_owned()]
    }

    pub(crate) async fn see_to(&mut self, facts: SessionFacts) -> Value {
        let mut wrong = Vec::new();
        let mut done = Vec::new();
        let told = match self.look(&facts, &mut wrong).await {
            Ok(told) => told,
            Err(failure) => return failed(&failure, "looking"),
        };
        if let Err(failure) = self.finish(&facts, &mut wrong, &mut done).await {
            return failed(&failure, "finishing");
        }
        let good = match self.count(&mut wrong).await {
            Ok(good) => good,
            Err(failure) => return failed(&failure, "counting"),
        };
        json!({ "wrong": wrong, "told": told, "done": done, "good": good, "entered": true, "outcome": "done" })
    }

    /// What the start tells, against what is true.
    async fn look(&self, facts: &SessionFacts, wrong: &mut Vec<String>) -> Result<Vec<String>, Failure> {
        let left = self.tasks.left().await?;
        let listed = self.tasks.list(&account()).await?;
        let model = self.model(facts, &left.operations).await;
        let stories: Vec<String> = left.operations.iter().map(|operation| story(&model, operation)).collect();
        for credential in &listed.listing.credentials {
            if self.is_ours(credential.id.as_str())
                && !stored(&listed, credential)
                && !left.operations.iter().any(|operation| may_be(&model, operation, credential))
            {
                wrong.push(format!(
                    "LOST: '{}' ({}) lives, is not stored, and no unfinished work leads to it: {stories:?}",
                    credential.name,
                    credential.id.as_str()
                ));
            }
        }
        for must in &self.order.must {
            if let Err(why) = self.works(must, &listed).await
                && !self.was_replaced(must, &listed).await
            {
                wrong.push(format!(
                    "REVOKED TOO EARLY: '{}' ({}) works no more ({why}): {stories:?}",
                    must.name, must.id
                ));
            }
        }
        Ok(stories)
    }

    /// Whether one of the secrets stored of it is taken, or why none is. A restart the server needs is done where that is
    /// told: whoever died over a change did not do it.
    async fn works(&self, must: &Named, listed: &Listed) -> Result<(), String> {
        let taken = self.taken(must, listed).await;
        if taken.is_err() && self.told_to_restart().await && self.tasks.restart(&account()).await.is_ok() {
            return self.taken(must, listed).await;
        }
        taken
    }

    async fn told_to_restart(&self) -> bool {
        let Ok(listed) = self.tasks.list(&account()).await else { return false };
        let ways = ["Restart", "restart", "the server runs"];
        let mends = |mend: &str| ways.iter().any(|way| mend.contains(way));
        listed.listing.findings.iter().any(|finding| mends(finding.mend.as_str()))
    }

    async fn taken(&self, must: &Named, listed: &Listed) -> Result<(), String> {
        if !listed.listing.credentials.iter().any(|one| one.id.as_str() == must.id) {
            return Err(String::from("it is not listed"));
        }
        let mut why = Vec::new();
        for generation in [Generation::Current, Generation::Previous] {
            let verdict = self.tasks.verify(&reference(must), generation, None, &unheard).await;
            if matches!(verdict, Ok(Verdict::Accepted { .. })) {
                return Ok(());
            }
            let words = verdict.map_or_else(|failure| failure.sentence(), |verdict| verdict.words(None));
            why.push(format!("{generation:?}: {words}"));
        }
        Err(why.join("; "))
    }

    /// Whether another one took its place that is stored and works.
    async fn was_replaced(&self, must: &Named, listed: &Listed) -> bool {
        if !self.order.replaced {
            return false;
        }
        let stem = must.name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['-', '_']);
        for one in &listed.listing.credentials {
            let like = one.id.as_str() != must.id && one.name.as_str().starts_with(stem);
            if like && stored(listed, one) && self.works(&named(one), listed).await.is_ok() {
                return true;
            }
        }
        false
    }

    async fn model(&self, facts: &SessionFacts, operations: &[Operation]) -> Model {
        let known = registry::find(&self.machine.backend).expect("a backend");
        let account = keywright::domain::account::Account {
            name: account(),
            backend: self.machine.backend.clone(),
            endpoint: keywright::domain::account::Endpoint::parse_as(
                &self.machine.endpoint,
                known.abilities.schemes,
            )
            .expect("an address"),
            login: None,
            ca_file: None,
            protected: false,
            settings: self.machine.settings.clone(),
        };
        let mut state = AccountState::new(account, self.abilities().await);
        state.session = SessionView::In(facts.clone());
        let mut model = Model::new(self.ticks.now(), TimeZone::UTC, vec![state]);
        model.unfinished = operations.to_vec();
        model
    }

    /// Does what is offered, until nothing is left.
    async fn finish(
        &self,
        facts: &SessionFacts,
        wrong: &mut Vec<String>,
        done: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let mut tried = Vec::new();
        for _ in 0..ROUNDS {
            let left = self.tasks.left().await?.operations;
            if left.is_empty() {
                self.keep_promises().await?;
                return Ok(());
            }
            let model = self.model(facts, &left).await;
            for operation in &left {
                let offered = offers(&model, operation);
                let mut useful = offered.iter().copied().filter(|offer| *offer != Offer::Copy);
                let next =
                    useful.clone().find(|offer| !tried.contains(&(operation.id, *offer, operation.phase)));
                let Some(offer) = next.or_else(|| useful.next_back()) else {
                    wrong.push(format!("NO WAY ON: {}", story(&model, operation)));
                    continue;
                };
                tried.push((operation.id, offer, operation.phase));
                let outcome = self.take(offer, operation).await;
                if offer == Offer::Check && outcome.contains("check again in") {
                    self.ticks.pass(PATIENCE);
                    tried.retain(|(id, taken, _)| *id != operation.id || *taken != offer);
                }
                done.push(format!(
                    "{} {}: {offer:?}: {outcome}",
                    operation.kind.word(),
                    operation.credential_name
                ));
            }
        }
        wrong.push(format!("CANNOT BE FINISHED: {done:?}"));
        Ok(())
    }

    async fn take(&self, offer: Offer, operation: &Operation) -> String {
        let of = |id: Option<&keywright::domain::owner::Id>| Named {
            id: id.map(|id| id.as_str().to_owned()).unwrap_or_default(),
            owner: operation.owner.as_str().to_owned(),
            name: operation.credential_name.clone(),
        };
        let credential = of(operation.credential.as_ref());
        let outcome = match offer {
            Offer::Replay => {
                let outcome = self.tasks.replay(operation.id).await;
                self.issued(outcome).await.map(|()| String::from("asked again"))
            }
            Offer::Check => self.tasks.reconcile(operation.id).await.map(|words| words.as_str().to_owned()),
            Offer::Verify => self
                .present(&reference(&credential), Some(operation.id))
                .await
                .map(|accepted| format!("accepted: {accepted}")),
            Offer::Rotate => {
                let old = of(operation.replaces.as_ref().or(operation.credential.as_ref()));
                self.rotate(&old, 60).await.map(|()| String::from("rotated"))
            }
            Offer::Revoke => self.revoke(&credential).await.map(|()| String::from("revoked")),
            Offer::Deliver => {
                let plan = DeliverPlan {
                    credential: reference(&credential),
                    owner_name: operation.owner_name.clone(),
                    name: operation.credential_name.clone(),
                    targets: vec![TargetName::parse(&operation.target).expect("a target")],
                };
                self.tasks.deliver(plan).await.map(|_| String::from("delivered"))
            }
            Offer::Settle => {
                self.tasks.advance(operation.id, Phase::Settled, "").map(|()| String::from("settled"))
            }
            Offer::Copy | Offer::LogIn => Ok(String::from("nothing")),
        };
        self.ticks.mode(Count::Nothing);
        outcome.unwrap_or_else(|failure| failure.sentence())
    }

    /// Everything that lives is stored and works; what is more than enough is revoked.
    async fn count(&self, wrong: &mut Vec<String>) -> Result<Vec<Named>, Failure> {
        let listed = self.tasks.list(&account()).await?;
        let ours = listed.listing.credentials.iter().filter(|one| self.is_ours(one.id.as_str()));
        for one in ours.clone() {
            if !stored(&listed, one) {
                wrong.push(format!("LOST: '{}' lives and is stored nowhere after all was seen to", one.name));
            } else if one.enabled
                // Where a window ends by switching off, the old one stays for a while and works no more.
                && !self.order.presented.iter().any(|id| id == one.id.as_str())
                && let Err(why) = self.works(&named(one), &listed).await
            {
                wrong.push(format!("DOES NOT WORK: '{}' is stored and not taken: {why}", one.name));
            }
        }
        let mut all: Vec<Named> = ours.map(named).collect();
        let off: Vec<Named> =
            listed.listing.credentials.iter().filter(|one| !one.enabled).map(named).collect();
        let mut good = self.ours().await?;
        good.retain(|one| !off.contains(one));
        all.retain(|one| !good.contains(one));
        // What is retiring goes first.
        all.extend(good.iter().cloned());
        let extra = all.len().saturating_sub(ENOUGH);
        for one in all.into_iter().take(extra) {
            if self.revoke(&one).await.is_ok() {
                good.retain(|other| *other != one);
            }
            self.ticks.mode(Count::Nothing);
        }
        Ok(good)
    }
}

fn failed(failure: &Failure, when: &str) -> Value {
    json!({ "outcome": format!("{when}: {}", failure.sentence()), "entered": true })
}

fn stored(listed: &Listed, credential: &Credential) -> bool {
    let wanted = credential.reference(&account());
    listed.facts.iter().any(|(of, facts)| *of == wanted && facts.stored)
}

/// Whether an unfinished operation leads to a credential and offers a way to a secret of it, or to its end.
fn may_be(model: &Model, operation: &Operation, credential: &Credential) -> bool {
    let known = operation.credential.as_ref();
    let it = known == Some(&credential.id)
        || (known.is_none()
            && operation.kind.makes_secret()
            && operation.owner == credential.owner.id
            && credential.name.as_str().starts_with(stem(&operation.credential_name)));
    let ways = [Offer::Check, Offer::Replay, Offer::Rotate, Offer::Revoke];
    it && operation.kind != OperationKind::Deliver
        && offers(model, operation).iter().any(|offer| ways.contains(offer) || *offer == Offer::Verify)
}

/// The name without the number a second credential counts on.
fn stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['-', '_'])
}
