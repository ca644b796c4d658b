"""The models that the WP LLM API names, and what to say where there is none of a name."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from tollgate.auth.scope import allows
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.errors import InvalidModelId, ModelNotAllowed, ModelNotFound
from tollgate.resources import Resources
from tollgate.services.calls import find_model
from tollgate.services.tuned_models import look_up

DEFAULT_MODEL: Final = "wp-llm-13b"
MODELS: Final = ("wp-llm-7b", "wp-llm-13b")
"""Known wherever they have no provider as well: what needs no model does without."""
_OWNER: Final = "wp-llm"
_ALIASES: Final[Mapping[str, str]] = {"wp-llm": "wp-llm-7b"}
_LONGEST_SHOWN: Final = 200


def resolved(name: str) -> str:
    """The id of a model that may go by another name."""
    return _ALIASES.get(name, name)


async def find_text_model(name: str, call: Call, resources: Resources) -> Model:
    """The model of that name, which writes text.

    Raises ModelNotFound, ModelNotAllowed, WrongEndpoint, ModelUnpriced.
    """
    await look_up([resolved(name)], call, resources)
    try:
        return find_model(resolved(name), "chat", call, resources)
    except (ModelNotFound, InvalidModelId) as exc:
        raise unknown_model(name, call, resources) from exc
    except ModelNotAllowed as exc:
        exc.metadata["available_models"] = _available(call, resources)
        raise


def unknown_model(name: str, call: Call, resources: Resources) -> ModelNotFound:
    """What a caller is told of a name that no model has, with the models of this API that there are."""
    ids = [model.id for model in resources.catalogue.all() if model.enabled and allows(call.caller.scope, model.id)]
    meant = get_close_matches(name[:_LONGEST_SHOWN], ids, n=1, cutoff=0.8)
    hint = f" Did you mean '{meant[0]}'?" if meant else ""
    return ModelNotFound(
        f"There is no model of that name for this key.{hint}",
        param="model",
        metadata={"model_id": name[:_LONGEST_SHOWN], "available_models": _available(call, resources)},
    )


def _available(call: Call, resources: Resources) -> list[str]:
    """The models of this API that a key may use, the smaller first as they are listed."""
    owned = {
        model.id
        for model in resources.catalogue.all()
        if model.enabled and model.owned_by == _OWNER and allows(call.caller.scope, model.id)
    }
    return [*(name for name in MODELS if name in owned), *sorted(owned - {*MODELS})]
