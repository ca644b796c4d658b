"""Bodies as WordPress's REST API reads them, and what is wrong with one in its words."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tollgate.contracts.shapes import Shape
from tollgate.edge.validation import read_json
from tollgate.errors import InvalidJson, InvalidParams, MissingParams

S = TypeVar("S", bound=Shape)
Location = tuple[int | str, ...]

_TYPES: Final = {
    "bool": "boolean",
    "dict": "object",
    "finite": "number",
    "float": "number",
    "int": "integer",
    "list": "array",
    "model": "object",
    "string": "string",
}
_LONGEST_MESSAGE: Final = 500


def parse_rest_body(content: bytes, content_type: str) -> dict[str, Any]:
    """The fields in a body; none where it is of another type than JSON, empty, or no object.

    Raises InvalidJson.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if (media_type != "application/json" and not media_type.endswith("+json")) or not content.strip():
        return {}
    try:
        body = read_json(content)
    except InvalidJson as exc:
        facts = {"json_error_code": 4, "json_error_message": "Syntax error"}
        raise InvalidJson("Invalid JSON body passed.", metadata=facts) from exc
    return body if isinstance(body, dict) else {}


def validate_rest(shape: type[S], values: Mapping[str, Any]) -> S:
    """The values as a contract.

    Raises MissingParams where fields are not there; else InvalidParams, with the first fault of each field.
    """
    try:
        return shape.model_validate(values)
    except ValidationError as exc:
        found = exc.errors(include_url=False)
        missing = [str(one["loc"][0]) for one in found if one["type"] == "missing" and len(one["loc"]) == 1]
        if missing:
            raise MissingParams(f"Missing parameter(s): {', '.join(missing)}", metadata={"params": missing}) from exc
        details: dict[str, dict[str, Any]] = {}
        # In the order of the contract's fields, and not in that of the kinds of faults.
        for one in found:
            details.setdefault(str(one["loc"][0]) if one["loc"] else "body", _detail(one, ()))
        params = {name: detail["message"] for name, detail in details.items()}
        raise InvalidParams(
            f"Invalid parameter(s): {', '.join(params)}", metadata={"params": params, "details": details}
        ) from exc


def _detail(error: ErrorDetails, within: Location) -> dict[str, Any]:
    location = (*within, *error["loc"])
    code, message, data = _told(error, location)
    return {"code": code, "message": message[:_LONGEST_MESSAGE], "data": data}


def _told(error: Mapping[str, Any], location: Location) -> tuple[str, str, Any]:
    """WordPress's code, its message, and what else there is to say."""
    where = shown(location)
    kind, facts = error["type"], error.get("ctx", {})
    match kind:
        case _ if kind.startswith("rest_"):
            return kind, facts["message"].replace("%1$s", where), facts["data"]
        case "one_of":
            return _told_of_forms(facts, location)
        case "missing":
            return "rest_property_required", f"{location[-1]} is a required property of {shown(location[:-1])}.", None
        case "extra_forbidden":
            return "rest_additional_properties_forbidden", f"{location[-1]} is not a valid property of Object.", None
        case "union_tag_not_found" | "union_tag_invalid":
            return "rest_no_matching_schema", f"{where} does not match any of the expected formats.", None
    if (limit := _told_of_limits(kind, facts, where)) is not None:
        return (*limit, None)
    expected = _TYPES.get(kind.partition("_")[0], "object")
    return "rest_invalid_type", f"{where} is not of type {expected}.", {"param": where}


def _told_of_limits(kind: str, facts: Mapping[str, Any], where: str) -> tuple[str, str] | None:
    match kind:
        case "literal_error" | "enum":
            return "rest_not_in_enum", f"{where} is not one of {_listed(facts['expected'])}."
        case "greater_than_equal":
            return "rest_out_of_bounds", f"{where} must be greater than or equal to {facts['ge']:g}"
        case "less_than_equal":
            return "rest_out_of_bounds", f"{where} must be less than or equal to {facts['le']:g}"
        case "too_short":
            return "rest_too_few_items", f"{where} must contain at least {_items(facts['min_length'])}."
        case "too_long":
            return "rest_too_many_items", f"{where} must contain at most {_items(facts['max_length'])}."
        case "string_pattern_mismatch":
            return "rest_invalid_pattern", f"{where} does not match pattern {facts['pattern']}."
    return None


def _told_of_forms(facts: Mapping[str, Any], location: Location) -> tuple[str, str, Any]:
    where, position, inner = shown(location), facts["position"], facts["inner"]
    code = "rest_no_matching_schema"
    if position is None:
        return code, f"{where} does not match any of the expected formats.", None
    # The last of them is about the form that was meant: the others come first, and say only that they are not it.
    reason = inner[-1]
    # The form's name is no step into the value.
    _, message, _ = _told(reason, (*location, *reason["loc"][1:]))
    return code, f"{where} does not match the expected format. Reason: {message}", {"position": position}


def shown(location: Location) -> str:
    """A place as WordPress writes it: `messages[0][role]`."""
    first, *rest = location or ("body",)
    return str(first) + "".join(f"[{str(step)[:100]}]" for step in rest)


def _listed(expected: str) -> str:
    names = re.findall(r"'([^']*)'", expected)
    if len(names) <= 2:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _items(count: int) -> str:
    return f"{count} item{'' if count == 1 else 's'}"
