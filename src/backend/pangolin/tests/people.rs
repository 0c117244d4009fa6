//! Users and tenants in the sandbox: made, changed, and never reached for in another tenant.

use super::*;

fn form(name: &str, fields: &[(&'static str, &str)], password: &str) -> OwnerForm {
    OwnerForm {
        name: name.to_owned(),
        fields: fields.iter().map(|(id, value)| (*id, (*value).to_owned())).collect(),
        secrets: vec![(views::PASSWORD, secret(password))],
    }
}

fn person(name: &str, role: &str) -> OwnerForm {
    form(name, &[(views::EMAIL, &format!("{name}@acme.test")), (views::ROLE, role)], "correct horse")
}

#[tokio::test]
async fn an_administrator_makes_users_who_can_log_in_and_changes_their_passwords() {
    let bench = &Bench::new().await;
    for (name, role) in [("eve", "tenant-user"), ("otto", "tenant-admin")] {
        let made = bench.backend.make_owner(&bench.session, &person(name, role)).await.expect("a user");
        assert_eq!(
            (made.name.as_str(), made.description.as_str()),
            (name, &*format!("{role} {name}@acme.test"))
        );
        let session = bench.backend.log_in(by_password(name, "correct horse")).await.expect("in");
        assert_eq!(session.facts.may_create.is_ok(), role == "tenant-admin");
        let change = form("", &[(views::EMAIL, "")], "battery staple");
        let changed = bench.backend.edit_owner(&bench.session, &made.id, &change).await.expect("changed");
        assert_eq!(changed.description, made.description, "what is empty is left alone");
        assert!(bench.backend.log_in(by_password(name, "correct horse")).await.is_err());
        bench.backend.log_in(by_password(name, "battery staple")).await.expect("in");
        bench.backend.delete_owner(&bench.session, &made.id).await.expect("deleted");
    }
}

#[tokio::test]
async fn what_the_server_would_let_through_is_refused_here() {
    let bench = &Bench::new().await;
    let make = |form: OwnerForm| async move { bench.backend.make_owner(&bench.session, &form).await };
    let cases = [
        (form("eve", &[(views::ROLE, "tenant-user")], ""), "needs a password"),
        (person("", "tenant-user"), "a name is needed"),
        (person(" eve", "tenant-user"), "no spaces"),
        (person("bob", "tenant-user"), "is taken, in whichever tenant"),
    ];
    for (form, says) in cases {
        let failure = make(form).await.expect_err("refused");
        assert!(detail(&failure).contains(says), "{says}: {failure:?}");
    }
    let plain = bench.session_of("bob").await;
    let refused = bench.backend.make_owner(&plain, &person("eve", "tenant-user")).await.expect_err("plain");
    assert_eq!(refused.kind, FailureKind::Forbidden);
    let ada = bench.user("ada").await;
    let change = form("", &[], "stolen");
    let refused = bench.backend.edit_owner(&plain, &ada, &change).await.expect_err("another's");
    assert_eq!(refused.kind, FailureKind::Forbidden);
    let bob = bench.user("bob").await;
    bench.backend.edit_owner(&plain, &bob, &form("", &[], "their own")).await.expect("their own");
    bench.backend.log_in(by_password("bob", "their own")).await.expect("in");
    let renamed = bench.backend.edit_owner(&bench.session, &bench.tenant(), &form("x", &[], "")).await;
    assert_eq!(renamed.expect_err("root's").kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn root_makes_a_tenant_and_its_first_administrator() {
    let bench = &Bench::new().await;
    let (root, session) = bench.root().await;
    let made = root.make_owner(&session, &form("born", &[], "")).await.expect("a tenant");
    let renamed = root.edit_owner(&session, &made.id, &form("renamed", &[], "")).await.expect("renamed");
    assert_eq!((renamed.id.clone(), renamed.name.as_str()), (made.id.clone(), "renamed"));
    let OwnerId::Tenant(tenant) = OwnerId::parse(&made.id).expect("a tenant") else { panic!("a tenant") };
    let inside = adapter(&bench.endpoint, &[(TENANT, &tenant)]);
    let as_root = inside.log_in(as_root(&bench.told)).await.expect("in");
    let plain = inside.make_owner(&as_root, &person("eve", "tenant-user")).await.expect_err("not by root");
    assert!(detail(&plain).contains("administrators only"), "{plain:?}");
    inside.make_owner(&as_root, &person("first", "tenant-admin")).await.expect("an administrator");
    let first = inside.log_in(by_password("first", "correct horse")).await.expect("in");
    inside.make_owner(&first, &person("second", "tenant-user")).await.expect("a user");
    let listing = inside.list(&first).await.expect("a listing");
    let names: Vec<&str> = listing.owners.iter().map(|owner| owner.name.as_str()).collect();
    assert_eq!(names, ["renamed", "first", "second"]);
}

#[tokio::test]
async fn who_is_logged_in_decides_what_can_be_done() {
    let bench = &Bench::new().await;
    let makes = |backend: &Pangolin| {
        let abilities = backend.abilities();
        (abilities.owner.create, abilities.owner.delete, abilities.credential.create.is_ok())
    };
    assert_eq!(makes(&bench.backend), (true, true, true));
    bench.session_of("bob").await;
    assert_eq!(makes(&bench.backend), (false, false, false), "a plain user");
    // A listing tells as well, for logins that were kept.
    bench.backend.list(&bench.session).await.expect("a listing");
    assert_eq!(makes(&bench.backend), (true, true, true));
    // Whose a key is does not change who is logged in.
    let made = bench.create(&["read tenant"]).await;
    assert!(bench.granted(&made.parts).await.is_some());
    assert_eq!(makes(&bench.backend), (true, true, true));
    bench.backend.log_in(as_root(&bench.told)).await.expect("in");
    let roles = bench.backend.abilities().owner.fields.iter().find(|field| field.id == views::ROLE);
    assert!(matches!(
        roles.map(|field| &field.kind),
        Some(crate::domain::ability::OwnerFieldKind::Choice(["tenant-admin"]))
    ));
    let minted = bench.backend.abilities().kind(MINTED).create;
    assert!(minted.expect_err("unseen").contains("not shown the tokens"));
    for (kind, owner, fits) in [
        (KEY, bench.tenant(), true),
        (KEY, bench.user("bob").await, false),
        (MINTED, bench.tenant(), false),
        (MINTED, bench.user("bob").await, true),
    ] {
        assert_eq!((bench.backend.abilities().kind(kind).may_own)(&owner), fits, "{kind}");
    }
}
