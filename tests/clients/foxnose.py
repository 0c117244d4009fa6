"""Drives foxnose-sdk against a sandbox whose announcement is on standard input. Any surprise is an exception."""

import asyncio
import datetime
import json
import sys
import urllib.request
import warnings

from foxnose_sdk.auth import AnonymousAuth, JWTAuth, SecureKeyAuth, SimpleKeyAuth
from foxnose_sdk.errors import FoxnoseAPIError
from foxnose_sdk.flux import AsyncFluxClient, FluxClient
from foxnose_sdk.http import RetryConfig
from foxnose_sdk.management import AsyncManagementClient, ManagementClient

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


def answer(status, body, times=1, **more):
    fault = {"backend": "foxnose", "kind": "answer", "status": status, "body": body, "times": times}
    control("faults", fault | more)


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
assert person.get_organization(fernwood) == fernwood, "the client takes what it got for a key, too"
assert person.get_available_plans().next_plan.limits.roles_max_count
assert person.get_organization_usage(fernwood).usage.projects.current == 2
assert person.list_regions()[0].code
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
assert person.get_api_collection(shop, connected[0].folder).path == fox["collection"]
refused(404, "not_found", person.get_api_collection, shop.key, "nothing")
assert person.list_collections().count == 2 and person.list_collection_tree(mode="flat").count == 2
articles = person.get_collection(connected[0].folder)
assert person.get_collection_by_path(articles.path) == articles and articles.alias == fox["collection"]
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    assert person.list_folders().count == 2 and person.list_folder_tree().count == 2
    assert person.get_folder(articles.key) == person.get_folder_by_path(articles.path)
    assert person.list_api_folders(shop).count == 2 and person.get_api_folder(shop, articles).api == shop.key

# Roles of both kinds and what they permit.
role = person.create_flux_role({"name": "made by a client", "description": "reads the shop"})
person.upsert_flux_role_permission(role.key, {"content_type": "flux-apis", "actions": ["read"], "all_objects": False})
person.add_flux_permission_object(role.key, {"content_type": "flux-apis", "object_key": shop.key})
assert [one.object_key for one in person.list_flux_permission_objects(role.key, content_type="flux-apis")] == [shop.key]
assert person.list_flux_role_permissions(role.key)[0].all_objects is False
assert person.update_flux_role(role.key, {"name": "renamed"}).name == "renamed"
assert person.get_flux_role(role.key).description == "reads the shop"
assert any(one.key == role.key for one in person.list_flux_roles().results)
object_of = {"content_type": "flux-apis", "object_key": apis["feed"].key}
person.add_flux_permission_object(role, object_of)
person.delete_flux_permission_object(role, object_of)
refused(404, "not_found", person.delete_flux_permission_object, role, object_of)
second = person.create_flux_role({"name": "for a moment"})
everything = {"content_type": "flux-apis", "actions": ["read"], "all_objects": True}
assert person.replace_flux_role_permissions(second, [everything])[0].all_objects
person.delete_flux_role_permission(second, content_type="flux-apis")
assert person.list_flux_role_permissions(second) == []
person.delete_flux_role(second)
refused(404, "not_found", person.get_flux_role, second)
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
items = {"content_type": "collection-items", "object_key": articles.key}
person.upsert_management_role_permission(
    reader, {"content_type": "collection-items", "actions": ["read"], "all_objects": False}
)
assert person.add_management_permission_object(reader, items).object_key == articles.key
assert len(person.list_management_permission_objects(reader, content_type="collection-items")) == 1
person.delete_management_permission_object(reader, items)
assert person.list_management_permission_objects(reader, content_type="collection-items") == []
person.delete_management_role_permission(reader, content_type="collection-items")
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
assert person.get_management_api_key(limited).secret_key.startswith("****")
renamed = person.update_management_api_key(limited, {"description": "limited to reading", "role": reader.key})
assert (renamed.description, renamed.role) == ("limited to reading", reader.key)
assert person.list_management_api_keys(params={"limit": 1, "offset": 2}).previous

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
    assert content.vector_search(fox["collection"], query="x", limit=1)["results"]
    assert content.hybrid_search(fox["collection"], query="é", find_text={"title": "a b"})["results"]
    assert content.boosted_search(fox["collection"], find_text={"title": "a"}, query="b")["results"]
    assert content.vector_field_search(fox["collection"], field="v", query_vector=[0.5])["results"]
    # What is encoded in the path is signed as it is sent.
    refused(404, "not_found", content.get_resource, fox["collection"], "a b é")
    refused(404, "not_found", management(SecureKeyAuth(root.public_key, root.secret_key)).get_flux_role, "é x")


# A signature is good for some minutes around its date; nobody at all gets nothing but what is public.
def signing(seconds):
    def clock():
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)

    return flux(SecureKeyAuth(made.public_key, made.secret_key, clock=clock))


for seconds in (-240, 240):
    assert signing(seconds).get_router()
for seconds in (-900, 900):
    refused(401, "authentication_failed", signing(seconds).get_router)
refused(401, "authentication_failed", flux(AnonymousAuth()).get_router)
refused(401, "authentication_failed", management(AnonymousAuth()).list_organizations)
assert flux(AnonymousAuth(), "blog").get_router()


# The same without waiting in line.
async def in_turn():
    signed = SecureKeyAuth(root.public_key, root.secret_key)
    client = AsyncManagementClient(
        base_url=fox["management_url"], environment_key=fox["environment"], auth=signed, retry_config=one_try
    )
    one, two = await asyncio.gather(
        *(client.create_flux_api_key({"description": f"number {n}", "role": role.key}) for n in range(2))
    )
    assert one.public_key != two.public_key
    reading = AsyncFluxClient(
        base_url=fox["flux_url"],
        api_prefix=fox["api_prefix"],
        auth=SecureKeyAuth(one.public_key, one.secret_key),
        retry_config=one_try,
    )
    assert (await reading.get_router())["api"] == fox["api_prefix"]
    token = await client.issue_flux_api_key_bearer_token(one)
    assert (await client.get_flux_api_key(one)).bearer_token_prefix == token.bearer_token_prefix
    for key in (one, two):
        await client.delete_flux_api_key(key)
    assert all(key.key not in (one.key, two.key) for key in (await client.list_flux_api_keys()).results)
    await reading.aclose()
    await client.aclose()


asyncio.run(in_turn())
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
for wait in ("0", "Sat, 21 Nov 2026 21:23:50 GMT"):
    answer(429, {"message": "slow down", "error_code": "rate_limited", "detail": None}, headers={"Retry-After": wait})
    error = refused(429, "rate_limited", person.list_flux_roles)
    assert error.response_headers["retry-after"] == wait
answer(402, {"message": "m", "error_code": "spend_cap_reached", "cap_usd": 25.0, "cycle_resets_at": "2026-12-01"})
error = refused(402, "spend_cap_reached", person.list_flux_roles)
assert type(error).__name__ == "SpendCapExceeded" and error.cap_usd == 25.0
answer(402, {"message": "m", "error_code": "plan_exhausted", "axis": "writes"})
error = refused(402, "plan_exhausted", person.create_flux_api_key, {"description": "x"})
assert type(error).__name__ == "PlanExhausted" and error.axis == "writes"

# Where nobody has stated what the service does, the sandbox can do either.
control("quirks", {"foxnose": {"bearer_tokens": False}})
refused(404, "not_found", person.issue_flux_api_key_bearer_token, made.key)
assert person.get_flux_api_key(made).bearer_token_prefix is None, "the client takes keys without these fields"
control("quirks", {"foxnose": {"bearer_tokens": True, "put_replaces": True}})
assert person.update_flux_api_key(limited_flux := person.create_flux_api_key(
    {"description": "to be cleared", "role": role.key}), {"description": "cleared"}).role is None
control("quirks", {"foxnose": {"put_replaces": False}})
answer(301, {}, method="DELETE", headers={"Location": "/elsewhere/"})
person.delete_flux_api_key(limited_flux)
assert person.get_flux_api_key(limited_flux).key, "the client takes a redirect for a success"
person.delete_flux_api_key(limited_flux)
control("quirks", {"foxnose": {"page_without_next": True}})
try:
    person.list_flux_api_keys()
    raise AssertionError("a page without next was taken")
except ValueError as error:
    assert "next" in str(error)
control("quirks", {"foxnose": {"page_without_next": False, "keys_browse": True}})
assert management(SecureKeyAuth(root.public_key, root.secret_key)).list_organizations()
control("quirks", {"foxnose": {"keys_browse": False}})

# A server that fails for a moment is asked again, signed anew each time, and by a token provider that is asked each time.
class Provider:
    asked = 0

    def get_token(self):
        self.asked += 1
        return fox["access_token"]


patient = RetryConfig(attempts=3, backoff_factor=0)
provider = Provider()
for auth in (JWTAuth(provider), SecureKeyAuth(root.public_key, root.secret_key)):
    answer(503, {"message": "busy"}, times=2)
    client = ManagementClient(
        base_url=fox["management_url"], environment_key=fox["environment"], auth=auth, retry_config=patient
    )
    assert client.list_flux_roles().count
assert provider.asked == 3

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
