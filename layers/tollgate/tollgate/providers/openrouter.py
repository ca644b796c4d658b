"""OpenRouter, which asks others in turn: https://openrouter.ai/docs/api/reference/overview ."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final

from msgspec.structs import replace
from pydantic_core import from_json

from tollgate.contracts.chat import ChatRequest
from tollgate.contracts.usage import Usage
from tollgate.errors import ContentFiltered, NoProviderAvailable, ProviderOverloaded
from tollgate.providers.compatible import CompatibleChat, read_usage
from tollgate.providers.connection import Connection
from tollgate.providers.parameters import TUNING, Dialect
from tollgate.providers.reasoning import name_reasoning
from tollgate.providers.refusals import Rule

# How `reasoning_details` are written for models of these vendors, who sign or encrypt them.
# https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
_FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic": ("anthropic-",),
    "google": ("google-",),
    "openai": ("openai-", "azure-openai-"),
    "x-ai": ("xai-",),
}
_SIGNED: Final = tuple(prefix for prefixes in _FORMATS.values() for prefix in prefixes)
_PREFERENCES: Final = "OPENROUTER_PROVIDER"
"""The operator's own preferences among OpenRouter's providers, a JSON object."""

RULES: Final = (
    # The operator's other calls have reserved the rest of the credit: it comes back as they end.
    Rule(ProviderOverloaded, frozenset({402}), codes=("openrouter_in_flight_budget",)),
    Rule(ContentFiltered, frozenset({403}), codes=("reasons", "flagged_input")),
    Rule(ProviderOverloaded, frozenset({502}), codes=("502",)),
    Rule(NoProviderAvailable, frozenset({400}), texts=("is not a valid model",)),
)


class OpenRouterChat(CompatibleChat):
    """Chat completions of OpenRouter."""

    dialect: Dialect = Dialect(
        takes=TUNING - {"prediction", "prompt_cache_key", "verbosity"},
        # It can stop some of those whom it asks, and not others; who is asked is open until the end.
        # https://openrouter.ai/docs/api/reference/streaming#stream-cancellation
        flags={"cap_field": "max_tokens", "n_max": 1, "bills_after_disconnect": True},
        own=frozenset({"reasoning"}),
    )
    rules: tuple[Rule, ...] = RULES
    own_message_fields: ClassVar[frozenset[str]] = frozenset({"reasoning_details"})
    # In a stream it is the `id` of each chunk.
    id_header: ClassVar[str] = "x-generation-id"

    def headers(self, key: str) -> Mapping[str, str]:
        """The key, and who the operator says that is asking."""
        return headers_of(key, self._connection.environment)

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request, with their form of the effort, and whom the operator lets it ask.

        Raises NoProviderAvailable where the operator's setting is no JSON object.
        """
        body = super().to_wire(request, is_stream=is_stream)
        vendor = request.model.upstream_model.partition("/")[0]
        body["messages"] = [_with_own_details(message, vendor) for message in body["messages"]]
        if effort := body.pop("reasoning_effort", None):
            body["reasoning"] = with_effort(body.get("reasoning"), effort)
        return {**body, **preferences(self._connection)}

    def choice_from_wire(self, choice: dict[str, Any], part: str) -> dict[str, Any]:
        """The choice with the router's name for the reasoning, and without the finish reason of whoever was asked."""
        choice.pop("native_finish_reason", None)
        if said := choice.get(part):
            name_reasoning(said)
            if not said.get("reasoning_details"):
                said.pop("reasoning_details", None)
        return choice

    def usage_from_wire(self, usage: Any) -> Usage | None:
        """Their counts, which are OpenAI's, and what they take for the call."""
        read = read_usage(usage)
        return read and replace(read, upstream_cost_usd=cost_in(usage))


def headers_of(key: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The key, and who the operator says that is asking."""
    headers = {"authorization": f"Bearer {key}"}
    if referer := environment.get("OPENROUTER_REFERER"):
        headers["http-referer"] = _plain(referer)
    if title := environment.get("OPENROUTER_TITLE"):
        # The second is the name that it had before.
        headers["x-openrouter-title"] = headers["x-title"] = _plain(title)
    return headers


def preferences(connection: Connection) -> dict[str, Any]:
    """The operator's preferences among those whom it asks, as the field of a request that they are.

    Raises NoProviderAvailable where the setting is no JSON object.
    """
    text = connection.environment.get(_PREFERENCES)
    if not text:
        return {}
    try:
        wanted = from_json(text)
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise connection.not_configured(_PREFERENCES, "is no JSON object")
    return {"provider": wanted}


def with_effort(reasoning: Any, effort: str) -> Any:
    """The `reasoning` of a request with an effort, unless it says itself how much there shall be."""
    if reasoning is None:
        return {"effort": effort}
    if isinstance(reasoning, Mapping) and not reasoning.keys() & {"effort", "max_tokens"}:
        return {**reasoning, "effort": effort}
    return reasoning


def details_for(vendor: str, details: Iterable[Any]) -> list[Any]:
    """The `reasoning_details` of a message that a vendor's models can read: what another signed is refused.

    Nothing says which model made them but their format, which is the vendor's.
    """
    own = _FORMATS.get(vendor)
    return [
        detail
        for detail in details
        if isinstance(detail, Mapping)
        and (str(detail.get("format")).startswith(own) if own else not str(detail.get("format")).startswith(_SIGNED))
    ]


def cost_in(usage: Any) -> Decimal | None:
    """What a call cost the operator, in US dollars: a credit is one. None where it is not told, or makes no sense.

    Where the operator's own key was used upstream, what its vendor takes for it comes on top.
    https://openrouter.ai/docs/use-cases/usage-accounting
    """
    cost = _amount(usage.get("cost"))
    details = usage.get("cost_details")
    if cost is not None and usage.get("is_byok") is True and isinstance(details, Mapping):
        return cost + (_amount(details.get("upstream_inference_cost")) or 0)
    return cost


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _with_own_details(message: Mapping[str, Any], vendor: str) -> Mapping[str, Any]:
    if "reasoning_details" not in message:
        return message
    details = message["reasoning_details"]
    own = details_for(vendor, details) if isinstance(details, list) else []
    others = {name: value for name, value in message.items() if name != "reasoning_details"}
    return {**others, "reasoning_details": own} if own else others


def _plain(text: str) -> str:
    """A text as a header can hold it."""
    return "".join(character if character.isascii() and character.isprintable() else "?" for character in text)
