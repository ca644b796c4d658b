"""How often visitors write to chatbots, in counters of a minute each."""

from datetime import datetime, timedelta
from typing import Final

from tollgate.stores.table import ConditionFailed, Table

WINDOW: Final = timedelta(minutes=1)
_KEPT: Final = timedelta(hours=1)


class Visits:
    """The visits table. Its keys are hashes: who visits is nobody's business."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def count(self, visitor: str, limit: int, now: datetime) -> bool:
        """Count one visit within its minute; False where there is no room for it. One conditional write."""
        minute = int(now.timestamp() // WINDOW.total_seconds())
        try:
            await self._table.update(
                {"visitor": f"{visitor}#{minute}"},
                "ADD visits :one SET expires_at = :expires_at",
                values={":one": 1, ":limit": limit, ":expires_at": int((now + _KEPT).timestamp())},
                condition="attribute_not_exists(visits) OR visits < :limit",
            )
        except ConditionFailed:
            return False
        return True
