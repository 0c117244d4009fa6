//! Service accounts: create, switch, delete.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::keys::{check_description, check_name};
use super::{Adapter, convert, errors, path_id, wire};
use crate::backend::Session;
use crate::backend::http::Call;
use crate::domain::failure::Failure;
use crate::domain::owner::{Id, Owner};

/// The collection.
pub(super) const ACCOUNTS: [&str; 3] = ["api", "v1", "service_accounts"];
const WHAT: &str = "the service account";

impl Adapter {
    pub(super) async fn create_account(
        &self,
        session: &Session,
        name: &str,
        description: &str,
    ) -> Result<Owner, Failure> {
        check_name(name)?;
        check_description(description)?;
        let call = Call::write(Method::POST, &ACCOUNTS)
            .idempotency_key(Uuid::new_v4())
            .json(&json!({ "name": name, "description": description, "active": true }));
        self.account(call.bearer(&session.bearer)).await
    }

    pub(super) async fn enable_account(
        &self,
        session: &Session,
        owner: &Id,
        enabled: bool,
    ) -> Result<Owner, Failure> {
        let id = path_id(owner)?;
        let call = Call::write(Method::PUT, &item(&id)).json(&json!({ "active": enabled }));
        self.account(call.bearer(&session.bearer)).await
    }

    pub(super) async fn delete_account(&self, session: &Session, owner: &Id) -> Result<(), Failure> {
        let id = path_id(owner)?;
        self.send(Call::write(Method::DELETE, &item(&id)).bearer(&session.bearer)).await.map(drop)
    }

    async fn account(&self, call: Call<'_>) -> Result<Owner, Failure> {
        let reply = self.send(call).await?;
        let account: wire::Account = super::decode(&reply, WHAT)?;
        convert::owner(account).ok_or_else(|| errors::unexpected(&reply, WHAT))
    }
}

fn item(id: &str) -> [&str; 4] {
    let [api, version, accounts] = ACCOUNTS;
    [api, version, accounts, id]
}
