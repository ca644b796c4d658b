"""Finding models."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic_core import from_json

from tollgate.catalogue.entries import Entry, to_model
from tollgate.catalogue.ids import canonical
from tollgate.contracts.catalogue import Model
from tollgate.errors import InvalidModelId, ModelNotFound

_BUILT: Final = Path(__file__).with_name("models.json")


class Catalogue:
    """The models of a deployment. Entries become models when they are asked for: a call needs one of hundreds."""

    def __init__(self, entries: Iterable[Entry], *, namespace: str = "", without: frozenset[str] = frozenset()) -> None:
        """`without` names providers whose models this deployment does not offer."""
        self._entries = {entry["id"]: entry for entry in entries if entry.get("provider") not in without}
        self._namespace = namespace
        self._models: dict[str, Model] = {}

    def find(self, model_id: str) -> Model:
        """The enabled model with that id, in any of the forms that clients write.

        Raises InvalidModelId, ModelNotFound.
        """
        entry = self._entries.get(model_id)
        if entry is None:
            entry = self._entries.get(self._canonical(model_id))
        if entry is None or not entry.get("enabled", True):
            raise unknown_model(model_id)
        return self._model(entry)

    def all(self) -> Iterator[Model]:
        """Every model, disabled ones included, by id."""
        return (self._model(self._entries[model_id]) for model_id in sorted(self._entries))

    def of_provider(self, provider_id: str) -> Iterator[Model]:
        """The enabled models of a provider, by id. Those of others are not made."""
        for model_id, entry in sorted(self._entries.items()):
            provider = entry.get("provider") or model_id.partition("/")[0]
            if provider == provider_id and entry.get("enabled", True):
                yield self._model(entry)

    def scope_entry(self, pattern: str) -> str | None:
        """An entry of a key's scope, an id or `provider/*`, under the names used here; None where it fits no model."""
        if pattern in self._entries:
            return pattern
        is_wildcard = pattern.endswith("/*")
        try:
            # An id has a name after the provider's: any will do to find what the provider is called here.
            known = canonical(f"{pattern[:-1]}x" if is_wildcard else pattern, namespace=self._namespace)
        except InvalidModelId:
            return None
        if not is_wildcard:
            return known if known in self._entries else None
        return f"{known[:-1]}*" if any(model_id.startswith(known[:-1]) for model_id in self._entries) else None

    def _canonical(self, model_id: str) -> str:
        try:
            return canonical(model_id, namespace=self._namespace)
        except InvalidModelId as exc:
            named = [
                known
                for known, entry in sorted(self._entries.items())
                if known.partition("/")[2] == model_id and entry.get("enabled", True)
            ]
            if not model_id or not named:
                raise
            meant = " or ".join(f"'{known}'" for known in named)
            raise InvalidModelId(f"'{model_id}' is not a model id. Did you mean {meant}?", param="model") from exc

    def _model(self, entry: Entry) -> Model:
        model_id = entry["id"]
        if model_id not in self._models:
            self._models[model_id] = to_model(entry)
        return self._models[model_id]


def unknown_model(model_id: str) -> ModelNotFound:
    """The one answer for a model that does not exist, is disabled, or is none of the caller's business."""
    shown = model_id if len(model_id) <= 200 else model_id[:200] + "…"
    return ModelNotFound(f"Unknown model '{shown}', or not available to this key.", param="model")


@cache
def built_entries() -> tuple[Mapping[str, object], ...]:
    """The entries that come with this release."""
    return tuple(from_json(_BUILT.read_bytes())["models"])
