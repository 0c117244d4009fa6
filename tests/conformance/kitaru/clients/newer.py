"""The client library of Kitaru 0.27.2, unchanged, through the whole life of a key: URL USERNAME PASSWORD."""

import asyncio
import sys
import uuid

from kitaru.api_models.v1.account import ServiceAccountCreateRequest, ServiceAccountUpdateRequest
from kitaru.api_models.v1.api_key import ApiKeyCreateRequest, ApiKeyListParams, ApiKeyRotateRequest, ApiKeyUpdateRequest
from kitaru.api_models.v1.device import DeviceUpdateRequest, DeviceVerifyRequest
from kitaru.client.api_client import KitaruAPIClient
from kitaru.client.exceptions import APIError


async def refused(status, call):
    try:
        await call
    except APIError as error:
        assert error.status_code == status, error
    else:
        raise AssertionError(f"not refused with {status}")


async def main(url, username, password):
    async with KitaruAPIClient(base_url=url) as stranger:
        info = await stranger.info.get()
        assert info.auth_scheme == "local", info
        token = (await stranger.auth.login(username, password)).access_token
        await refused(401, stranger.auth.login(username, "wrong"))
        await refused(401, stranger.accounts.get_current())
        device = await stranger.auth.device_authorization()
        await refused(400, stranger.auth.exchange_device_code(device.device_id, device.device_code))

    async with KitaruAPIClient(base_url=url, api_key=token) as client:
        me = await client.accounts.get_current()
        assert (me.name, me.is_admin, me.is_service_account) == (username, True, False), me
        everyone = [account async for account in client.accounts.iter()]
        assert any(account.is_service_account for account in everyone)

        bot = await client.service_accounts.create(ServiceAccountCreateRequest(name=f"bot-{uuid.uuid4().hex}"))
        off = await client.service_accounts.update(bot.id, ServiceAccountUpdateRequest(active=False))
        assert bot.active and not off.active
        await refused(409, client.service_accounts.create(ServiceAccountCreateRequest(name=bot.name)))

        made = await client.api_keys.create(ApiKeyCreateRequest(name=f"key-{uuid.uuid4().hex}"))
        raw = made.key
        assert made.owner_id == me.id and (await client.api_keys.get(made.id)).name == made.name
        pages = [key async for key in client.api_keys.iter(ApiKeyListParams(size=2))]
        assert any(key.id == made.id for key in pages) and len(pages) == len({key.id for key in pages})
        await refused(422, client.api_keys.create(ApiKeyCreateRequest(name="a name")))

        again = "the very same request"
        request = ApiKeyRotateRequest(retain_period_minutes=5)
        first = await client.api_keys.rotate(made.id, request, idempotency_key=again)
        second = await client.api_keys.rotate(made.id, request, idempotency_key=again)
        assert first == second and first.key != raw
        await works(url, raw, username)
        await works(url, first.key, username)
        last = await client.api_keys.rotate(made.id)
        await refused(401, works(url, raw, username))

        bearer = (await client.auth.exchange_api_key(last.key)).access_token
        await client.api_keys.update(made.id, ApiKeyUpdateRequest(active=False))
        await refused(401, works(url, last.key, username))
        await client.api_keys.delete(made.id)
        await refused(404, client.api_keys.get(made.id))
        await works(url, bearer, username)

        await client.devices.verify(device.device_id, DeviceVerifyRequest(user_code=device.user_code))
        handed = (await client.auth.exchange_device_code(device.device_id, device.device_code)).access_token
        await works(url, handed, username)
        await client.devices.update(device.device_id, DeviceUpdateRequest(locked=True))
        await refused(401, works(url, handed, username))
        assert any(found.id == device.device_id for found in [one async for one in client.devices.iter()])
        await client.devices.delete(device.device_id)
        await client.auth.logout()


async def works(url, credential, username):
    async with KitaruAPIClient(base_url=url, api_key=credential) as client:
        assert (await client.accounts.get_current()).name == username


asyncio.run(main(*sys.argv[1:]))
