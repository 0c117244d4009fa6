//! Accounts: oneself, and service accounts, which can be made and switched off but never deleted or given a key.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::abilities::check_account_name;
use super::keys::id;
use super::{Adapter, path_id, wire};
use crate::backend::Session;
use crate::backend::http::Call;
use crate::backend::kitaru::{decode, z};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::owner::{Id, Owner};
use crate::domain::text::Text;

/// Every account.
pub(super) const ACCOUNTS: [&str; 3] = ["api", "v1", "accounts"];
/// Where service accounts are made and changed; they are listed among all accounts, by this filter.
const COLLECTION: [&str; 3] = ["api", "v1", "service-accounts"];
pub(super) const SERVICE_ACCOUNTS: &str = r#"{"field":"is_service_account","op":"eq","value":true}"#;
/// What is said beside the account that is logged in, and beside a service account.
pub(super) const YOURSELF: &str = "you: the API keys listed are yours, and new ones will be";
pub(super) const NO_KEYS: &str = "a service account; this server has no call that gives it an API key";
const WHAT: &str = "the account";

/// An account as an owner, with what its people say of it and what there is to say about it.
pub(super) fn owner(account: wire::Account, about: &str) -> Option<Owner> {
    let described =
        account.metadata.and_then(|metadata| metadata.description).filter(|text| !text.is_empty());
    Some(Owner {
        id: id(account.id.as_deref())?,
        name: account.name.map(Text::from).unwrap_or_default(),
        description: Text::clean(
            &described.map_or_else(|| about.to_owned(), |said| format!("{said} ({about})")),
        ),
        enabled: account.active.unwrap_or(true),
        created: account.created.unwrap_or_default().0,
    })
}

/// There is no such call.
pub(super) fn no_deletion() -> Failure {
    let words = "this server does not delete accounts; a service account can be switched off";
    Failure::new(FailureKind::Unsupported, words)
}

impl Adapter {
    pub(super) async fn create_account(
        &self,
        session: &Session,
        name: &str,
        description: &str,
    ) -> Result<Owner, Failure> {
        check_account_name(name).map_err(|words| Failure::new(FailureKind::Invalid, words))?;
        let call = Call::write(Method::POST, &COLLECTION)
            .idempotency_key(Uuid::new_v4())
            .json(&json!({ "name": name }));
        let made = self.account(call.bearer(&session.bearer)).await?;
        if description.is_empty() {
            return Ok(made);
        }
        // An account has no description of its own, but metadata for anyone's use, which is set apart from its making.
        let described = json!({ "metadata": { "description": description } });
        let changed = self.change(session, &made.id, &described).await;
        // It was made, whatever became of the description; the list shows what it has.
        Ok(changed.unwrap_or(made))
    }

    pub(super) async fn enable_account(
        &self,
        session: &Session,
        owner: &Id,
        enabled: bool,
    ) -> Result<Owner, Failure> {
        match self.change(session, owner, &json!({ "active": enabled })).await {
            Err(failure) if failure.kind == FailureKind::NotFound => {
                let words =
                    "only service accounts are switched off and on here; people are on the server's pages";
                Err(Failure::new(FailureKind::Unsupported, words))
            }
            done => done,
        }
    }

    async fn change(&self, session: &Session, owner: &Id, change: &Value) -> Result<Owner, Failure> {
        let id = path_id(owner)?;
        let [api, version, accounts] = COLLECTION;
        let call = Call::write(Method::PATCH, &[api, version, accounts, &id]).json(change);
        self.account(call.bearer(&session.bearer)).await
    }

    async fn account(&self, call: Call<'_>) -> Result<Owner, Failure> {
        let reply = self.send(call).await?;
        let account: wire::Account = decode(&reply, WHAT)?;
        owner(account, NO_KEYS).ok_or_else(|| z::unexpected(&reply, WHAT))
    }
}
