"""Bodies and query strings as contracts, and what is wrong with one in words that help."""

import re
from collections.abc import Iterator, Mapping
from math import isinf
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from tollgate.contracts.shapes import Query, Shape
from tollgate.errors import BadRequest, InvalidJson, UnsupportedMediaType

S = TypeVar("S", bound=Shape)
Place = tuple[int | str, ...]

# The parser makes infinity of a number beyond what a float can hold. Looking at every value would cost more than this.
_LARGE_NUMBER: Final = re.compile(rb"[0-9][eE]\+?[0-9]{3}|[0-9]{200}")
# Pydantic speaks Python; the body was JSON.
_KINDS: Final = {
    "dict_type": "an object",
    "is_instance_of": "a file",
    "list_type": "an array",
    "model_attributes_type": "an object",
    "model_type": "an object",
}
# A place can hold names that the client made up.
_LONGEST_PARAM: Final = 200


def parse_body(content: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object in a body. NaN, Infinity and half a surrogate pair are not JSON; of equal names the last wins.

    Raises UnsupportedMediaType, InvalidJson.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType(
            f"The body has to be 'application/json'; it came as '{media_type[:100]}'.",
            metadata={"content_type": media_type[:100]},
        )
    try:
        body = read_json(content)
    except InvalidJson as exc:
        if not media_type and content:
            raise UnsupportedMediaType(
                "The body has no content type and is not JSON. Send 'application/json'."
            ) from exc
        raise
    if not isinstance(body, dict):
        raise InvalidJson("The body has to be a JSON object.")
    return body


def read_json(content: bytes) -> Any:
    """The JSON value in a body.

    Raises InvalidJson.
    """
    try:
        value = from_json(content, allow_inf_nan=False)
    except ValueError as exc:
        reason = str(exc) if content else "it is empty"
        raise InvalidJson(f"The body is not valid JSON: {reason}.") from exc
    if _LARGE_NUMBER.search(content) and _holds_infinity(value):
        raise InvalidJson("The body is not valid JSON: it holds a number that is too large.")
    return value


def _holds_infinity(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_infinity(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds_infinity(one) for one in value)
    return isinstance(value, float) and isinf(value)


def validate(shape: type[S], values: Mapping[str, Any]) -> S:
    """The values as a contract.

    Raises BadRequest, which names the first field at fault.
    """
    if shape.null_is_absent:
        values = {name: value for name, value in values.items() if value is not None}
    try:
        return shape.model_validate(values)
    except ValidationError as exc:
        detail, place = _most_telling(exc.errors(include_url=False), values)
        raise _bad_request(detail, _shown(place, detail), is_query=issubclass(shape, Query)) from exc


def _most_telling(details: list[ErrorDetails], values: Any) -> tuple[ErrorDetails, Place]:
    """The first error, and its place.

    Where a field can have several forms, each of them complains. Those that the value was never meant to have say no
    more than that; the one that it was meant to have gets further into it.
    """
    first, place = details[0], place_of(details[0], values)
    if _is_of_another_kind(first):
        for other in details[1:]:
            other_place = place_of(other, values)
            if other_place[: len(place)] != place:
                break
            if other_place != place or not _is_of_another_kind(other):
                return other, other_place
    return first, place


def _is_of_another_kind(detail: ErrorDetails) -> bool:
    is_word = isinstance(detail["input"], str)
    return detail["type"].endswith("_type") or (detail["type"] == "literal_error" and not is_word)


def _bad_request(detail: ErrorDetails, param: str, *, is_query: bool) -> BadRequest:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "tollgate":
            return BadRequest(context["message"], param=context["param"])
        case "missing":
            return _missing(param)
        case "union_tag_not_found":
            return _missing(f"{param}.{_tag(detail)}")
        case "extra_forbidden":
            return BadRequest(f"Unknown parameter: '{param}'.", param=param)
        case "string_too_long" | "string_too_short" | "too_long" | "too_short":
            return BadRequest(f"'{param}' must {_length(detail)}.", param=param)
    where = "query parameter" if is_query else "value"
    return BadRequest(f"Invalid {where} for '{param}': {_reason(detail)}.", param=param)


def _missing(param: str) -> BadRequest:
    return BadRequest(f"Missing required parameter: '{param}'.", param=param)


def _length(detail: ErrorDetails) -> str:
    context, value = detail.get("ctx", {}), detail["input"]
    word, limit = ("most", context["max_length"]) if "max_length" in context else ("least", context["min_length"])
    verb, unit = ("be", "character") if isinstance(value, str) else ("have", "item")
    return f"{verb} at {word} {limit} {unit}{'' if limit == 1 else 's'} (received {len(value)})"


def _reason(detail: ErrorDetails) -> str:
    if detail["type"] in _KINDS:
        return f"expected {_KINDS[detail['type']]}"
    if detail["type"] == "union_tag_invalid":
        # The tag itself may be of any length.
        return f"'{_tag(detail)}' must be one of {detail['ctx']['expected_tags']}"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"expected {message}" if detail["msg"].startswith("Input should be ") else message[:1].lower() + message[1:]


def _tag(detail: ErrorDetails) -> str:
    tag: str = detail["ctx"]["discriminator"]
    return tag.strip("'")


def place_of(detail: ErrorDetails, values: Any) -> Place:
    """Where an error is in the body that was sent.

    Where a field can have several forms, pydantic puts the name of the form into the location, and such a name can be
    the name of a field as well. So of all the ways to read a location, the right one is that which ends at the value
    that the error is about.
    """
    ways = list(_ways(detail["loc"], values, is_missing=detail["type"] == "missing"))
    return next((place for place, value in ways if value is detail["input"]), ways[0][0])


def _ways(location: Place, here: Any, *, is_missing: bool) -> Iterator[tuple[Place, Any]]:
    """Every way to read a location: the steps that lead somewhere, and the value where they end."""
    if not location:
        yield (), here
        return
    step, rest = location[0], location[1:]
    is_item = isinstance(step, int) and isinstance(here, list | tuple) and step < len(here)
    if is_item or (isinstance(here, Mapping) and step in here):
        for place, value in _ways(rest, here[step], is_missing=is_missing):
            yield (step, *place), value
    elif is_missing and not rest and isinstance(here, Mapping):
        yield (step,), here
    if not is_item:
        yield from _ways(rest, here, is_missing=is_missing)


def _shown(place: Place, detail: ErrorDetails) -> str:
    """A place as a path such as `messages[0].content`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")[:_LONGEST_PARAM] or ".".join(str(step) for step in detail["loc"][:1])
