//! `keywright revoke`: ends a credential, and finds out how that is known.
//!
//! The JSON is one object, every member always present: `credential` (`account`, `owner`, `name`, `id`), `proof`
//! (`refused`, `unlisted`, `for a day`, `still accepted` or `unproven`), `words` (a sentence).

use serde::Serialize;

use super::desk::{self, Named};
use super::{Outcome, complain, say};
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

/// Revokes it. What is still accepted afterwards, or may have happened, needs attention.
pub fn run(settings: &Settings, arguments: &RevokeArgs) -> Outcome {
    let done = desk::wait(settings, super::tasks(settings), async |mut desk| {
        let found = desk.find(&arguments.credential).await?;
        desk.may(&found, &arguments.yes, |facts| &facts.may_revoke).await?;
        desk.warn(&found, true).await;
        desk.alone(&found).await?;
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
                    complain(
                        &"it may have been carried out all the same; the screen's unfinished work tells",
                    );
                    return Ok(Outcome::Attention);
                }
                return Ok(outcome);
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
        let said = say(&if arguments.json { desk::json(&told) } else { format!("{}\n", told.words) });
        Ok(if said == Outcome::Done && proof == Proof::StillAccepted { Outcome::Attention } else { said })
    });
    desk::outcome(done)
}
