//! `keywright revoke`: ends a credential, or several, and finds out how that is known.
//!
//! The JSON is one object, or of several an array of those that were revoked, every member always present: `credential` (`account`, `owner`, `name`, `id`), `proof`
//! (`refused`, `unlisted`, `for a day`, `still accepted` or `unproven`), `words` (a sentence).

use serde::Serialize;

use super::desk::{self, Desk, Found, Named};
use super::{Outcome, complain, say, worst};
use crate::app::effect::RevokePlan;
use crate::app::msg::Proof;
use crate::cli::RevokeArgs;
use crate::config::Settings;
use crate::domain::failure::Effected;

#[derive(Debug, Serialize)]
struct Told {
    credential: Named,
    proof: &'static str,
    words: String,
}

/// Revokes them, one after the other. What is still accepted afterwards, or may have happened, needs attention.
pub fn run(settings: &Settings, arguments: &RevokeArgs) -> Outcome {
    let done = desk::wait(settings, super::tasks(settings), async |mut desk| {
        let all = desk.meant(&arguments.credentials, &arguments.yes).await?;
        for found in &all {
            desk.may(found, |facts| &facts.may_revoke).await?;
        }
        for found in &all {
            desk.warn(found, true).await;
        }
        desk.warn_together(&all).await;
        let (mut told, mut outcome) = (Vec::new(), Outcome::Done);
        for found in &all {
            let (one, ended) = match desk.alone(found).await {
                Ok(()) => revoke(&desk, found).await,
                Err(ended) => (None, ended),
            };
            told.extend(one);
            outcome = worst(outcome, ended);
        }
        let printed = match (arguments.json, all.len(), told.as_slice()) {
            (true, 1, [one]) => desk::json(one),
            (true, 2.., several) => desk::json(&several),
            (_, _, several) => several.iter().flat_map(|one| [one.words.as_str(), "\n"]).collect(),
        };
        let said = say(&printed);
        Ok(if said == Outcome::Done { outcome } else { said })
    });
    desk::outcome(done)
}

/// Revokes one; what became of it, unless it failed.
async fn revoke(desk: &Desk, found: &Found) -> (Option<Told>, Outcome) {
    let plan = RevokePlan {
        credential: found.reference.clone(),
        owner_name: found.credential.owner.name.as_str().to_owned(),
        name: found.credential.name.as_str().to_owned(),
    };
    let proof = match desk.tasks.revoke(plan).await {
        Ok(proof) => proof,
        Err(failure) => {
            let outcome = desk::refused(&found.reference.account, &failure);
            if failure.effected == Effected::Unknown {
                complain(&"it may have been carried out all the same; the screen's unfinished work tells");
                return (None, Outcome::Attention);
            }
            return (None, outcome);
        }
    };
    let name = &found.credential.name;
    let (word, words) = match &proof {
        Proof::Refused(why) => {
            ("refused", format!("'{name}' is revoked; presented again, it was refused ({why})"))
        }
        Proof::Unlisted => {
            ("unlisted", format!("'{name}' is revoked; the listing does not have it any more"))
        }
        Proof::StillAccepted => {
            ("still accepted", format!("'{name}' was revoked, but presented again it was still accepted"))
        }
        Proof::ForADay(how) => ("for a day", format!("'{name}' is revoked; {how}")),
        Proof::Unproven(why) => {
            ("unproven", format!("'{name}' is revoked; that could not be checked ({why})"))
        }
    };
    let credential = Named::of(&found.reference, Some(&found.credential));
    let told = Told { credential, proof: word, words };
    (Some(told), if proof == Proof::StillAccepted { Outcome::Attention } else { Outcome::Done })
}
