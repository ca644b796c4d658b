"""The bytes of a streamed chat completion."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from tollgate.contracts.chat import Delta
from tollgate.services.router.chunks import ChunkWriter


def a_writer(*, with_usage: bool = False, with_functions: bool = False) -> ChunkWriter:
    return ChunkWriter(
        completion_id="chatcmpl-1",
        created=1790000000,
        model="openai/gpt-4o",
        with_usage=with_usage,
        with_functions=with_functions,
    )


def events_of(written: bytes) -> list[dict[str, Any]]:
    """The events in some bytes, each checked to be one line of `data`."""
    *events, rest = written.split(b"\n\n")
    assert rest == b""
    assert all(event.startswith(b"data: {") and b"\n" not in event for event in events)
    return [json.loads(event.removeprefix(b"data: ")) for event in events]


def choices_of(*choices: Any, writer: ChunkWriter | None = None) -> list[dict[str, Any]]:
    """What becomes of a provider's choices, each in a chunk of its own: ours, each out of its chunk."""
    writer = writer or a_writer()
    return [event["choices"][0] for event in events_of(b"".join(writer.write(Delta([choice])) for choice in choices))]


def part(delta: Any, reason: str | None = None, **fields: Any) -> dict[str, Any]:
    """A choice as OpenAI streams it."""
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason, **fields}


def calls_of(choices: Iterable[dict[str, Any]]) -> dict[int, dict[str, str]]:
    """The tool calls that a client puts together from chunks: id, name and arguments by their index."""
    calls: dict[int, dict[str, str]] = {}
    for choice in choices:
        for fragment in choice["delta"].get("tool_calls", ()):
            call = calls.setdefault(fragment["index"], {"arguments": ""})
            call |= {"id": fragment["id"], "name": fragment["function"]["name"]} if "id" in fragment else {}
            call["arguments"] += fragment["function"]["arguments"]
    return calls


def calling(*fragments: dict[str, Any]) -> dict[str, Any]:
    return part({"tool_calls": list(fragments)})


ROLE = part({"role": "assistant", "content": ""})
STOP = part({}, "stop")


def test_a_call_without_an_id_gets_one() -> None:
    calls = calls_of(choices_of(calling({"index": 0, "function": {"name": "f", "arguments": "{}"}})))

    assert calls[0]["id"].startswith("call_")


@pytest.mark.parametrize("arguments", ["", None, {}])
def test_a_call_without_arguments_has_an_empty_object_in_the_end(arguments: Any) -> None:
    choices = choices_of(calling({"index": 0, "id": "a", "function": {"name": "f", "arguments": arguments}}), STOP)

    assert calls_of(choices)[0]["arguments"] == "{}"
    assert [choice["finish_reason"] for choice in choices].count("tool_calls") == 1


def test_a_call_whose_arguments_come_late_gets_no_empty_object_before_them() -> None:
    choices = choices_of(
        calling({"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}),
        calling({"index": 0, "function": {"arguments": '{"a":1}'}}),
        STOP,
    )

    assert calls_of(choices)[0]["arguments"] == '{"a":1}'


def whole(name: str, **fields: Any) -> dict[str, Any]:
    """A tool call in one fragment."""
    return {"function": {"name": name, "arguments": '{"a":1}'}, **fields}


@pytest.mark.parametrize(
    "fragments",
    [
        [whole("f", index=0, id="a"), whole("g", index=1, id="b")],
        [whole("f", id="a"), whole("g", id="b")],
        [whole("f", index=None, id="a"), whole("g", index=None, id="b")],
        [whole("f"), whole("g")],
        [whole("f", id="a"), whole("g", id="a")],
        [whole("f", index=0, id="a"), whole("g", index=0, id="b")],
        [whole("f", index=0, id="a"), whole("g", index=1, id="a")],
        [whole("f", index=0), whole("g", index=1)],
    ],
    ids=str,
)
@pytest.mark.parametrize("is_one_chunk", [True, False])
def test_whole_calls_stay_apart_however_a_provider_numbers_them(
    fragments: list[dict[str, Any]], is_one_chunk: bool
) -> None:
    chunks = [calling(*fragments)] if is_one_chunk else [calling(fragment) for fragment in fragments]

    calls = calls_of(choices_of(*chunks, STOP))

    assert list(calls) == [0, 1]
    assert [(call["name"], call["arguments"]) for call in calls.values()] == [("f", '{"a":1}'), ("g", '{"a":1}')]
    assert len({call["id"] for call in calls.values()}) == 2


@pytest.mark.parametrize(
    "head",
    [{"index": 0, "id": "a"}, {"index": 0}, {"id": "a"}, {"index": None, "id": "a"}],
    ids=str,
)
@pytest.mark.parametrize("with_id", [True, False])
def test_the_fragments_of_a_call_come_together_whatever_a_provider_repeats(head: dict[str, Any], with_id: bool) -> None:
    rest = {name: value for name, value in head.items() if name != "id" or with_id}

    choices = choices_of(
        calling({**head, "function": {"name": "f", "arguments": ""}}),
        calling({**rest, "function": {"arguments": '{"a"'}}),
        calling({**rest, "function": {"arguments": ":1}"}}),
        STOP,
    )

    (call,) = calls_of(choices).values()
    assert (call["name"], call["arguments"]) == ("f", '{"a":1}')


def test_a_provider_that_repeats_id_and_name_in_every_fragment_makes_one_call() -> None:
    fragments = [{"index": 0, "id": "a", "function": {"name": "f", "arguments": text}} for text in ('{"a"', ":1", "}")]

    calls = calls_of(choices_of(*(calling(fragment) for fragment in fragments), STOP))

    assert calls == {0: {"id": "a", "name": "f", "arguments": '{"a":1}'}}


@pytest.mark.parametrize("is_one_chunk", [True, False])
def test_a_client_of_functions_gets_the_first_call_alone(is_one_chunk: bool) -> None:
    fragments = [whole("f", index=0, id="a"), whole("g", index=1, id="b")]
    chunks = [calling(*fragments)] if is_one_chunk else [calling(fragment) for fragment in fragments]

    choices = choices_of(*chunks, part({}, "tool_calls"), writer=a_writer(with_functions=True))

    assert [choice["delta"] for choice in choices] == [
        {"role": "assistant", "content": None},
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": '{"a":1}'}},
        {},
    ]
    assert choices[-1]["finish_reason"] == "function_call"


@pytest.mark.parametrize(
    "choice",
    [
        {"index": 0, "delta": {"content": "Hel"}, "logprobs": None, "content_filter_results": {}},
        {"delta": {"content": "Hel"}, "logprobs": None, "finish_reason": None, "native_finish_reason": None},
        {"index": 0, "delta": {"content": "Hel"}, "finish_reason": None},
        {"index": 0, "delta": {"content": "Hel"}},
        {"index": None, "delta": {"content": "Hel", "role": "assistant"}},
        {"delta": {"content": "Hel", "tool_calls": None, "refusal": None}},
    ],
    ids=str,
)
def test_every_choice_has_the_four_fields_of_a_choice(choice: dict[str, Any]) -> None:
    _, *choices = choices_of(ROLE, choice)

    assert choices == [part({"content": "Hel"})]


def test_a_chunk_that_says_nothing_is_not_sent() -> None:
    writer = a_writer()
    writer.write(Delta([ROLE]))

    for delta in ({}, {"content": None}, {"role": "assistant"}, {"refusal": None}, None):
        assert writer.write(Delta([part(delta)])) == b""
    assert writer.write(Delta()) == b""


@pytest.mark.parametrize("extra", [{}, {"content_filter_results": {}}])
def test_the_log_probabilities_of_half_a_character_are_not_lost(extra: dict[str, Any]) -> None:
    half = {"content": [{"token": "\\xe2\\x82", "logprob": -0.1}]}

    _, *choices = choices_of(ROLE, {**part({"content": ""}), "logprobs": half, **extra})

    assert choices == [{**part({"content": ""}), "logprobs": half}]
