"""Texts cut into passages: nothing is lost, and nothing is longer than it may be."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tollgate.contracts.aipuffer.vectors import VectorItem
from tollgate.providers.passages import passage_characters
from tollgate.services.aipuffer.passages import Span, source_of, spans_of


@given(st.integers(0, 60_000), st.sampled_from([384, 2_000, 6_000, 12_000]))
def test_every_character_is_in_a_passage_and_neighbours_overlap(length: int, size: int) -> None:
    spans = spans_of(length, size)

    overlap = min(600, size // 4)
    assert (spans[0].start, spans[-1].end) == (0, length)
    assert all(span.end - span.start <= size for span in spans)
    assert all(span.end - span.start == size for span in spans[:-1])
    assert all(later.start == earlier.end - overlap for earlier, later in pairwise(spans))
    assert all(later.end > earlier.end for earlier, later in pairwise(spans))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=3_000), st.sampled_from([4, 7, 100, 384]))
def test_passages_put_together_are_the_text(text: str, size: int) -> None:
    source = source_of(VectorItem(content=text), size=size, new_id="new")

    together = ""
    for span, passage in zip(source.spans, source.passages(), strict=True):
        assert passage.encode().decode() == passage
        together += passage[len(together) - span.start :]
    assert together == text


@pytest.mark.parametrize(
    ("length", "spans"),
    [
        (1, [Span(0, 1)]),
        (6_000, [Span(0, 6_000)]),
        (6_001, [Span(0, 6_000), Span(5_400, 6_001)]),
        (11_400, [Span(0, 6_000), Span(5_400, 11_400)]),
        (20_000, [Span(0, 6_000), Span(5_400, 11_400), Span(10_800, 16_800), Span(16_200, 20_000)]),
    ],
)
def test_a_passage_begins_every_5400_characters_until_one_reaches_the_end(length: int, spans: list[Span]) -> None:
    assert spans_of(length, 6_000) == spans


@pytest.mark.parametrize(
    ("provider", "name", "size"),
    [
        ("openai", "text-embedding-3-small", 6_000),
        ("azure", "my-deployment", 6_000),
        ("google", "gemini-embedding-001", 6_000),
        ("openrouter", "qwen/qwen3-embedding-8b", 12_000),
        ("openrouter", "openai/text-embedding-3-small", 6_000),
        ("openrouter", "google/gemini-embedding-001", 6_000),
        ("ollama", "nomic-embed-text", 2_000),
        ("ollama", "mxbai-embed-large:latest", 384),
    ],
)
def test_a_passage_is_as_long_as_its_model_reads_well(provider: str, name: str, size: int) -> None:
    assert passage_characters(a_model(provider=provider, upstream_model=name)) == size


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), st.text(max_size=20))
def test_metadata_are_always_such_as_every_store_takes(value: Any, name: str) -> None:
    source = source_of(VectorItem(content="x", metadata={name: value}), size=100, new_id="new")

    for key, stored in source.metadata.items():
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        assert isinstance(stored, str | int | float | bool)
        assert not (isinstance(stored, str) and "\n" in stored)


@given(st.text(max_size=200))
def test_an_id_has_characters_that_ids_have_and_is_never_empty(text: str) -> None:
    parent = source_of(VectorItem(content="x", id=text), size=100, new_id="new").parent_id

    assert 1 <= len(parent) <= 80
    assert set(parent) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-")


def test_many_opening_brackets_take_no_time() -> None:
    source = source_of(VectorItem(content="x", metadata={"a": "<a" * 200_000}), size=100, new_id="new")

    assert source.metadata["a"] == "<a" * 200_000
