"""The shapes of images, as WordPress and as image models name them."""

from collections.abc import Mapping
from math import gcd
from typing import Final

from tollgate.contracts.catalogue import Model
from tollgate.errors import BadRequest

_SIZES: Final = ("1024x1024", "1536x1024", "1024x1536")
"""Those of a model that has no list: every provider draws in them, or in the ratios that they have."""
_ORIENTATIONS: Final = ("square", "landscape", "portrait")


def ratios_of(model: Model) -> list[str]:
    """The ratios that a model draws in, such as `3:2`."""
    return list(_sizes_by_ratio(model))


def orientations_of(model: Model) -> list[str]:
    """The orientations that a model draws in."""
    found = {_orientation(ratio) for ratio in _sizes_by_ratio(model)}
    return [orientation for orientation in _ORIENTATIONS if orientation in found]


def size_of(model: Model, *, ratio: str | None, orientation: str | None) -> str | None:
    """The size in pixels that has a ratio, or else an orientation; None where neither is asked for.

    Raises BadRequest for one that the model does not draw in.
    """
    sizes = _sizes_by_ratio(model)
    if ratio:
        if (reduced := _reduced(*map(int, ratio.split(":")))) not in sizes:
            raise BadRequest(
                f"'{model.id}' draws in these ratios: {', '.join(sizes)}.", param="modelConfig.outputMediaAspectRatio"
            )
        return sizes[reduced]
    if not orientation:
        return None
    found = next((size for known, size in sizes.items() if _orientation(known) == orientation), None)
    if found is None:
        raise BadRequest(f"'{model.id}' draws no {orientation} images.", param="modelConfig.outputMediaOrientation")
    return found


def _sizes_by_ratio(model: Model) -> Mapping[str, str]:
    by_ratio: dict[str, str] = {}
    for size in model.flags.get("sizes") or _SIZES:
        width, _, height = size.partition("x")
        by_ratio.setdefault(_reduced(int(width), int(height)), size)
    return by_ratio


def _reduced(width: int, height: int) -> str:
    divisor = gcd(width, height)
    return f"{width // divisor}:{height // divisor}" if divisor else f"{width}:{height}"


def _orientation(ratio: str) -> str:
    width, height = map(int, ratio.split(":"))
    return "square" if width == height else "landscape" if width > height else "portrait"
