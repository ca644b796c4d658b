"""The manners that every contract shares."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, InstanceOf, WithJsonSchema

from tollgate.contracts.upload import Upload


class Shape(BaseModel):
    """A body or an answer. JSON has types, so a number in quotes is a mistake; unknown fields are left alone.

    Built at its first use, because a function uses few of the contracts that it imports.
    """

    model_config = ConfigDict(defer_build=True, extra="ignore", strict=True, protected_namespaces=())

    null_is_absent: ClassVar[bool] = True
    """Whether a field sent as `null` counts as not sent; where `null` clears a value it does not."""
    may_be_absent: ClassVar[bool] = False
    """Whether no body at all is as good as an empty object."""


class StrictShape(Shape):
    """A body in which an unknown field is a mistake of the caller."""

    model_config = ConfigDict(extra="forbid")


class Query(Shape):
    """A query string: all its values arrive as text."""

    model_config = ConfigDict(strict=False)


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Trimmed = BeforeValidator(_trimmed)


File = Annotated[InstanceOf[Upload], WithJsonSchema({"type": "string", "format": "binary"})]
"""A field of a form that holds a file."""


class Form(Shape):
    """A form with parts: `multipart/form-data`. All its values but files arrive as text; lists are repeated parts."""

    model_config = ConfigDict(strict=False)

    too_large_hint: ClassVar[str] = ""
    """What to do about a form that is too large."""

    takes_repeats: ClassVar[bool] = True
    """Whether of two parts with one name the last wins; else there must not be two."""
