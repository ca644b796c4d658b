"""Which pages may call the gateway from a browser."""

from collections.abc import Mapping
from typing import Final

_EXPOSED: Final = (
    "idempotent-replayed, retry-after, retry-after-ms, x-rate-limit-limit, x-rate-limit-remaining, x-rate-limit-reset, "
    "x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-ratelimit-limit-requests, "
    "x-ratelimit-limit-tokens, "
    "x-ratelimit-remaining-requests, x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, "
    "x-ratelimit-reset-tokens, x-request-id, x-tollgate-attempts, x-tollgate-cost, "
    "x-tollgate-dropped-params, x-tollgate-large-response, x-tollgate-max-output-tokens, x-tollgate-model, "
    "x-tollgate-provider"
)


def cors_headers(origin: str | None, allowed: tuple[str, ...]) -> dict[str, str]:
    """The headers of an answer to a page of `origin`; none where there is no page, or none that is allowed."""
    if not origin:
        return {}
    if "*" in allowed:
        return {"access-control-allow-origin": "*", "access-control-expose-headers": _EXPOSED}
    if origin in allowed:
        return {"access-control-allow-origin": origin, "access-control-expose-headers": _EXPOSED, "vary": "origin"}
    return {"vary": "origin"}


def preflight_headers(
    request_headers: Mapping[str, str], allowed: tuple[str, ...], methods: list[str]
) -> dict[str, str]:
    """The headers that answer a browser's question whether it may send a request."""
    headers = cors_headers(request_headers.get("origin"), allowed)
    if "access-control-allow-origin" not in headers:
        return headers
    return {
        **headers,
        "access-control-allow-methods": ", ".join(methods),
        # OpenAI's SDK sends a dozen headers of its own.
        "access-control-allow-headers": request_headers.get("access-control-request-headers", "*"),
        "access-control-max-age": "7200",
    }


_REST_EXPOSED: Final = f"X-WP-Total, X-WP-TotalPages, Link, {_EXPOSED}"
_REST_TAKEN: Final = ("Authorization", "X-WP-Nonce", "Content-Disposition", "Content-MD5", "Content-Type")


def rest_cors_headers(origin: str | None, allowed: tuple[str, ...], *, is_anonymous: bool) -> dict[str, str]:
    """The same for WordPress's clients. Their pages send credentials, so the origin is named, and never `*`."""
    headers = {
        "access-control-expose-headers": _REST_EXPOSED,
        "access-control-allow-headers": ", ".join(_REST_TAKEN),
        **({"vary": "Origin"} if origin or is_anonymous else {}),
    }
    if origin and ("*" in allowed or origin in allowed):
        headers |= {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "access-control-allow-methods": "OPTIONS, GET, POST, PUT, PATCH, DELETE",
        }
    return headers


def rest_preflight_headers(request_headers: Mapping[str, str], allowed: tuple[str, ...]) -> dict[str, str]:
    """What answers a page of theirs whether it may send a request, beside what every answer says."""
    origin = request_headers.get("origin")
    if not origin or not ("*" in allowed or origin in allowed):
        return {}
    taken = {name.lower(): name for name in _REST_TAKEN}
    wanted = [name.strip() for name in request_headers.get("access-control-request-headers", "").split(",")]
    taken |= {name.lower(): name for name in wanted if name and name.lower() not in taken}
    return {"access-control-allow-headers": ", ".join(taken.values()), "access-control-max-age": "7200"}
