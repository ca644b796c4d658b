"""What visitors of chatbots have used, in tokens."""

from datetime import datetime
from typing import Final

from tollgate.stores.table import Table

SCHEMA: Final = 1


class Quotas:
    """The quotas table: one counter for each bot, visitor and period."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def used(self, bot_id: int, counter: str) -> int:
        """The tokens that a counter has; strongly consistent."""
        item = await self._table.get({"bot_id": bot_id, "counter": counter})
        return int(item["tokens"]) if item else 0

    async def add(self, bot_id: int, counter: str, tokens: int, *, expires_at: datetime | None) -> int:
        """Count tokens: what the counter has with them. Counters that have an end are forgotten some time after it."""
        values = {":tokens": tokens, ":schema": SCHEMA}
        expression = "SET #schema = :schema"
        names = {"#schema": "schema", "#tokens": "tokens"}
        if expires_at is not None:
            expression += ", expires_at = :expires_at"
            values[":expires_at"] = int(expires_at.timestamp())
        # ADD is atomic: two answers that end together are both counted.
        item = await self._table.update(
            {"bot_id": bot_id, "counter": counter},
            f"{expression} ADD #tokens :tokens",
            values=values,
            names=names,
            returning="UPDATED_NEW",
        )
        return int(item["tokens"])
