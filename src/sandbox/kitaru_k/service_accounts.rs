//! Service accounts: made, described and switched off. They cannot be deleted, and nothing can give one a key.

use super::accounts::{self, Account, MARKS};
use super::input::{check_name, flag, object, text};
use super::problem::Outcome;
use super::visit::{Visit, created, new_id, ok};

pub(super) fn create(visit: &mut Visit<'_>) -> Outcome {
    let body = visit.body()?;
    visit.manages_accounts()?;
    let caller = visit.caller()?;
    visit.once(&caller, |visit| {
        let mut members = body.members()?;
        let name = members.required("name", text);
        let email = members.nullable("email", text);
        members.end()?;
        Visit::admin(&caller, "create")?;
        check_name(&name, &MARKS)?;
        let account =
            Account { email, is_service_account: true, ..Account::new(new_id(visit.now)?, name, visit.now) };
        account.save(visit.db)?;
        created(&account.json())
    })
}

pub(super) fn update(visit: &Visit<'_>, id: &str) -> Outcome {
    let body = visit.body()?;
    visit.manages_accounts()?;
    let caller = visit.caller()?;
    let id = Visit::id("account_id", id)?;
    let mut members = body.members()?;
    let (active, metadata) = (members.nullable("active", flag), members.nullable("metadata", object));
    members.end()?;
    Visit::admin(&caller, "update")?;
    let old = accounts::require(visit.db, &id, Some(true))?;
    let account = Account {
        active: active.unwrap_or(old.active),
        metadata: metadata.map_or_else(|| old.metadata.clone(), |metadata| metadata.to_string()),
        ..old.clone()
    };
    ok(&account.replace(&old, visit)?.json())
}
