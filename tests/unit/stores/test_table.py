"""Values in DynamoDB's typed form."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.resources import Resources
from tollgate.stores.table import ConditionFailed, Table, from_wire, to_wire

_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**12), max_value=10**12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | _NUMBERS | st.frozensets(st.text(min_size=1), min_size=1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=12,
)


@given(_VALUES)
def test_what_goes_in_comes_out(value: Any) -> None:
    assert from_wire(to_wire(value)) == value


@given(_NUMBERS)
def test_a_number_is_never_written_with_an_exponent(number: Decimal) -> None:
    assert "E" not in to_wire(number)["N"]


@pytest.mark.parametrize("value", [1.5, b"bytes", object()])
def test_what_cannot_be_kept_exactly_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_wire(value)


async def test_a_write_whose_condition_fails_tells_what_it_found(resources: Resources) -> None:
    table = Table(resources._dynamodb, resources.settings.accounts_table)
    await table.put({"account_id": "a", "colour": "red"})

    with pytest.raises(ConditionFailed) as failed:
        await table.put({"account_id": "a"}, condition="attribute_not_exists(account_id)")

    assert failed.value.item == {"account_id": "a", "colour": "red"}


async def test_a_query_gives_all_pages_unless_it_is_limited(resources: Resources) -> None:
    table = Table(resources._dynamodb, resources.settings.ledger_table)
    for number in range(30):
        await table.put({"account_id": "a", "entry": f"{number:02d}", "filler": "x" * 100_000})

    every = await table.query("account_id = :a", values={":a": "a"})
    some = await table.query("account_id = :a", values={":a": "a"}, limit=12, newest_first=True)

    assert [item["entry"] for item in every] == [f"{number:02d}" for number in range(30)]
    assert [item["entry"] for item in some] == [f"{number:02d}" for number in range(29, 17, -1)]


async def test_a_scan_gives_every_item(resources: Resources) -> None:
    table = Table(resources._dynamodb, resources.settings.accounts_table)
    for number in range(25):
        await table.put({"account_id": str(number), "filler": "x" * 100_000})

    assert len([item async for item in table.scan()]) == 25
