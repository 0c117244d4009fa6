//! What an account can do as seen by who is logged in: root over all tenants, root in one, an administrator of one, and a
//! plain user, who may look and change themselves. Told by the role in the login, so it is known only then.

use super::abilities::{ABILITIES, MINTED_ABILITY, ROOT_ABILITIES};
use super::acting::ADMINS_ONLY;
use super::claims::Role;
use crate::domain::ability::{
    Abilities, CredentialAbility, OwnerAbility, OwnerField, OwnerFieldKind, ScopeChoice,
};
use crate::domain::owner::Id;

/// The fields of a user.
pub(super) const EMAIL: &str = "email";
pub(super) const PASSWORD: &str = "password";
pub(super) const ROLE: &str = "role";

const fn field(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: OwnerFieldKind,
) -> OwnerField {
    OwnerField { id, label, hint, kind, optional: false }
}

const EMAIL_FIELD: OwnerField =
    field(EMAIL, "e-mail", "unique over all tenants of most servers", OwnerFieldKind::Text);
const PASSWORD_FIELD: OwnerField =
    field(PASSWORD, "password", "sent once and kept nowhere here", OwnerFieldKind::Secret);

/// What is asked for a new user.
pub(super) static USER_FIELDS: [OwnerField; 3] = [
    EMAIL_FIELD,
    PASSWORD_FIELD,
    field(
        ROLE,
        "account role",
        "what they may do; Left and Right change it",
        OwnerFieldKind::Choice(&["tenant-user", "tenant-admin"]),
    ),
];

/// The same for root, who makes administrators only.
static ADMIN_FIELDS: [OwnerField; 3] = [
    EMAIL_FIELD,
    PASSWORD_FIELD,
    field(
        ROLE,
        "account role",
        "root makes administrators only; they make users",
        OwnerFieldKind::Choice(&["tenant-admin"]),
    ),
];

/// What can be changed of a user. Their sessions and tokens outlive a new password.
pub(super) static USER_EDITS: [OwnerField; 2] = [
    OwnerField { optional: true, hint: "a new one; empty leaves it as it is", ..EMAIL_FIELD },
    OwnerField {
        optional: true,
        hint: "a new one; empty leaves it. Their tokens and logins live on",
        ..PASSWORD_FIELD
    },
];

/// What can be changed of a tenant.
pub(super) const NAME_EDIT: OwnerField = field("name", "name", "its new name", OwnerFieldKind::Text);

/// Whether an owner is a tenant, which has service users.
pub(super) fn is_tenant(owner: &Id) -> bool {
    owner.as_str().starts_with("tenant/")
}

/// Whether an owner is a user, for whom tokens are minted.
pub(super) fn is_user(owner: &Id) -> bool {
    owner.as_str().starts_with("user/")
}

/// Root in the tenant that the account names: gives account roles, sees no permissions, makes administrators.
static ROOT_IN_TENANT: Abilities = Abilities {
    owner: OwnerAbility { fields: &ADMIN_FIELDS, ..TENANT.owner },
    credential: ROOT.credential,
    further: &[CredentialAbility { create: Err(UNSEEN_TOKENS), ..MINTED_ABILITY }],
    ..TENANT
};

/// Where nobody has to log in everybody is an administrator without a tenant: the server makes service users for them in
/// its built-in tenant, and neither tokens nor tenants, and tells them of no permissions.
pub(super) static OPEN: Abilities = Abilities {
    owner: OwnerAbility { edits: &[], ..TENANT.owner },
    credential: super::abilities::key(
        ScopeChoice {
            without: Some(
                "It is a plain user of the built-in tenant; where authentication is off no permissions can be given.",
            ),
            ..super::abilities::ADMIN_ONLY
        },
        "A second service user is made with the same name, role and length of life. Where authentication is off no \
         permissions can be copied: for a service user that may have some, turn it on first. Both keys work until the old \
         service user is switched off; later it is deleted. keywright does both.",
    ),
    further: &[CredentialAbility { create: Err(MINTS_NOTHING), ..MINTED_ABILITY }],
    ..TENANT
};

const MINTS_NOTHING: &str =
    "where authentication is off nobody has a tenant of their own, and the server mints tokens for no other";

/// Why root mints nothing here: what is not listed cannot be looked after.
const UNSEEN_TOKENS: &str =
    "root is not shown the tokens of users, so one could not be revoked here; an administrator mints them";

/// A plain user: sees their own tokens, and may revoke them and change their own password.
static PLAIN_USER: Abilities = Abilities {
    owner: OwnerAbility { create: false, delete: false, ..TENANT.owner },
    credential: CredentialAbility { create: Err(ADMINS_ONLY), ..TENANT.credential },
    ..TENANT
};

const TENANT: Abilities = super::abilities::TENANT_VIEW;
const ROOT: Abilities = super::abilities::ROOT_VIEW;

/// What an account can do, by whether it names a tenant and who is logged in.
pub(super) fn of(names_tenant: bool, role: Option<Role>) -> &'static Abilities {
    match (names_tenant, role) {
        (true, Some(Role::Root)) => &ROOT_IN_TENANT,
        (false, Some(Role::Root) | None) => &ROOT_ABILITIES,
        (_, Some(Role::TenantUser)) => &PLAIN_USER,
        (true, None) | (_, Some(Role::TenantAdmin)) => &ABILITIES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_sees_its_own() {
        let fields = |abilities: &Abilities| {
            let roles = abilities.owner.fields.iter().find(|field| field.id == ROLE);
            match roles.map(|field| &field.kind) {
                Some(OwnerFieldKind::Choice(roles)) => roles.to_vec(),
                Some(OwnerFieldKind::Text | OwnerFieldKind::Secret) | None => Vec::new(),
            }
        };
        let cases = [
            (true, None, true, vec!["tenant-user", "tenant-admin"]),
            (true, Some(Role::TenantAdmin), true, vec!["tenant-user", "tenant-admin"]),
            (true, Some(Role::Root), true, vec!["tenant-admin"]),
            (true, Some(Role::TenantUser), false, vec!["tenant-user", "tenant-admin"]),
            (false, None, true, vec![]),
            (false, Some(Role::Root), true, vec![]),
            (false, Some(Role::TenantAdmin), true, vec!["tenant-user", "tenant-admin"]),
            (false, Some(Role::TenantUser), false, vec!["tenant-user", "tenant-admin"]),
        ];
        for (names_tenant, role, makes, roles) in cases {
            let abilities = of(names_tenant, role);
            assert_eq!((abilities.owner.create, fields(abilities)), (makes, roles), "{role:?}");
            assert_eq!(abilities.credential.create.is_ok(), makes, "{role:?}");
        }
    }
}
