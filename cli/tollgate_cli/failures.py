"""Which errors an endpoint can answer with, and how they look in its family, read off classes and statuses."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from tollgate import errors
from tollgate.auth.capabilities import ANY_KEY
from tollgate.contracts.shapes import Form
from tollgate.edge.endpoint import Endpoint
from tollgate.edge.errors import body_of, status_of
from tollgate.errors import TollgateError

_REQUEST_ID: Final = "req_01M7YNA1B2C3D4E5F6G7H8J9K0"
_NOW: Final = "2026-11-21T09:00:00Z"

Kind = type[TollgateError]

# What follows from the declaration of an endpoint. A class stands for its subclasses too.
_WITH_KEY: Final[tuple[Kind, ...]] = (errors.Unauthenticated, errors.RateLimited)
_WITH_BODY: Final[tuple[Kind, ...]] = (
    errors.BadRequest,
    errors.TooLarge,
    errors.UnsupportedMediaType,
)
_OF_MODEL_CALL: Final[tuple[Kind, ...]] = (
    errors.BadRequest,
    errors.PaymentRequired,
    errors.InsufficientScope,
    errors.ModelNotAllowed,
    errors.ModelNotFound,
    errors.RateLimited,
    errors.Unavailable,
    errors.UpstreamError,
)
_WITH_IDEMPOTENCY_KEY: Final[tuple[Kind, ...]] = (
    errors.BadRequest,
    errors.IdempotencyInProgress,
    errors.IdempotencyTooLarge,
    errors.IdempotencyNotKept,
    errors.IdempotencyKeyReused,
    errors.Unavailable,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One code of a status, and when it is answered."""

    code: str
    when: str
    kind: Kind


_RENAMED: Final = {413: "Content Too Large", 422: "Unprocessable Content"}


def phrase_of(status: int) -> str:
    """What RFC 9110 calls a status; before version 3.13, Python's own table has two older names."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


def failures_of(
    endpoint: Endpoint, *, takes_key: bool, calls_model: bool, streams: bool, is_repeatable: bool
) -> dict[HTTPStatus, list[Failure]]:
    """The errors of an endpoint by status, each code once."""
    found: dict[HTTPStatus, list[Failure]] = {}
    kinds = _kinds_of(
        endpoint, takes_key=takes_key, calls_model=calls_model, streams=streams, is_repeatable=is_repeatable
    )
    for kind in kinds:
        failure = Failure(code_of(kind, endpoint.family), _when(kind), kind)
        of_status = found.setdefault(HTTPStatus(status_of(_example(kind), family=endpoint.family)), [])
        if failure.code not in {other.code for other in of_status}:
            of_status.append(failure)
    return dict(sorted(found.items()))


def code_of(kind: Kind, family: str) -> str:
    """The code that a family's clients see."""
    body = body_of(_example(kind), family=family, request_id=_REQUEST_ID)
    inner = body.get("error")
    return str(inner["code"] if isinstance(inner, Mapping) else body["code"])


def error_body(kind: Kind, family: str) -> dict[str, Any]:
    """An error as a family's clients get it, always at the same time."""
    body: dict[str, Any] = _at_one_time(body_of(_example(kind), family=family, request_id=_REQUEST_ID))
    return body


def _at_one_time(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    return {name: _NOW if name == "timestamp" else _at_one_time(value) for name, value in node.items()}


def error_schema(family: str) -> dict[str, Any]:
    """The JSON Schema that every error body of a family fits, inferred from bodies of each class."""
    samples = [_example(kind, **more) for kind in _with_subclasses([TollgateError]) for more in _MORE]
    return _inferred([body_of(error, family=family, request_id=_REQUEST_ID) for error in samples])


_MORE: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    {"param": "model", "retry_after_s": 2, "metadata": {"provider": "openai"}},
)

_MEANING: Final = {
    "message": "What is wrong, for people.",
    "type": "The class of the error.",
    "code": "What is wrong, for programs. Codes do not change.",
    "param": "The field at fault, as a path such as `messages[0].content`; `null` where it is none.",
    "metadata": "Facts about this occurrence.",
    "details": "Facts about this occurrence.",
    "data": "Facts about this occurrence.",
    "status": "The HTTP status.",
    "request_id": "The same as the header `x-request-id`.",
    "timestamp": "When it happened.",
}
_OPEN: Final = frozenset({"metadata", "details", "params"})
"""Objects with different fields for different errors."""


def _inferred(values: list[Any]) -> dict[str, Any]:
    kinds = {_TYPES[type(value)] for value in values}
    types = [kind for kind in _TYPES.values() if kind in kinds]
    schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    if objects := [value for value in values if isinstance(value, dict)]:
        names = list(dict.fromkeys(name for value in objects for name in value))
        schema["properties"] = {
            name: _inferred_field(name, [value[name] for value in objects if name in value]) for name in names
        }
        schema["required"] = [name for name in names if all(name in value for value in objects)]
    return schema


def _inferred_field(name: str, values: list[Any]) -> dict[str, Any]:
    schema = {"type": "object"} if name in _OPEN else _inferred(values)
    return {**schema, **({"description": _MEANING[name]} if name in _MEANING else {})}


_TYPES: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}


def _kinds_of(
    endpoint: Endpoint, *, takes_key: bool, calls_model: bool, streams: bool, is_repeatable: bool
) -> Iterator[Kind]:
    """The classes in the order of the tree, so that a general one stands before its special ones."""
    some: set[Kind] = {TollgateError, *_raised_by(endpoint), *_declared(endpoint)}
    if takes_key:
        # The authorizer cannot always read the keys.
        some |= {*_with_subclasses(_WITH_KEY), errors.Unavailable}
    if takes_key and endpoint.capability is None:
        some.discard(errors.MissingKey)
    if calls_model:
        some.update(_with_subclasses(_OF_MODEL_CALL))
    if is_repeatable:
        some.update(_WITH_IDEMPOTENCY_KEY)
    if is_repeatable and streams:
        some.add(errors.IdempotencyIncomplete)
    some -= set(_impossible(endpoint, streams=streams))
    for kind in _with_subclasses([TollgateError]):
        if kind in some and not (kind in _CATEGORIES and some.intersection(_below(kind))):
            yield kind


_CATEGORIES: Final[tuple[Kind, ...]] = (
    errors.PaymentRequired,
    errors.Forbidden,
    errors.NotFound,
    errors.UpstreamError,
)
"""Classes that stand for those below them, where there are any."""


_SPECIAL: Final = frozenset({errors.AnswerTooLarge, errors.AudioTooLarge, errors.ProviderNotConfigured})
"""Classes that only those endpoints come to which say so."""


def _impossible(endpoint: Endpoint, *, streams: bool) -> Iterator[Kind]:
    """Special classes of general ones that an endpoint never comes to."""
    if not streams:
        yield errors.StreamTimeout
    yield from _SPECIAL - set(_raised_by(endpoint))
    if endpoint.body is not None:
        yield errors.InvalidJson if issubclass(endpoint.body, Form) else errors.InvalidMultipart


def _declared(endpoint: Endpoint) -> Iterator[Kind]:
    """The classes that follow from what an endpoint takes and needs."""
    if endpoint.capability not in {None, ANY_KEY}:
        yield errors.InsufficientScope
    if endpoint.body is not None:
        yield from _WITH_BODY
        yield errors.InvalidMultipart if issubclass(endpoint.body, Form) else errors.InvalidJson
    if endpoint.query is not None:
        yield errors.BadRequest
    if endpoint.is_gated:
        yield errors.InsufficientBalance


def _raised_by(endpoint: Endpoint) -> Iterator[Kind]:
    """The classes that a service's docstring says it raises."""
    said = re.search(r"^Raises\b(.*?)(?:\n\n|\Z)", _text(endpoint.service), re.DOTALL | re.MULTILINE)
    for name in re.findall(r"\b[A-Z]\w+", said[1] if said else ""):
        kind = getattr(errors, name, None)
        if isinstance(kind, type) and issubclass(kind, TollgateError):
            yield kind


def _text(thing: Any) -> str:
    return "\n".join(line.strip() for line in (thing.__doc__ or "").strip().splitlines())


def _when(kind: Kind) -> str:
    if kind is TollgateError:
        return "A mistake of the gateway's own. It is recorded under the request id."
    # Where the class has an attribute, the caller has a header.
    return _text(kind).partition("\n\n")[0].replace("\n", " ").replace("retry_after_s", "retry-after")


def _example(kind: Kind, **more: Any) -> TollgateError:
    return kind(_when(kind), **more)


def _with_subclasses(kinds: Iterable[Kind]) -> Iterator[Kind]:
    for kind in kinds:
        yield kind
        yield from _below(kind)


def _below(kind: Kind) -> Iterator[Kind]:
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _below(child)
