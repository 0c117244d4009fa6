//! `keywright exec`: runs a program with stored secrets in its environment, and in nobody else's.

use super::desk::{self, Desk, NotFound};
use super::{Outcome, complain, fail};
use crate::cli::ExecArgs;
use crate::config::Settings;
use crate::deliver::exec::{self, is_variable};
use crate::domain::credential::CredentialRef;
use crate::secret::Secret;

/// What a variable gets.
struct Wanted<'a> {
    variable: &'a str,
    credential: &'a str,
}

/// Reads the secrets and becomes the program.
pub fn run(settings: &Settings, arguments: &ExecArgs) -> Outcome {
    let wanted: Result<Vec<Wanted<'_>>, String> =
        arguments.variables.iter().map(|typed| wanted(typed)).collect();
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(why) => {
            complain(&why);
            return Outcome::Usage;
        }
    };
    let Some((program, rest)) = arguments.program.split_first() else { return Outcome::Usage };
    let read = desk::wait(settings, super::tasks(settings), async |mut desk| {
        let mut variables = Vec::new();
        for one in &wanted {
            variables.push((one.variable.to_owned(), secret(&mut desk, one.credential, program).await?));
        }
        Ok(variables)
    });
    let variables = match read {
        Ok(variables) => variables,
        Err(outcome) => return outcome,
    };
    match exec::run(program, rest, &variables) {
        Ok(true) => Outcome::Done,
        Ok(false) => Outcome::Failed,
        Err(why) => fail(&format!("{program} cannot be started: {why}")),
    }
}

/// Takes `NAME=CREDENTIAL[.part]` apart.
fn wanted(typed: &str) -> Result<Wanted<'_>, String> {
    let (variable, credential) = typed
        .split_once('=')
        .ok_or_else(|| format!("{typed}: say NAME=CREDENTIAL, then -- and the program"))?;
    if !is_variable(variable) {
        return Err(format!("{variable} cannot be a variable's name: letters, digits and '_' can"));
    }
    if credential.is_empty() {
        return Err(format!("{variable}= names no credential"));
    }
    Ok(Wanted { variable, credential })
}

/// The stored secret, or a part of it.
async fn secret(desk: &mut Desk, typed: &str, program: &str) -> Result<Secret, Outcome> {
    let (reference, part) = desk.find_part(typed).await.map_err(NotFound::complain)?;
    give(desk, &reference, part.as_deref(), program).await
}

async fn give(
    desk: &Desk,
    reference: &CredentialRef,
    part: Option<&str>,
    program: &str,
) -> Result<Secret, Outcome> {
    let given = desk.tasks.give(reference, part, &format!("given to {program}")).await;
    let given = given.map_err(|failure| desk::refused(&reference.account, &failure))?;
    if !given.compared {
        let account = &reference.account;
        complain(&format!("{account}: the server could not be asked whether this is the current secret"));
    }
    Ok(given.secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_taken_apart() {
        let good = wanted("API_KEY=prod/ci/default.secret").expect("good");
        assert_eq!((good.variable, good.credential), ("API_KEY", "prod/ci/default.secret"));
        for bad in ["API_KEY", "1A=x/y/z", "A-B=x", "A=", "=x"] {
            assert!(wanted(bad).is_err(), "{bad}");
        }
    }
}
