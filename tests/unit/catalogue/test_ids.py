"""Model ids, and what clients write instead."""

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.catalogue.ids import ALIASES, canonical
from tollgate.errors import InvalidModelId

_GRAMMAR: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}/[A-Za-z0-9~][A-Za-z0-9._:@/+~-]{0,190}")

ids = st.from_regex(_GRAMMAR, fullmatch=True).filter(
    lambda model_id: not {"", ".", ".."} & set(model_id.split("/")) and model_id.partition("/")[0] not in ALIASES
)


@pytest.mark.parametrize(
    "model_id",
    [
        "openai/gpt-4o",
        "openrouter/anthropic/claude-sonnet-4.5",
        "openrouter/~openai/gpt-latest",
        "ollama/qwen3-vl:8b",
        "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
        "together/Qwen/Qwen3.5-9B",
        "vertex/publishers/google@latest",
        "a/b",
        "a" * 32 + "/" + "b" * 191,
    ],
)
def test_an_id_in_its_canonical_form_stays_as_it_is(model_id: str) -> None:
    assert canonical(model_id) == model_id


@given(ids)
def test_whatever_follows_the_grammar_is_an_id(model_id: str) -> None:
    assert canonical(model_id) == model_id


@given(st.text() | ids.map(str.upper) | st.from_regex(r"[a-z/.~]{0,12}", fullmatch=True))
def test_an_answer_always_follows_the_grammar_and_is_its_own_canonical_form(text: str) -> None:
    try:
        model_id = canonical(text)
    except InvalidModelId:
        return

    assert _GRAMMAR.fullmatch(model_id)
    assert not {"", ".", ".."} & set(model_id.split("/"))
    assert canonical(model_id) == model_id


@pytest.mark.parametrize(("alias", "provider"), ALIASES.items())
def test_a_provider_answers_to_the_names_that_clients_have_for_it(alias: str, provider: str) -> None:
    assert canonical(f"{alias}/some-model") == f"{provider}/some-model"


def test_an_alias_counts_in_the_first_place_only() -> None:
    assert canonical("openrouter/x-ai/grok-4.7") == "openrouter/x-ai/grok-4.7"


def test_the_namespace_is_taken_off() -> None:
    assert canonical("puqai/claude/claude-opus-5-5", namespace="puqai") == "anthropic/claude-opus-5-5"


def test_an_id_without_the_namespace_is_taken_as_well() -> None:
    assert canonical("openai/gpt-4o", namespace="puqai") == "openai/gpt-4o"


def test_the_namespace_is_taken_off_once() -> None:
    assert canonical("puqai/puqai/x/y", namespace="puqai") == "puqai/x/y"


@pytest.mark.parametrize(
    "model_id",
    [
        "",
        "gpt-4o",
        "/gpt-4o",
        "openai/",
        "openai//gpt-4o",
        "openai/gpt-4o/",
        "openai/./gpt-4o",
        "openai/../gpt-4o",
        "openai/..",
        "OpenAI/gpt-4o",
        "open ai/gpt-4o",
        "openai/gpt 4o",
        "openai/gpt-4o\n",
        "openai/gpt-4ö",
        "openai/-gpt",
        "openai/gpt?x=1",
        "-openai/gpt-4o",
        "a" * 33 + "/b",
        "a/" + "b" * 192,
    ],
)
def test_what_is_no_id_is_refused_by_the_name_of_its_field(model_id: str) -> None:
    with pytest.raises(InvalidModelId) as caught:
        canonical(model_id)

    assert caught.value.param == "model"


def test_a_name_without_a_slash_is_told_what_an_id_looks_like() -> None:
    with pytest.raises(InvalidModelId, match="'provider/model', as in 'openai/gpt-4o'"):
        canonical("gpt-4o")


@pytest.mark.parametrize("model_id", ["x" * 5_000, "x\x00\x1b[2J", "x\r\nset-cookie: a=b"])
def test_a_message_shows_no_more_of_an_id_than_can_be_printed(model_id: str) -> None:
    with pytest.raises(InvalidModelId) as caught:
        canonical(model_id)

    assert len(caught.value.message) < 250
    assert caught.value.message.isprintable()
