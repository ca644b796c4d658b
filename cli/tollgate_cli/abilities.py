"""What each provider can do, as tables for docs/providers.md: read off the adapters and the catalogue."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tollgate.catalogue.catalogue import Catalogue, built_entries
from tollgate.contracts.catalogue import Model
from tollgate.providers.parameters import TUNING, Dialect
from tollgate.providers.registry import PROVIDERS, Provider
from tollgate_cli.catalogue import dialect_of

# The order in which they stand in the tables: what most requests have comes first.
_TUNING: Final = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "logit_bias",
    "reasoning_effort",
    "verbosity",
    "prediction",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "service_tier",
    "parallel_tool_calls",
)
_YES, _NO, _SOME = "✓", "—", "some"


@dataclass(frozen=True, slots=True)
class _Known:
    """A provider, and what its chat models take."""

    provider: Provider
    dialect: Dialect
    models: tuple[Model, ...]

    def flag(self, name: str) -> set[Any]:
        """The values that a flag has for its models."""
        found = [self.dialect.flags_of(model)[name] for model in self.models or (Model("", "", ""),)]
        return {tuple(value) if isinstance(value, list) else value for value in found}

    def takes(self, name: str) -> str:
        """Whether its models take a tuning parameter."""
        if not self.models:
            return _YES if name in self.dialect.takes else _NO
        having = sum(name in (model.supported_parameters or ()) for model in self.models)
        return _YES if having == len(self.models) else _SOME if having else _NO


def tables() -> str:
    """The tables, in Markdown."""
    known = list(_providers())
    assert set(_TUNING) == TUNING, "a tuning parameter is missing in the table"
    return "\n".join(
        [
            *_table(
                ["Provider", "Id", "Settings", "Chat models in the catalogue"],
                (
                    [one.provider.name, f"`{one.provider.id}`", _settings(one.provider), str(len(one.models))]
                    for one in known
                ),
            ),
            "",
            *_table(
                ["Id", *(title for title, _ in _MEANING)],
                ([f"`{one.provider.id}`", *(read(one) for _, read in _MEANING)] for one in known),
            ),
            "",
            *_table(
                ["Id", *(f"`{name}`" for name in _TUNING)],
                ([f"`{one.provider.id}`", *(one.takes(name) for name in _TUNING)] for one in known),
            ),
        ]
    )


def _providers() -> Iterable[_Known]:
    models = list(Catalogue(built_entries()).all())
    for provider in PROVIDERS.values():
        if provider.is_elsewhere and "chat" in provider.can:
            own = tuple(model for model in models if model.provider == provider.id and model.type == "chat")
            yield _Known(provider, dialect_of(provider.id), own)


def _settings(provider: Provider) -> str:
    names = [f"`{name}`" for name in dict.fromkeys([*provider.missing({}), provider.base_url_setting])]
    if provider.role_setting:
        names[0] += f" or `{provider.role_setting}=on`"
    if not provider.is_key_needed and provider.key_setting:
        names.append(f"`{provider.key_setting}` (optional)")
    return ", ".join(names)


def _yes(name: str) -> Callable[[_Known], str]:
    def read(known: _Known) -> str:
        values = known.flag(name)
        return _SOME if len(values) > 1 else _YES if values.pop() else _NO

    return read


def _modality(name: str) -> Callable[[_Known], str]:
    def read(known: _Known) -> str:
        having = sum(name in model.input_modalities for model in known.models)
        return "by entry" if not known.models else _YES if having == len(known.models) else _SOME if having else _NO

    return read


_JSON_WORDS: Final[Mapping[str, str]] = {
    "schema": "schema",
    "schema_only": "schema; any JSON in words",
    "object": "any JSON; schema in words",
    "none": "in words",
}


def _json(known: _Known) -> str:
    return " / ".join(_JSON_WORDS[value] for value in sorted(known.flag("json"), key=list(_JSON_WORDS).index))


def _most(name: str) -> Callable[[_Known], str]:
    def read(known: _Known) -> str:
        values = sorted(known.flag(name))
        return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"

    return read


def _choices(known: _Known) -> str:
    most = max(known.flag("n_max"))
    return "one call each" if most == 1 else f"up to {most}"


def _images(known: _Known) -> str:
    if (seen := _modality("image")(known)) == _NO:
        return _NO
    return f"{seen}, addresses {'passed on' if known.flag('image_fetch') == {True} else 'fetched here'}"


_MEANING: Final[tuple[tuple[str, Callable[[_Known], str]], ...]] = (
    ("Tools", _yes("tools")),
    ("Forced tool", _yes("tool_choice")),
    ("Custom tools", _yes("custom_tools")),
    ("JSON", _json),
    ("`n`", _choices),
    ("`stop`", _most("stop_max")),
    ("`logprobs`", _yes("logprobs")),
    ("Images", _images),
    ("Files", _modality("file")),
    ("Audio in", _modality("audio")),
)


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
