"""Who may answer a conversation, and in which order: the models asked for, and what the caller prefers of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tollgate.catalogue.ids import ALIASES
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Plan
from tollgate.errors import (
    BadRequest,
    ModelNotAllowed,
    ModelUnpriced,
    NoProviderAvailable,
    NotFound,
    TollgateError,
)
from tollgate.ledger.bounds import PromptSize
from tollgate.ledger.money import ZERO
from tollgate.providers.protocols import Chat
from tollgate.resources import Resources
from tollgate.services.calls import check_kind, check_price
from tollgate.services.structured import check_schema
from tollgate.services.tuned_models import find, may_use

MOST: Final = 4
# Models whose output the catalogue does not bound are rare and old.
_UNKNOWN_MAX_OUTPUT: Final = 4_096


class Preferences(NamedTuple):
    """What a caller says about providers. Prices are US dollars per million tokens."""

    order: Sequence[str] = ()
    only: Sequence[str] | None = None
    ignore: Sequence[str] = ()
    allow_fallbacks: bool = True
    require_parameters: bool = False
    sort: str | None = None
    """`price`, `latency` or `throughput`: the last two by what this process has seen itself."""
    max_prompt_usd: Decimal | None = None
    max_completion_usd: Decimal | None = None


NO_PREFERENCES: Final = Preferences()


class Prompt(Struct, frozen=True):
    """A conversation as a family hands it over: OpenAI's words, validated, and what was said about the answer."""

    model: str
    body: Mapping[str, Any]
    output_cap: int | None = None
    is_strict: bool = False
    metadata: Mapping[str, str] | None = None
    models: Sequence[str] | None = None
    """Further models to ask, in this order; None leaves it to the operator."""
    preferences: Preferences = NO_PREFERENCES


class Candidate(Struct, frozen=True):
    """One model that may answer, and what it will be sent."""

    model: Model
    adapter: Chat
    plan: Plan
    max_output_tokens: int

    def request(self, max_output_tokens: int) -> ChatRequest:
        """What the adapter is asked, under the cap that the balance affords."""
        body = self.plan.body
        return ChatRequest(
            model=self.model,
            body=body,
            max_output_tokens=min(max_output_tokens, self.max_output_tokens),
            user=body.get("user") or body.get("safety_identifier"),
        )


class Candidates(NamedTuple):
    """Those that may answer, first to last, and those that may not: out of the key's scope, or for a reason."""

    chosen: tuple[Candidate, ...]
    skipped: tuple[str, ...] = ()


def choose(prompt: Prompt, body: Mapping[str, Any], size: PromptSize, call: Call, resources: Resources) -> Candidates:
    """The candidates of a request: `model`, then `models` or else the operator's fallbacks, as far as they will do.

    What is wrong with the request for the model asked for is an error; another model that cannot take it is left out.

    Raises BadRequest, NotFound, Forbidden, ModelUnpriced, NoProviderAvailable.
    """
    preferences = prompt.preferences
    chosen: list[Candidate] = []
    excluded: dict[str, str] = {}
    skipped: list[str] = []
    for place, model in enumerate(_models(prompt, call, resources)):
        if not may_use(call, model):
            if place == 0:
                raise ModelNotAllowed(f"This key may not use '{model.id}'.", param="model")
            skipped.append(model.id)
            continue
        if reason := _unwanted(model, preferences):
            excluded[model.id] = reason
            continue
        try:
            candidate = _plan(prompt, body, size, model, resources)
        except (BadRequest, ModelUnpriced, NoProviderAvailable) as exc:
            if place == 0 and not preferences.require_parameters:
                raise
            excluded[model.id] = exc.reason
            continue
        if preferences.require_parameters and candidate.plan.dropped:
            excluded[model.id] = "require_parameters"
            continue
        chosen.append(candidate)
    if not chosen:
        facts = {"excluded_by": excluded, **({"skipped": skipped} if skipped else {})}
        raise NoProviderAvailable(
            "None of the models may answer under 'provider'; 'metadata.excluded_by' says why.",
            param="provider",
            metadata=facts,
        )
    ordered = _ordered(chosen, preferences, resources)
    return Candidates(tuple(ordered if preferences.allow_fallbacks else ordered[:1]), tuple(skipped))


def has_images_by_address(body: Mapping[str, Any]) -> bool:
    """Whether a request names images that have to be fetched by somebody."""
    return next(images_by_address(body), None) is not None


def images_by_address(body: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    """Message, part and address of each image that is not data yet."""
    for number, message in enumerate(body.get("messages") or ()):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            if part.get("type") == "image_url" and not part["image_url"]["url"].startswith("data:"):
                yield number, place, part["image_url"]["url"]


async def with_images_inline(candidates: Candidates, resources: Resources) -> Candidates:
    """The candidates, those that cannot fetch images with the images themselves; each image is fetched once.

    Raises BadRequest.
    """
    from tollgate.services.inlining import inline_images  # noqa: PLC0415 - few requests have such images

    inlined: dict[int, Mapping[str, Any]] = {}
    changed = []
    for one in candidates.chosen:
        plan = one.plan
        if not plan.fetches_images:
            key = id(plan.body["messages"])
            if key not in inlined:
                inlined[key] = await inline_images(plan.body, web=resources.web)
            plan = replace(plan, body={**plan.body, "messages": inlined[key]["messages"]})
        changed.append(replace(one, plan=plan))
    return candidates._replace(chosen=tuple(changed))


def _models(prompt: Prompt, call: Call, resources: Resources) -> Iterator[Model]:
    first = find(prompt.model, call, resources)
    yield first
    seen = {first.id}
    if prompt.models is None:
        others: Iterable[Model] = _fallbacks(first, resources)
    else:
        others = (_listed(name, place, call, resources) for place, name in enumerate(prompt.models))
    for model in others:
        if model.id not in seen:
            seen.add(model.id)
            yield model
        if len(seen) == MOST:
            return


def _listed(name: str, place: int, call: Call, resources: Resources) -> Model:
    param = f"models[{place}]"
    try:
        model = find(name, call, resources)
        check_kind(model, "chat")
    except (BadRequest, NotFound) as exc:
        exc.param = param
        raise
    return model


def _fallbacks(first: Model, resources: Resources) -> Iterator[Model]:
    for name in first.fallbacks:
        try:
            model = resources.catalogue.find(name)
        except TollgateError:
            # The operator's list may name what is disabled for now.
            continue
        if model.type == "chat":
            yield model


def _unwanted(model: Model, preferences: Preferences) -> str | None:
    """The preference that rules a model out, if any does."""
    if preferences.only is not None and model.provider not in _known(preferences.only):
        return "only"
    if model.provider in _known(preferences.ignore):
        return "ignore"
    rates = model.price.rates
    for most, rate in (
        (preferences.max_prompt_usd, rates.input),
        (preferences.max_completion_usd, rates.output),
    ):
        if most is not None and _per_million(rate, model) > most:
            return "max_price"
    return None


def _ordered(chosen: list[Candidate], preferences: Preferences, resources: Resources) -> list[Candidate]:
    match preferences.sort:
        case "price":
            chosen = sorted(chosen, key=lambda one: _price(one.model))
        case "latency" | "throughput" as what:
            chosen = sorted(chosen, key=lambda one: resources.pace.rank(one.model.id, what))
    wanted = list(_known(preferences.order))
    return sorted(chosen, key=lambda one: wanted.index(one.model.provider) if one.model.provider in wanted else MOST)


def _known(providers: Iterable[str]) -> dict[str, None]:
    """Providers under the names used here, in their order."""
    return {ALIASES.get(name, name): None for name in providers}


def _price(model: Model) -> Decimal:
    return _per_million(model.price.rates.input, model) + _per_million(model.price.rates.output, model)


def _per_million(rate: Decimal | None, model: Model) -> Decimal:
    return (rate or ZERO) * 1_000_000 / model.price.per


def _plan(prompt: Prompt, body: Mapping[str, Any], size: PromptSize, model: Model, resources: Resources) -> Candidate:
    check_kind(model, "chat")
    check_price(model)
    adapter = resources.chat(model)
    plan = adapter.plan(body, model, is_strict=prompt.is_strict)
    if plan.answer_schema is not None:
        check_schema(plan.answer_schema)
    longest = _longest_output(model, size)
    if prompt.output_cap is not None and prompt.output_cap > longest:
        # The model would refuse the request for it; the header with the applied cap tells the client.
        plan = replace(plan, dropped=(*plan.dropped, "max_completion_tokens"))
    return Candidate(model, adapter, plan, min(prompt.output_cap or longest, longest))


def _longest_output(model: Model, size: PromptSize) -> int:
    longest = model.max_output_tokens or model.context_length or _UNKNOWN_MAX_OUTPUT
    if model.context_length is None:
        return longest
    # Prompt and answer share the window. Three bytes a token is short for prose and about right for code.
    prompt_tokens = size.text_bytes // 3 + size.items * 4
    return max(min(longest, model.context_length - prompt_tokens), min(longest, 256))
