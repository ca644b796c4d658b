"""Answers in JSON that are checked here."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tollgate.contracts.chat import Completion
from tollgate.contracts.usage import Usage
from tollgate.errors import BadRequest, UpstreamInvalid
from tollgate.services.structured import check_schema, complete_checked, stream_checked

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "minLength": 2}},
    "required": ["city"],
    "additionalProperties": False,
}


def saying(*texts: Any, **message: Any) -> Completion:
    choices = [
        {"index": index, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
        for index, text in enumerate(texts)
    ]
    return Completion(choices, Usage(5, 7), {}, "up-1", "model")


def in_turn(*completions: Completion) -> tuple[Callable[[], Awaitable[Completion]], list[Completion]]:
    left = list(completions)

    async def ask() -> Completion:
        return left.pop(0)

    return ask, left


def texts(completion: Completion) -> list[Any]:
    return [choice["message"]["content"] for choice in completion.choices]


async def checked(*completions: Completion, schema: Any = CITY) -> Completion:
    ask, _ = in_turn(*completions)
    return await complete_checked(ask, schema, provider="deepseek")


async def test_an_answer_that_fits_is_passed_on() -> None:
    ask, left = in_turn(saying('{"city":"Bonn"}'), saying("never asked"))

    completion = await complete_checked(ask, CITY, provider="deepseek")

    assert (texts(completion), len(left)) == (['{"city":"Bonn"}'], 1)


@pytest.mark.parametrize(
    "text",
    ["Bonn", "", '{"city":"B"}', '{"city":1}', "{}", '{"city":"Bonn","x":1}', "[]", '{"city":"Bonn"', "```\n{}\n```"],
)
async def test_one_that_does_not_is_asked_for_once_more(text: str) -> None:
    assert texts(await checked(saying(text), saying('{"city":"Bonn"}'))) == ['{"city":"Bonn"}']


async def test_a_second_one_that_does_not_is_the_providers_failure() -> None:
    with pytest.raises(UpstreamInvalid, match="twice") as caught:
        await checked(saying("Bonn"), saying("Köln"), saying('{"city":"Bonn"}'))

    assert caught.value.provider == "deepseek"
    assert "Bonn" not in caught.value.message


@pytest.mark.parametrize("text", ['```json\n{"city":"Bonn"}\n```', '```\n{"city":"Bonn"}\n```', ' \n{"city":"Bonn"}\n'])
async def test_the_fence_around_it_is_taken_off(text: str) -> None:
    assert texts(await checked(saying(text))) == ['{"city":"Bonn"}']


async def test_all_choices_have_to_fit() -> None:
    good = '{"city":"Bonn"}'

    assert texts(await checked(saying(good, "no"), saying(good, good))) == [good, good]


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"content": '{"city":"Bo'}, "finish_reason": "length"},
        {"message": {"content": "I may not."}, "finish_reason": "content_filter"},
        {"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"},
        {"message": {"content": "Let me see.", "tool_calls": [{"id": "call_1"}]}, "finish_reason": "stop"},
        {"message": {"content": None, "tool_calls": [{"id": "call_1"}]}, "finish_reason": "tool_calls"},
    ],
)
async def test_what_is_no_answer_is_passed_on_as_it_is(choice: dict[str, Any]) -> None:
    assert (await checked(Completion([choice], None))).choices == [choice]


async def test_a_stream_says_the_same_once_it_is_known_to_fit() -> None:
    ask, _ = in_turn(saying("no"), saying('{"city":"Bonn"}', '{"city":"Köln"}'))

    deltas = [delta async for delta in stream_checked(ask, CITY, provider="deepseek")]

    said = {0: "", 1: ""}
    ends = []
    for delta in deltas:
        for choice in delta.choices:
            said[choice["index"]] += choice["delta"].get("content", "")
            ends += [choice["finish_reason"]] if choice["finish_reason"] else []
    assert (said, ends) == ({0: '{"city":"Bonn"}', 1: '{"city":"Köln"}'}, ["stop", "stop"])
    assert deltas[-1].usage == Usage(5, 7)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/nowhere"},
        {"properties": {"a": {"items": [{"$dynamicRef": "http://127.0.0.1:1/schema.json"}]}}},
    ],
    ids=str,
)
def test_a_schema_that_cannot_be_checked_is_refused_and_nothing_is_fetched_for_it(schema: Any) -> None:
    with pytest.raises(BadRequest) as caught:
        check_schema(schema)

    assert caught.value.param == "response_format.json_schema.schema"


def test_a_schema_may_refer_to_itself() -> None:
    check_schema({"$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}, "$ref": "#/$defs/node"})


async def test_a_pattern_is_not_run_since_it_might_never_end() -> None:
    schema = {"properties": {"city": {"pattern": "^(a+)+$"}}}

    assert texts(await checked(saying('{"city":"' + "a" * 40 + '!"}'), schema=schema))


async def test_a_schema_that_is_nothing_but_itself_fits_nothing() -> None:
    with pytest.raises(UpstreamInvalid):
        await checked(saying("{}"), saying("{}"), schema={"$ref": "#"})
