"""`/keys`: what keys are made with, and how they are shown."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from tollgate.contracts.limits import Limits
from tollgate.contracts.money import UsDollars
from tollgate.contracts.shapes import Query, Shape, StrictShape, Trimmed


def _of_good_length(value: str) -> str:
    if not 3 <= len(value) <= 100:
        message = "'name' must have 3 to 100 characters."
        raise PydanticCustomError("tollgate", "{message}", {"param": "name", "message": message})
    return value


Name = Annotated[
    str,
    Trimmed,
    AfterValidator(_of_good_length),
    WithJsonSchema({"type": "string", "minLength": 3, "maxLength": 100}),
]
_Model = Annotated[str, Field(min_length=1, max_length=256)]
# API Gateway hands an authorizer's findings on in headers' room: a scope has to fit there.
Models = Annotated[list[_Model], Field(max_length=100)]
Limit = Annotated[UsDollars, Field(ge=0, max_digits=18, decimal_places=9)]
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
Reset = Literal["daily", "weekly", "monthly"]


def _moment(value: Any) -> Any:
    # A number in a text would else be read as Unix time.
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError("expected an ISO 8601 time such as 2027-01-31T00:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("expected a time with its zone, such as 2027-01-31T00:00:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("expected a time within the years 1 to 9999 of UTC") from exc


Moment = Annotated[datetime, Strict(strict=False), BeforeValidator(_moment), AfterValidator(_in_utc)]


class KeyListQuery(Query):
    """Which keys to list."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    status: Annotated[int, Field(ge=0, le=1)] | None = None


class CreateKeyRequest(StrictShape):
    """A new key. `scopes` are presets (`inference`, `read`, `full`, `keys:read`, `keys:write`) or capabilities."""

    name: Name
    models: Models | None = None
    scopes: Annotated[list[str], Field(min_length=1, max_length=30)] = Field(default_factory=lambda: ["inference"])
    limit: Limit | None = None
    limit_reset: Reset | None = None
    limits: Limits = Field(default_factory=Limits)
    expires_at: Moment | None = None
    account_id: Annotated[str | None, Field(description="Whose key it is; only an operator may name an account.")] = (
        None
    )


class UpdateKeyRequest(StrictShape):
    """What to change. Absent fields stay as they are, `null` clears."""

    null_is_absent: ClassVar[bool] = False

    name: Name | None = None
    models: Models | None = None
    status: Annotated[int, Field(ge=0, le=1)] | None = None
    limit: Limit | None = None
    limit_reset: Reset | None = None
    limits: Limits | None = None
    expires_at: Moment | None = None


class ApiKey(Shape):
    """A key as it is shown: never the key itself, but for once."""

    id: str
    object: Literal["api_key"] = "api_key"
    name: str
    hint: str
    account_id: str
    models: list[str] | None
    status: int
    scopes: list[str]
    limit: float | None
    limit_reset: str | None
    limits: dict[str, int | None]
    usage: float
    expires_at: str | None
    created_at: str
    updated_at: str
    last_used_at: str | None


class NewApiKey(ApiKey):
    """A key just made: the only time that `key` is shown."""

    key: str


class KeyList(Shape):
    """A page of keys."""

    items: list[ApiKey]
    total: int
    page: int
    limit: int


class DeletedKey(Shape):
    """A key that no longer exists."""

    id: str
    object: Literal["api_key"] = "api_key"
    deleted: Literal[True] = True
