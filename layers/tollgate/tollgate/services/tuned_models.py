"""Models that an account has trained: found by their names, and shown among the others.

Their ids say that they are such, so that a call of any other model reads nothing for them.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from tollgate.auth.scope import allows
from tollgate.catalogue.catalogue import unknown_model
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.errors import BadRequest, NotFound
from tollgate.ledger.training import tuned_price
from tollgate.resources import Resources

if TYPE_CHECKING:
    # Calls of models that nobody trained do without it.
    from tollgate.stores.fine_tunes import TunedModel

MARK: Final = ":ft-"


def organization_of(account_id: str) -> str:
    """An account under the name that it has in answers of the WP LLM API."""
    return f"org_{account_id.removeprefix('acct_')}"


def name_of(base_id: str, account_id: str, number: int) -> str:
    """What the model is called that the `number`th training of an account made of a model of the catalogue."""
    name = f"{base_id}{MARK}{organization_of(account_id).replace('_', '-')}"
    return name if number == 1 else f"{name}-{number}"


async def look_up(model_ids: Iterable[str], call: Call, resources: Resources) -> None:
    """Find those of the models that the account has trained, for `find` to give.

    Raises AwsError, AwsUnavailable.
    """
    for model_id in model_ids:
        if MARK in model_id and model_id not in call.tuned and (found := await _found(model_id, call, resources)):
            call.tuned[model_id] = call.tuned[found.id] = found


def find(model_id: str, call: Call, resources: Resources) -> Model:
    """The model with an id: one that was looked up, or one of the catalogue.

    Raises InvalidModelId, ModelNotFound.
    """
    if (tuned := call.tuned.get(model_id)) is not None:
        return tuned
    try:
        return resources.catalogue.find(model_id)
    except BadRequest as exc:
        if MARK not in model_id:
            raise
        # An id without a slash is one all the same where it was trained from such a model.
        raise unknown_model(model_id) from exc


async def tuned_models(call: Call, resources: Resources) -> list[Model]:
    """The models that the account has trained and the key may use, by id.

    Raises AwsError, AwsUnavailable.
    """
    if not resources.settings.fine_tunes_table:
        return []
    stored = await resources.fine_tunes.models(call.caller.account_id)
    models = [model for one in stored if (model := _as_model(one, call.caller.account_id, resources))]
    return [model for model in models if may_use(call, model)]


def may_use(call: Call, model: Model) -> bool:
    """Whether the scope of the caller's key includes a model. Who may use one may use what was trained from it."""
    return any(allows(call.caller.scope, model_id) for model_id in model.ids)


async def _found(model_id: str, call: Call, resources: Resources) -> Model | None:
    base_id, _, rest = model_id.partition(MARK)
    try:
        base = resources.catalogue.find(base_id)
    except (BadRequest, NotFound):
        return None
    stored = await resources.fine_tunes.model(call.caller.account_id, f"{base.id}{MARK}{rest}")
    return _as_model(stored, call.caller.account_id, resources) if stored else None


def _as_model(stored: "TunedModel", account_id: str, resources: Resources) -> Model | None:
    try:
        base = resources.catalogue.find(stored.base)
    except (BadRequest, NotFound):
        # The operator offers it no longer.
        return None
    return replace(
        base,
        id=stored.id,
        upstream_model=stored.upstream_model,
        name=f"{base.name}, fine-tuned",
        description=f"{base.name}, trained with examples of the account's own.",
        created=stored.created_at,
        owned_by=organization_of(account_id),
        price=tuned_price(base.price),
        fallbacks=(),
        root=base.id,
        parent=stored.parent,
    )
