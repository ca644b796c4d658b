"""How hard Anthropic's models think."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.providers.parameters import EFFORTS
from tollgate.providers.thinking import effort_of, settle_thinking, thinking_of

ADAPTIVE = {"effort_field": "adaptive", "effort_levels": ["none", "low", "high"]}
BUDGET = {"effort_field": "budget", "effort_levels": list(EFFORTS)}


@pytest.mark.parametrize(
    ("effort", "thinking", "told"),
    [
        (None, None, None),
        ("none", {"type": "disabled"}, None),
        ("low", {"type": "adaptive"}, "low"),
        ("max", {"type": "adaptive"}, "max"),
    ],
)
def test_newer_models_are_told_the_effort(effort: str | None, thinking: Any, told: str | None) -> None:
    assert thinking_of(effort, ADAPTIVE, 1_000) == thinking
    assert effort_of(effort, ADAPTIVE) == told


@pytest.mark.parametrize(
    ("effort", "cap", "budget"),
    [
        ("minimal", 64_000, 1_024),
        ("low", 64_000, 1_024),
        ("medium", 64_000, 8_192),
        ("high", 64_000, 16_384),
        ("xhigh", 64_000, 24_576),
        ("max", 64_000, 32_000),
        ("max", 8_000, 6_000),
        ("high", 1_025, 1_024),
    ],
)
def test_older_models_are_given_a_budget(effort: str, cap: int, budget: int) -> None:
    assert thinking_of(effort, BUDGET, cap) == {"type": "enabled", "budget_tokens": budget}
    assert effort_of(effort, BUDGET) is None


@given(st.sampled_from(EFFORTS), st.integers(1, 200_000))
def test_a_budget_is_never_too_small_nor_as_large_as_the_cap(effort: str, cap: int) -> None:
    thinking = thinking_of(effort, BUDGET, cap)

    if thinking is not None and thinking["type"] == "enabled":
        assert 1_024 <= thinking["budget_tokens"] < cap
    else:
        assert effort == "none" or cap <= 1_024


@pytest.mark.parametrize("effort", [None, "none"])
def test_without_thinking_nothing_changes(effort: str | None) -> None:
    body = {"messages": [], "temperature": 0.5, "tool_choice": "required"} | (
        {"reasoning_effort": effort} if effort else {}
    )
    before = dict(body)

    assert settle_thinking(body, ADAPTIVE) == []
    assert body == before


def test_a_model_that_thinks_takes_no_sampling_and_is_forced_to_no_tool() -> None:
    body = {"messages": [], "reasoning_effort": "low", "temperature": 0.5, "top_p": 0.5, "tool_choice": "required"}

    changed = settle_thinking(body, ADAPTIVE)

    assert changed == ["temperature", "top_p", "tool_choice"]
    assert body == {"messages": [], "reasoning_effort": "low", "tool_choice": "auto"}


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_a_free_choice_of_tools_stays(choice: str) -> None:
    body = {"messages": [], "reasoning_effort": "low", "tool_choice": choice}

    assert settle_thinking(body, ADAPTIVE) == []
    assert body["tool_choice"] == choice
