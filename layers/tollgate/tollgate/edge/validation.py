"""Bodies and query strings as contracts, and what is wrong with one in words that help."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from tollgate.contracts.shapes import Query, Shape
from tollgate.errors import BadRequest, InvalidJson, UnsupportedMediaType

S = TypeVar("S", bound=Shape)


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
        body = from_json(content, allow_inf_nan=False)
    except ValueError as exc:
        if not media_type and content:
            raise UnsupportedMediaType(
                "The body has no content type and is not JSON. Send 'application/json'."
            ) from exc
        reason = str(exc) if content else "it is empty"
        raise InvalidJson(f"The body is not valid JSON: {reason}.") from exc
    if not isinstance(body, dict):
        raise InvalidJson("The body has to be a JSON object.")
    return body


def validate(shape: type[S], values: Mapping[str, Any]) -> S:
    """The values as a contract.

    Raises BadRequest, which names the first field at fault.
    """
    if shape.null_is_absent:
        values = {name: value for name, value in values.items() if value is not None}
    try:
        return shape.model_validate(values)
    except ValidationError as exc:
        raise _bad_request(exc.errors(include_url=False)[0], values, is_query=issubclass(shape, Query)) from exc


def _bad_request(detail: ErrorDetails, values: Any, *, is_query: bool) -> BadRequest:
    context = detail.get("ctx", {})
    if detail["type"] == "tollgate":
        return BadRequest(context["message"], param=context["param"])
    param = path_of(detail["loc"], values, is_missing=detail["type"] == "missing")
    if detail["type"] == "missing":
        return BadRequest(f"Missing required parameter: '{param}'.", param=param)
    if detail["type"] == "extra_forbidden":
        return BadRequest(f"Unknown parameter: '{param}'.", param=param)
    if detail["type"] in {"string_too_long", "string_too_short"} and isinstance(detail["input"], str):
        word, limit = ("most", context["max_length"]) if "max_length" in context else ("least", context["min_length"])
        return BadRequest(
            f"'{param}' must be at {word} {limit} characters (received {len(detail['input'])}).", param=param
        )
    where = "query parameter" if is_query else "value"
    return BadRequest(f"Invalid {where} for '{param}': {_reason(detail)}.", param=param)


def _reason(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"expected {message}" if detail["msg"].startswith("Input should be ") else message[:1].lower() + message[1:]


def path_of(location: tuple[int | str, ...], values: Any, *, is_missing: bool) -> str:
    """A place in a body as a path such as `messages[0].content`.

    Where a field can have several forms, pydantic puts the name of the form into the location. What does not lead
    anywhere in the body that was sent is such a name.
    """
    path = ""
    here = values
    for number, step in enumerate(location):
        if isinstance(step, int) and isinstance(here, list | tuple) and step < len(here):
            path += f"[{step}]"
            here = here[step]
        elif isinstance(here, Mapping) and (step in here or (is_missing and number == len(location) - 1)):
            path += f".{step}" if path else str(step)
            here = here.get(step)
    return path or str(location[0] if location else "")
