"""Several upstream calls for one request."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from tests.builders import a_chat_request
from tollgate.contracts.chat import ChatRequest, Completion, Delta
from tollgate.contracts.usage import Usage
from tollgate.errors import ProviderOverloaded
from tollgate.services.fan_out import complete_each, stream_each

REQUEST = a_chat_request()


async def a_few_turns() -> None:
    """Let every task begin."""
    for _ in range(5):
        await asyncio.sleep(0)


def a_choice(text: str, index: int = 0) -> dict[str, Any]:
    return {"index": index, "message": {"content": text}, "finish_reason": "stop"}


def a_completion(text: str, *, usage: Usage | None = None, **changes: Any) -> Completion:
    return Completion(**{"choices": [a_choice(text)], "usage": usage, **changes})


class Answers:
    """A provider that gives the next answer to each call; calls that it has none for go on until they are stopped."""

    def __init__(self, *answers: Completion | Exception) -> None:
        self.calls = 0
        self.stopped = 0
        self._answers = answers

    async def __call__(self, request: ChatRequest) -> Completion:
        assert request is REQUEST
        self.calls += 1
        number = self.calls
        try:
            # The first call is the last to be answered.
            for _ in range(10 - number):
                await asyncio.sleep(0)
            if number > len(self._answers):
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        answer = self._answers[number - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_one_call_is_passed_through() -> None:
    completion = a_completion("a", usage=Usage(1, 2))

    assert await complete_each(Answers(completion), REQUEST, 1) is completion


async def test_the_choices_of_several_calls_are_numbered_in_the_order_of_the_calls() -> None:
    answers = Answers(a_completion("a"), a_completion("b"), a_completion("c"))

    merged = await complete_each(answers, REQUEST, 3)

    assert merged.choices == [a_choice("a"), a_choice("b", 1), a_choice("c", 2)]


async def test_the_usage_of_several_calls_is_their_sum() -> None:
    answers = Answers(a_completion("a", usage=Usage(19, 10)), a_completion("b", usage=Usage(19, 12)))

    assert (await complete_each(answers, REQUEST, 2)).usage == Usage(38, 22)


async def test_a_call_that_reports_no_usage_leaves_all_of_it_to_be_estimated() -> None:
    answers = Answers(a_completion("a", usage=Usage(19, 10)), a_completion("b"))

    assert (await complete_each(answers, REQUEST, 2)).usage is None


async def test_what_a_provider_says_beside_the_choices_is_taken_from_the_first_call() -> None:
    answers = Answers(
        a_completion("a", extras={"service_tier": "flex"}, upstream_id="up1"),
        a_completion("b", extras={"service_tier": "default"}, upstream_id="up2"),
    )

    merged = await complete_each(answers, REQUEST, 2)

    assert (merged.extras, merged.upstream_id) == ({"service_tier": "flex"}, "up1")


async def test_one_failure_fails_all_and_stops_the_other_calls() -> None:
    answers = Answers(ProviderOverloaded("Busy."))

    with pytest.raises(ProviderOverloaded):
        await complete_each(answers, REQUEST, 3)

    assert (answers.calls, answers.stopped) == (3, 2)


async def test_whoever_stops_waiting_stops_every_call() -> None:
    answers = Answers()
    waiting = asyncio.create_task(complete_each(answers, REQUEST, 3))
    await a_few_turns()

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert answers.stopped == 3


Step = Delta | Exception | asyncio.Event


class Streams:
    """A provider that streams the next script to each call: deltas, failures, and events that are waited for."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.opened = 0
        self.closed = 0
        self._scripts = scripts

    async def __call__(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        assert request is REQUEST
        script = self._scripts[self.opened]
        self.opened += 1
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    await asyncio.sleep(0)
                    yield step
        finally:
            self.closed += 1


def a_delta(text: str, reason: str | None = None) -> Delta:
    return Delta([{"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": reason}])


async def read(stream: AsyncGenerator[Delta, None]) -> list[Delta]:
    return [delta async for delta in stream]


def texts_of(deltas: list[Delta]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for choice in (choice for delta in deltas for choice in delta.choices):
        texts[choice["index"]] = texts.get(choice["index"], "") + choice["delta"]["content"]
    return texts


async def test_one_stream_is_passed_through() -> None:
    script = [a_delta("a"), a_delta("b", "stop"), Delta(usage=Usage(1, 2))]
    streams = Streams([*script])

    assert await read(stream_each(streams, REQUEST, 1)) == script
    assert streams.closed == 1


async def test_each_stream_becomes_a_choice_of_its_own() -> None:
    streams = Streams([a_delta("a"), a_delta("b")], [a_delta("c"), a_delta("d")], [a_delta("e")])

    deltas = await read(stream_each(streams, REQUEST, 3))

    assert texts_of(deltas) == {0: "ab", 1: "cd", 2: "e"}
    assert streams.closed == 3


async def test_pieces_are_passed_on_as_they_come_and_not_stream_by_stream() -> None:
    is_second_done = asyncio.Event()
    stream = stream_each(Streams([is_second_done, a_delta("late")], [a_delta("early")]), REQUEST, 2)

    first = await anext(stream)
    is_second_done.set()
    rest = await read(stream)

    assert texts_of([first]) == {1: "early"}
    assert texts_of(rest) == {0: "late"}


async def test_usage_comes_once_in_the_end_for_all_streams() -> None:
    streams = Streams(
        [a_delta("a"), Delta(usage=Usage(19, 10))],
        [Delta(usage=Usage(19, 1)), a_delta("b"), Delta(usage=Usage(19, 12))],
    )

    *deltas, last = await read(stream_each(streams, REQUEST, 2))

    assert last == Delta(usage=Usage(38, 22))
    assert all(delta.usage is None for delta in deltas)


async def test_a_stream_without_usage_leaves_all_of_it_to_be_estimated() -> None:
    streams = Streams([a_delta("a"), Delta(usage=Usage(19, 10))], [a_delta("b")])

    assert all(delta.usage is None for delta in await read(stream_each(streams, REQUEST, 2)))


async def test_one_failure_in_a_stream_fails_all_and_closes_the_others() -> None:
    streams = Streams([a_delta("a"), ProviderOverloaded("Busy.")], [a_delta("b"), asyncio.Event()])

    with pytest.raises(ProviderOverloaded):
        await read(stream_each(streams, REQUEST, 2))

    assert (streams.opened, streams.closed) == (2, 2)


@pytest.mark.parametrize("calls", [1, 3])
async def test_closing_closes_every_stream(calls: int) -> None:
    script: list[Step] = [a_delta("a"), asyncio.Event()]
    streams = Streams(*[script] * calls)
    stream = stream_each(streams, REQUEST, calls)
    for _ in range(calls):
        await anext(stream)

    await stream.aclose()

    assert (streams.opened, streams.closed) == (calls, calls)


@pytest.mark.parametrize("calls", [1, 3])
async def test_whoever_stops_reading_closes_every_stream(calls: int) -> None:
    streams = Streams(*[[asyncio.Event()]] * calls)
    reading = asyncio.create_task(read(stream_each(streams, REQUEST, calls)))
    await a_few_turns()

    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert streams.closed == calls


async def test_a_provider_that_is_never_asked_was_never_called() -> None:
    streams = Streams([a_delta("a")])

    await stream_each(streams, REQUEST, 1).aclose()

    assert streams.opened == 0
