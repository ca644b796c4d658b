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
