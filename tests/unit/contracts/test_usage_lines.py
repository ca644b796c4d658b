"""Lines of usage have names that sort by day and can be read again."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tollgate.contracts.accounts import Entry
from tollgate.contracts.usage_lines import Counts, Line, counts_of, line_of

_WORDS = st.text(st.characters(exclude_characters="|", codec="utf-8"), max_size=20)


@given(day=st.dates(), model=st.text(max_size=30), key_id=_WORDS, operation=_WORDS)
def test_a_line_is_read_from_its_name_whatever_a_model_is_called(
    day: object, model: str, key_id: str, operation: str
) -> None:
    line = Line(str(day), model, key_id, operation)

    assert Line.of(line.name) == line


def test_a_charge_counts_on_the_utc_day_on_which_it_was_made() -> None:
    entry = Entry(
        id="led_1",
        account_id="acct_1",
        type="usage",
        amount_usd=Decimal("-0.25"),
        created_at=NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        key_id="key_1",
        model="openai/gpt-4o",
        operation="router/create_chat_completion",
        usage={"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    )

    assert line_of(entry) == Line("2026-11-21", "openai/gpt-4o", "key_1", "router/create_chat_completion")
    assert counts_of(entry) == Counts(Decimal("0.25"), 1, 3, 4)
