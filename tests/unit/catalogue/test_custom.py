"""The operator's own catalogue: what it may say, and how a mistake in it is told."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tollgate.catalogue.catalogue import Catalogue
from tollgate.catalogue.custom import read_entries
from tollgate.catalogue.entries import Entry
from tollgate.operator_files import BadFile

PROVIDERS: Final = frozenset({"anthropic", "openai", "sandbox"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the catalogue is."""
    return tmp_path / "catalogue.json"


def read(file: Path, *entries: Any) -> list[Entry]:
    """The entries, read from the file."""
    file.write_text(json.dumps({"models": entries}), encoding="utf-8")
    return read_entries(file, providers=PROVIDERS)


def test_an_entry_is_taken_as_it_is_written(file: Path) -> None:
    entry = {
        "id": "openai/my-model",
        "provider": "openai",
        "upstream_model": "ft:gpt-4.1-mini:acme",
        "context_length": 8192,
        "max_output_tokens": 2048,
        "input_modalities": ["text", "image"],
        "supported_parameters": ["temperature", "tools"],
        "pricing": {
            "unit": "token",
            "per": 1_000_000,
            "currency": "USD",
            "input": 0.1,
            "output": 2,
            "cached_input": None,
            "above": [{"prompt_tokens": 1_000, "input": 0.2}],
            "service_tiers": {"flex": {"input": 0.05, "output": 1}},
        },
        "temperature_max": 1,
        "dimensions": [256, 1024],
        "a_flag_of_an_adapter": {"any": "thing"},
    }

    assert read(file, entry) == [entry]


def test_the_provider_is_the_first_part_of_the_id_unless_it_is_named(file: Path) -> None:
    entries = read(file, {"id": "openai/a"}, {"id": "openai/b", "provider": "sandbox"})

    assert [entry["provider"] for entry in entries] == ["openai", "sandbox"]


def test_an_id_needs_no_slash_where_the_provider_is_named(file: Path) -> None:
    assert read(file, {"id": "wp-llm-7b", "provider": "openai"})[0]["id"] == "wp-llm-7b"


def test_an_entry_replaces_the_one_with_its_id_and_adds_any_other(file: Path) -> None:
    built: list[Entry] = [{"id": "openai/gpt-4o", "name": "built"}, {"id": "openai/o3", "name": "built"}]
    entries = {
        entry["id"]: entry
        for entry in [*built, *read(file, {"id": "openai/gpt-4o", "name": "own"}, {"id": "openai/x"})]
    }

    catalogue = Catalogue(entries.values())

    assert [(model.id, model.name) for model in catalogue.all()] == [
        ("openai/gpt-4o", "own"),
        ("openai/o3", "built"),
        ("openai/x", "openai/x"),
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"nope", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"", "not JSON"),
        (b'{"models":[}', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", 'expected an object with a list under "models"'),
        (b"{}", 'expected an object with a list under "models"'),
        (b'{"models":{}}', 'expected an object with a list under "models"'),
        (b'{"models":[1]}', "models[0]: expected an object"),
        (b'{"models":[{"id":"openai/x"},null]}', "models[1]: expected an object"),
        (b'{"models":[{}]}', "models[0]: id: "),
        (b'{"models":[{"id":5}]}', "models[0]: id: "),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_by_its_name(file: Path, content: bytes, complaint: str) -> None:
    file.write_bytes(content)

    with pytest.raises(BadFile) as caught:
        read_entries(file, providers=PROVIDERS)

    assert str(caught.value).startswith(f"{file}: {complaint}")


def test_a_file_that_does_not_exist_is_told_as_such(file: Path) -> None:
    with pytest.raises(BadFile, match=r"catalogue\.json: No such file"):
        read_entries(file, providers=PROVIDERS)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "chats"}, "type"),
        ({"provider": ""}, "provider"),
        ({"upstream_model": ""}, "upstream_model"),
        ({"deployment": 1}, "deployment"),
        ({"name": 5}, "name"),
        ({"enabled": "no"}, "enabled"),
        ({"created": "2024-05-13"}, "created"),
        ({"context_length": 0}, "context_length"),
        ({"context_length": "8192"}, "context_length"),
        ({"context_length": 8192.5}, "context_length"),
        ({"context_length": True}, "context_length"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
        ({"max_output": "many"}, "max_output"),
        ({"reasoning_max": -1}, "reasoning_max"),
        ({"input_modalities": "text"}, "input_modalities"),
        ({"output_modalities": [1]}, "output_modalities.0"),
        ({"supported_parameters": {"tools": True}}, "supported_parameters"),
        ({"fallbacks": "openai/o3"}, "fallbacks"),
        ({"dimensions": "1536"}, "dimensions.int"),
        ({"cap_field": "max"}, "cap_field"),
        ({"sampling": "some"}, "sampling"),
        ({"temperature_max": 0}, "temperature_max"),
        ({"effort_levels": ["low", "huge"]}, "effort_levels.1"),
        ({"tools_effort": "off"}, "tools_effort"),
        ({"roles": "user"}, "roles"),
        ({"json": True}, "json"),
        ({"tools": "yes"}, "tools"),
        ({"custom_tools": 1}, "custom_tools"),
        ({"web_search": "yes"}, "web_search"),
        ({"n_max": 0}, "n_max"),
        ({"stop_max": -1}, "stop_max"),
        ({"tokens_per_image": "many"}, "tokens_per_image"),
        ({"pricing": []}, "pricing"),
        ({"pricing": {"unit": "word"}}, "pricing.unit"),
        ({"pricing": {"per": 0}}, "pricing.per"),
        ({"pricing": {"currency": "EUR"}}, "pricing.currency"),
        ({"pricing": {"input": -1}}, "pricing.input"),
        ({"pricing": {"input": True}}, "pricing.input"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": []}, "dimensions"),
        ({"dimensions": [64, -1]}, "dimensions"),
        ({"pricing": {"input": "free"}}, "pricing.input"),
        ({"pricing": {"input": 1e-7}}, "pricing.input"),
        ({"pricing": {"input": 1e13}}, "pricing.input"),
        ({"pricing": {"input": float("nan")}}, "pricing.input"),
        ({"pricing": {"output": float("inf")}}, "pricing.output"),
        ({"pricing": {"inputs": 1}}, "pricing.inputs"),
        ({"pricing": {"above": [{"input": 1}]}}, "pricing.above.0.prompt_tokens"),
        ({"pricing": {"above": [{"prompt_tokens": 0, "input": 1}]}}, "pricing.above.0.prompt_tokens"),
        ({"pricing": {"above": {"200000": 1}}}, "pricing.above"),
        ({"pricing": {"service_tiers": {"flex": {"inputs": 1}}}}, "pricing.service_tiers.flex.inputs"),
        ({"pricing": {"service_tiers": ["flex"]}}, "pricing.service_tiers"),
    ],
)
def test_a_mistake_is_told_by_entry_and_field(file: Path, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFile) as caught:
        read(file, {"id": "openai/fine"}, {"id": "openai/mine", **changes})

    assert str(caught.value).startswith(f"{file}: models[1] (openai/mine): {field}: ")


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"id": "nobody/x"}, "(nobody/x): provider: unknown provider 'nobody'; known are anthropic, openai, sandbox"),
        ({"id": "x"}, "(x): provider: unknown provider 'x'"),
        ({"id": "openai/x", "provider": "nobody"}, "(openai/x): provider: unknown provider 'nobody'"),
        ({"id": "openai//x"}, "(openai//x): id: 'openai//x' is not a model id."),
        ({"id": "openai/a b"}, "(openai/a b): id: "),
        ({"id": "claude/x", "provider": "anthropic"}, "(claude/x): id: that provider is called 'anthropic' here"),
    ],
)
def test_a_wrong_id_or_provider_is_told_by_entry(file: Path, entry: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadFile) as caught:
        read(file, entry)

    assert str(caught.value).startswith(f"{file}: models[0] {complaint}")
