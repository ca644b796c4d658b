"""What is known of an answer, as it grows."""

from decimal import Decimal
from typing import Any, cast

import pytest

from tests.builders import a_call, a_hold, a_model
from tollgate.contracts.catalogue import Model, Price, Rates
from tollgate.contracts.chat import Delta, Plan
from tollgate.contracts.usage import Usage
from tollgate.ledger.bounds import PromptSize
from tollgate.services.answered import Answered
from tollgate.services.attempts import Attempts
from tollgate.services.candidates import Candidate


def answered(model: Model | None = None, plan: Plan | None = None, **changes: Any) -> Answered:
    candidate = Candidate(model or a_model(), cast("Any", None), plan or Plan(body={}), 1_000)
    attempts = Attempts([candidate], a_call(), cast("Any", None), is_listed=False)
    size = PromptSize(text_bytes=40)
    return Answered(**{"attempts": attempts, "hold": a_hold(), "output_cap": 2_000, "size": size, **changes})


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


def test_without_a_report_the_usage_is_estimated_from_what_went_in_and_came_out() -> None:
    answer = answered(size=PromptSize(text_bytes=40))

    answer.take(Delta([{"delta": {"content": "x" * 10}}]))

    assert answer.usage == Usage(prompt_tokens=10, completion_tokens=3, is_estimated=True)


def test_a_report_takes_the_place_of_the_estimate() -> None:
    answer = answered()

    answer.take(Delta([{"delta": {"content": "Hi"}}]))
    answer.take(Delta(usage=Usage(19, 10)))

    assert answer.usage == Usage(19, 10)
    assert answer.cost.total_usd == Decimal("0.0001475")


@pytest.mark.parametrize("held_usd", ["0", "0.00001", "0.0001", "0.0001475"])
def test_what_is_shown_as_the_cost_is_never_more_than_the_hold(held_usd: str) -> None:
    answer = answered(hold=a_hold(amount_usd=Decimal(held_usd)))

    answer.take(Delta(usage=Usage(19, 10)))

    assert answer.cost.total_usd == Decimal(held_usd)
    assert min(answer.cost.input_usd, answer.cost.output_usd) >= 0


def test_the_bill_says_the_whole_cost_so_that_an_overrun_is_seen() -> None:
    answer = answered(hold=a_hold(amount_usd=Decimal(0)))

    answer.take(Delta(usage=Usage(19, 10)))

    assert answer.bill().cost_usd == Decimal("0.0001475")


def test_the_tier_that_served_the_call_decides_the_price() -> None:
    flex = Price(rates=Rates(input=Decimal(1), output=Decimal(1)))
    model = a_model(price=Price(rates=Rates(input=Decimal(2), output=Decimal(2)), service_tiers={"flex": flex}))
    answer = answered(model, Plan(body={"service_tier": "flex"}))

    answer.take(Delta(usage=Usage(500_000, 500_000)))
    asked_for = answer.bill().cost_usd
    answer.take(Delta(extras={"service_tier": "default"}))

    assert asked_for == 1
    assert answer.bill().cost_usd == 2


def test_the_bill_keeps_who_answered_and_under_which_id() -> None:
    answer = answered()

    answer.take(Delta(upstream_id="chatcmpl-up1", upstream_model="gpt-4o-2024-11-20"))
    answer.take(Delta(upstream_id="chatcmpl-up2", usage=Usage(1, 1, upstream_cost_usd=Decimal("0.00001"))))

    assert answer.bill().details == {
        "provider": "openai",
        "upstream_request_id": "chatcmpl-up1",
        "upstream_model": "gpt-4o-2024-11-20",
        "upstream_cost_usd": "0.00001",
    }


def test_the_client_is_told_who_answers_under_which_cap() -> None:
    assert answered(output_cap=500).headers == {
        "x-tollgate-model": "openai/gpt-4o",
        "x-tollgate-provider": "openai",
        "x-tollgate-attempts": "1",
        "x-tollgate-max-output-tokens": "500",
    }


def test_the_client_is_told_what_was_left_out_and_only_then() -> None:
    assert answered(plan=Plan(body={}, dropped=("seed", "user"))).headers["x-tollgate-dropped-params"] == "seed,user"
