"""The Lambda authorizer: a request's credentials in, an IAM policy out.

It never raises for a bad key. A policy that denies is the one answer whose context API Gateway hands to its own error
body, so that is how a caller learns which of its keys expired; template.yaml gives that answer the status 401. What a
key may do is in the context of an allowing policy, and every endpoint checks it before anything else: a refusal for a
missing capability is 403, and API Gateway has one status only for policies that deny.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

from tollgate.edge.event import context_of
from tollgate.edge.lambdas import run
from tollgate.errors import Unauthenticated
from tollgate.resources import Resources
from tollgate.services.authentication import authenticate

_WORDPRESS: Final = ("/wp-ai/", "/aipkit/", "/wp-json/")


async def authorize(event: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    """Answer API Gateway's question whether a request may pass."""
    headers = {name.lower(): values[-1] for name, values in (event.get("multiValueHeaders") or {}).items() if values}
    headers = headers or {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    route = event.get("resource") or event.get("path") or ""
    try:
        caller = await authenticate(route, headers, event.get("queryStringParameters") or {}, resources)
    except Unauthenticated as exc:
        return _policy("Deny", event, "nobody", _refusal(exc, route))
    return _policy("Allow", event, caller.key_id or "anonymous", context_of(caller))


class Authorizer:
    """The handler of the authorizer function."""

    def __init__(self) -> None:
        self._resources: Resources | None = None

    def __call__(self, event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
        """Answer Lambda's own runtime."""
        self._resources = self._resources or Resources.from_environment(os.environ)
        policy: dict[str, Any] = run(authorize(event, self._resources))
        return policy


def _refusal(error: Unauthenticated, route: str) -> dict[str, str]:
    return {
        "code": error.reason,
        "message": error.message,
        # WordPress clients read the outermost code, and know this one.
        "outer_code": "rest_forbidden" if route.startswith(_WORDPRESS) else error.reason,
    }


def _policy(effect: str, event: Mapping[str, Any], principal: str, context: Mapping[str, str]) -> dict[str, Any]:
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
        "context": dict(context),
    }
