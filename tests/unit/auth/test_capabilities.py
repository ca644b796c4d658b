"""What a key may do."""

import pytest

from tollgate.auth.capabilities import ANY_KEY, CAPABILITIES, PRESETS, capabilities_of, is_scope, may


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_names_capabilities_that_exist(preset: str) -> None:
    assert capabilities_of([preset]) <= set(CAPABILITIES)


def test_the_preset_of_an_ordinary_key_is_to_call_and_list_models() -> None:
    assert capabilities_of(["inference"]) == {"prompt_ai", "list_ai_providers", "list_ai_models", "read_chatbots"}


def test_a_key_that_only_reads_calls_no_model_and_changes_nothing() -> None:
    capabilities = capabilities_of(["read"])

    assert not capabilities & {"prompt_ai", "manage_keys", "manage_files", "manage_chatbots", "write_vectors"}


@pytest.mark.parametrize("preset", ["full", "write"])
def test_everything_is_everything_but_to_operate(preset: str) -> None:
    assert capabilities_of([preset]) == set(CAPABILITIES) - {"operate"}


def test_the_routers_scopes_are_about_keys_alone() -> None:
    assert capabilities_of(["keys:read"]) == {"read_keys"}
    assert capabilities_of(["keys:write"]) == {"read_keys", "manage_keys"}


def test_scopes_add_up() -> None:
    assert capabilities_of(["keys:read", "prompt_ai"]) == {"read_keys", "prompt_ai", "read_chatbots"}


def test_who_may_change_keys_may_read_them() -> None:
    assert capabilities_of(["manage_keys"]) == {"manage_keys", "read_keys"}


def test_no_scope_is_no_capability() -> None:
    assert capabilities_of([]) == frozenset()


@pytest.mark.parametrize("word", ["", "admin", "Prompt_AI", "keys:delete", "any", "inference "])
def test_an_unknown_word_is_an_error_and_no_scope(word: str) -> None:
    assert not is_scope(word)
    with pytest.raises(KeyError):
        capabilities_of(["inference", word])


@pytest.mark.parametrize("word", [*PRESETS, *CAPABILITIES])
def test_presets_and_capabilities_are_scopes(word: str) -> None:
    assert is_scope(word)


@pytest.mark.parametrize("needed", [*CAPABILITIES, ANY_KEY])
def test_an_operator_may_do_everything(needed: str) -> None:
    assert may(frozenset({"operate"}), needed)


@pytest.mark.parametrize("needed", CAPABILITIES)
def test_a_capability_covers_itself_and_nothing_else(needed: str) -> None:
    others = set(CAPABILITIES) - {needed, "operate"}

    assert may(frozenset({needed}), needed)
    assert not may(frozenset(others), needed)


def test_any_key_at_all_may_call_a_route_that_needs_no_capability_of_its_own() -> None:
    assert may(frozenset(), ANY_KEY)
