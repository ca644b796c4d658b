"""What every vendor's embeddings share: what a model can be asked for, and vectors that are read and made."""

from array import array
from binascii import Error, a2b_base64
from collections.abc import Iterable
from math import isfinite, sqrt
from operator import mul
from sys import byteorder
from typing import Any, Final, NamedTuple

from tollgate.contracts.catalogue import Model
from tollgate.contracts.embeddings import EmbeddingPlan, EmbeddingRequest, Vector
from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import BadRequest, UnsupportedParameter
from tollgate.providers.parameters import names_shown, refuse_dropped

# What a client may send beside `model`, `input` and `encoding_format`, which are the router's own business.
_OPTIONS: Final = ("dimensions", "user", "task_type", "title")
_LARGEST: Final = 3.4028234663852886e38
"""The largest 32-bit float."""
_NUMBERS: Final = frozenset({int, float})


class Traits(NamedTuple):
    """How a vendor takes texts."""

    takes: frozenset[str] = frozenset({"dimensions"})
    """Which options of a request it has a parameter for."""
    takes_tokens: bool = False
    """Whether it takes tokens in place of texts."""
    batch: int = 2_048
    """Texts of one call at most."""
    at_once: int = 4
    """Calls that are made at the same time."""


def plan(request: EmbeddingRequest, traits: Traits, *, unknown: Iterable[str], is_strict: bool) -> EmbeddingPlan:
    """What will be sent of a request. `unknown` are fields that nobody knows; `is_strict` refuses what would be lost.

    Raises BadRequest, UnsupportedParameter.
    """
    model = request.model
    if not traits.takes_tokens and not isinstance(request.inputs[0], str):
        raise UnsupportedParameter(f"'{model.id}' takes texts, not tokens.", param="input")
    lost = [name for name in _OPTIONS[1:] if getattr(request, name) is not None and name not in traits.takes]
    dropped = (*lost, *names_shown(list(unknown)))
    if is_strict:
        refuse_dropped(dropped, model)
    length, wanted = usual_length(model), request.dimensions
    request = request._replace(**dict.fromkeys(lost))  # type: ignore[arg-type]
    planned = EmbeddingPlan(
        request._replace(dimensions=None), dropped, length, batch=traits.batch, at_once=traits.at_once
    )
    if wanted is None or wanted == length:
        return planned
    if model.flags.get("truncatable"):
        _check_length(wanted, model)
        return planned._replace(cut_to=wanted)
    if "dimensions" not in traits.takes or "dimensions" not in (model.supported_parameters or ("dimensions",)):
        fixed = f"its vectors have {length} dimensions" if length else "the length of its vectors is fixed"
        raise UnsupportedParameter(f"'{model.id}' does not take 'dimensions': {fixed}.", param="dimensions")
    _check_length(wanted, model)
    return planned._replace(request=request, length=wanted)


def usual_length(model: Model) -> int | None:
    """How long the vectors of a model are unless told otherwise: of several lengths, the first that is listed."""
    lengths = model.flags.get("dimensions")
    return lengths[0] if isinstance(lengths, list | tuple) and lengths else lengths or None


def _check_length(wanted: int, model: Model) -> None:
    lengths = model.flags.get("dimensions")
    if not lengths:
        return
    if isinstance(lengths, int):
        least = model.flags.get("dimensions_min") or 1
        if not least <= wanted <= lengths:
            raise BadRequest(
                f"'dimensions' of '{model.id}' must be between {least} and {lengths} (received {wanted}).",
                param="dimensions",
            )
    elif wanted not in lengths:
        raise BadRequest(
            f"'dimensions' of '{model.id}' must be one of {', '.join(map(str, sorted(lengths)))} (received {wanted}).",
            param="dimensions",
        )


def read_vector(value: Any) -> Vector | None:
    """A vector as a provider sends it: numbers, or the bytes of 32-bit floats in base64. None where it is neither."""
    if isinstance(value, str):
        return _from_bytes(value)
    if not isinstance(value, list) or not value or not _NUMBERS.issuperset(map(type, value)):
        return None
    # Not a number is neither above nor below anything, and spoils a sum.
    if not -_LARGEST <= min(value) <= max(value) <= _LARGEST or not isfinite(sum(value)):
        return None
    return value


def _from_bytes(text: str) -> Vector | None:
    try:
        content = a2b_base64(text, strict_mode=True)
    except (Error, ValueError):
        return None
    if not content or len(content) % 4:
        return None
    vector = array("f", content)
    if byteorder == "big":
        vector.byteswap()
    return vector if isfinite(sum(vector)) else None


def unit(vector: Vector) -> Vector:
    """The vector of length one in the same direction; one of zeros has none, and stays."""
    length = sqrt(sum(map(mul, vector, vector)))
    return [value / length for value in vector] if length else vector


def prompt_usage(count: Any) -> Usage | None:
    """A count of prompt tokens as usage; None where it is no count."""
    return Usage(prompt_tokens=count) if is_count(count) else None
