"""How Bedrock is reached: requests are signed as the function's own role, or carry the operator's key.

They are signed here and sent like those to any other vendor: boto3 could neither be interrupted nor be waited for
without a thread, and takes longer to import than all the rest of a call's start.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from pydantic_core import to_json

from tollgate.contracts.catalogue import Model
from tollgate.errors import (
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
)
from tollgate.providers.connection import Connection
from tollgate.providers.refusals import Rule
from tollgate.signature import AwsCredentials, NoCredentials, credentials_from, sign

RULES: Final = (
    Rule(ProviderBilling, frozenset({400, 403}), texts=("payment instrument", "payment_instrument")),
    Rule(
        ProviderAuthFailed,
        frozenset({400, 401, 403, 404}),
        codes=(
            "accessdeniedexception",
            "expiredtokenexception",
            "invalidsignatureexception",
            "missingauthenticationtokenexception",
            "unrecognizedclientexception",
        ),
    ),
    Rule(
        NoProviderAvailable,
        frozenset({400}),
        texts=("model identifier is invalid", "on-demand throughput isn", "end of its life"),
    ),
    Rule(ContextLengthExceeded, frozenset({400}), texts=("input is too long", "context window", "context limit")),
    Rule(ContentFiltered, frozenset({400}), texts=("content filtering policy",)),
    Rule(ProviderOverloaded, frozenset({429}), codes=("modelnotreadyexception",)),
    Rule(ProviderRateLimited, frozenset({400}), codes=("servicequotaexceededexception",)),
)


class Access:
    """The credentials of a deployment, as the headers of its requests."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._credentials: Callable[[], AwsCredentials] = credentials_from(connection.environment)

    def headers(self, path: str, wire: Mapping[str, Any]) -> Callable[[str], Mapping[str, str]]:
        """Make the headers of a request: signed, unless the operator has a key."""

        def made(key: str) -> Mapping[str, str]:
            # An API key of Bedrock's own, where the operator has one: on a laptop, or in another account.
            return {"authorization": f"Bearer {key}"} if key else self._signed(path, to_json(wire))

        return made

    def _signed(self, path: str, content: bytes) -> Mapping[str, str]:
        try:
            credentials = self._credentials()
        except NoCredentials as exc:
            raise ProviderAuthFailed(
                "The gateway has no credentials for the provider.",
                provider=self._connection.provider.id,
                metadata={"provider": self._connection.provider.id},
            ) from exc
        host, slash, prefix = self._connection.base_url.partition("://")[2].partition("/")
        return sign(
            host=host,
            path=slash + prefix + path,
            headers={"content-type": "application/json"},
            body=content,
            region=self._connection.region,
            service="bedrock",
            credentials=credentials,
            now=datetime.now(UTC),
        )


def path_of(model: Model, operation: str) -> str:
    """Where an operation of a model is, below the base URL."""
    return f"/model/{quote(model.upstream_model, safe='')}/{operation}"
