//! What a service user may do, in words that can be read, chosen and sent back: `read tenant`, `write catalog sales`,
//! `all namespace sales/orders.eu`, `read tag pii`, `role analyst`, `account tenant-admin`. The server says the same
//! with ids and tagged objects, and in random order.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::claims::{Role, is_id};
use super::wire::{Catalog, GrantRole, Permission};
use crate::domain::scope::{Granted, Risk};
use crate::domain::text::Text;

/// Every action, what it allows, and how risky it is. The first two bring others along.
pub(super) const ACTIONS: [(&str, &str, Risk); 10] = [
    ("read", "read", Risk::Reads),
    ("write", "write", Risk::Writes),
    ("delete", "delete", Risk::Writes),
    ("create", "create", Risk::Writes),
    ("update", "update", Risk::Writes),
    ("list", "list", Risk::Reads),
    ("all", "do everything to", Risk::Wide),
    ("ingest-branching", "ingest into branches of", Risk::Writes),
    ("experimental-branching", "make experimental branches of", Risk::Writes),
    ("manage-discovery", "manage the discovery of", Risk::Writes),
];

/// What an action brings along, where it stands for several.
fn expanded(action: &str) -> &'static str {
    match action {
        "read" => " (read, list)",
        "write" => " (read, create, update, delete, list)",
        "all" => {
            " (read, create, update, delete, list, ingest into branches, make experimental branches, manage discovery)"
        }
        _ => "",
    }
}

/// What ids stand for.
#[derive(Clone, Default)]
pub(super) struct Names {
    pub(super) catalogs: Vec<Catalog>,
    pub(super) roles: Vec<GrantRole>,
}

impl Names {
    fn catalog<'a>(&'a self, id: &'a str) -> &'a str {
        self.catalogs.iter().find(|catalog| catalog.id == id).map_or(id, |catalog| &catalog.name)
    }

    fn catalog_id(&self, name: &str) -> Result<String, String> {
        let found = self.catalogs.iter().find(|catalog| catalog.name == name || catalog.id == name);
        found.map(|catalog| catalog.id.clone()).ok_or_else(|| format!("there is no catalog {name:?}"))
    }
}

/// Permissions and roles of one service user.
#[derive(Clone, Default)]
pub(super) struct Held {
    pub(super) permissions: Vec<Permission>,
    pub(super) roles: Vec<GrantRole>,
}

impl Held {
    /// What of it is not in another: what is still to be given.
    pub(super) fn without(&self, has: &Self) -> Self {
        let has = has.set();
        let left = |one: &Permission| {
            let actions = one.actions.iter();
            let actions = actions.filter(|action| !has.contains(&format!("{action} {}", one.scope)));
            Permission { actions: actions.cloned().collect(), ..one.clone() }
        };
        let permissions = self.permissions.iter().map(left).filter(|one| !one.actions.is_empty());
        let roles = self.roles.iter().filter(|role| !has.contains(&format!("role {}", role.id)));
        Self { permissions: permissions.collect(), roles: roles.cloned().collect() }
    }

    /// What is held as a set that can be compared: each action on each thing, and each role.
    pub(super) fn set(&self) -> BTreeSet<String> {
        let each = |one: &Permission| {
            let scope = one.scope.to_string();
            one.actions.iter().map(move |action| format!("{action} {scope}")).collect::<Vec<_>>()
        };
        let roles = self.roles.iter().map(|role| format!("role {}", role.id));
        self.permissions.iter().flat_map(each).chain(roles).collect()
    }

    /// The same in words.
    pub(super) fn words(&self, names: &Names) -> Vec<String> {
        let permissions = self.permissions.iter().flat_map(|one| words_of(one, names));
        let roles = self.roles.iter().map(|role| format!("role {}", role.name));
        permissions.chain(roles).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What it allows, in sentences; those that come of a role say so.
    pub(super) fn sentences(&self, names: &Names) -> Vec<Text> {
        let own = self.permissions.iter().flat_map(|one| words_of(one, names));
        let own = own.collect::<BTreeSet<_>>().into_iter().map(|word| format!("may {}", allows(&word)));
        let of_roles =
            self.roles.iter().map(|role| format!("role {}: may {}", role.name, role_allows(role, names)));
        own.chain(of_roles).map(|sentence| Text::clean(&sentence)).collect()
    }
}

/// What an account role and what is held with it come to. Administrators pass every check whatever they hold.
pub(super) fn granted(role: Role, words: &[String]) -> Granted {
    match role {
        Role::Root => Granted::Everything,
        Role::TenantAdmin => Granted::Listed(vec![Text::clean("account tenant-admin")]),
        Role::TenantUser => Granted::Listed(words.iter().map(|word| Text::clean(word)).collect()),
    }
}

/// A permission in words, one for each action.
pub(super) fn words_of(permission: &Permission, names: &Names) -> Vec<String> {
    let place = place(&permission.scope, names);
    permission.actions.iter().map(|action| format!("{action} {place}")).collect()
}

fn place(scope: &Value, names: &Names) -> String {
    let text = |name: &str| scope.get(name).and_then(Value::as_str).unwrap_or_default();
    let catalog = || names.catalog(text("catalog_id"));
    match text("type") {
        "tenant" => String::from("tenant"),
        "catalog" => format!("catalog {}", catalog()),
        "namespace" => format!("namespace {}/{}", catalog(), text("namespace")),
        "asset" => format!("asset {}/{}/{}", catalog(), text("namespace"), text("asset_id")),
        "tag" => format!("tag {}", text("tag_name")),
        _ => scope.to_string(),
    }
}

/// What a scope allows, in words, to follow "may".
pub(super) fn allows(word: &str) -> String {
    let (action, place) = word.split_once(' ').unwrap_or((word, ""));
    let verb = ACTIONS.iter().find(|(id, ..)| *id == action).map_or(action, |(_, verb, _)| verb);
    let (kind, name) = place.split_once(' ').unwrap_or((place, ""));
    let parts: Vec<&str> = name.splitn(3, '/').collect();
    let what = match (kind, parts.as_slice()) {
        ("tenant", _) => String::from("everything in the tenant"),
        ("catalog", _) => format!("tables in catalog {name}"),
        ("namespace", [catalog, namespace]) => {
            format!("tables in namespace {namespace} of catalog {catalog} and below it")
        }
        ("asset", [catalog, namespace, asset]) => {
            format!("the one asset {asset} in namespace {namespace} of catalog {catalog}")
        }
        ("tag", _) => format!("whatever carries the tag {name}"),
        _ => place.to_owned(),
    };
    format!("{verb} {what}{}", expanded(action))
}

/// What a role's grants allow.
pub(super) fn role_allows(role: &GrantRole, names: &Names) -> String {
    // The server shuffles them, and the same role reads the same.
    let words: BTreeSet<String> = role.permissions.iter().flat_map(|one| words_of(one, names)).collect();
    let all: Vec<String> = words.iter().map(|word| allows(word)).collect();
    if all.is_empty() { String::from("do nothing yet") } else { all.join("; ") }
}

/// What was chosen, sorted by how it is sent.
#[derive(Default)]
pub(super) struct Chosen {
    /// The account role, if one was.
    pub(super) account: Option<Role>,
    /// Actions by what they are on.
    pub(super) held: Held,
}

/// Reads chosen words back.
pub(super) fn parse(words: &[String], names: &Names) -> Result<Chosen, String> {
    let mut chosen = Chosen::default();
    for word in words {
        let (first, rest) = word.split_once(' ').unwrap_or((word, ""));
        match (first, rest) {
            ("account", "tenant-admin") => chosen.account = Some(Role::TenantAdmin),
            ("account", "tenant-user") => chosen.account = Some(Role::TenantUser),
            ("account", _) => return Err(String::from("only the roles of a tenant are given here")),
            ("role", name) => {
                let found = names.roles.iter().find(|role| role.name == name);
                let found = found.ok_or_else(|| format!("there is no role {name:?}"))?;
                chosen.held.roles.push(found.clone());
            }
            (action, place) if ACTIONS.iter().any(|(id, ..)| *id == action) => {
                let scope = scope(place, names)?;
                let same = chosen.held.permissions.iter_mut().find(|one| one.scope == scope);
                match same {
                    Some(one) => one.actions.push(action.to_owned()),
                    None => chosen.held.permissions.push(Permission {
                        user: String::new(),
                        scope,
                        actions: vec![action.to_owned()],
                    }),
                }
            }
            _ => return Err(format!("{word:?} is no permission here")),
        }
    }
    Ok(chosen)
}

/// A place as the server has it.
fn scope(place: &str, names: &Names) -> Result<Value, String> {
    let (kind, name) = place.split_once(' ').unwrap_or((place, ""));
    let parts: Vec<&str> = name.splitn(3, '/').collect();
    match (kind, parts.as_slice()) {
        ("tenant", _) if name.is_empty() => Ok(json!({ "type": "tenant" })),
        ("catalog", [_, ..]) if !name.is_empty() => {
            Ok(json!({ "type": "catalog", "catalog_id": names.catalog_id(name)? }))
        }
        ("namespace", [catalog, namespace]) if !namespace.is_empty() => Ok(json!({
            "type": "namespace", "catalog_id": names.catalog_id(catalog)?, "namespace": namespace,
        })),
        ("asset", [catalog, namespace, asset]) if !namespace.is_empty() && is_id(asset) => Ok(json!({
            "type": "asset", "catalog_id": names.catalog_id(catalog)?, "namespace": namespace, "asset_id": asset,
        })),
        ("tag", _) if !name.is_empty() => Ok(json!({ "type": "tag", "tag_name": name })),
        _ => Err(format!("{place:?} is not what a permission can be on")),
    }
}

/// Checks what was typed as far as that can be without the server.
pub(super) fn check_typed(typed: &str) -> Result<(), String> {
    let help = "type an action and what it is on: tenant, catalog NAME, namespace CATALOG/NAME, asset \
                CATALOG/NAMESPACE/ID or tag NAME";
    let (action, place) = typed.split_once(' ').ok_or(help)?;
    if !ACTIONS.iter().any(|(id, ..)| *id == action) {
        let all: Vec<&str> = ACTIONS.iter().map(|(id, ..)| *id).collect();
        return Err(format!("an action is one of {}", all.join(", ")));
    }
    let (kind, name) = place.split_once(' ').unwrap_or((place, ""));
    let parts = name.split('/').filter(|part| !part.is_empty()).count();
    let good = match kind {
        "tenant" => parts == 0,
        "catalog" | "tag" => parts >= 1,
        "namespace" => parts == 2,
        "asset" => parts == 3,
        _ => false,
    };
    if good { Ok(()) } else { Err(String::from(help)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALES: &str = "8d1eeee3-7a41-4c5e-9d0b-5f0c3a2e093a";

    fn names() -> Names {
        let role =
            GrantRole { id: String::from("r"), name: String::from("big reader"), permissions: Vec::new() };
        Names {
            catalogs: vec![Catalog { id: SALES.to_owned(), name: String::from("sales") }],
            roles: vec![role],
        }
    }

    #[test]
    fn words_go_there_and_back() {
        let asset = format!("asset sales/orders/{SALES}");
        let places = ["tenant", "catalog sales", "namespace sales/a.b", &asset, "tag pii x"];
        for (action, ..) in ACTIONS {
            for place in places {
                let word = format!("{action} {place}");
                check_typed(&word).expect("typed");
                let chosen = parse(std::slice::from_ref(&word), &names()).expect("a permission");
                assert_eq!(chosen.held.words(&names()), std::slice::from_ref(&word));
            }
        }
        let chosen = parse(&[String::from("role big reader")], &names()).expect("a role");
        assert_eq!(chosen.held.words(&names()), ["role big reader"]);
    }

    #[test]
    fn what_is_none_is_refused() {
        for word in [
            "",
            "read",
            "read everything",
            "read catalog",
            "read catalog nowhere",
            "read namespace sales",
            "read asset sales/orders/7",
            "read tag",
            "fly tenant",
            "role nobody",
            "account root",
            "read tenant x",
        ] {
            assert!(parse(&[word.to_owned()], &names()).is_err(), "{word}");
        }
        for word in ["", "read", "fly tenant", "read namespace sales", "read asset a/b", "read tenant x"] {
            assert!(check_typed(word).is_err(), "{word}");
        }
    }

    #[test]
    fn sets_do_not_mind_the_order_and_notice_each_action() {
        let held = |actions: &[&str]| Held {
            permissions: vec![Permission {
                user: String::new(),
                scope: json!({ "type": "tenant" }),
                actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            }],
            roles: Vec::new(),
        };
        assert_eq!(held(&["read", "list"]).set(), held(&["list", "read"]).set());
        assert_ne!(held(&["read", "list"]).set(), held(&["read"]).set());
    }

    #[test]
    fn what_is_left_to_give_is_each_action_that_is_not_held() {
        let one = |actions: &[&str], kind: &str| Permission {
            user: String::from("u"),
            scope: json!({ "type": kind }),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        };
        let role = |id: &str| GrantRole { id: id.to_owned(), name: id.to_owned(), permissions: Vec::new() };
        let wanted = Held {
            permissions: vec![one(&["read", "list"], "tenant"), one(&["all"], "tag")],
            roles: vec![role("a"), role("b")],
        };
        let has = Held { permissions: vec![one(&["list"], "tenant")], roles: vec![role("b")] };
        let left = wanted.without(&has);
        assert_eq!(left.set(), wanted.set().difference(&has.set()).cloned().collect());
        assert!(wanted.without(&wanted).set().is_empty());
    }

    #[test]
    fn sentences() {
        for (word, sentence) in [
            ("read catalog sales", "read tables in catalog sales (read, list)"),
            (
                "all tenant",
                "do everything to everything in the tenant (read, create, update, delete, list, ingest into branches, \
                 make experimental branches, manage discovery)",
            ),
            (
                "write namespace sales/a.b",
                "write tables in namespace a.b of catalog sales and below it (read, create, update, delete, list)",
            ),
            ("manage-discovery tag pii", "manage the discovery of whatever carries the tag pii"),
        ] {
            assert_eq!(allows(word), sentence);
        }
    }
}
