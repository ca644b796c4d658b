"""Where a key can stand in a request."""

import base64
from collections.abc import Iterator, Mapping

from tollgate.errors import AmbiguousCredentials, MissingKey, Unauthenticated

REFUSAL = "Unauthorized: Invalid or expired API key"


def find_key(headers: Mapping[str, str], query: Mapping[str, str], *, basic: bool, in_query: str | None) -> str:
    """The one key that a request carries.

    Read are `Authorization: Bearer` and `Token`, the headers `Token` and `x-api-key`, and, where a family has them,
    `Basic` with the key as the password and the query parameter named by `in_query`. Header names are lower case.
    The same key in two places is fine.

    Raises MissingKey, AmbiguousCredentials, Unauthenticated.
    """
    keys = set(keys_in_headers(headers, basic=basic))
    if in_query and (key := query.get(in_query, "").strip()):
        keys.add(key)
    if not keys:
        raise MissingKey("No API key was sent. Send it as 'Authorization: Bearer <key>'.")
    if len(keys) > 1:
        raise AmbiguousCredentials("Two different API keys were sent. Send one.")
    return keys.pop()


def keys_in_headers(headers: Mapping[str, str], *, basic: bool) -> Iterator[str]:
    """The keys in the headers of a request, `Authorization` first; names are lower case.

    Raises Unauthenticated.
    """
    if authorization := headers.get("authorization", "").strip():
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() in {"bearer", "token"} and rest.strip():
            yield rest.strip()
        elif scheme.lower() == "basic" and basic:
            yield _password(rest.strip())
        else:
            raise Unauthenticated(REFUSAL)
    for name in ("token", "x-api-key"):
        if key := headers.get(name, "").strip():
            yield key


def _password(encoded: str) -> str:
    try:
        _, separator, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as exc:  # Not base64, not even ASCII, or not UTF-8 in it.
        raise Unauthenticated(REFUSAL) from exc
    # WordPress shows its application passwords in groups of four; a key has no blanks.
    password = password.replace(" ", "")
    if not separator or not password:
        raise Unauthenticated(REFUSAL)
    return password
