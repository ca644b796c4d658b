"""What API Gateway says about a request beside HTTP: who the authorizer found, which resource was matched."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

from tollgate.contracts.caller import Caller, SpendLimit

Scope = Mapping[str, Any]

REST_NAMESPACES: Final = {"wp-ai/v1": "wpai", "aipkit/v1": "aipuffer"}
"""The namespaces of WordPress's REST API, and the families behind them. Each is below `/wp-json` too."""


def context_of(caller: Caller) -> dict[str, str]:
    """A caller as the authorizer hands it on: API Gateway takes flat values only."""
    limit = caller.spend_limit
    return {
        "account_id": caller.account_id,
        "key_id": caller.key_id,
        "capabilities": " ".join(sorted(caller.capabilities)),
        "scope": "" if caller.scope is None else json.dumps(caller.scope, separators=(",", ":")),
        "spend_limit": "" if limit.limit_usd is None else f"{limit.limit_usd:f}",
        "spend_reset": limit.reset or "",
        "limits": json.dumps(caller.limits, separators=(",", ":")) if caller.limits else "",
        "requests_made": "" if caller.requests_made is None else str(caller.requests_made),
    }


def caller_of(scope: Scope) -> Caller:
    """The caller that the authorizer found, or an anonymous one."""
    context = scope.get("aws.event", {}).get("requestContext", {}).get("authorizer") or {}
    if not context.get("key_id"):
        return Caller()
    limit = context.get("spend_limit")
    return Caller(
        account_id=context["account_id"],
        key_id=context["key_id"],
        capabilities=frozenset(context["capabilities"].split()),
        scope=tuple(json.loads(context["scope"])) if context.get("scope") else None,
        spend_limit=SpendLimit(Decimal(limit) if limit else None, context.get("spend_reset") or None),
        limits=json.loads(context["limits"]) if context.get("limits") else {},
        requests_made=int(context["requests_made"]) if context.get("requests_made") else None,
    )


def address_of(scope: Scope) -> str:
    """The IP address that a request came from, as API Gateway saw it; empty where nobody says."""
    identity = scope.get("aws.event", {}).get("requestContext", {}).get("identity") or {}
    return identity.get("sourceIp") or ""


def path_parameters_of(scope: Scope) -> dict[str, str]:
    """The parameters in the path, decoded exactly once.

    A REST API hands the path on as it was sent, still percent-encoded, and a custom domain puts its base path in front
    of it; the parameters that it reads itself cannot be relied on to be decoded once.
    """
    event = scope.get("aws.event", {})
    resource, path = event.get("resource") or "", event.get("path") or scope.get("path", "")
    match = _pattern(resource).search(path)
    return {name: unquote(value) for name, value in match.groupdict().items()} if match else {}


def rest_family_of(path: str) -> str | None:
    """The family that a path belongs to, if it is one of WordPress's REST API."""
    inner = path.removeprefix("/wp-json").strip("/") + "/"
    return next((family for name, family in REST_NAMESPACES.items() if inner.startswith(f"{name}/")), None)


def root_of(scope: Scope) -> str:
    """The root of WordPress's REST API as the client sees it, with the slash at its end.

    It is what stands before the namespace: a stage or a base path, and `/wp-json` where the client uses that.
    """
    context = scope.get("aws.event", {}).get("requestContext", {})
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    path: str = context.get("path") or scope["path"]
    starts = [place for name in REST_NAMESPACES if (place := path.find(f"/{name}")) >= 0]
    scheme = headers.get("x-forwarded-proto") or scope.get("scheme") or "https"
    host = headers.get("host") or context.get("domainName") or "localhost"
    return f"{scheme}://{host}{path[: min(starts)] if starts else ''}/"


@lru_cache(maxsize=64)
def _pattern(resource: str) -> re.Pattern[str]:
    """A resource such as `/v1/models/{id+}` as a pattern for the end of a path."""
    parts = re.split(r"\{(\w+)(\+?)\}", resource)
    pattern = re.escape(parts[0])
    for name, greedy, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{'.+?' if greedy else '[^/]+'})" + re.escape(literal)
    return re.compile(pattern + "/?$")
