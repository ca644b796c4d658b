"""How the facts of catalogue.toml become entries."""

import json
import tomllib
from typing import Any

import pytest

from tollgate_cli.catalogue import BadFacts, Built, LeftOut, collect, summary, to_text


def built(facts: str) -> Built:
    """The catalogue of these facts, on a day when gpt-4o is sold."""
    return collect(tomllib.loads(f"prices_on = 2026-11-21\nreleased = 2025-01-01\n{facts}"))


def entry(facts: str, model_id: str = "openai/gpt-4o") -> dict[str, Any]:
    """One of their entries."""
    return built(facts).entries[model_id]


def test_a_name_in_a_list_is_an_entry_with_the_price_of_its_provider() -> None:
    model = entry('[openai]\nprices = "openai"\n[[openai.models]]\nnames = ["gpt-4o"]\nmax_output_tokens = 16384')

    assert model["pricing"]["input"] == 2.5
    assert (model["context_length"], model["max_output_tokens"]) == (128000, 16384)


def test_facts_are_those_of_the_provider_then_the_group_then_the_model() -> None:
    model = entry("""
        [openai]
        prices = "openai"
        [openai.defaults]
        name = "of the provider"
        description = "of the provider"
        context_length = 1
        lacks = ["seed"]
        [[openai.models]]
        names = ["gpt-4o"]
        description = "of the group"
        context_length = 2
        lacks = ["user"]
        [openai.about]
        "gpt-4o" = { context_length = 3 }
        """)

    assert (model["name"], model["description"], model["context_length"]) == ("of the provider", "of the group", 3)
    assert not {"seed", "user"} & set(model["supported_parameters"])


def test_a_model_like_another_has_its_facts_but_neither_its_price_nor_its_end() -> None:
    model = entry(
        """
        [openai]
        prices = "openai"
        [[openai.models]]
        names = ["gpt-4o"]
        sampling = "none"
        [openai.about]
        "gpt-4o" = { name = "GPT-4o", released = 2024-05-13, ends = 2026-11-21 }
        [azure]
        prices = "azure"
        [[azure.models]]
        names = ["gpt-4o"]
        like = "openai/{name}"
        """,
        "azure/gpt-4o",
    )

    assert (model["name"], model["created"], model["sampling"]) == ("GPT-4o", 1715558400, "none")
    assert "service_tiers" not in model["pricing"]


def test_limits_like_those_of_another_model_come_without_its_flags() -> None:
    model = entry(
        """
        [openai]
        prices = "openai"
        [[openai.models]]
        names = ["gpt-4o"]
        sampling = "none"
        max_output_tokens = 16384
        [openrouter]
        prices = "openrouter"
        [[openrouter.models]]
        names = ["openai/gpt-4o"]
        limits_like = "{name}"
        """,
        "openrouter/openai/gpt-4o",
    )

    assert model["max_output_tokens"] == 16384
    assert "sampling" not in model


def test_the_name_on_the_wire_and_the_public_id_can_be_others() -> None:
    model = entry(
        """
        [sandbox]
        [[sandbox.models]]
        names = ["wp-llm-7b"]
        id = "{name}"
        upstream = "chat"
        owned_by = "wp-llm"
        pricing = { input = 0.1, output = 0.2 }
        """,
        "wp-llm-7b",
    )

    assert (model["provider"], model["upstream_model"], model["owned_by"]) == ("sandbox", "chat", "wp-llm")
    assert model["pricing"] == {"unit": "token", "per": 1_000_000, "currency": "USD", "input": 0.1, "output": 0.2}


def test_what_is_the_same_in_its_absence_is_left_out() -> None:
    model = entry("""
        [openai]
        prices = "openai"
        [[openai.models]]
        names = ["gpt-4o"]
        input_modalities = ["text"]
        owned_by = "openai"
        sampling = "full"
        web_search = false
        effort_levels = []
        """)

    assert not {"input_modalities", "owned_by", "upstream_model", "sampling", "web_search", "effort_levels"} & set(
        model
    )


@pytest.mark.parametrize(
    ("flags", "takes", "does_not_take"),
    [
        (
            "",
            ["temperature", "top_p", "stop", "tools", "tool_choice", "logprobs", "response_format"],
            ["reasoning_effort"],
        ),
        ('sampling = "none"', [], ["temperature", "top_p", "presence_penalty", "frequency_penalty"]),
        ('sampling = "temperature_only"', ["temperature"], ["top_p", "presence_penalty"]),
        ('effort_levels = ["low"]', ["reasoning_effort"], []),
        ("tools = false", [], ["tools", "tool_choice", "parallel_tool_calls"]),
        ("tool_choice = false", ["tools", "parallel_tool_calls"], ["tool_choice"]),
        ("parallel_tools = false", ["tools", "tool_choice"], ["parallel_tool_calls"]),
        ('json = "none"', [], ["response_format"]),
        ('json = "object"', ["response_format"], []),
        ("stop_max = 0", [], ["stop"]),
        ("logprobs = false", [], ["logprobs", "top_logprobs"]),
        ("web_search = false", [], ["web_search_options"]),
        ('output_modalities = ["text", "audio"]', ["audio", "modalities"], []),
        ('lacks = ["seed"]', ["user"], ["seed"]),
    ],
)
def test_the_supported_parameters_of_a_chat_model_follow_from_its_flags(
    flags: str, takes: list[str], does_not_take: list[str]
) -> None:
    model = entry(f'[openai]\nprices = "openai"\n[[openai.models]]\nnames = ["gpt-4o"]\n{flags}')

    supported = set(model["supported_parameters"])
    assert supported >= {*takes, "max_tokens", "max_completion_tokens", "n"}
    assert not supported & set(does_not_take)


def test_another_kind_of_model_has_the_parameters_that_are_named_and_no_flags_of_chat() -> None:
    model = entry(
        """
        [openai]
        prices = "openai"
        [openai.defaults]
        sampling = "none"
        [[openai.models]]
        names = ["tts-1"]
        type = "speech"
        supported_parameters = ["voice"]
        """,
        "openai/tts-1",
    )

    assert model["supported_parameters"] == ["voice"]
    assert "sampling" not in model


def test_what_is_not_offered_is_listed_with_its_reason() -> None:
    left_out = built("""
        [openai]
        prices = "openai"
        [[openai.models]]
        names = ["gpt-4o", "gpt-99", "gpt-4.1"]
        [openai.about]
        "gpt-4.1" = { ends = 2026-11-21 }
        [openai.left_out]
        "only the Responses API serves it" = ["*-pro"]
        """).left_out

    assert LeftOut("openai", "gpt-99", "genai-prices does not know it", is_named=True) in left_out
    assert LeftOut("openai", "gpt-4.1", "shut down on 2026-11-21", is_named=True) in left_out
    assert LeftOut("openai", "o3-pro", "only the Responses API serves it") in left_out
    assert LeftOut("openai", "o3", "not named in catalogue.toml") in left_out
    assert not any(each.name == "gpt-4o" for each in left_out)


def test_a_model_is_offered_until_the_day_before_its_end_and_its_end_is_told() -> None:
    catalogue = built("""
        [openai]
        prices = "openai"
        [[openai.models]]
        names = ["gpt-4o"]
        [openai.about]
        "gpt-4o" = { ends = 2026-11-22 }
        """)

    assert "openai/gpt-4o" in catalogue.entries
    assert "2026-11-22  openai/gpt-4o: shut down" in summary(catalogue)


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ('[x]\nprice = "openai"\nmodels = []', "x: unknown: price"),
        ('[x]\nprices = "nobody"\nmodels = []', "x: genai-prices knows no 'nobody'"),
        ("[x]\nmodels = []\n[x.defaults]\ncontext = 1", "x.defaults: unknown: context"),
        ('[x]\n[[x.models]]\nnames = ["a"]\nsampel = 1', "x: a: unknown: sampel"),
        ('[x]\n[[x.models]]\nnames = ["a"]\n[x.about]\n"a" = { nam = "A" }', "x.about.a: unknown: nam"),
        ('[x]\n[[x.models]]\nnames = ["a"]\n[x.about]\n"b" = {}', "x.about: b: in no list"),
        ('[x]\n[[x.models]]\nnames = ["a", "a"]', "x/a: named twice"),
        ('[x]\n[[x.models]]\nnames = ["a"]\nlike = "y/{name}"', "x/a: like: no 'y/a' before it"),
        (
            '[openai]\nprices = "openai"\n[[openai.models]]\nnames = ["gpt-4o"]\nfree = true',
            "openai/gpt-4o: said to be free, and has a price",
        ),
    ],
)
def test_facts_that_contradict_themselves_or_the_data_are_refused(facts: str, complaint: str) -> None:
    with pytest.raises(BadFacts) as caught:
        built(facts)

    assert str(caught.value) == complaint


def test_the_text_has_one_model_a_line_by_id() -> None:
    text = to_text([{"id": "b/ü", "pricing": {"input": 0.1}}, {"id": "a/x"}])

    assert text == '{"models":[\n{"id":"a/x"},\n{"id":"b/ü","pricing":{"input":0.1}}\n]}\n'
    assert [model["id"] for model in json.loads(text)["models"]] == ["a/x", "b/ü"]
