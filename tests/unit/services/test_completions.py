"""What is known of an answer, as it grows."""

from typing import Any

import pytest

from tests.builders import a_hold, a_model
from tollgate.contracts.chat import Delta
from tollgate.ledger.bounds import PromptSize
from tollgate.services.completions import Answered


def answered(**changes: Any) -> Answered:
    return Answered(
        **{
            "model": a_model(),
            "hold": a_hold(),
            "max_output_tokens": 1_000,
            "dropped": (),
            "size": PromptSize(text_bytes=40),
            "service_tier": None,
            "details": {},
            **changes,
        }
    )


def calling(**call: Any) -> Delta:
    return Delta([{"index": 0, "delta": {"tool_calls": [{"index": 0, **call}]}}])


@pytest.mark.parametrize(
    ("delta", "text_bytes"),
    [
        (Delta(), 0),
        (Delta([{"delta": None}, {}]), 0),
        (Delta([{"delta": {"role": "assistant", "content": "größe"}}]), 7),
        (Delta([{"delta": {"content": "a", "refusal": "bc", "reasoning_content": "def"}}]), 6),
        (Delta([{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]), 2),
        (calling(function={"name": "f", "arguments": '{"ä":1}'}), 9),
        (calling(function={"name": None, "arguments": None}), 0),
        (calling(function={"name": "f", "arguments": {"a": 1}}), 8),
        (calling(function=None), 0),
        (calling(custom={"name": "c", "input": "1 + 1"}), 6),
    ],
    ids=str,
)
def test_every_piece_of_an_answer_is_counted_should_nobody_report_its_usage(delta: Delta, text_bytes: int) -> None:
    answer = answered()

    answer.take(delta)

    assert answer.text_bytes == text_bytes
