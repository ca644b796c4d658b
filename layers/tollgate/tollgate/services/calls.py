"""Calls of models that are no conversations: a model found, its worst case held, its provider asked, its bill settled.

A service of a modality reads its request, says what it can cost at most, asks the provider's adapter, and says what it
came to; everything between is here.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from msgspec import Struct

from tollgate.contracts.accounts import Hold
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import Plan
from tollgate.contracts.usage import Usage
from tollgate.errors import ModelNotAllowed, ModelUnpriced, WrongEndpoint
from tollgate.ledger.money import ZERO
from tollgate.ledger.prices import Cost
from tollgate.ledger.worst_case import WorstCase
from tollgate.resources import Resources
from tollgate.services.attempts import Attempts
from tollgate.services.gate import Bill, release, reserve, settle
from tollgate.services.tuned_models import find, may_use

T = TypeVar("T")

_ENDPOINTS: Final = {
    "chat": "/v1/chat/completions",
    "embedding": "/v1/embeddings",
    "image": "/v1/images/generations",
    "speech": "/v1/audio/speech",
    "transcription": "/v1/audio/transcriptions",
}
_NOTHING: Final = Cost(ZERO, ZERO)


class Served(Struct, frozen=True):
    """The one model that a call is for, as `Attempts` wants its candidates."""

    model: Model
    plan: Plan


class ModelCall:
    """One call that has been admitted: its worst case is held. After the answer it is settled, or the hold released.

    `attempts`, `usage`, `cost`, `outcome`, `model` and `headers` are what the log and the answer tell of it.
    """

    def __init__(self, served: Served, hold: Hold, call: Call, resources: Resources) -> None:
        self.attempts = Attempts([served], call, resources, is_listed=False)
        self.model = served.model
        self.outcome = "completed"
        self.details: dict[str, Any] = {"provider": served.model.provider}
        self.usage = Usage()
        self._call = call
        self._plan = served.plan
        self._hold = hold
        self._resources = resources
        self._cost: Cost | None = None
        self._units: Mapping[str, Any] = {}
        self._is_estimated = False
        call.later.append(self.finish)

    @property
    def cost(self) -> Cost:
        """What the call is charged so far, never more than is held for it."""
        return (self._cost or _NOTHING).at_most(self._hold.amount_usd)

    @property
    def headers(self) -> dict[str, str]:
        """What the client gets to know beside the answer."""
        headers = {
            "x-tollgate-model": self.model.id,
            "x-tollgate-provider": self.model.provider,
            "x-tollgate-attempts": str(self.attempts.count),
        }
        if self._plan.dropped:
            headers["x-tollgate-dropped-params"] = ",".join(self._plan.dropped)
        return headers

    async def ask(self, send: Callable[[], Awaitable[T]]) -> T:
        """Ask the provider; once more where no connection was made.

        Raises what `send` raises, with what became of the attempts.
        """
        return await self.attempts.complete(lambda _: send())

    def came_to(
        self,
        cost: Cost,
        *,
        usage: Usage | None = None,
        units: Mapping[str, Any] | None = None,
        is_estimated: bool = False,
        outcome: str = "completed",
    ) -> None:
        """Say what the call costs, as far as it is known; a later word replaces an earlier one.

        `units` are for the ledger where tokens are not what is paid for: `{"characters": 42}`. A call of which nothing
        is ever said costs nothing.
        """
        self._cost = cost
        self._call.is_charged = cost.total_usd > ZERO
        self.usage = usage or self.usage
        self._units = units or self._units
        self._is_estimated = is_estimated or self.usage.is_estimated
        self.outcome = outcome

    async def finish(self) -> None:
        """Settle, or release where the call came to nothing."""
        if self._cost is None:
            await release(self._hold, self._resources)
            return
        if self.usage.upstream_cost_usd is not None:
            self.details["upstream_cost_usd"] = str(self.usage.upstream_cost_usd)
        bill = Bill(
            # Not capped, so that an overrun is seen where it is settled.
            cost_usd=self._cost.total_usd,
            usage=self._units or self.usage.counts(),
            outcome=self.outcome,
            model=self.model.id,
            is_estimated=self._is_estimated,
            details=self.details,
        )
        await settle(self._hold, bill, self._resources)


async def admit(
    model: Model, plan: Plan, worst: WorstCase, call: Call, resources: Resources, *, prompt_tokens: int = 0
) -> ModelCall:
    """Hold the worst case of a call. `prompt_tokens`: about how many it has, for the limits on tokens.

    Raises RateLimited, PaymentRequired, GateBusy, GateUnavailable.
    """
    hold, _ = await reserve(worst, model=model.id, call=call, resources=resources, prompt_tokens=prompt_tokens)
    call.facts["hold_usd"] = str(hold.amount_usd)
    admitted = ModelCall(Served(model, plan), hold, call, resources)
    call.facts["answered"] = admitted
    return admitted


def find_model(model_id: str, kind: str, call: Call, resources: Resources) -> Model:
    """The model that a request names: it is there, of that kind, within the key's scope, and has a price.

    One that the account has trained is found where it was looked up before (`tollgate.services.tuned_models`).

    Raises InvalidModelId, ModelNotFound, ModelNotAllowed, WrongEndpoint, ModelUnpriced.
    """
    model = find(model_id, call, resources)
    if not may_use(call, model):
        raise ModelNotAllowed(f"This key may not use '{model.id}'.", param="model")
    check_kind(model, kind)
    check_price(model)
    return model


def check_kind(model: Model, kind: str) -> None:
    """Refuse a model that answers another kind of request.

    Raises WrongEndpoint.
    """
    if model.type != kind:
        endpoint = _ENDPOINTS.get(model.type, "")
        raise WrongEndpoint(
            f"'{model.id}' is not {'an' if kind[0] in 'aei' else 'a'} {kind} model."
            f"{f' Call {endpoint}.' if endpoint else ''}",
            param="model",
            metadata={"endpoint": endpoint},
        )


def check_price(model: Model) -> None:
    """Refuse a model that nobody has put a price on.

    Raises ModelUnpriced.
    """
    if not model.price.is_quoted:
        raise ModelUnpriced(f"'{model.id}' has no price on this gateway, so it cannot be called.")
