"""API keys: made, shown, changed and revoked."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tollgate.auth.capabilities import capabilities_of, is_scope, may
from tollgate.auth.keys import hash_key, hint, new_key
from tollgate.catalogue.catalogue import Catalogue
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call, SpendLimit
from tollgate.contracts.router.keys import (
    ApiKey,
    CreateKeyRequest,
    DeletedKey,
    KeyList,
    KeyListQuery,
    NewApiKey,
    UpdateKeyRequest,
)
from tollgate.errors import (
    AccountNotFound,
    BadRequest,
    Impossible,
    InsufficientScope,
    KeyNotFound,
    UnknownModelInScope,
)
from tollgate.ledger.money import ZERO, shown
from tollgate.resources import Resources
from tollgate.services.gate import iso, spend_window
from tollgate.stores.keys import StoredKey

_PRIVATE = {"cache-control": "no-store"}


async def list_keys(query: KeyListQuery, call: Call, resources: Resources) -> Answer:
    """A page of the account's keys, oldest first."""
    keys = await resources.keys.list(call.caller.account_id)
    if query.status is not None:
        keys = [key for key in keys if key.is_active == bool(query.status)]
    first = (query.page - 1) * query.limit
    page = keys[first : first + query.limit]
    spent = await _spent(page, resources)
    now = resources.now()
    content = KeyList(
        items=[ApiKey(**_shown(key, spent, now)) for key in page], total=len(keys), page=query.page, limit=query.limit
    )
    return Answer(content=content, headers=_PRIVATE)


async def create_key(request: CreateKeyRequest, call: Call, resources: Resources) -> Answer:
    """Make a key. Its text is in this answer and nowhere else.

    Raises BadRequest, InsufficientScope, AccountNotFound, UnknownModelInScope.
    """
    account_id = await _account_for(request.account_id, call, resources)
    _check_scopes(request.scopes, call)
    models = _model_scope(request.models, resources.catalogue)
    now = resources.now()
    if request.expires_at is not None and request.expires_at <= now:
        raise BadRequest("'expires_at' is in the past.", param="expires_at")
    text = new_key()
    key = StoredKey(
        hash=hash_key(text, await resources.pepper()),
        id=resources.new_id("key"),
        account_id=account_id,
        name=request.name,
        hint=hint(text),
        scopes=tuple(request.scopes),
        models=None if models is None else tuple(models),
        is_active=True,
        limit_usd=request.limit,
        limit_reset=request.limit_reset,
        limits=request.limits.model_dump(),
        expires_at=None if request.expires_at is None else iso(request.expires_at),
        created_at=iso(now),
        updated_at=iso(now),
    )
    await resources.keys.put(key)
    return Answer(content=NewApiKey(**_shown(key, {}, now), key=text), status=201, headers=_PRIVATE)


async def get_key(key_id: str, call: Call, resources: Resources) -> Answer:
    """One key of the account.

    Raises KeyNotFound.
    """
    key = await _find(key_id, call, resources)
    return Answer(content=await _as_answer(key, resources), headers=_PRIVATE)


async def update_key(key_id: str, request: UpdateKeyRequest, call: Call, resources: Resources) -> Answer:
    """Rename a key, change its models or limits, switch it off or on. Effective with the next request.

    Raises BadRequest, KeyNotFound, UnknownModelInScope.
    """
    changes = _changes(request, resources.now())
    if "models" in changes:
        changes["models"] = _model_scope(request.models, resources.catalogue)
    key = await _find(key_id, call, resources)
    changed = await resources.keys.change(key, changes, now=iso(resources.now()))
    if changed is None:
        raise _unknown(key_id)
    return Answer(content=await _as_answer(changed, resources), headers=_PRIVATE)


async def delete_key(key_id: str, call: Call, resources: Resources) -> DeletedKey:
    """Revoke a key for good. Calls in flight finish; the next one is refused.

    Raises KeyNotFound, Impossible.
    """
    if key_id == call.caller.key_id:
        raise Impossible("A key cannot delete itself. Use another key of the account.", param="key_id")
    key = await _find(key_id, call, resources)
    if not await resources.keys.delete(key):
        raise _unknown(key_id)
    return DeletedKey(id=key.id)


async def _account_for(account_id: str | None, call: Call, resources: Resources) -> str:
    if account_id is None or account_id == call.caller.account_id:
        return call.caller.account_id
    if not may(call.caller.capabilities, "operate"):
        raise InsufficientScope("Only an operator makes keys for another account.", param="account_id")
    if await resources.accounts.get(account_id) is None:
        raise AccountNotFound(f"Unknown account '{account_id[:100]}'.", param="account_id")
    return account_id


def _check_scopes(scopes: Iterable[str], call: Call) -> None:
    for number, scope in enumerate(scopes):
        if not is_scope(scope):
            raise BadRequest(f"Unknown scope '{scope[:50]}'.", param=f"scopes[{number}]")
        beyond = [name for name in capabilities_of([scope]) if not may(call.caller.capabilities, name)]
        if beyond:
            raise InsufficientScope(
                f"The scope '{scope}' gives '{min(beyond)}', which this key does not have itself.",
                param=f"scopes[{number}]",
                metadata={"required": min(beyond)},
            )


def _model_scope(models: Iterable[str] | None, catalogue: Catalogue) -> list[str] | None:
    if models is None:
        return None
    scope = []
    for number, model in enumerate(models):
        entry = catalogue.scope_entry(model)
        if entry is None:
            raise UnknownModelInScope(f"Unknown model in scope: '{model}'.", param=f"models[{number}]")
        scope.append(entry)
    return scope


def _changes(request: UpdateKeyRequest, now: datetime) -> dict[str, Any]:
    sent = {name: getattr(request, name) for name in request.model_fields_set}
    if not sent:
        raise BadRequest("The body names nothing to change.")
    for name in ("name", "status"):
        if name in sent and sent[name] is None:
            raise BadRequest(f"'{name}' cannot be cleared.", param=name)
    expires_at = sent.get("expires_at")
    if expires_at is not None and expires_at <= now:
        raise BadRequest("'expires_at' is in the past.", param="expires_at")
    changes: dict[str, Any] = {}
    for name, value in sent.items():
        match name:
            case "status":
                changes["is_active"] = bool(value)
            case "limit":
                changes["limit_usd"] = value
            case "limits":
                changes["limits"] = value.model_dump() if value is not None else {}
            case "expires_at":
                changes["expires_at"] = None if value is None else iso(value)
            case _:
                changes[name] = value
    return changes


async def _find(key_id: str, call: Call, resources: Resources) -> StoredKey:
    key = await resources.keys.get(call.caller.account_id, key_id)
    if key is None:
        raise _unknown(key_id)
    return key


def _unknown(key_id: str) -> KeyNotFound:
    return KeyNotFound(f"Unknown key '{key_id[:100]}'.", param="key_id")


async def _as_answer(key: StoredKey, resources: Resources) -> ApiKey:
    return ApiKey(**_shown(key, await _spent([key], resources), resources.now()))


async def _spent(keys: list[StoredKey], resources: Resources) -> Mapping[str, Decimal]:
    account = await resources.accounts.get(keys[0].account_id) if keys else None
    return account.spent if account else {}


def _shown(key: StoredKey, spent: Mapping[str, Decimal], now: datetime) -> dict[str, Any]:
    window = spend_window(key.id, SpendLimit(key.limit_usd, key.limit_reset), now)
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "account_id": key.account_id,
        "models": None if key.models is None else list(key.models),
        "status": int(key.is_active),
        "scopes": list(key.scopes),
        "limit": None if key.limit_usd is None else shown(key.limit_usd),
        "limit_reset": key.limit_reset,
        "limits": dict(key.limits),
        "usage": shown(spent.get(window.name, ZERO)),
        "expires_at": key.expires_at,
        "created_at": key.created_at,
        "updated_at": key.updated_at,
        "last_used_at": key.last_used_at,
    }
