"""OpenAI's moderation: https://platform.openai.com/docs/api-reference/moderations ."""

import asyncio
from typing import Final

from tollgate.errors import UpstreamTimeout
from tollgate.providers.connection import Connection
from tollgate.providers.openai import RULES, headers_of

_MODEL: Final = "omni-moderation-latest"
# Somebody waits for an answer that comes after it.
_LONGEST_S: Final = 10.0


class OpenAIModeration:
    """The moderation of OpenAI itself. It costs nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def is_flagged(self, text: str) -> bool:
        """Whether a text is found to be harmful.

        Raises UpstreamError, BadRequest.
        """
        body = {"model": _MODEL, "input": text}
        environment = self._connection.environment
        try:
            async with asyncio.timeout(_LONGEST_S):
                answer, _ = await self._connection.post(
                    "/moderations", body, headers=lambda key: headers_of(key, environment), rules=RULES
                )
        except TimeoutError as exc:
            raise UpstreamTimeout(
                f"The moderation took longer than {_LONGEST_S:g} seconds.", provider=self._connection.provider.id
            ) from exc
        results = answer.get("results")
        if not isinstance(results, list):
            raise self._connection.invalid("The provider's answer holds no result.", 200)
        return any(isinstance(result, dict) and result.get("flagged") is True for result in results)
