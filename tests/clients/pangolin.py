"""Drives pypangolin against a sandbox whose announcement is on standard input. Any surprise is an exception. What the
library gets wrong on a real server it must get wrong here too."""

import json
import sys
import urllib.request

from pypangolin import PangolinClient
from pypangolin.exceptions import AuthenticationError, AuthorizationError, NotFoundError, PangolinError, ValidationError

told = json.load(sys.stdin)
here = told["pangolin"]


def control(path, body):
    request = urllib.request.Request(f"{told['control']['url']}/{path}", json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).read()


def quirks(**switches):
    control("quirks", {"pangolin": switches})


def refused(kind, words, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except PangolinError as error:
        assert type(error) is kind, (kind, error)
        assert words in str(error), (words, error)
        return error
    raise AssertionError(f"{call} was not refused")


def client(username, password, tenant=None):
    return PangolinClient(here["url"], username=username, password=password, tenant_id=tenant)


def logins():
    admin = client(here["username"], here["password"], here["tenant_id"])
    root = client(here["root_username"], here["root_password"])
    refused(AuthenticationError, "Invalid username or password", client, here["username"], "wrong", here["tenant_id"])
    refused(AuthenticationError, "Invalid username or password", client, here["username"], here["password"])
    assert here["tenant_id"] in [tenant.id for tenant in root.tenants.list()]
    refused(AuthorizationError, "Only Root can list tenants", admin.tenants.list)
    assert admin.tenants.get(here["tenant_id"]).id == here["tenant_id"]
    refused(AuthenticationError, "Invalid token", PangolinClient(here["url"], token="a.b.c").users.list)
    return admin, root


def people(admin, root):
    tenant = root.tenants.create("made by pypangolin")
    assert root.tenants.switch(tenant.id).name == "made by pypangolin"
    refused(
        AuthorizationError, "Login as Tenant Admin", root.users.create, "p", "p@p", "tenant-user", tenant.id, "pw-1"
    )
    root.users.create("p-admin", "p-admin@p", "tenant-admin", tenant.id, "pw-1")
    other = client("p-admin", "pw-1", tenant.id)
    other.users.create("p-user", "p-user@p", "tenant-user", tenant.id, "pw-2")
    assert sorted(user.username for user in other.users.list()) == ["p-admin", "p-user"]
    assert "p-user" not in [user.username for user in admin.users.list()]
    # Its comments name spellings of roles that the server refuses.
    refused(ValidationError, "unknown variant", other.users.create, "x", "x@x", "TenantUser", tenant.id, "pw")
    root.tenants.delete(tenant.id)


def keys(admin):
    made = admin.service_users.create("by pypangolin")
    assert made.api_key.startswith("pgl_") and len(made.api_key) == 68
    assert made.id in [one.id for one in admin.service_users.list()]
    assert admin.service_users.update(made.id, description="renamed").description == "renamed"
    # At its own settings the server takes none of its keys in their header.
    with_key = PangolinClient(here["url"], api_key=made.api_key)
    refused(AuthenticationError, "Invalid or expired API key", with_key.catalogs.list)
    quirks(legacy_keys="on")
    assert with_key.catalogs.list() == []
    refused(PangolinError, "UNIQUE constraint failed", admin.service_users.rotate_key, made.id)
    quirks(store="memory")
    rotated = admin.service_users.rotate_key(made.id)
    assert rotated.id == made.id and rotated.api_key != made.api_key
    refused(AuthenticationError, "Invalid or expired API key", with_key.catalogs.list)
    quirks(store="sql", legacy_keys="off")
    admin.service_users.delete(made.id)
    refused(NotFoundError, "Service user not found", admin.service_users.get, made.id)


def permissions(admin):
    made = admin.service_users.create("with permissions")
    catalog = next(one for one in admin.catalogs.list() if one.name == "sales")
    granted = [
        admin.permissions.grant(made.id, ["read", "list"], "tenant"),
        admin.permissions.grant(made.id, "write", "catalog", catalog_id=catalog.id),
        admin.permissions.grant(made.id, "read", "namespace", catalog_id=catalog.id, namespace="orders"),
        admin.permissions.grant(made.id, "read", "tag", tag_name="pii"),
    ]
    assert [one.scope.type for one in granted] == ["tenant", "catalog", "namespace", "tag"]
    assert granted[1].scope.catalog_id == catalog.id and set(granted[0].actions) == {"read", "list"}
    for one in granted:
        admin.permissions.revoke(one.id)
    role = admin.roles.create("by pypangolin", "a role")
    admin.permissions.assign_role(made.id, role.id)
    assert [one.id for one in admin.permissions.get_user_roles(made.id)] == [role.id]
    admin.permissions.revoke_role(made.id, role.id)
    admin.roles.delete(role.id)
    refused(NotFoundError, "Role not found", admin.roles.get, role.id)
    admin.service_users.delete(made.id)


def tokens(admin):
    minted = admin.tokens.generate(username="bob", tenant_id=here["tenant_id"], expires_in_hours=48)
    bob = PangolinClient(here["url"], token=minted["token"])
    mine = bob.tokens.list_my_tokens()
    assert minted["token"] in [row["token"] for row in mine], "whole tokens are in the list"
    refused(AuthorizationError, "", bob.tokens.generate, tenant_id=here["tenant_id"])
    above = {"username": "bob", "tenant_id": here["tenant_id"], "roles": ["root"]}
    refused(AuthorizationError, "Cannot mint a token more privileged", admin.tokens.generate, **above)
    # It sends no body, so the server refuses every revocation of it.
    assert refused(PangolinError, "Expected request with", admin.tokens.revoke, mine[0]["id"]).status_code == 415
    turned = bob.tokens.rotate(mine[0]["id"])
    assert turned["token"] != minted["token"]
    # And it goes on with the dead one.
    refused(AuthenticationError, "Token has been revoked", bob.users.list)


def storage(admin):
    admin.warehouses.create_s3("by pypangolin", "py-lake", access_key="AKIAPY", secret_key="s3cret", bucket_="x")
    names = [one.name for one in admin.warehouses.list()]
    assert "by pypangolin" in names, names
    admin.catalogs.create("pylake", "by pypangolin")
    namespaces = admin.catalogs.namespaces("pylake")
    namespaces.create(["events"])
    assert ["events"] in namespaces.list()
    namespaces.register_asset("events", "daily", "ICEBERG_TABLE", "s3://py-lake/events/daily")
    tables = admin.get("/v1/pylake/namespaces/events/tables")
    assert [one["name"] for one in tables["identifiers"]] == ["daily"]
    # It writes the dotted names alone, so a table gets nothing and a location does.
    path = "/v1/pylake/namespaces/events/tables/daily/credentials"
    refused(PangolinError, "Failed to vend credentials", admin.get, path)
    given = admin.get("/api/v1/warehouses/any/credentials", params={"location": "s3://py-lake/events"})
    assert (given["access_key_id"], given["secret_access_key"]) == ("AKIAPY", "s3cret")
    assert given["session_token"] is None and given["expiration"] is None
    refused(PangolinError, "No warehouse found", admin.get, "/api/v1/warehouses/x/credentials", params={"location": "s3://no/"})


def audit(admin):
    events = admin.audit.list_events(limit=1000)
    assert admin.audit.count() == len(events)
    assert "api_key_rejected" in [event.action for event in admin.audit.list_events()] or events
    if events:
        assert admin.audit.get(events[0].id).id == events[0].id


quirks(auth_rate_limit=0)
admin, root = logins()
people(admin, root)
keys(admin)
permissions(admin)
tokens(admin)
storage(admin)
audit(admin)
print("all calls done")
