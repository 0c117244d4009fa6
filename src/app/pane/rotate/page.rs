//! A second credential that this login may not make: it is made by hand on a page, pasted, and then verified and promised
//! like any other.

use super::Rotate;
use crate::app::effect::{CreatePlan, Effect};
use crate::app::model::{Model, Tone};
use crate::app::pane::by_hand;
use crate::app::settle;
use crate::app::update::Turn;
use crate::domain::ability::ExpiryModel;
use crate::domain::failure::Failure;
use crate::domain::scope::{EVERYTHING, Granted};
use crate::domain::text::Text;
use crate::domain::time::Date;

impl Rotate {
    /// Whether this login may not make the second one itself.
    pub fn by_hand(&self, model: &Model) -> bool {
        let account = model.account(&self.credential.account);
        self.may_promise(model)
            && account.and_then(|one| one.session()).is_some_and(|facts| facts.may_create.is_err())
    }

    /// What is to be made on the page.
    fn wanted(&self, model: &Model) -> CreatePlan {
        let scopes = match &self.agreed {
            Granted::Listed(scopes) => scopes.iter().map(Text::to_string).collect(),
            Granted::Everything => vec![String::from(EVERYTHING)],
            Granted::AsOwner => Vec::new(),
        };
        CreatePlan {
            account: self.credential.account.clone(),
            kind: self.reviewed.kind.to_owned(),
            owner: self.reviewed.owner.clone(),
            name: self.reviewed.name.as_str().to_owned(),
            description: String::new(),
            scopes,
            expiry: self.successor_end(model),
            targets: Vec::new(),
        }
    }

    /// When it is to end: it lives as long as the first one, where an end can be asked for.
    fn successor_end(&self, model: &Model) -> Option<Date> {
        let account = model.account(&self.credential.account)?;
        match account.abilities.kind(self.reviewed.kind).expiry {
            ExpiryModel::Date { longest_days, .. } => {
                self.reviewed.successor_end(account.server_time(model.now), longest_days)
            }
            ExpiryModel::None(_) => None,
        }
    }

    /// Asks for the page, filled in.
    pub(super) fn ask_page(&mut self, model: &mut Model) -> Turn {
        self.failure = None;
        let request = model.request("finding the page where it is made", false);
        self.running = Some(request);
        Turn::effect(Effect::CreationPage(request, self.wanted(model)))
    }

    /// The page lies over the wizard, which is told what was pasted as if the server had sent it.
    pub fn page_told(&mut self, model: &mut Model, result: Result<Option<Text>, Failure>) -> Turn {
        self.running = None;
        match (result, self.retention()) {
            (Ok(Some(page)), Some(retention)) => {
                let replaces = Some((self.credential.id.clone(), retention));
                Turn::open(by_hand::open(model, self.wanted(model), replaces, page))
            }
            (Ok(_), _) => {
                model.say(Tone::Bad, "this login may not make one, and there is no page on which it is made");
                Turn::stay()
            }
            (Err(failure), _) => {
                let turn = settle::failed(model, &self.credential.account, &failure);
                self.failure = Some(failure);
                turn
            }
        }
    }
}
