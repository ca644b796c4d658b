"""The bytes of a streamed chat completion."""

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.contracts.chat import Delta
from tollgate.services.router.chunks import DONE, ChunkWriter


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


HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "openai/gpt-4o"}
USAGE = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29, "cost": 0.0001475}


def test_openais_chunks_become_the_documented_sequence_with_usage() -> None:
    writer = a_writer(with_usage=True)
    chunks = [
        part({"role": "assistant", "content": "", "refusal": None}),
        part({"content": "Hel"}),
        part({"content": "lo!"}),
        part({}, "stop"),
    ]

    written = b"".join(writer.write(Delta([chunk])) for chunk in chunks) + writer.usage(USAGE)

    assert events_of(written) == [
        {**HEAD, "choices": [part({"role": "assistant", "content": ""})], "usage": None},
        {**HEAD, "choices": [part({"content": "Hel"})], "usage": None},
        {**HEAD, "choices": [part({"content": "lo!"})], "usage": None},
        {**HEAD, "choices": [part({}, "stop")], "usage": None},
        {**HEAD, "choices": [], "usage": USAGE},
    ]


def test_without_usage_no_chunk_speaks_of_it_and_none_is_without_a_choice() -> None:
    writer = a_writer()

    written = b"".join(writer.write(Delta([chunk])) for chunk in (ROLE, part({"content": "Hi"}), STOP))
    written += writer.usage(USAGE)

    assert b"usage" not in written
    assert all(event["choices"] for event in events_of(written))


def test_the_bytes_are_compact_and_a_text_keeps_its_characters() -> None:
    writer = a_writer()
    writer.write(Delta([ROLE]))

    written = writer.write(Delta([part({"content": "größe\n"})]))

    assert (
        written
        == (
            'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"openai/gpt-4o",'
            '"choices":[{"index":0,"delta":{"content":"größe\\n"},"logprobs":null,"finish_reason":null}]}\n\n'
        ).encode()
    )


def test_the_end_is_marked() -> None:
    assert DONE == b"data: [DONE]\n\n"


def test_a_provider_that_says_everything_in_one_chunk_is_taken_apart() -> None:
    choices = choices_of(part({"role": "assistant", "content": "Hello!"}, "stop"))

    assert choices == [ROLE, part({"content": "Hello!"}), STOP]


def test_a_provider_that_never_gives_a_role_has_one_all_the_same() -> None:
    assert choices_of(part({"content": "Hi"}), STOP)[0] == ROLE


def test_a_provider_that_gives_the_role_in_every_chunk_has_it_once() -> None:
    chunks = [part({"role": "assistant", "content": text}) for text in ("", "a", "b")]

    assert choices_of(*chunks) == [ROLE, part({"content": "a"}), part({"content": "b"})]


def test_a_text_that_comes_with_the_finish_reason_comes_before_it() -> None:
    _, *choices = choices_of(ROLE, part({"content": "Hi"}, "length"))

    assert choices == [part({"content": "Hi"}), part({}, "length")]


def test_what_comes_after_the_finish_reason_is_dropped() -> None:
    choices = choices_of(ROLE, STOP, part({"content": "more"}), calling(whole("f", index=0)), part({}, "length"))

    assert choices == [ROLE, STOP]


def test_an_answer_without_a_word_has_a_role_and_an_end() -> None:
    assert choices_of(part({}, "stop")) == [ROLE, STOP]


def test_reasoning_is_passed_on_before_the_answer() -> None:
    _, *choices = choices_of(
        part({"reasoning_content": "Hm."}), part({"reasoning_content": "Ah."}), part({"content": "42"})
    )

    assert [choice["delta"] for choice in choices] == [
        {"reasoning_content": "Hm."},
        {"reasoning_content": "Ah."},
        {"content": "42"},
    ]


def test_a_refusal_is_passed_on() -> None:
    assert choices_of(part({"refusal": "No."}))[1] == part({"refusal": "No."})


def test_log_probabilities_stay_with_their_text() -> None:
    logprobs = {"content": [{"token": "Hi", "logprob": -0.1}], "refusal": None}

    choices = choices_of({**part({"role": "assistant", "content": "Hi"}, "stop"), "logprobs": logprobs})

    assert [choice["logprobs"] for choice in choices] == [None, logprobs, None]


def test_several_choices_in_one_chunk_have_a_chunk_each() -> None:
    writer = a_writer()
    both = [part({"content": "a"}), part({"content": "b"}, index=1)]

    events = events_of(writer.write(Delta(both)))

    assert [len(event["choices"]) for event in events] == [1, 1, 1, 1]
    assert [event["choices"][0]["index"] for event in events] == [0, 0, 1, 1]


def test_a_choice_that_is_finished_does_not_finish_the_others() -> None:
    choices = choices_of(part({"content": "a"}, "stop"), part({"content": "b"}, index=1), part({}, "stop", index=1))

    assert [(choice["index"], choice["finish_reason"]) for choice in choices if choice["finish_reason"]] == [
        (0, "stop"),
        (1, "stop"),
    ]


def test_what_a_provider_says_beside_the_choices_is_in_every_chunk_from_then_on() -> None:
    writer = a_writer(with_usage=True)
    facts = {"service_tier": "default", "system_fingerprint": "fp_1"}

    written = writer.write(Delta([ROLE])) + writer.write(Delta([part({"content": "a"})], extras=facts))
    written += writer.write(Delta([part({"content": "b"})])) + writer.usage(USAGE)

    first, *rest = events_of(written)
    assert "service_tier" not in first
    assert all(event.items() >= facts.items() for event in rest)


def test_openais_fragments_of_a_call_pass_as_they_are() -> None:
    head = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
    rest = [{"index": 0, "function": {"arguments": text}} for text in ('{"a', '":1}')]

    choices = choices_of(
        part({"role": "assistant", "content": None, "tool_calls": [head], "refusal": None}),
        *(calling(fragment) for fragment in rest),
        part({}, "tool_calls"),
    )

    assert choices == [
        part({"role": "assistant", "content": None}),
        calling(head),
        *(calling(fragment) for fragment in rest),
        part({}, "tool_calls"),
    ]


def test_a_whole_call_is_cut_into_its_head_and_its_arguments() -> None:
    choices = choices_of(calling(whole("f", index=0, id="call_1")), STOP)

    assert choices == [
        part({"role": "assistant", "content": None}),
        calling({"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}),
        calling({"index": 0, "function": {"arguments": '{"a":1}'}}),
        part({}, "tool_calls"),
    ]


def test_arguments_as_an_object_become_a_text() -> None:
    fragment = {"index": 0, "id": "a", "function": {"name": "f", "arguments": {"city": "Köln"}}}

    assert calls_of(choices_of(calling(fragment), STOP))[0]["arguments"] == '{"city":"Köln"}'


@pytest.mark.parametrize("call_id", ["", "a b", "a.b", "x" * 65, "ä", None, 5])
def test_an_id_that_others_would_refuse_is_replaced(call_id: Any) -> None:
    (call,) = calls_of(choices_of(calling(whole("f", index=0, id=call_id)), STOP)).values()

    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call["id"])
    assert call["id"] not in {call_id, "None"}


def test_a_text_before_the_calls_comes_before_them() -> None:
    choices = choices_of(part({"content": "Wait.", "tool_calls": [whole("f", index=0)]}), STOP)

    assert [list(choice["delta"]) for choice in choices] == [
        ["role", "content"],
        ["content"],
        *[["tool_calls"]] * 2,
        [],
    ]
    assert choices[0]["delta"]["content"] == ""


@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_calls"])
def test_a_reason_other_than_stop_is_the_reason_even_after_calls(reason: str) -> None:
    choices = choices_of(calling(whole("f", index=0)), part({}, reason))

    assert choices[-1]["finish_reason"] == reason


def test_a_custom_tool_is_called_with_its_input() -> None:
    fragment = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "c", "input": "1 + 1"}}

    choices = choices_of(calling(fragment), STOP)

    assert [choice["delta"].get("tool_calls") for choice in choices] == [None, [fragment], None]


def test_what_only_the_provider_understands_goes_along_with_the_call() -> None:
    fragment = whole("f", index=0, id="a", extra_content={"google": {"thought_signature": "s"}})

    head = choices_of(calling(fragment))[1]["delta"]["tool_calls"][0]

    assert head["extra_content"] == {"google": {"thought_signature": "s"}}


def test_a_client_of_functions_reads_text_as_ever() -> None:
    choices = choices_of(ROLE, part({"content": "Hi"}), STOP, writer=a_writer(with_functions=True))

    assert choices == [ROLE, part({"content": "Hi"}), STOP]


@st.composite
def cuts(draw: st.DrawFn) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """The texts of some choices, and the chunks that a provider might cut them into."""
    texts = draw(st.lists(st.text(max_size=20), min_size=1, max_size=3))
    waiting: list[list[dict[str, Any]]] = []
    for index, text in enumerate(texts):
        places = sorted(draw(st.sets(st.integers(0, len(text)))) | {0, len(text)})
        choices = [part({"content": text[start:end]}, index=index) for start, end in pairwise(places)] or [
            part({"content": ""}, index=index)
        ]
        if draw(st.booleans()):
            choices.insert(0, part({"role": "assistant", "content": draw(st.sampled_from(("", None)))}, index=index))
        if draw(st.booleans()):
            choices.append(part({}, index=index))
        choices[-1]["finish_reason"] = "stop"
        if draw(st.booleans()):
            choices[-1]["delta"] = {"role": "assistant", **choices[-1]["delta"]}
        if draw(st.booleans()):
            choices.append(part({"content": "too late"}, index=index))
        waiting.append(choices)
    chunks = []
    while any(waiting):
        took = draw(st.sets(st.sampled_from([index for index, left in enumerate(waiting) if left]), min_size=1))
        chunks.append([waiting[index].pop(0) for index in sorted(took)])
    for choice in (choice for chunk in chunks for choice in chunk):
        if draw(st.booleans()):
            del choice["logprobs"]
    return texts, chunks


@given(cuts(), st.booleans(), st.booleans())
def test_however_a_text_is_cut_a_client_reads_the_same_in_the_same_order(
    cut: tuple[list[str], list[list[dict[str, Any]]]], with_usage: bool, with_functions: bool
) -> None:
    texts, chunks = cut
    writer = a_writer(with_usage=with_usage, with_functions=with_functions)

    events = events_of(b"".join(writer.write(Delta(chunk)) for chunk in chunks))

    assert all(event.items() >= HEAD.items() for event in events)
    for index, text in enumerate(texts):
        first, *middle, last = [choice for event in events for choice in event["choices"] if choice["index"] == index]
        assert first == part({"role": "assistant", "content": ""}, index=index)
        assert last == part({}, "stop", index=index)
        assert "".join(choice["delta"]["content"] for choice in middle) == text
        assert all(choice["finish_reason"] is None and "role" not in choice["delta"] for choice in middle)
