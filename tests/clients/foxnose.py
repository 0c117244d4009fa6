"""Drives foxnose-sdk against a sandbox whose announcement is on standard input. Any surprise is an exception."""

import json
import sys
import urllib.request

from foxnose_sdk.auth import JWTAuth, SecureKeyAuth, SimpleKeyAuth
from foxnose_sdk.errors import FoxnoseAPIError
from foxnose_sdk.flux import FluxClient
from foxnose_sdk.http import RetryConfig
from foxnose_sdk.management import ManagementClient

told = json.load(sys.stdin)
fox = told["foxnose"]
one_try = RetryConfig(attempts=1)


def management(auth, environment=fox["environment"]):
    return ManagementClient(
        base_url=fox["management_url"], environment_key=environment, auth=auth, retry_config=one_try
    )


def flux(auth, prefix=fox["api_prefix"]):
    return FluxClient(base_url=fox["flux_url"], api_prefix=prefix, auth=auth, retry_config=one_try)


def control(path, body):
    request = urllib.request.Request(f"{told['control']['url']}/{path}", json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).read()


def refused(status, code, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except FoxnoseAPIError as error:
        assert (error.status_code, error.error_code) == (status, code), (error.status_code, error.error_code, error)
        return error
    raise AssertionError(f"{call} was not refused")


person = management(JWTAuth.from_static_token(fox["access_token"]))

# The tree.
organizations = person.list_organizations()
fernwood = person.get_organization(organizations[0].key)
assert fernwood.owner.email == fox["email"] and not fernwood.is_blocked
assert person.get_organization_plan(fernwood.key).active_plan.limits.api_keys_max_count
projects = person.list_projects(fernwood.key, params={"limit": 1, "offset": 0})
assert projects.count == 2 and projects.next and len(projects.results) == 1
project = person.get_project(fernwood.key, projects.results[0].key)
environments = person.list_environments(fernwood.key, project.key)
assert [one.is_enabled for one in environments] == [True, True, True, False]
assert environments[2].protection_level == "locked" and environments[2].protected_by_user.email == fox["email"]
environment = person.get_environment(fernwood.key, project.key, fox["environment"])
assert fox["flux_url"].endswith(environment.host)
person.update_environment_protection(
    fernwood.key, project.key, environment.key, protection_level="read_only", protection_reason="a test"
)
refused(403, "access_denied", person.create_flux_api_key, {"description": "x"})
person.clear_environment_protection(fernwood.key, project.key, environment.key)
person.toggle_environment(fernwood.key, project.key, environment.key, is_enabled=True)

# API objects and collections.
apis = {api.prefix: api for api in person.list_apis().results}
shop = person.get_api(apis[fox["api_prefix"]].key)
assert shop.is_auth_required and shop.router_introspection_enabled
assert not apis["feed"].router_introspection_enabled and not apis["blog"].is_auth_required
connected = person.list_api_collections(shop.key).results
assert connected[0].path == fox["collection"] and "get_many" in connected[0].allowed_methods
assert person.list_collections().count == 2

# Roles of both kinds and what they permit.
role = person.create_flux_role({"name": "made by a client", "description": "reads the shop"})
person.upsert_flux_role_permission(role.key, {"content_type": "flux-apis", "actions": ["read"], "all_objects": False})
person.add_flux_permission_object(role.key, {"content_type": "flux-apis", "object_key": shop.key})
assert [one.object_key for one in person.list_flux_permission_objects(role.key, content_type="flux-apis")] == [shop.key]
assert person.list_flux_role_permissions(role.key)[0].all_objects is False
assert person.update_flux_role(role.key, {"name": "renamed"}).name == "renamed"
assert person.get_flux_role(role.key).description == "reads the shop"
assert any(one.key == role.key for one in person.list_flux_roles().results)
admin = person.create_management_role({"name": "everything", "full_access": True})
assert person.get_management_role(admin.key).full_access
reader = person.create_management_role({"name": "reads keys", "full_access": False})
told_set = person.replace_management_role_permissions(
    reader.key, [{"content_type": "api-keys", "actions": ["read"], "all_objects": None}]
)
assert [one.content_type for one in told_set] == ["api-keys"]
person.upsert_management_role_permission(reader.key, {"content_type": "roles", "actions": ["read"]})
person.delete_management_role_permission(reader.key, content_type="roles")
assert len(person.list_management_role_permissions(reader.key)) == 1
assert person.update_management_role(reader.key, {"description": "for audits"}).description == "for audits"
assert any(one.key == reader.key for one in person.list_management_roles().results)

# Keys: the whole secret once, masked after.
made = person.create_flux_api_key({"description": "by the client é", "role": role.key})
assert len(made.public_key) == 44 and len(made.secret_key) > 150
masked = person.get_flux_api_key(made.key)
assert masked.secret_key.startswith("****") and masked.description == "by the client é"
assert person.update_flux_api_key(made.key, {"description": "other"}).role == role.key
assert any(one.key == made.key for one in person.list_flux_api_keys().results)
root = person.create_management_api_key({"description": "root", "role": None})
limited = person.create_management_api_key({"description": "limited", "role": reader.key})

# Both modes, on both sides, queries and bodies included.
for auth in (SimpleKeyAuth(root.public_key, root.secret_key), SecureKeyAuth(root.public_key, root.secret_key)):
    by_key = management(auth)
    assert by_key.list_flux_api_keys(params={"limit": 2, "offset": 1}).results
    extra = by_key.create_flux_api_key({"description": "signed or not", "role": role.key})
    by_key.update_flux_api_key(extra.key, {"description": "ü ß"})
    by_key.delete_flux_api_key(extra.key)
    refused(404, "not_found", by_key.get_flux_api_key, extra.key)
    refused(403, "access_denied", by_key.list_organizations)
for auth in (SimpleKeyAuth(made.public_key, made.secret_key), SecureKeyAuth(made.public_key, made.secret_key)):
    content = flux(auth)
    assert content.get_router()["api"] == fox["api_prefix"]
    assert "json_schema" in content.get_schema(fox["collection"])
    page = content.list_resources(fox["collection"], params={"limit": 1, "q": "a b&c"})
    key = page["results"][0]["_sys"]["key"]
    assert page["next"] and content.get_resource(fox["collection"], key)["_sys"]["key"] == key
    assert len(content.search(fox["collection"], body={"limit": 2})["results"]) == 2
    refused(403, "access_denied", content.create_resource, fox["collection"], {"title": "x"})
    refused(404, "not_found", flux(auth, "nowhere").get_router)
    refused(403, "access_denied", flux(auth, "feed").list_resources, fox["collection"])
narrow = management(SecureKeyAuth(limited.public_key, limited.secret_key))
assert narrow.list_management_api_keys().count
refused(403, "access_denied", narrow.list_flux_roles)
refused(401, "authentication_failed", flux(SecureKeyAuth(root.public_key, root.secret_key)).get_router)
refused(401, "authentication_failed", management(SimpleKeyAuth(made.public_key, made.secret_key)).list_flux_roles)
wrong = SecureKeyAuth(made.public_key, root.secret_key)
assert "Invalid signature" in str(refused(401, "authentication_failed", flux(wrong).get_router))
refused(401, "authentication_failed", flux(SimpleKeyAuth(made.public_key, root.secret_key)).get_router)
refused(401, "authentication_failed", management(JWTAuth.from_static_token("x.y.z")).list_flux_roles)

# Writes of content.
person.upsert_flux_role_permission(
    role.key, {"content_type": "flux-apis", "actions": ["read", "create", "update"], "all_objects": False}
)
content = flux(SecureKeyAuth(made.public_key, made.secret_key))
created = content.create_resource(fox["collection"], {"title": "new"}, key="client-1")
assert created["published"] and content.update_resource(fox["collection"], created["resource_key"], {"title": "newer"})
refused(409, "external_id_conflict", content.create_resource, fox["collection"], {"title": "new"}, key="client-1")
refused(422, "content_validation_failed", content.create_resource, fox["collection"], {})
refused(403, "collection_not_writable", content.create_resource, "authors", {"title": "x"})

# Bearer tokens.
issued = person.issue_flux_api_key_bearer_token(made.key)
assert issued.bearer_token.startswith(issued.bearer_token_prefix) and len(issued.bearer_token_prefix) == 12
assert flux(JWTAuth.from_static_token(issued.bearer_token)).get_router()
again = person.issue_flux_api_key_bearer_token(made.key)
refused(401, "authentication_failed", flux(JWTAuth.from_static_token(issued.bearer_token)).get_router)
assert person.get_flux_api_key(made.key).bearer_token_prefix == again.bearer_token_prefix
for _ in range(2):
    person.revoke_flux_api_key_bearer_token(made.key)
refused(401, "authentication_failed", flux(JWTAuth.from_static_token(again.bearer_token)).get_router)

# Refusals that the client has types for.
control("quirks", {"foxnose": {"api_keys_max_count": 1}})
error = refused(403, "plan_limit_exceeded", person.create_flux_api_key, {"description": "one too many"})
assert type(error).__name__ == "PlanLimitExceeded", type(error)
control("quirks", {"foxnose": {"api_keys_max_count": None}})
refused(409, "conflict", person.delete_flux_role, role.key)
refused(400, "validation_error", person.create_flux_api_key, {"description": "x" * 101})
control("faults", {"backend": "foxnose", "kind": "answer", "status": 429, "headers": {"Retry-After": "0"},
                   "body": {"message": "slow down", "error_code": "rate_limited", "detail": None}})
refused(429, "rate_limited", person.list_flux_roles)

# A connection that breaks after the key was made: the client asks again, and each time there is one more.
before = person.list_flux_api_keys().count
control("faults", {"backend": "foxnose", "method": "POST", "kind": "cut_after", "times": 2})
eager = ManagementClient(
    base_url=fox["management_url"],
    environment_key=fox["environment"],
    auth=JWTAuth.from_static_token(fox["access_token"]),
    retry_config=RetryConfig(attempts=3, backoff_factor=0),
)
eager.create_flux_api_key({"description": "thrice"})
assert person.list_flux_api_keys().count == before + 3

# The end.
person.delete_flux_api_key(made.key)
refused(401, "authentication_failed", content.get_router)
refused(404, "not_found", person.delete_flux_api_key, made.key)
for key in (root.key, limited.key):
    person.delete_management_api_key(key)
person.delete_flux_role(role.key)
for key in (admin.key, reader.key):
    person.delete_management_role(key)
print("all calls done")
