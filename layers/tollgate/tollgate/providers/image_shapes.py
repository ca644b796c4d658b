"""The size that a client wants, in a provider's words: as it is, or as a ratio and a tier."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tollgate.contracts.catalogue import Model
from tollgate.errors import BadRequest

Shape = Callable[[str, Model], Mapping[str, Any]]
"""The fields that a provider takes for a size other than `auto`; raises BadRequest for one that it has not."""

RATIOS: Final = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
TIERS: Final = ("1K", "2K", "4K")

# The long side up to which a size belongs to a tier.
_TIER_UP_TO: Final[Mapping[str, int]] = {"1K": 1_536, "2K": 2_560}
_NEAR: Final = 0.02
# https://platform.openai.com/docs/guides/image-generation#size-and-quality-options
_STEP: Final = 16
_LONGEST_SIDE: Final = 3_840
_MOST_PIXELS: Final = 3_840 * 2_160
_STEEPEST: Final = 3

_SIZE: Final = re.compile(r"(\d{1,5})([x:])(\d{1,5})")
# A tier's own images are not larger than this square.
_SIDE_OF: Final[Mapping[str, int]] = {"1K": 1_536, "2K": 2_560, "4K": 4_096}


class Wanted(NamedTuple):
    """A size: pixels, or, where `is_ratio`, the ratio of its sides."""

    width: int
    height: int
    is_ratio: bool


def read_size(size: str) -> Wanted:
    """A size of a request.

    Raises BadRequest.
    """
    match = _SIZE.fullmatch(size)
    if match is None or not (width := int(match[1])) or not (height := int(match[3])):
        raise BadRequest("'size' must be 'auto', a size such as '1024x1024' or a ratio such as '16:9'.", param="size")
    return Wanted(width, height, match[2] == ":")


def as_it_is(size: str, model: Model) -> Mapping[str, Any]:
    """OpenAI's own form: one of the sizes that the catalogue names, or any that is even enough.

    Raises BadRequest.
    """
    allowed = model.flags.get("sizes")
    if isinstance(allowed, list | tuple):
        if size not in allowed:
            raise BadRequest(f"'{model.id}' draws in these sizes: {', '.join(('auto', *allowed))}.", param="size")
        return {"size": size}
    wanted = read_size(size)
    long, short = max(wanted[:2]), min(wanted[:2])
    is_possible = (
        not wanted.is_ratio
        and wanted.width % _STEP == wanted.height % _STEP == 0
        and long <= _STEEPEST * short
        and long <= _LONGEST_SIDE
        and long * short <= _MOST_PIXELS
    )
    if not is_possible:
        raise BadRequest(
            f"'{model.id}' draws in sizes of which both sides are multiples of {_STEP}, neither more than "
            f"{_STEEPEST} times the other, up to 3840x2160.",
            param="size",
        )
    return {"size": size}


def as_pixels(size: str, model: Model, *, step: int, sides: tuple[int, int], most: int) -> Mapping[str, Any]:
    """Width and height, for models that take both.

    Raises BadRequest.
    """
    wanted = read_size(size)
    allowed = model.flags.get("sizes")
    if isinstance(allowed, list | tuple):
        if size not in allowed:
            raise BadRequest(f"'{model.id}' draws in these sizes: {', '.join(('auto', *allowed))}.", param="size")
    elif (
        wanted.is_ratio
        or wanted.width % step
        or wanted.height % step
        or not all(sides[0] <= side <= sides[1] for side in wanted[:2])
        or wanted.width * wanted.height > most
    ):
        raise BadRequest(
            f"'{model.id}' draws in sizes of which both sides are multiples of {step} from {sides[0]} to {sides[1]}, "
            f"with at most {most} pixels.",
            param="size",
        )
    return {"width": wanted.width, "height": wanted.height}


def ratio_and_tier(
    size: str, model: Model, *, ratios: Sequence[str] = RATIOS, tiers: Sequence[str] = TIERS
) -> tuple[str, str | None]:
    """The nearest ratio, and the tier that a size in pixels belongs to: None for the provider's own.

    The catalogue's flag `tiers` goes before those given; a model without any draws in one size only.

    Raises BadRequest.
    """
    wanted = read_size(size)
    ratio = _nearest(wanted, ratios)
    if ratio is None:
        raise BadRequest(f"'{model.id}' draws in these ratios: {', '.join(ratios)}.", param="size")
    if wanted.is_ratio:
        return ratio, None
    long = max(wanted[:2])
    tier = next((name for name, side in _TIER_UP_TO.items() if long <= side), TIERS[-1])
    tiers = model.flags.get("tiers", tiers)
    if tier in tiers:
        return ratio, tier
    if tier == TIERS[0]:
        return ratio, None
    raise BadRequest(f"'{model.id}' draws no images of that size.", param="size")


def most_megapixels(size: str) -> Decimal:
    """How large an image of that size can turn out at most; `auto` and a ratio count as the largest that there is."""
    side = _SIDE_OF[TIERS[-1]]
    pixels = side * side
    if size != "auto" and not (wanted := read_size(size)).is_ratio:
        side = next((side for side in _SIDE_OF.values() if max(wanted[:2]) <= side), side)
        pixels = max(side * side, wanted.width * wanted.height)
    return Decimal(pixels) / 10**6


def _nearest(wanted: Wanted, ratios: Sequence[str]) -> str | None:
    asked = wanted.width / wanted.height

    def distance(ratio: str) -> float:
        width, _, height = ratio.partition(":")
        return abs(asked * int(height) / int(width) - 1)

    nearest = min(ratios, key=distance)
    return nearest if distance(nearest) <= (0 if wanted.is_ratio else _NEAR) else None
