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
    """Which page, from 1."""
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    """Keys on a page."""
    status: Annotated[int, Field(ge=0, le=1)] | None = None
    """1 for keys that are on, 0 for those that are off; both without it."""


class CreateKeyRequest(StrictShape):
    """A new key. `scopes` are presets (`inference`, `read`, `full`, `keys:read`, `keys:write`) or capabilities."""

    name: Name
    """What you call the key."""
    models: Models | None = None
    """Ids of models, or `provider/*`, that the key may use. Absent for every model, `[]` for none."""
    scopes: Annotated[list[str], Field(min_length=1, max_length=30)] = Field(default_factory=lambda: ["inference"])
    """What the key may do: presets or capabilities. A key cannot give more than it has itself."""
    limit: Limit | None = None
    """US dollars that the key may spend in each window, with up to 9 decimals. Absent for all that the account has."""
    limit_reset: Reset | None = None
    """When a new window begins. Absent for never: the limit then holds for the key's whole life."""
    limits: Limits = Field(default_factory=Limits)
    """Rate limits of the key."""
    expires_at: Moment | None = None
    """When the key stops working: ISO 8601, with its zone. Absent for never."""
    account_id: str | None = None
    """Whose key it is; only an operator may name an account."""


class UpdateKeyRequest(StrictShape):
    """What to change. Absent fields stay as they are, `null` clears."""

    null_is_absent: ClassVar[bool] = False

    name: Name | None = None
    """What you call the key."""
    models: Models | None = None
    """Ids of models, or `provider/*`; `null` for every model."""
    status: Annotated[int, Field(ge=0, le=1)] | None = None
    """1 switches the key on, 0 off."""
    limit: Limit | None = None
    """US dollars that the key may spend in each window; `null` for no limit."""
    limit_reset: Reset | None = None
    """When a new window begins; `null` for never."""
    limits: Limits | None = None
    """Rate limits of the key, all of them at once; `null` for none."""
    expires_at: Moment | None = None
    """When the key stops working; `null` for never."""


class ApiKey(Shape):
    """A key as it is shown: never the key itself, but for once."""

    id: str
    """Its id, by which it is read, changed and deleted. It opens nothing."""
    object: Literal["api_key"] = "api_key"
    name: str
    hint: str
    """The first and last characters of the key, to recognise it by."""
    account_id: str
    models: list[str] | None
    """Models that it may use; `null` for every model."""
    status: int
    """1 while it is on, 0 while it is off."""
    scopes: list[str]
    """What it may do, in the words that it was made with."""
    limit: float | None
    """US dollars that it may spend in each window; `null` for no limit of its own."""
    limit_reset: str | None
    """`daily`, `weekly`, `monthly`, or `null` for a window that never ends."""
    limits: dict[str, int | None]
    """Its rate limits."""
    usage: float
    """US dollars spent in the present window."""
    expires_at: str | None
    """When it stops working; `null` for never."""
    created_at: str
    updated_at: str
    last_used_at: str | None
    """When it was last used, to the minute; `null` before its first call."""


class NewApiKey(ApiKey):
    """A key just made: the only time that `key` is shown."""

    key: str
    """The key itself. Keep it now: it cannot be shown again."""


class KeyList(Shape):
    """A page of keys."""

    items: list[ApiKey]
    """The keys, oldest first."""
    total: int
    """Keys on all pages."""
    page: int
    """This page."""
    limit: int
    """Keys on a page."""


class DeletedKey(Shape):
    """A key that no longer exists."""

    id: str
    """The id of the key that is gone."""
    object: Literal["api_key"] = "api_key"
    deleted: Literal[True] = True
