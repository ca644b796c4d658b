"""Texts in as many calls as a provider needs, and what is held for them."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tollgate.contracts.embeddings import Embedded, EmbeddingPlan, EmbeddingRequest
from tollgate.contracts.usage import Usage
from tollgate.errors import ConnectFailed, ContextLengthExceeded, UpstreamInvalid
from tollgate.providers.sandbox import count_tokens
from tollgate.services.embeddings import embed_all, most_tokens


class Provider:
    """A provider whose vector of a text is its length. It fails for some texts, and hangs for others."""

    def __init__(self, *, fails_once: Sequence[str] = (), fails: Sequence[str] = (), hangs: Sequence[str] = ()) -> None:
        self.calls: list[list[str]] = []
        self.cancelled = 0
        self.at_once = self._most = 0
        self._fails_once = list(fails_once)
        self._fails = fails
        self._hangs = hangs

    def plan(self, request: EmbeddingRequest, **_: Any) -> EmbeddingPlan:
        return EmbeddingPlan(request)

    async def embed(self, request: EmbeddingRequest) -> Embedded:
        texts = [str(one) for one in request.inputs]
        self.calls.append(texts)
        self._most += 1
        self.at_once = max(self.at_once, self._most)
        try:
            # The first texts take longest, so that the answers come in another order.
            await asyncio.sleep(0.05 / len(self.calls))
            if texts[0] in self._hangs:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self._most -= 1
        if texts[0] in self._fails_once:
            self._fails_once.remove(texts[0])
            raise ConnectFailed("The provider cannot be reached.")
        if texts[0] in self._fails:
            raise UpstreamInvalid("The provider failed.")
        return Embedded([[float(len(text))] for text in texts], Usage(prompt_tokens=len(texts)))


def a_plan(texts: Sequence[Any], **changes: Any) -> EmbeddingPlan:
    return EmbeddingPlan(EmbeddingRequest(a_model(), texts), **{"batch": 2, "at_once": 2, **changes})


async def test_texts_go_in_parts_some_at_a_time_and_come_back_in_their_order() -> None:
    provider = Provider()

    embedded = await embed_all(provider, a_plan(["a", "bb", "ccc", "dddd", "eeeee"]), {})

    assert provider.calls == [["a", "bb"], ["ccc", "dddd"], ["eeeee"]]
    assert embedded.vectors == [[1.0], [2.0], [3.0], [4.0], [5.0]]
    assert embedded.usage == Usage(prompt_tokens=5)
    assert provider.at_once == 2


async def test_a_second_attempt_asks_only_for_what_is_missing() -> None:
    provider, plan = Provider(fails_once=["ccc"]), a_plan(["a", "bb", "ccc"], at_once=1)
    done: dict[int, Embedded] = {}
    with pytest.raises(ConnectFailed):
        await embed_all(provider, plan, done)

    embedded = await embed_all(provider, plan, done)

    assert provider.calls == [["a", "bb"], ["ccc"], ["ccc"]]
    assert embedded.vectors == [[1.0], [2.0], [3.0]]


async def test_a_part_that_fails_stops_the_others_and_those_to_come() -> None:
    provider = Provider(fails=["b"], hangs=["a", "c"])

    with pytest.raises(UpstreamInvalid):
        await embed_all(provider, a_plan(["a", "b", "c", "d", "e"], batch=1, at_once=3), {})

    assert provider.calls == [["a"], ["b"], ["c"]]
    assert provider.cancelled == 2


async def test_parts_with_vectors_of_different_lengths_are_no_answer() -> None:
    class Moody(Provider):
        async def embed(self, request: EmbeddingRequest) -> Embedded:
            return Embedded([[1.0] * len(str(request.inputs[0]))])

    with pytest.raises(UpstreamInvalid, match="different lengths"):
        await embed_all(Moody(), a_plan(["a", "bb"], batch=1), {})


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5), st.none() | st.integers(1, 40))
def test_texts_are_never_more_tokens_than_the_bound(texts: list[str], window: int | None) -> None:
    bound = most_tokens(EmbeddingRequest(a_model(context_length=window), texts))

    read = [min(count_tokens(text), window) if window else count_tokens(text) for text in texts]
    assert sum(read) <= bound


def test_a_title_counts_with_every_text() -> None:
    model = a_model(context_length=None)

    assert most_tokens(EmbeddingRequest(model, ["a", "b"], title="ä")) == 2 * (1 + 16 + 2)


@pytest.mark.parametrize(("inputs", "param"), [([[1, 2, 3]], "input"), ([[1], [1, 2, 3]], "input[1]")])
def test_tokens_beyond_the_window_are_refused(inputs: Any, param: str) -> None:
    with pytest.raises(ContextLengthExceeded, match="at most 2 tokens") as caught:
        most_tokens(EmbeddingRequest(a_model(context_length=2), inputs))

    assert caught.value.param == param
