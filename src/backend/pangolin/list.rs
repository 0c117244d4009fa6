//! What there is: keys of a tenant and tokens of its users; for root over all, keys of every tenant.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::super::http::Call;
use super::super::{Session, Taking, untaken};
use super::acting::Acting;
use super::claims::{NIL, Role};
use super::keys::{SERVICE_USERS, Seen, credential};
use super::scopes::{Held, Names};
use super::{Pangolin, owners, tokens, wire};
use crate::domain::answer::{Listing, Part, Reach};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::finding::{Finding, Severity};
use crate::domain::owner::Owner;
use crate::domain::scope::Granted;
use crate::domain::text::Text;

/// How many requests are under way at once.
const AT_ONCE: usize = 6;

impl Pangolin {
    pub(super) async fn list_all(&self, session: &Session) -> Result<Listing, Failure> {
        self.list_parts(session, &untaken).await
    }

    pub(super) async fn list_parts(&self, session: &Session, taking: Taking<'_>) -> Result<Listing, Failure> {
        let acting = self.acting(session)?;
        {
            let mut known = self.known();
            (known.role, known.open) = (Some(acting.actor.role), session.bearer.is_empty());
        }
        let mut listing = Listing::default();
        if self.is_over_all(&acting) {
            let tenants: Vec<wire::Tenant> = self.rows(&acting, &["api", "v1", "tenants"]).await?;
            let mut reach = Reach { done: 0, of: Some(tenants.len()), what: "tenants" };
            let mut seen = Vec::new();
            let keys = stream::iter(tenants).map(|tenant| self.keys_of_tenant(session, tenant));
            let mut keys = std::pin::pin!(keys.buffered(AT_ONCE));
            while let Some((owner, keys)) = keys.next().await {
                let mut part = Listing::default();
                seen.push(add_keys(&mut part, &owner, keys));
                part.owners.push(owner);
                reach.done += 1;
                taking(Part { listing: part.clone(), reach });
                listing.take_in(part);
            }
            self.note_keys(seen);
        } else {
            self.list_tenant(&acting, &mut listing).await?;
        }
        listing.findings = findings(&listing);
        Ok(listing)
    }

    async fn keys_of_tenant(
        &self,
        session: &Session,
        tenant: wire::Tenant,
    ) -> (Owner, Result<Keys, Failure>) {
        let owner = self.note_tenant(&tenant);
        let keys = match self.acting_in(session, &tenant.id) {
            Ok(acting) => self.keys_of(&acting).await,
            Err(failure) => Err(failure),
        };
        (owner, keys)
    }

    fn note_tenant(&self, tenant: &wire::Tenant) -> Owner {
        let owner = owners::of_tenant(tenant);
        self.known().tenants.insert(tenant.id.clone(), owner.name.clone());
        owner
    }

    /// The tenant the session acts in, with its users.
    async fn list_tenant(&self, acting: &Acting<'_>, listing: &mut Listing) -> Result<(), Failure> {
        let call = Call::read(&["api", "v1", "tenants", &acting.tenant]);
        let tenant: wire::Tenant = match self.send(acting.sign(call)).await {
            Ok(reply) => wire::decode(&reply, "the tenant")?,
            Err(failure) if matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound) => {
                // The built-in one is there without being listed; any other may just not be named.
                let name = if acting.tenant == NIL { "default" } else { acting.tenant.as_str() };
                wire::Tenant { id: acting.tenant.clone(), name: name.to_owned() }
            }
            Err(failure) => return Err(failure),
        };
        let owner = self.note_tenant(&tenant);
        let users: Vec<wire::User> = self.rows(acting, &["api", "v1", "users"]).await?;
        if acting.actor.role != Role::TenantUser {
            let keys = self.keys_of(acting).await;
            let seen = add_keys(listing, &owner, keys);
            self.note_keys(vec![seen]);
        }
        listing.owners.push(owner);
        self.add_tokens(acting, &users, listing).await;
        listing.owners.extend(users.iter().map(owners::of_user));
        Ok(())
    }

    /// The tokens of every user, or of the plain user who asks. Root is shown none of them.
    async fn add_tokens(&self, acting: &Acting<'_>, users: &[wire::User], listing: &mut Listing) {
        let seen = |user: &&wire::User| acting.actor.role != Role::TenantUser || user.id == acting.actor.id;
        let asked: Vec<wire::User> =
            if acting.sees_permissions() { users.iter().filter(seen).cloned().collect() } else { Vec::new() };
        let tokens = stream::iter(asked).map(|user| async move {
            let tokens = self.tokens_of(acting, &user).await;
            (user, tokens)
        });
        let all: Vec<_> = tokens.buffered(AT_ONCE).collect().await;
        for (user, tokens) in all {
            match tokens {
                Ok(tokens) => {
                    let owner = owners::of_user(&user).reference();
                    listing
                        .credentials
                        .extend(tokens.iter().map(|one| tokens::credential(one, &owner, user.role)));
                }
                Err(failure) => listing.failed.push((owners::of_user(&user).reference(), failure)),
            }
        }
    }

    /// The service users of a tenant and what each holds.
    async fn keys_of(&self, acting: &Acting<'_>) -> Result<Keys, Failure> {
        let reply = self.send(acting.sign(Call::read(&SERVICE_USERS))).await?;
        let (rows, odd) = wire::rows::<wire::ServiceUser>(&reply, "the list of service users")?;
        if !acting.sees_permissions() {
            let rows = rows.into_iter().map(|row| (row, Seen::Unseen)).collect();
            return Ok(Keys { rows, odd, names: Names::default(), presented: self.presented() });
        }
        let (permissions, names) = tokio::join!(self.permissions(acting), self.names(acting));
        let permissions = permissions?;
        let with_roles = stream::iter(rows).map(|row| async move {
            // Only plain users are held to what they hold.
            let asked = row.role.is_none_or(|role| role == Role::TenantUser);
            let roles = if asked { self.roles_of(acting, &row.id).await } else { Ok(Vec::new()) };
            (row, roles)
        });
        let with_roles: Vec<_> = with_roles.buffered(AT_ONCE).collect().await;
        let mut rows = Vec::new();
        for (row, roles) in with_roles {
            let own = permissions.iter().filter(|one| one.user == row.id).cloned().collect();
            rows.push((row, Seen::Held(Held { permissions: own, roles: roles? })));
        }
        Ok(Keys { rows, odd, names, presented: self.presented() })
    }

    /// Keeps which service users there are now.
    fn note_keys(&self, seen: Vec<Option<(Vec<String>, Names)>>) {
        let mut known = self.known();
        known.service_users.clear();
        for (ids, names) in seen.into_iter().flatten() {
            known.service_users.extend(ids);
            known.names = names;
        }
    }
}

/// Puts the keys of a tenant into a listing; answers which service users it has, and what everything is called there.
fn add_keys(
    listing: &mut Listing,
    owner: &Owner,
    keys: Result<Keys, Failure>,
) -> Option<(Vec<String>, Names)> {
    let keys = match keys {
        Ok(keys) => keys,
        Err(failure) => {
            listing.failed.push((owner.reference(), failure));
            return None;
        }
    };
    if keys.odd > 0 {
        let words = format!("{} of the service users could not be read", keys.odd);
        listing.failed.push((owner.reference(), Failure::new(FailureKind::Unexpected, words)));
    }
    let ids = keys.rows.iter().map(|(row, _)| row.id.clone()).collect();
    for (row, seen) in keys.rows {
        let mut key = credential(row, &owner.reference(), &seen, &keys.names);
        key.particulars.presented.clone_from(&keys.presented);
        listing.credentials.push(key);
    }
    Some((ids, keys.names))
}

/// Service users with what they hold.
struct Keys {
    rows: Vec<(wire::ServiceUser, Seen)>,
    odd: usize,
    names: Names,
    /// How keys are presented to this server.
    presented: Option<Text>,
}

/// Keys that reach over every tenant. An administrator of one can make them, and nothing of the server tells.
fn findings(listing: &Listing) -> Vec<Finding> {
    let of_root = listing.credentials.iter().filter(|one| one.scopes == Granted::Everything);
    let finding = |one: &crate::domain::credential::Credential| Finding {
        severity: Severity::Warning,
        credential: Some(one.id.clone()),
        what: Text::clean(&format!(
            "{} may do everything in every tenant: its account role is root",
            one.name
        )),
        mend: Text::clean("Make another with the role it needs, and delete this one."),
    };
    of_root.map(finding).collect()
}
