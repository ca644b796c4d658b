"""Vendors that are rows: what their accents change."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_body, a_chat_request, a_model
from tests.unit.providers.adapters import an_adapter, upstream
from tests.upstream import a_completion, json_reply
from tollgate.errors import UnsupportedParameter, UpstreamRejected
from tollgate.providers.reasoning import name_reasoning
from tollgate.providers.registry import PROVIDERS
from tollgate.providers.rows import ACCENTS, short_id

ROWS = [row for row in PROVIDERS.values() if row.can.get("chat") == "rows:RowChat"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_has_an_accent_and_every_accent_a_row(row: Any) -> None:
    assert row.dialect in ACCENTS
    assert {one.dialect for one in ROWS} == ACCENTS.keys()


@given(st.text(max_size=80), st.integers(1, 40))
def test_an_id_of_a_call_becomes_one_of_so_many_letters_and_digits(call_id: str, length: int) -> None:
    short = short_id(call_id, length)

    assert len(short) == length
    assert short.isascii()
    assert short.isalnum()
    assert short_id(call_id, length) == short
    assert short_id(short, length) == short


def test_other_ids_become_other_ids() -> None:
    ids = [short_id(f"call_{number}", 9) for number in range(1000)]

    assert all(one != other for one, other in pairwise(sorted(ids)))


def test_a_name_that_the_vendor_does_not_take_is_told() -> None:
    messages = [{"role": "user", "content": "Hi", "name": "ann"}]
    mistral, groq = an_adapter("mistral"), an_adapter("groq")

    assert mistral.plan(a_body(messages=messages), a_model(), is_strict=False).dropped == ("messages.name",)
    assert mistral.plan(a_body(), a_model(), is_strict=True).dropped == ()
    assert groq.plan(a_body(messages=messages), a_model(), is_strict=True).dropped == ()
    with pytest.raises(UnsupportedParameter):
        mistral.plan(a_body(messages=messages), a_model(), is_strict=True)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"content": "a"}, {"content": "a"}),
        ({"reasoning": "b", "content": "a"}, {"content": "a", "reasoning_content": "b"}),
        ({"reasoning": None}, {}),
        ({"reasoning": {"x": 1}}, {}),
        ({"reasoning": "b", "reasoning_content": "c"}, {"reasoning_content": "c"}),
        ({"reasoning": "b", "reasoning_content": None}, {"reasoning_content": "b"}),
        ({"content": [{"type": "text", "text": "a"}]}, {"content": "a"}),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "b"}, {"type": "x"}]}]},
            {"content": "", "reasoning_content": "b"},
        ),
        ({"content": [{"type": "thinking", "thinking": "b"}]}, {"content": "", "reasoning_content": "b"}),
        ({"content": []}, {"content": ""}),
        ({"content": [None, 7, {"type": "reference", "reference_ids": [1]}, {}]}, {"content": ""}),
    ],
)
def test_reasoning_gets_its_one_name(said: dict[str, Any], named: dict[str, Any]) -> None:
    name_reasoning(said)

    assert said == named


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "thinking"]), inner),
)


@given(_JSON, _JSON)
def test_no_form_of_reasoning_is_an_error(content: Any, reasoning: Any) -> None:
    said = {"content": content, "reasoning": reasoning}

    name_reasoning(said)

    assert "reasoning" not in said
    assert not isinstance(said["content"], list)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"detail": "No such field."}, "No such field."),
        ({"detail": [{"msg": "No such field.", "loc": ["body"]}]}, "No such field."),
        ({"object": "error", "message": {"detail": [{"msg": "No such field."}]}}, "No such field."),
        ({"object": "error", "message": [{"msg": "No such field."}]}, "No such field."),
        ({"detail": []}, "The provider refused the request."),
        ({"detail": [7]}, "The provider refused the request."),
        ({"message": {"detail": None}, "detail": {"x": 1}}, "The provider refused the request."),
    ],
)
async def test_what_a_field_lacks_is_repeated_in_the_server_s_words(body: Any, message: str) -> None:
    async with upstream("vllm", json_reply(body, 422)) as adapter:
        with pytest.raises(UpstreamRejected) as caught:
            await adapter.complete(a_chat_request())

    assert caught.value.message == message


async def test_a_server_without_a_key_is_sent_none() -> None:
    async with upstream("vllm", json_reply(a_completion())) as adapter:
        assert adapter.headers("") == {}


def test_a_model_can_be_sent_more_with_each_request_and_nothing_else_than_the_client_asked() -> None:
    model = a_model(flags={"sends": {"reasoning_format": "parsed", "model": "another"}})

    body = an_adapter("groq").to_wire(a_chat_request(model=model), is_stream=False)

    assert (body["reasoning_format"], body["model"]) == ("parsed", "gpt-4o")


@pytest.mark.parametrize("vendor", ["groq", "mistral"])
def test_a_plan_says_that_hanging_up_does_not_stop_the_bill(vendor: str) -> None:
    assert an_adapter(vendor).plan(a_body(), a_model(), is_strict=False).bills_after_disconnect


@pytest.mark.parametrize("vendor", ["together", "fireworks", "vllm", "azure", "deepseek", "xai"])
def test_a_plan_says_that_hanging_up_stops_it(vendor: str) -> None:
    assert not an_adapter(vendor).plan(a_body(), a_model(), is_strict=False).bills_after_disconnect
