"""The manners of WordPress's REST API: what its clients may send for a number, a boolean or an object.

What is wrong with a field that has several forms is told as WordPress tells it: that none of the forms fits, and why
the one that was meant does not.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import BeforeValidator, ConfigDict, ValidationError, WrapValidator, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from tollgate.contracts.shapes import Shape

_NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*", re.ASCII)
_BOOLEANS: Final[Mapping[Any, bool]] = {"true": True, "1": True, 1: True, "false": False, "0": False, 0: False}


class RestShape(Shape):
    """A body in WordPress's manner: null is nothing, and an empty list is an empty object, as PHP writes it."""

    keeps_null: ClassVar[frozenset[str]] = frozenset()
    """Fields in which null is a value."""

    @model_validator(mode="before")
    @classmethod
    def _as_php_means_it(cls, value: Any) -> Any:
        if value == []:
            return {}
        if not isinstance(value, dict):
            return value
        return {name: one for name, one in value.items() if one is not None or name in cls.keeps_null}


class CamelShape(RestShape):
    """The same with names in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)


def _as_number(value: Any) -> Any:
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _as_integer(value: Any) -> Any:
    value = _as_number(value)
    # What is no whole number is left to be refused.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_boolean(value: Any) -> Any:
    return _BOOLEANS.get(value.lower() if isinstance(value, str) else value, value) if _is_scalar(value) else value


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _as_object(value: Any) -> Any:
    return {} if value in ([], "") else value


def _as_list(value: Any) -> Any:
    if isinstance(value, str):
        return [item for item in re.split(r"[\s,]+", value) if item]
    return [] if value == {} else value


Number = Annotated[float, BeforeValidator(_as_number)]
Integer = Annotated[int, BeforeValidator(_as_integer)]
Boolean = Annotated[bool, BeforeValidator(_as_boolean)]
Object = Annotated[dict[str, Any], BeforeValidator(_as_object)]
ListOrText = BeforeValidator(_as_list)
"""Makes a list of a text with commas or blanks between its items."""


def rest_error(code: str, message: str, data: Any = None) -> PydanticCustomError:
    """What a contract finds wrong by itself, in WordPress's words; `%1$s` in the message stands for the field."""
    return PydanticCustomError(code, "{message}", {"message": message, "data": data})


def one_of(position: Callable[[Any], int | None]) -> WrapValidator:
    """Says of a field with several forms that none of them fits, and why not the one that `position` tells was meant.

    `position` gets the value, and gives the number of the form, or None where none was.
    """

    def check(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as exc:
            inner = exc.errors(include_url=False)
            facts = {"position": position(value), "inner": inner}
            raise PydanticCustomError("one_of", "no form fits", facts) from exc

    return WrapValidator(check)
