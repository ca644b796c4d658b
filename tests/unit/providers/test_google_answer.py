"""Gemini's answers as choices and usage: the corners that no recorded exchange has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.contracts.chat import Delta
from tollgate.contracts.usage import Usage
from tollgate.errors import ContentFiltered, TollgateError, UpstreamInvalid
from tollgate.providers.google_answer import (
    BROKEN,
    FINISH_REASONS,
    Progress,
    delta_from_wire,
    from_wire,
    usage_from_wire,
)

CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}


def answer(*parts: Any, reason: Any = "STOP", **changes: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}], **changes}


def text(words: str, **changes: Any) -> dict[str, Any]:
    return {"text": words, **changes}


def heard(*chunks: dict[str, Any]) -> list[Delta]:
    progress: dict[int, Progress] = {}
    return [delta_from_wire(chunk, progress) for chunk in chunks]


@pytest.mark.parametrize(("theirs", "ours"), FINISH_REASONS.items())
def test_each_reason_to_end_has_a_word_of_ours(theirs: str, ours: str) -> None:
    assert from_wire(answer(text("Hi"), reason=theirs)).choices[0]["finish_reason"] == ours
    assert from_wire(answer(reason=theirs)).choices[0]["finish_reason"] == ours


@pytest.mark.parametrize("reason", sorted(BROKEN))
def test_an_answer_that_google_calls_broken_is_an_error_whatever_came_before(reason: str) -> None:
    with pytest.raises(UpstreamInvalid):
        from_wire(answer(text("Hi"), reason=reason))


@pytest.mark.parametrize("reason", ["OTHER", "BRAND_NEW", "FINISH_REASON_UNSPECIFIED", 7, ["STOP"]])
def test_any_other_reason_ends_an_answer_well_if_there_is_one(reason: Any) -> None:
    assert from_wire(answer(text("Hi"), reason=reason)).choices[0]["finish_reason"] == "stop"
    with pytest.raises(UpstreamInvalid):
        from_wire(answer(text("Hm.", thought=True), reason=reason))


@pytest.mark.parametrize(
    ("reason", "ours"), [("STOP", "tool_calls"), ("OTHER", "tool_calls"), ("MAX_TOKENS", "length")]
)
def test_a_call_of_a_tool_is_why_an_answer_ends_unless_it_was_cut(reason: str, ours: str) -> None:
    assert from_wire(answer(CALL, reason=reason)).choices[0]["finish_reason"] == ours
    assert heard(answer(CALL, reason=reason))[0].choices[0]["finish_reason"] == ours


def test_a_call_before_the_last_chunk_is_why_the_answer_ends() -> None:
    deltas = heard(answer(CALL, reason=None), answer(reason="STOP"))

    assert deltas[-1].choices[0]["finish_reason"] == "tool_calls"


def test_an_answer_without_a_reason_to_end_is_one_if_it_says_something() -> None:
    assert from_wire(answer(text("Hi"), reason=None)).choices[0]["finish_reason"] == "stop"
    with pytest.raises(UpstreamInvalid):
        from_wire(answer(reason=None))


def test_calls_are_numbered_for_each_candidate_over_all_chunks() -> None:
    def chunk(index: int, *parts: Any) -> dict[str, Any]:
        return {"candidates": [{"index": index, "content": {"parts": list(parts)}}]}

    deltas = heard(chunk(0, CALL), chunk(1, CALL), chunk(0, CALL, CALL), chunk(1, CALL))

    numbers = [[call["index"] for call in delta.choices[0]["delta"]["tool_calls"]] for delta in deltas]
    assert numbers == [[0], [0], [1, 2], [1]]


def test_thoughts_are_never_part_of_the_answer() -> None:
    parts = [text("Hm", thought=True), text("Yes"), text(".", thought=True), text("!"), text("", thought=True)]

    message = from_wire(answer(*parts)).choices[0]["message"]

    assert (message["content"], message["reasoning_content"]) == ("Yes!", "Hm.")


@pytest.mark.parametrize(
    "part", [{"inlineData": {"mimeType": "image/png", "data": "x"}}, {"executableCode": {}}, {}, {"text": None}]
)
def test_a_kind_of_part_that_nobody_asked_for_is_left_out(part: dict[str, Any]) -> None:
    assert from_wire(answer(part, text("Hi"))).choices[0]["message"]["content"] == "Hi"


@pytest.mark.parametrize(
    "body",
    [
        {"candidates": "x"},
        {"candidates": [7]},
        {"candidates": [{"index": "0"}]},
        {"candidates": [{"content": "x"}]},
        {"candidates": [{"content": {"parts": "x"}}]},
        answer("x"),
        answer({"text": 7}),
        answer({"functionCall": "f"}),
        answer({"functionCall": {"args": {}}}),
        answer({"functionCall": {"name": "f", "args": "{}"}}),
        {"candidates": [{"content": {"parts": [text("a")]}, "logprobsResult": {"chosenCandidates": ["x"]}}]},
    ],
)
def test_an_answer_of_other_types_cannot_be_read(body: dict[str, Any]) -> None:
    with pytest.raises(UpstreamInvalid):
        from_wire(body)
    with pytest.raises(UpstreamInvalid):
        heard(body)


def test_a_prompt_that_was_filtered_is_told_with_googles_reason() -> None:
    with pytest.raises(ContentFiltered) as caught:
        from_wire({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})

    assert caught.value.metadata == {
        "provider": "google",
        "upstream_status": 200,
        "upstream_code": "PROHIBITED_CONTENT",
    }


def test_feedback_beside_an_answer_is_no_refusal() -> None:
    feedback: dict[str, Any] = {"promptFeedback": {"safetyRatings": []}}

    assert from_wire(answer(text("Hi"), **feedback)).choices[0]["message"]["content"] == "Hi"
    with pytest.raises(UpstreamInvalid):
        from_wire(feedback)


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"promptTokenCount": 8, "candidatesTokenCount": 2, "totalTokenCount": 10}, Usage(8, 2)),
        (
            {"promptTokenCount": 8, "candidatesTokenCount": 2, "thoughtsTokenCount": 31, "totalTokenCount": 41},
            Usage(8, 33, reasoning_tokens=31),
        ),
        (
            {"promptTokenCount": 8, "candidatesTokenCount": 33, "thoughtsTokenCount": 31, "totalTokenCount": 41},
            Usage(8, 33, reasoning_tokens=31),
        ),
        (
            {"promptTokenCount": 8, "toolUsePromptTokenCount": 4, "candidatesTokenCount": 2, "totalTokenCount": 14},
            Usage(12, 2),
        ),
        ({"promptTokenCount": 8, "thoughtsTokenCount": 5, "totalTokenCount": 13}, Usage(8, 5, reasoning_tokens=5)),
        ({"promptTokenCount": 8, "totalTokenCount": 8}, Usage(8, 0)),
        ({"candidatesTokenCount": 2, "totalTokenCount": 2}, Usage(0, 2)),
        ({"promptTokenCount": 8, "candidatesTokenCount": 2}, Usage(8, 2)),
        ({"promptTokenCount": 8}, Usage(8, 0, is_estimated=True)),
        ({"promptTokenCount": 8, "totalTokenCount": 10}, Usage(8, 0, is_estimated=True)),
        ({"candidatesTokenCount": 2, "totalTokenCount": 10}, Usage(0, 2, is_estimated=True)),
        (
            {"promptTokenCount": 8, "candidatesTokenCount": 2, "cachedContentTokenCount": 6},
            Usage(8, 2, cached_tokens=6),
        ),
        ({}, None),
        (None, None),
        ("many", None),
        ({"totalTokenCount": 10}, None),
        ({"promptTokenCount": -8, "candidatesTokenCount": 2}, None),
        ({"promptTokenCount": 8, "candidatesTokenCount": 2.5}, None),
        ({"promptTokenCount": True, "candidatesTokenCount": 2}, None),
        ({"promptTokenCount": 8, "candidatesTokenCount": 2, "thoughtsTokenCount": "31"}, None),
    ],
)
def test_counts_are_read_as_the_router_counts(usage: Any, read: Usage | None) -> None:
    assert usage_from_wire(usage) == read


@pytest.mark.parametrize(
    "details", [None, "x", [7], [{"modality": "AUDIO"}], [{"modality": "AUDIO", "tokenCount": -1}]]
)
def test_details_that_make_no_sense_count_nothing(details: Any) -> None:
    counts = {"promptTokenCount": 8, "candidatesTokenCount": 2}

    assert usage_from_wire({**counts, "promptTokensDetails": details, "candidatesTokensDetails": details}) == Usage(
        8, 2
    )


_COUNTS = st.integers(0, 1_000)


@given(prompt=_COUNTS, tool_use=_COUNTS, candidates=_COUNTS, thoughts=_COUNTS)
def test_what_is_billed_is_googles_own_total(prompt: int, tool_use: int, candidates: int, thoughts: int) -> None:
    counts = {
        "promptTokenCount": prompt,
        "toolUsePromptTokenCount": tool_use,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt + tool_use + candidates + thoughts,
    }
    # Google leaves out what is zero.
    said = {name: count for name, count in counts.items() if count}

    usage = usage_from_wire(said)

    assert usage is None or usage.total_tokens == counts["totalTokenCount"]
    assert usage is None or not usage.is_estimated
    assert (usage is None) == (not prompt and not candidates)


@given(
    chunk=st.recursive(
        st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "STOP", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["candidates", "content", "parts", "text", "functionCall", "name", "args", "index", "finishReason"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_comes_is_read_or_refused_and_never_breaks(chunk: Any) -> None:
    body = chunk if isinstance(chunk, dict) else {"candidates": chunk}

    try:
        delta = heard(body)[0]
    except TollgateError:
        return

    assert all(isinstance(choice["delta"].get("content", ""), str) for choice in delta.choices)
