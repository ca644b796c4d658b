"""The deployment's secrets: AWS Secrets Manager, remembered for a while."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Final

from tollgate.stores.aws import AwsClient

LIFETIME_S: Final = 300.0
"""How long a secret is remembered unless a caller wants it newer."""


class Secrets:
    """Secrets by name or ARN."""

    def __init__(self, client: AwsClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._remembered: dict[str, tuple[float, str]] = {}
        self._reading = asyncio.Lock()

    async def text(self, name: str, *, max_age_s: float = LIFETIME_S) -> str:
        """The secret string, as it was at most so long ago; an age of zero reads it again."""
        not_before = self._clock() - max_age_s
        if known := self._known(name, not_before):
            return known
        async with self._reading:
            # Somebody else may have read it while this call waited.
            if known := self._known(name, not_before):
                return known
            answer = await self._client.call("GetSecretValue", {"SecretId": name})
            self._remembered[name] = (self._clock(), answer["SecretString"])
            return str(answer["SecretString"])

    async def values(self, name: str, *, max_age_s: float = LIFETIME_S) -> Mapping[str, str]:
        """The secret as a JSON object of texts; an empty secret is an empty object."""
        values = json.loads(await self.text(name, max_age_s=max_age_s) or "{}")
        return {str(key): str(value) for key, value in values.items()}

    def _known(self, name: str, not_before: float) -> str | None:
        read_at, text = self._remembered.get(name, (float("-inf"), ""))
        return text if read_at > not_before else None
