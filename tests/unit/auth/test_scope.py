"""Which models a key may use."""

import pytest

from tollgate.auth.scope import allows


def test_a_key_without_a_scope_may_use_every_model() -> None:
    assert allows(None, "openai/gpt-4o")


def test_a_key_with_an_empty_scope_may_use_none() -> None:
    assert not allows([], "openai/gpt-4o")


@pytest.mark.parametrize(
    ("entry", "model_id"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("openai/*", "openai/gpt-4o"),
        ("openrouter/*", "openrouter/anthropic/claude-sonnet-4.5"),
        ("openrouter/anthropic/claude-sonnet-4.5", "openrouter/anthropic/claude-sonnet-4.5"),
        ("wp-llm-7b", "wp-llm-7b"),
    ],
)
def test_an_entry_allows_its_model(entry: str, model_id: str) -> None:
    assert allows(["mistral/*", entry], model_id)


@pytest.mark.parametrize(
    ("entry", "model_id"),
    [
        ("openai/gpt-4o", "openai/gpt-4o-mini"),
        ("openai/gpt-4o-mini", "openai/gpt-4o"),
        ("openai/*", "openai2/gpt-4o"),
        ("open/*", "openai/gpt-4o"),
        ("openai/gpt-*", "openai/gpt-4o"),
        ("OpenAI/*", "openai/gpt-4o"),
        ("*", "openai/gpt-4o"),
        ("anthropic/*", "openrouter/anthropic/claude-sonnet-4.5"),
        ("openai", "openai/gpt-4o"),
    ],
)
def test_an_entry_allows_no_other_model(entry: str, model_id: str) -> None:
    assert not allows([entry], model_id)
