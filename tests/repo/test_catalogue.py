"""models.json: what it holds, that it is what the build step gives, and that its prices are those of genai-prices."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, Final

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import data
from genai_prices.types import ModelInfo, Provider, TimeOfDateConstraint
from hypothesis import given
from hypothesis import strategies as st

from tollgate.catalogue.catalogue import Catalogue, built_entries
from tollgate.catalogue.custom import read_entries
from tollgate.catalogue.entries import to_model
from tollgate.catalogue.ids import canonical
from tollgate.contracts.catalogue import Model
from tollgate.contracts.usage import Usage
from tollgate.errors import UnsupportedParameter
from tollgate.ledger.money import ZERO
from tollgate.ledger.prices import cost_of
from tollgate.providers import sandbox, sandbox_audio, sandbox_embeddings, sandbox_images
from tollgate.providers.parameters import plan
from tollgate_cli.catalogue import FACTS, MODELS, build, collect, dialect_of

FACTS_READ: Final = tomllib.loads(FACTS.read_text(encoding="utf-8"))
ENTRIES: Final[Mapping[str, Mapping[str, Any]]] = {str(entry["id"]): entry for entry in built_entries()}
CHAT: Final = sorted(model_id for model_id, entry in ENTRIES.items() if entry["type"] == "chat")
# Without a slash by decision: WordPress plugins know them by these names.
WITHOUT_A_SLASH: Final = {"wp-llm-7b", "wp-llm-13b"}
# A rate is rounded up to a millionth of a dollar for a million tokens.
ROUNDING_USD: Final = Decimal("1e-12")


def is_said_to_be_free(entry: Mapping[str, Any]) -> bool:
    """Whether catalogue.toml lists the model as free of charge."""
    table = FACTS_READ[entry["provider"]]
    name = entry["id"].removeprefix(f"{entry['provider']}/")
    return any(
        {**table.get("defaults", {}), **group}.get("free", False) for group in table["models"] if name in group["names"]
    )


def test_the_file_is_what_the_build_step_gives() -> None:
    assert MODELS.read_text(encoding="utf-8") == build(), "run `python -m tollgate_cli.catalogue --write`"


def test_the_build_step_gives_the_same_text_each_time() -> None:
    assert build() == build()


def test_the_file_is_small_enough_to_be_read_at_a_cold_start() -> None:
    assert MODELS.stat().st_size < 250_000


def test_every_entry_passes_the_checks_of_an_operator_s_own_file() -> None:
    entries = read_entries(
        MODELS, providers=frozenset(name for name in FACTS_READ if isinstance(FACTS_READ[name], dict))
    )

    assert entries == list(ENTRIES.values())


def test_every_id_is_canonical_but_those_that_are_known_without_a_slash() -> None:
    assert {model_id for model_id in ENTRIES if "/" not in model_id} == WITHOUT_A_SLASH
    assert all(canonical(model_id) == model_id for model_id in ENTRIES.keys() - WITHOUT_A_SLASH)


def test_every_model_is_found_by_its_id() -> None:
    catalogue = Catalogue(ENTRIES.values())

    assert [model.id for model in catalogue.all()] == sorted(ENTRIES)
    assert all(catalogue.find(model_id).id == model_id for model_id in ENTRIES)


def test_every_chat_model_costs_something_unless_it_is_said_to_be_free() -> None:
    free = {
        model_id for model_id in CHAT if not all(ENTRIES[model_id]["pricing"].get(side) for side in ("input", "output"))
    }

    assert free == {model_id for model_id in CHAT if is_said_to_be_free(ENTRIES[model_id])}


def test_no_model_of_another_kind_is_without_a_price() -> None:
    unpriced = [
        model_id
        for model_id, entry in ENTRIES.items()
        if not (entry["pricing"].get("input") or entry["pricing"].get("output")) and not is_said_to_be_free(entry)
    ]

    assert unpriced == []


@pytest.mark.parametrize("model_id", CHAT)
def test_a_chat_model_has_a_window_and_writes_no_more_than_fits_it(model_id: str) -> None:
    entry = ENTRIES[model_id]

    assert 0 < entry["max_output_tokens"] <= entry["context_length"]


def test_every_model_was_launched_and_none_in_the_future() -> None:
    latest = datetime.combine(FACTS_READ["prices_on"], time(), UTC).timestamp()

    assert all(1_600_000_000 < entry["created"] <= latest for entry in ENTRIES.values())


def test_every_model_has_a_name_and_at_most_a_sentence_about_it() -> None:
    for entry in ENTRIES.values():
        assert entry["name"].strip() == entry["name"] != ""
        assert len(entry.get("description", "")) <= 120


def test_a_model_that_is_named_is_left_out_for_its_end_alone() -> None:
    assert [each for each in collect().left_out if each.is_named and not each.reason.startswith("shut down on")] == []


def test_every_other_model_is_left_out_for_a_reason() -> None:
    unread = [each for each in collect().left_out if each.reason == "not named in catalogue.toml"]

    assert unread == [], "decide on these in catalogue.toml"


def test_every_sandbox_model_is_one_that_the_sandbox_knows() -> None:
    tricks = {
        entry.get("upstream_model", model_id.partition("/")[2])
        for model_id, entry in ENTRIES.items()
        if entry["provider"] == "sandbox"
    }

    makers = (sandbox, sandbox_audio, sandbox_embeddings, sandbox_images)
    known = "".join(maker.__doc__ or "" for maker in makers)
    plain = {trick.removeprefix("embedding-") for trick in tricks}
    assert all("error-" in trick or f"`{trick}`" in known for trick in plain)


REQUESTS: Final[Mapping[str, Any]] = {
    "audio": {"voice": "alloy", "format": "wav"},
    "frequency_penalty": 0.5,
    "logit_bias": {"1": 1},
    "logprobs": True,
    "modalities": ["text", "audio"],
    "n": 2,
    "parallel_tool_calls": False,
    "prediction": {"type": "content", "content": "x"},
    "presence_penalty": 0.5,
    "prompt_cache_key": "x",
    "reasoning_effort": "low",
    "response_format": {"type": "json_object"},
    "safety_identifier": "x",
    "seed": 1,
    "service_tier": "default",
    "stop": ["x"],
    "temperature": 0.5,
    "tool_choice": "required",
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "top_logprobs": 1,
    "top_p": 0.5,
    "user": "x",
    "verbosity": "low",
    "web_search_options": {},
}


@pytest.mark.parametrize("provider", sorted({entry["provider"] for entry in ENTRIES.values()}))
def test_what_a_model_is_said_to_support_is_neither_dropped_nor_refused(provider: str) -> None:
    for model in chat_models(provider):
        for name in set(model.supported_parameters or ()) & REQUESTS.keys():
            made = plan(a_request(name), model, dialect_of(provider), is_strict=True)
            assert made.dropped == (), model.id
            is_emulated = made.calls == REQUESTS["n"] or made.answer_schema is not None
            assert name in made.body or is_emulated, model.id


@pytest.mark.parametrize("provider", sorted({entry["provider"] for entry in ENTRIES.values()}))
def test_what_a_model_is_not_said_to_support_and_would_change_the_answer_is_refused(provider: str) -> None:
    meaning = {"audio", "logprobs", "stop", "tool_choice", "tools", "web_search_options"}
    for model in chat_models(provider):
        for name in meaning - set(model.supported_parameters or ()):
            with pytest.raises(UnsupportedParameter):
                plan(a_request(name), model, dialect_of(provider), is_strict=False)


def chat_models(provider: str) -> list[Model]:
    """The chat models of a provider."""
    return [to_model(ENTRIES[model_id]) for model_id in CHAT if ENTRIES[model_id]["provider"] == provider]


def a_request(name: str) -> dict[str, Any]:
    """A chat request with that field, and with tools where it makes no sense without."""
    tools = {"tools": REQUESTS["tools"]} if name in {"tool_choice", "parallel_tool_calls"} else {}
    return {"messages": [{"role": "user", "content": "Hello"}], **tools, name: REQUESTS[name]}


@dataclass(frozen=True)
class Sold:
    """A model of the catalogue that has its price from genai-prices."""

    model: Model
    seller: Provider
    theirs: ModelInfo
    tier: str | None = None

    def their_cost(self, usage: TheirUsage) -> Decimal:
        """What genai-prices says, at the dearest hour of the day."""
        prices = self.theirs.prices if isinstance(self.theirs.prices, list) else []
        is_hourly = any(isinstance(each.constraint, TimeOfDateConstraint) for each in prices)
        return max(
            self.theirs.calc_price(
                usage,
                self.seller,
                genai_request_timestamp=datetime.combine(FACTS_READ["prices_on"], time(hour), UTC),
                price_context={"service_tier": self.tier} if self.tier else None,
            ).total_price
            for hour in (range(24) if is_hourly else (12,))
        )


@cache
def sold() -> tuple[Sold, ...]:
    """Every priced chat model, once for each of its service tiers."""
    sellers = {seller.id: seller for seller in data.providers}
    found = []
    for model_id in CHAT:
        model = to_model(ENTRIES[model_id])
        seller = sellers.get(FACTS_READ[model.provider].get("prices", ""))
        if seller is None or is_said_to_be_free(ENTRIES[model_id]):
            continue
        theirs = seller.find_model(model.upstream_model, all_providers=data.providers)
        assert theirs is not None
        found += [Sold(model, seller, theirs, tier) for tier in (None, *model.price.service_tiers)]
    return tuple(found)


def both_costs(each: Sold, usage: Usage) -> tuple[Decimal, Decimal]:
    """What a usage costs by our ledger, and by genai-prices."""
    # Cached sound has a rate of its own there, and is counted as cached text here.
    theirs = TheirUsage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        input_audio_tokens=usage.prompt_audio_tokens,
        output_audio_tokens=usage.completion_audio_tokens,
        cache_audio_read_tokens=0,
        cache_write_1h_tokens=0,
    )
    return cost_of(usage, each.model.price.for_tier(each.tier)).total_usd, each.their_cost(theirs)


def test_every_model_of_a_provider_with_prices_takes_part() -> None:
    assert len({each.model.id for each in sold()}) > 200
    assert {each.tier for each in sold()} == {None, "fast", "flex", "priority"}
    assert any(each.model.price.above for each in sold())


@pytest.mark.parametrize("prompt_tokens", [1, 99_999, 100_001, 199_999, 200_000, 272_000, 272_001, 1_000_000])
def test_every_model_costs_here_what_it_costs_there_whatever_the_length_of_the_prompt(prompt_tokens: int) -> None:
    usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=1_000, cached_tokens=prompt_tokens // 2)

    for each in sold():
        ours, theirs = both_costs(each, usage)
        assert theirs <= ours <= theirs + (usage.total_tokens + 2) * ROUNDING_USD, (each.model.id, each.tier)


@given(drawn=st.data())
def test_any_usage_costs_here_what_it_costs_there(drawn: st.DataObject) -> None:
    each = drawn.draw(st.sampled_from(sold()), label="model")
    prompt = drawn.draw(st.integers(0, 2_000_000), label="prompt")
    completion = drawn.draw(st.integers(0, 200_000), label="completion")
    cached = drawn.draw(st.integers(0, prompt), label="cached")
    # Where no rate for writing a cache is quoted, theirs is storage alone.
    written = drawn.draw(st.integers(0, prompt - cached), label="written") if each.model.price.rates.cache_write else 0
    heard = drawn.draw(st.integers(0, prompt - cached - written), label="heard")
    spoken = drawn.draw(st.integers(0, completion), label="spoken")
    usage = Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        cache_write_tokens=written,
        prompt_audio_tokens=heard,
        completion_audio_tokens=spoken,
    )

    ours, theirs = both_costs(each, usage)

    assert theirs <= ours <= theirs + (usage.total_tokens + 2) * ROUNDING_USD


OWN_PRICES: Final = frozenset(
    group.get("id", f"{provider}/{{name}}").format(name=name)
    for provider, table in FACTS_READ.items()
    if isinstance(table, Mapping)
    for group in table["models"]
    for name in group["names"]
    if "pricing" in group or "pricing" in table.get("defaults", {})
)


def test_speech_and_transcription_cost_here_what_they_cost_there() -> None:
    units = {"character": "input_characters", "minute": "input_audio_seconds"}
    sellers = {seller.id: seller for seller in data.providers}
    for entry in ENTRIES.values():
        model = to_model(entry)
        if model.price.unit not in units or model.id in OWN_PRICES:
            continue
        seller = sellers[FACTS_READ[model.provider]["prices"]]
        theirs = seller.find_model(model.upstream_model, all_providers=data.providers)
        assert theirs is not None
        count = 60 if model.price.unit == "minute" else 1_000
        usage = {units[model.price.unit]: count, **({"audio_seconds": count} if model.price.unit == "minute" else {})}
        rate = model.price.rates.input or ZERO

        difference = rate - theirs.calc_price(TheirUsage(**usage), seller).total_price

        assert 0 <= difference < Decimal("0.000001"), model.id


def test_a_cached_token_costs_less_than_a_plain_one_and_a_written_one_no_less() -> None:
    for each in sold():
        rates = each.model.price.for_tier(each.tier).rates
        assert rates.input is not None
        assert rates.cached_input is None or rates.cached_input <= rates.input, each.model.id
        assert rates.cache_write is None or rates.cache_write >= rates.input, each.model.id


def test_a_longer_prompt_is_never_cheaper() -> None:
    for each in sold():
        price = each.model.price.for_tier(each.tier)
        for start, rates in price.above:
            assert (rates.input or ZERO) >= (price.rates.input or ZERO), (each.model.id, start)
            assert (rates.output or ZERO) >= (price.rates.output or ZERO), (each.model.id, start)
