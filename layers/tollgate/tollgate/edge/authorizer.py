"""The Lambda authorizer: a request's credentials in, an IAM policy out.

It never raises for a bad key. A policy that denies is the one answer whose context API Gateway hands to its own error
body, so that is how a caller learns which of its keys expired; template.yaml gives that answer the status 401. What a
key may do is in the context of an allowing policy, and every endpoint checks it before anything else: a refusal for a
missing capability is 403, and API Gateway has one status only for policies that deny.
"""

import os
import re
from collections.abc import Mapping
from typing import Any, Final

from tollgate.edge.errors import REST_FORBIDDEN
from tollgate.edge.event import context_of
from tollgate.edge.lambdas import run
from tollgate.errors import Unauthenticated
from tollgate.resources import Resources
from tollgate.services.authentication import authenticate

_WORDPRESS: Final = ("/wp-ai/", "/aipkit/", "/wp-json/")
WPLLM: Final = (
    "/v1/analyze",
    "/v1/billing/",
    "/v1/blocks/",
    "/v1/files",
    "/v1/fine-tune",
    "/v1/generate",
    "/v1/health",
    "/v1/plugins/",
    "/v1/status",
    "/v1/themes/",
    "/v1/usage",
    "/v1/webhooks",
)
"""Where the routes of the WP LLM API begin, whose clients know two codes of a bad credential."""
_FORBIDDEN: Final = (
    (r"/wp-ai/v1/providers/.+/models", REST_FORBIDDEN["list_ai_models"]),
    (r"/wp-ai/v1/providers", REST_FORBIDDEN["list_ai_providers"]),
    (r"/wp-ai/v1/", REST_FORBIDDEN["prompt_ai"]),
)


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
    is_wordpress = route.startswith(_WORDPRESS)
    code = _wpllm_code(error) if route.startswith(WPLLM) else error.reason
    return {
        "code": code,
        "message": error.message,
        # WordPress clients read the outermost code and message, and know these.
        "outer_code": "rest_forbidden" if is_wordpress else code,
        "outer_message": (_forbidden(route) if is_wordpress else None) or error.message,
    }


def _wpllm_code(error: Unauthenticated) -> str:
    # Nobody else pays for it at a cold start.
    from tollgate.edge.wpllm_errors import code_of  # noqa: PLC0415 - as above

    return code_of(error)


def _forbidden(route: str) -> str | None:
    """What WordPress says to a stranger at a route of its own."""
    return next((message for pattern, message in _FORBIDDEN if re.search(pattern, route)), None)


def _policy(effect: str, event: Mapping[str, Any], principal: str, context: Mapping[str, str]) -> dict[str, Any]:
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
        "context": dict(context),
    }
