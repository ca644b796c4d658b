"""Taking an item for oneself for a while, in one conditional write."""

from collections.abc import Mapping
from contextlib import suppress
from secrets import token_hex
from typing import Any

from tollgate.stores.table import ConditionFailed, Item, Table


async def lease(
    table: Table,
    key: Mapping[str, Any],
    *,
    now: int,
    until: int,
    condition: str,
    names: Mapping[str, str],
    values: Mapping[str, Any] | None = None,
) -> Item:
    """Take an item that fulfils a condition and that nobody has; `leased_by` in it is the token to give it up with.

    Times are Unix seconds. Raises ConditionFailed.
    """
    token = token_hex(8)
    try:
        return await table.update(
            key,
            "SET leased_until = :until, leased_by = :token",
            values={":until": until, ":token": token, ":now": now, **(values or {})},
            names=names,
            condition=f"{condition} AND (attribute_not_exists(leased_until) OR leased_until <= :now)",
            returning="ALL_NEW",
        )
    except ConditionFailed as exc:
        if exc.item is None or exc.item.get("leased_by") != token:
            raise
        # An attempt before this one took it, and its answer was lost.
        return exc.item


async def give_up(table: Table, key: Mapping[str, Any], token: str) -> None:
    """Leave an item to whoever comes next, unless the lease was over and somebody has taken it since."""
    with suppress(ConditionFailed):
        await table.update(key, "REMOVE leased_until", values={":token": token}, condition="leased_by = :token")
