"""Finding models."""

import pytest

from tests.builders import an_entry
from tollgate.catalogue.catalogue import Catalogue, built_entries, unknown_model
from tollgate.errors import InvalidModelId, ModelNotFound

ENTRIES = (
    {"id": "openai/gpt-4o", "provider": "openai"},
    {"id": "openai/tts-1", "provider": "openai", "type": "speech"},
    {"id": "azure/gpt-4o", "provider": "azure"},
    {"id": "anthropic/claude-opus-5-5", "provider": "anthropic"},
    {"id": "anthropic/claude-2", "provider": "anthropic", "enabled": False},
    {"id": "openrouter/z-ai/glm-5.3", "provider": "openrouter"},
    {"id": "sandbox/chat", "provider": "sandbox"},
    {"id": "wp-llm-7b", "provider": "sandbox", "upstream_model": "chat"},
)


def a_catalogue(*, namespace: str = "", without: frozenset[str] = frozenset()) -> Catalogue:
    """A small catalogue."""
    return Catalogue(ENTRIES, namespace=namespace, without=without)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("claude/claude-opus-5-5", "anthropic/claude-opus-5-5"),
        ("openrouter/z-ai/glm-5.3", "openrouter/z-ai/glm-5.3"),
        ("wp-llm-7b", "wp-llm-7b"),
        ("puqai/openai/gpt-4o", "openai/gpt-4o"),
        ("puqai/claude/claude-opus-5-5", "anthropic/claude-opus-5-5"),
    ],
)
def test_a_model_is_found_in_each_form_that_clients_write(written: str, found: str) -> None:
    assert a_catalogue(namespace="puqai").find(written).id == found


def test_a_model_is_made_once() -> None:
    catalogue = a_catalogue()

    assert catalogue.find("openai/gpt-4o") is catalogue.find("openai/gpt-4o")


@pytest.mark.parametrize(
    "model_id", ["openai/gpt-9", "openai/GPT-4o", "openai/gpt-4", "nobody/gpt-4o", "anthropic/claude-2"]
)
def test_an_unknown_or_disabled_model_is_not_found_and_nothing_is_put_in_its_place(model_id: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        a_catalogue().find(model_id)

    assert caught.value.message == f"Unknown model '{model_id}', or not available to this key."
    assert caught.value.param == "model"


def test_a_foreign_namespace_is_a_provider_that_does_not_exist() -> None:
    with pytest.raises(ModelNotFound):
        a_catalogue().find("puqai/openai/gpt-4o")


def test_a_message_does_not_repeat_an_endless_name() -> None:
    assert len(unknown_model("x/" + "y" * 10_000).message) < 300


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("claude-opus-5-5", "'anthropic/claude-opus-5-5'"),
        ("gpt-4o", "'azure/gpt-4o' or 'openai/gpt-4o'"),
    ],
)
def test_a_name_without_its_provider_is_answered_with_the_ids_that_it_may_mean(name: str, meant: str) -> None:
    with pytest.raises(InvalidModelId) as caught:
        a_catalogue().find(name)

    assert caught.value.message == f"'{name}' is not a model id. Did you mean {meant}?"


@pytest.mark.parametrize("name", ["gpt-9", "claude-2", "glm-5.3", ""])
def test_a_name_that_no_model_on_offer_has_is_only_told_what_an_id_looks_like(name: str) -> None:
    with pytest.raises(InvalidModelId) as caught:
        a_catalogue().find(name)

    assert "Did you mean" not in caught.value.message
    assert "'provider/model'" in caught.value.message


def test_every_model_is_listed_by_id_disabled_ones_included() -> None:
    ids = [model.id for model in a_catalogue().all()]

    assert ids == sorted(str(entry["id"]) for entry in ENTRIES)


def test_a_provider_can_be_left_out_with_all_its_models_whatever_their_ids() -> None:
    catalogue = a_catalogue(without=frozenset({"sandbox"}))

    assert not {"sandbox/chat", "wp-llm-7b"} & {model.id for model in catalogue.all()}
    with pytest.raises(InvalidModelId):
        catalogue.find("wp-llm-7b")


@pytest.mark.parametrize(
    ("pattern", "entry"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("claude/claude-opus-5-5", "anthropic/claude-opus-5-5"),
        ("anthropic/claude-2", "anthropic/claude-2"),
        ("wp-llm-7b", "wp-llm-7b"),
        ("openai/*", "openai/*"),
        ("claude/*", "anthropic/*"),
        ("openrouter/*", "openrouter/*"),
        ("openai/gpt-9", None),
        ("gpt-4o", None),
        ("nobody/*", None),
        ("open/*", None),
        ("*", None),
        ("", None),
    ],
)
def test_an_entry_of_a_scope_is_kept_under_our_own_names_when_it_fits_a_model(pattern: str, entry: str | None) -> None:
    assert a_catalogue().scope_entry(pattern) == entry


def test_the_built_catalogue_is_read_once() -> None:
    assert built_entries() is built_entries()


def test_the_models_of_a_provider_are_those_that_can_be_asked() -> None:
    catalogue = Catalogue(
        [
            an_entry(id="openai/b"),
            an_entry(id="openai/a"),
            an_entry(id="openai/gone", enabled=False),
            an_entry(id="other/x"),
            an_entry(id="acme/y", provider="openai"),
        ]
    )

    assert [model.id for model in catalogue.of_provider("openai")] == ["acme/y", "openai/a", "openai/b"]
