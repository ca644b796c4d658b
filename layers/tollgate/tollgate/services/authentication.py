"""Who a request is from."""

import json
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from tollgate.auth.capabilities import capabilities_of
from tollgate.auth.credentials import REFUSAL, find_key
from tollgate.auth.keys import hash_key, looks_like_key, same_hash
from tollgate.contracts.caller import Caller, SpendLimit
from tollgate.contracts.rates import PER_MINUTE, REQUESTS, minute_of
from tollgate.errors import KeyDisabled, KeyExpired, MissingKey, Unauthenticated
from tollgate.resources import Resources
from tollgate.services.gate import iso
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.keys import StoredKey


class Door(Struct, frozen=True):
    """How a part of the gateway takes keys."""

    basic: bool = False
    """Whether a key may be the password of `Basic`."""
    in_query: str | None = None
    """The query parameter that a key may stand in."""
    open_to_nobody: bool = False
    """Whether a request without a key goes on as anonymous."""
    open_to_strangers: bool = False
    """Whether a request with a wrong key does too, because the function finds one in the body."""
    is_counted: bool = True
    """Whether requests count towards the limits of their key."""


_DOORS: Final = (
    ("/v1/health", Door(open_to_nobody=True, is_counted=False)),
    ("/v1/status", Door(open_to_nobody=True, is_counted=False)),
    ("/aipkit/", Door(in_query="aipkit_api_key", open_to_nobody=True, open_to_strangers=True)),
    ("/wp-json/aipkit/", Door(in_query="aipkit_api_key", open_to_nobody=True, open_to_strangers=True)),
    ("/wp-ai/", Door(basic=True)),
    ("/wp-json/wp-ai/", Door(basic=True)),
)
_USUAL: Final = Door()
_NOTE_EVERY: Final = timedelta(minutes=1)

_log: Final = logging.getLogger(__name__)


def door_of(route: str) -> Door:
    """How the part of the gateway that a route belongs to takes keys."""
    return next((door for prefix, door in _DOORS if route.startswith(prefix)), _USUAL)


async def authenticate(
    route: str, headers: Mapping[str, str], query: Mapping[str, str], resources: Resources
) -> Caller:
    """The caller behind a request; header names are lower case, `route` is the resource that was matched.

    Raises Unauthenticated.
    """
    door = door_of(route)
    try:
        key = find_key(headers, query, basic=door.basic, in_query=door.in_query)
        stored = await _stored_key(key, resources)
    except MissingKey:
        if door.open_to_nobody:
            return Caller()
        raise
    except Unauthenticated:
        if door.open_to_strangers:
            return Caller()
        raise
    return await _counted(stored, route, resources)


async def caller_of_first(keys: Iterable[str], route: str, resources: Resources) -> Caller:
    """The caller behind a request in which the authorizer found no valid key: the first of these that is one.

    Raises Unauthenticated.
    """
    refusal: Unauthenticated = MissingKey("No API key was sent. Send it as 'Authorization: Bearer <key>'.")
    for key in dict.fromkeys(keys):
        try:
            stored = await _stored_key(key, resources)
        except Unauthenticated as exc:
            refusal = exc
        else:
            return await _counted(stored, route, resources)
    raise refusal


async def _counted(stored: StoredKey, route: str, resources: Resources) -> Caller:
    caller = caller_of_stored(stored)
    limit = caller.limits.get(PER_MINUTE[REQUESTS]) if door_of(route).is_counted else None
    if limit is None or route in _model_routes():
        return caller
    return replace(caller, requests_made=await _count_request(stored, limit, resources))


async def caller_of_key(key: str, resources: Resources) -> Caller:
    """The caller that a key stands for.

    Raises Unauthenticated.
    """
    return caller_of_stored(await _stored_key(key, resources))


async def _stored_key(key: str, resources: Resources) -> StoredKey:
    """A key that is valid. Read from the table every time, so that a deleted key stops at once."""
    if not looks_like_key(key):
        raise Unauthenticated(REFUSAL)
    key_hash = hash_key(key, await resources.pepper())
    stored = await resources.keys.find(key_hash)
    if stored is None or not same_hash(stored.hash, key_hash):
        raise Unauthenticated(REFUSAL)
    if not stored.is_active:
        raise KeyDisabled("Unauthorized: This API key is disabled.")
    if stored.expires_at is not None and datetime.fromisoformat(stored.expires_at) <= resources.now():
        raise KeyExpired("Unauthorized: This API key has expired.")
    await _note_use(stored, resources)
    return stored


async def _count_request(stored: StoredKey, limit: int, resources: Resources) -> int | None:
    """Count a request that calls no model; one that calls one is counted by the write that reserves for it."""
    try:
        return await resources.keys.count_request(stored.hash, minute=minute_of(resources.now()), limit=limit)
    except (AwsError, AwsUnavailable):
        # The key was found valid: a counter that cannot be written is no reason to turn its owner away.
        _log.warning("request_not_counted", extra={"key_id": stored.id}, exc_info=True)
        return None


@cache
def _model_routes() -> frozenset[str]:
    return frozenset(json.loads((files("tollgate.documents") / "model_routes.json").read_bytes()))


async def _note_use(stored: StoredKey, resources: Resources) -> None:
    """Note that a key was used, at most once a minute: a write for every call would be the dearest part of it."""
    now = resources.now()
    last = stored.last_used_at
    if last is not None and now - datetime.fromisoformat(last) < _NOTE_EVERY:
        return
    with suppress(AwsError, AwsUnavailable):
        await resources.keys.touch(stored.hash, iso(now))


def caller_of_stored(stored: StoredKey) -> Caller:
    """A stored key as a caller."""
    return Caller(
        account_id=stored.account_id,
        key_id=stored.id,
        capabilities=capabilities_of(stored.scopes),
        scope=stored.models,
        spend_limit=SpendLimit(stored.limit_usd, stored.limit_reset),
        limits={name: limit for name, limit in stored.limits.items() if limit is not None},
    )
