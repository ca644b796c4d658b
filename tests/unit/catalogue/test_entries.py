"""Entries as models, and their prices to the last digit."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.catalogue.entries import Entry, to_model, to_price
from tollgate.contracts.catalogue import Price, Rates

rates = st.decimals(min_value=0, max_value=999_999, places=6)


def an_entry(**changes: object) -> Entry:
    """An entry as JSON has it."""
    return {"id": "openai/gpt-4o", "provider": "openai", "pricing": {"input": 2.5, "output": 10}, **changes}


def test_an_entry_that_says_little_is_a_chat_model_for_text_under_its_own_name() -> None:
    model = to_model({"id": "openai/gpt-4o"})

    assert (model.provider, model.upstream_model, model.type, model.name) == (
        "openai",
        "gpt-4o",
        "chat",
        "openai/gpt-4o",
    )
    assert (model.owned_by, model.created, model.description) == ("openai", 0, "")
    assert (model.input_modalities, model.output_modalities) == (("text",), ("text",))
    assert model.supported_parameters is None
    assert not model.price.is_quoted


def test_everything_after_the_first_slash_is_the_upstream_name() -> None:
    assert to_model({"id": "openrouter/z-ai/glm-5.3"}).upstream_model == "z-ai/glm-5.3"


def test_an_id_without_a_slash_keeps_the_provider_and_the_name_that_it_says() -> None:
    model = to_model({"id": "wp-llm-7b", "provider": "sandbox", "upstream_model": "chat"})

    assert (model.id, model.provider, model.upstream_model) == ("wp-llm-7b", "sandbox", "chat")


@pytest.mark.parametrize(
    ("short", "long", "value", "expected"),
    [
        ("context", "context_length", 8192, 8192),
        ("max_output", "max_output_tokens", 2048, 2048),
        ("inputs", "input_modalities", ["text", "image"], ("text", "image")),
        ("outputs", "output_modalities", ["text", "audio"], ("text", "audio")),
    ],
)
def test_a_limit_has_two_names(short: str, long: str, value: object, expected: object) -> None:
    assert getattr(to_model(an_entry(**{short: value})), long) == expected
    assert getattr(to_model(an_entry(**{long: value})), long) == expected


def test_what_an_entry_says_beyond_its_fields_are_flags() -> None:
    model = to_model(an_entry(sampling="none", stop_max=0, logprobs=False, tokens_per_image=None))

    assert model.flags == {"sampling": "none", "stop_max": 0, "logprobs": False}


def test_a_disabled_entry_is_a_disabled_model() -> None:
    assert not to_model(an_entry(enabled=False)).enabled


@given(rates)
def test_a_rate_is_the_number_that_was_written_down(rate: Decimal) -> None:
    pricing = json.loads(f'{{"input": {rate}}}')

    assert to_price(pricing).rates.input == rate


@pytest.mark.parametrize("written", ["0.1", "0.000001", "1e-6", "3.0", "0", "0.0875", "123456.789012"])
def test_a_rate_is_exact_whichever_way_it_was_written(written: str) -> None:
    assert to_price(json.loads(f'{{"input": {written}}}')).rates.input == Decimal(written)


def test_a_rate_of_zero_is_a_price_and_a_missing_one_is_none() -> None:
    assert to_price({"input": 0}).is_quoted
    assert not to_price({"input": None, "cached_input": 1}).is_quoted


def test_a_price_is_for_a_million_tokens_unless_it_says_otherwise() -> None:
    assert (to_price({}).unit, to_price({}).per) == ("token", 1_000_000)
    assert (to_price({"unit": "minute", "per": 1}).unit, to_price({"unit": "minute", "per": 1}).per) == ("minute", 1)


def test_a_step_changes_what_it_names_and_keeps_the_rest() -> None:
    price = to_price({"input": 1, "output": 2, "cached_input": 0.5, "above": [{"prompt_tokens": 1_000, "input": 3}]})

    assert price.for_prompt(1_000) == price.rates
    assert price.for_prompt(1_001) == Rates(input=Decimal(3), output=Decimal(2), cached_input=Decimal("0.5"))


def test_steps_count_by_their_length_in_whichever_order_they_stand() -> None:
    price = to_price({"input": 1, "above": [{"prompt_tokens": 200, "input": 3}, {"prompt_tokens": 100, "input": 2}]})

    assert [price.for_prompt(tokens).input for tokens in (100, 150, 250)] == [1, 2, 3]


def test_a_service_tier_has_a_price_of_its_own_and_any_other_the_plain_one() -> None:
    price = to_price({"per": 1_000, "input": 2, "output": 4, "service_tiers": {"flex": {"input": 1}}})

    assert price.for_tier("flex") == Price(per=1_000, rates=Rates(input=Decimal(1)))
    assert price.for_tier("default") is price.for_tier(None) is price
