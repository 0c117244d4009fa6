//! `keywright verify`: presents the stored secret to its server.
//!
//! The JSON is one object, every member always present: `credential` (`account`, `owner`, `name`, `id`), `verdict`
//! (`accepted`, `refused` or `untold`), `words` (a sentence), `scopes` (what it was seen to do, in words, or `null`).

use serde::Serialize;

use super::desk::{self, Named};
use super::{Outcome, say};
use crate::app::effect::Generation;
use crate::backend::unheard;
use crate::cli::VerifyArgs;
use crate::config::Settings;
use crate::domain::answer::Verdict;
use crate::domain::credential::Credential;

#[derive(Debug, Serialize)]
struct Told {
    credential: Named,
    verdict: &'static str,
    words: String,
    scopes: Option<String>,
}

/// Presents it. Accepted is done; refused, or an answer that does not tell, needs attention.
pub fn run(settings: &Settings, arguments: &VerifyArgs) -> Outcome {
    let done = desk::wait(settings, super::tasks(settings), async |mut desk| {
        let found = desk.find_stored(&arguments.credential).await;
        let (reference, credential) = found.map_err(desk::NotFound::complain)?;
        let verdict = desk.tasks.verify(&reference, Generation::Current, None, &unheard).await;
        let verdict = verdict.map_err(|failure| desk::refused(&reference.account, &failure))?;
        let spelled = |one: &Credential| desk.tasks.spelled(&reference.account, one.kind, &one.scopes);
        let words = verdict.words(credential.as_ref().map(spelled).as_ref());
        let told = Told {
            credential: Named::of(&reference, credential.as_ref()),
            verdict: word(&verdict),
            scopes: match &verdict {
                Verdict::Accepted { scopes, .. } => Some(scopes.words()),
                Verdict::Refused { .. } | Verdict::Untold { .. } => None,
            },
            words,
        };
        let said = say(&if arguments.json { desk::json(&told) } else { format!("{}\n", told.words) });
        let accepted = matches!(verdict, Verdict::Accepted { .. });
        Ok(if said == Outcome::Done && !accepted { Outcome::Attention } else { said })
    });
    desk::outcome(done)
}

/// The verdict in one word.
pub(super) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted { .. } => "accepted",
        Verdict::Refused { .. } => "refused",
        Verdict::Untold { .. } => "untold",
    }
}
