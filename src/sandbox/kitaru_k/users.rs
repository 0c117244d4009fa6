//! People: made by administrators, with a password or with a token to choose one by.

use serde_json::{Value, json};

use super::super::{hash, random};
use super::accounts::{self, Account, MARKS};
use super::input::{check_name, flag, object, text};
use super::problem::{Outcome, Problem};
use super::visit::{Visit, created, new_id, ok};

/// An account as it is shown with the token that is shown once.
fn with_token(account: &Account, token: &str) -> Value {
    let mut shown = account.json();
    if let Some(members) = shown.as_object_mut() {
        members.insert("activation_token".to_owned(), json!(token));
    }
    shown
}

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let body = visit.body()?;
    visit.manages_accounts()?;
    let caller = visit.caller()?;
    visit.once(&caller, |visit| {
        let mut members = body.members()?;
        let name = members.required("name", text);
        let (email, password) = (members.nullable("email", text), members.nullable("password", text));
        let is_admin = members.optional("is_admin", flag).unwrap_or_default();
        members.end()?;
        Visit::admin(&caller, "create")?;
        check_name(&name, &MARKS)?;
        let fresh = Account { email, is_admin, ..Account::new(new_id(visit.now)?, name, visit.now) };
        if let Some(password) = password {
            let account = Account { password: Some(hash::password(&password)?), ..fresh };
            account.save(visit.db)?;
            return created(&account.json());
        }
        let token = random::hex::<32>()?;
        let account = Account { active: false, activation_token: Some(hash::secret(&token)), ..fresh };
        account.save(visit.db)?;
        created(&with_token(&account, &token))
    })
}

pub(super) fn update(visit: &Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    let caller = visit.caller()?;
    let id = Visit::id("account_id", id)?;
    let mut members = body.members()?;
    let (password, old_password) =
        (members.nullable("password", text), members.nullable("old_password", text));
    let (metadata, is_admin) = (members.nullable("metadata", object), members.nullable("is_admin", flag));
    members.end()?;
    if password.is_some() || is_admin.is_some() {
        visit.manages_accounts()?;
    }
    let old = accounts::require(visit.db, &id, Some(false))?;
    let refuse = |words: &str| Err(Problem::plain(403, words));
    let (own, mut account) = (id == caller.id, old.clone());
    if password.is_some() && !own {
        return refuse("Accounts cannot change the password of other accounts");
    }
    if let Some(metadata) = metadata {
        if !own {
            return refuse("Accounts can only update their own metadata");
        }
        account.metadata = metadata.to_string();
    }
    if let Some(is_admin) = is_admin {
        Visit::admin(&caller, "set_admin")?;
        if own {
            return refuse("Accounts cannot change their own admin flag");
        }
        account.is_admin = is_admin;
    }
    if let Some(password) = password {
        let Some(old_password) = old_password else {
            return refuse("The current password must be supplied when changing the password");
        };
        if !old.password.as_ref().is_some_and(|hash| hash::is_password(&old_password, hash)) {
            return refuse("The current password is incorrect");
        }
        account.password = Some(hash::password(&password)?);
    }
    ok(&account.replace(&old, visit)?.json())
}

/// Without a login: whoever holds the token chooses the password.
pub(super) fn activate(visit: &Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    visit.manages_accounts()?;
    let id = Visit::id("account_id", id)?;
    let mut members = body.members()?;
    let (token, password) = (members.required("activation_token", text), members.required("password", text));
    members.end()?;
    let old = accounts::require(visit.db, &id, Some(false))?;
    if old.activation_token != Some(hash::secret(&token)) {
        return Err(Problem::plain(403, "The activation token is incorrect"));
    }
    let account = Account {
        password: Some(hash::password(&password)?),
        activation_token: None,
        active: true,
        ..old.clone()
    };
    ok(&account.replace(&old, visit)?.json())
}

pub(super) fn deactivate(visit: &Visit<'_>, id: &str) -> Outcome {
    visit.manages_accounts()?;
    let caller = visit.caller()?;
    let id = Visit::id("account_id", id)?;
    Visit::admin(&caller, "deactivate")?;
    if id == caller.id {
        return Err(Problem::plain(403, "Accounts cannot deactivate themselves"));
    }
    let old = accounts::require(visit.db, &id, Some(false))?;
    let token = random::hex::<32>()?;
    let account = Account { active: false, activation_token: Some(hash::secret(&token)), ..old.clone() };
    ok(&with_token(&account.replace(&old, visit)?, &token))
}
