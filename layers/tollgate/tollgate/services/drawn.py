"""What is known of a call's images, as they come: who draws, what they used, how it ended, what it costs."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.pictures import NO_FACTS, PartialPicture, Picture, Pictures
from tollgate.contracts.usage import Usage
from tollgate.errors import ModelUnpriced
from tollgate.ledger.bounds import TOKENS_PER_ITEM, estimate_tokens
from tollgate.ledger.prices import Cost, cost_of, cost_of_units
from tollgate.ledger.worst_case import WorstCase, candidate_of, fixed
from tollgate.providers.image_shapes import most_megapixels
from tollgate.services.calls import ModelCall
from tollgate.services.image_headers import Header

PARTIAL_TOKENS: Final = 100
"""What an image that is shown before it is finished costs beside it.
https://platform.openai.com/docs/guides/image-generation#cost-and-latency"""
TOKENS_UNTOLD: Final = 65_536
"""Of an image, where the catalogue does not say how many tokens it can be."""


class ImagePrompt(NamedTuple):
    """What is to be drawn. `body` has OpenAI's fields of a request for images, `prompt` among them."""

    model: str
    body: JsonObject
    n: int = 1
    partial_images: int = 0
    as_urls: bool = False
    """Whether the images are wanted as addresses; else as data, unless they are too large together."""
    is_strict: bool = False
    """Whether parameters that the model lacks are refused rather than left out."""


class Finished(NamedTuple):
    """One image as it was found to be, and how it is handed over: by its data or by an address."""

    picture: Picture
    header: Header
    url: str | None = None

    @property
    def b64_json(self) -> str:
        """The data as text."""
        return b64encode(self.picture.content).decode()


class Drawn(Struct):
    """One call's images, as they become known."""

    call: ModelCall
    plan: Plan
    prompt: ImagePrompt
    images: list[Finished] = field(default_factory=list)
    facts: Mapping[str, str] = NO_FACTS
    text_tokens: int = 0
    usage: Usage | None = None
    """What the provider reported of all of them."""
    is_lent_for_size: bool = False
    """Whether the images are addresses because their data would be too large."""
    _partials: int = 0

    @property
    def model(self) -> Model:
        """Who draws."""
        return self.call.model

    @property
    def quality(self) -> str | None:
        """The quality as the provider tells it, else as it was asked for."""
        return self.facts.get("quality") or self.plan.body.get("quality")

    def take(self, drawn: Pictures, images: Sequence[Finished]) -> tuple[Usage, Cost]:
        """Count finished images, and say what these alone used and cost."""
        is_first = not self.images
        self.images += images
        self.facts = drawn.facts or self.facts
        self.text_tokens += drawn.text_tokens
        usage = self._checked(drawn.usage, len(drawn.pictures))
        self.usage = usage if self.usage is None else self.usage + usage
        self._tell("completed")
        return usage, self._cost(usage, images, calls=self.plan.calls if is_first else 0)

    def take_partial(self, shown: PartialPicture) -> None:
        """Count an image that was shown before it is finished."""
        self._partials += 1
        self.facts = shown.facts or self.facts

    def broke_off(self, outcome: str) -> None:
        """Say how it ended where it did not end well. What was shown has been paid for by then."""
        if self.images:
            self._tell(outcome)
        elif self._partials and self.model.price.unit == "token":
            self.usage = Usage(self._prompt_tokens, self._partials * PARTIAL_TOKENS, is_estimated=True)
            self._tell(outcome)

    def _tell(self, outcome: str) -> None:
        usage = self.usage or Usage()
        unit = self.model.price.unit
        cost = self._cost(usage, self.images, calls=self.plan.calls)
        units = None if unit == "token" else {f"{unit}s": _units(unit, self.images, self.plan.calls)}
        self.call.came_to(cost, usage=usage, units=units, outcome=outcome)

    def _cost(self, usage: Usage, images: Sequence[Finished], *, calls: int) -> Cost:
        price = self.model.price
        return (
            cost_of(usage, price) if price.unit == "token" else cost_of_units(_units(price.unit, images, calls), price)
        )

    def _checked(self, usage: Usage | None, count: int) -> Usage:
        """What the provider reported; where tokens are paid for and it told none, the most that so many can be."""
        usage = usage or Usage()
        if self.model.price.unit != "token" or usage.completion_tokens:
            return usage
        tokens = count * (self.model.max_output_tokens or TOKENS_UNTOLD)
        return replace(usage, prompt_tokens=self._prompt_tokens, completion_tokens=tokens, is_estimated=True)

    @property
    def _prompt_tokens(self) -> int:
        return estimate_tokens(len(self.prompt.body["prompt"].encode()))


def worst_case(prompt: ImagePrompt, plan: Plan, model: Model) -> WorstCase:
    """The most that images can cost: as many as were asked for, each as large and as good as the request permits.

    Raises ModelUnpriced for a unit that images have not.
    """
    price = model.price
    match price.unit:
        case "token":
            each = (model.max_output_tokens or TOKENS_UNTOLD) + prompt.partial_images * PARTIAL_TOKENS
            text_bytes = len(prompt.body["prompt"].encode())
            candidate = candidate_of(
                price,
                prompt_tokens=plan.calls * (text_bytes + TOKENS_PER_ITEM),
                max_output_tokens=prompt.n * each,
            )
            return WorstCase((candidate,), is_capped_by_client=True)
        case "image":
            count = Decimal(prompt.n)
        case "megapixel":
            count = prompt.n * most_megapixels(prompt.body.get("size") or "auto")
        case "request":
            count = Decimal(plan.calls)
        case unit:
            raise ModelUnpriced(f"'{model.id}' is priced by the {unit}, which images have not.")
    return fixed(cost_of_units(count, price).total_usd)


def _units(unit: str, images: Sequence[Finished], calls: int) -> Decimal:
    match unit:
        case "megapixel":
            return Decimal(sum(image.header.width * image.header.height for image in images)) / 10**6
        case "request":
            return Decimal(calls)
    return Decimal(len(images))
