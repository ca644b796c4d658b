"""Answers in JSON, held to their schema here where a provider cannot be."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

from pydantic_core import from_json

from tollgate.contracts.chat import Completion, Delta
from tollgate.errors import BadRequest, UpstreamInvalid

_TRIES: Final = 2
_FENCE: Final = "```"


def check_schema(schema: Any) -> None:
    """Refuse what is no JSON Schema, before anything is paid for an answer that could never be checked.

    Raises BadRequest.
    """
    try:
        kind = _validator_of(schema)
        kind.check_schema(schema)
        _look_up(schema, list(_references(schema)))
    except _unusable() as exc:
        raise BadRequest(
            "'response_format.json_schema.schema' is not a JSON Schema that can be checked: it has to be valid, and "
            "may refer to nothing outside of itself.",
            param="response_format.json_schema.schema",
        ) from exc


async def complete_checked(ask: Callable[[], Awaitable[Completion]], schema: Any, *, provider: str) -> Completion:
    """An answer whose every finished choice is JSON that fits the schema; asked for twice at most.

    Raises UpstreamInvalid, and what `ask` raises.
    """
    for _ in range(_TRIES):
        completion = await ask()
        choices = [_choice(choice, schema) for choice in completion.choices]
        if None not in choices:
            completion.choices[:] = [choice for choice in choices if choice is not None]
            return completion
    raise UpstreamInvalid(
        "The model's answer does not fit the schema of 'response_format', although it was asked twice.",
        provider=provider,
        metadata={"provider": provider},
    )


async def stream_checked(
    ask: Callable[[], Awaitable[Completion]], schema: Any, *, provider: str
) -> AsyncGenerator[Delta, None]:
    """The same as a stream. It begins when the answer is whole: what was sent cannot be taken back.

    Raises as `complete_checked` does.
    """
    completion = await complete_checked(ask, schema, provider=provider)
    for place, choice in enumerate(completion.choices):
        index = choice.get("index", place)
        message = {name: value for name, value in (choice.get("message") or {}).items() if value is not None}
        reason = choice.get("finish_reason")
        logprobs = choice.get("logprobs")
        said = {"index": index, "delta": message, "logprobs": logprobs, "finish_reason": None}
        end = {"index": index, "delta": {}, "logprobs": None, "finish_reason": reason}
        yield Delta([said], None, completion.extras, completion.upstream_id, completion.upstream_model)
        yield Delta([end])
    if completion.usage is not None:
        yield Delta(usage=completion.usage)


def _choice(choice: dict[str, Any], schema: Any) -> dict[str, Any] | None:
    """The choice with nothing but JSON in its text; None where that does not fit the schema."""
    message: Mapping[str, Any] = choice.get("message") or {}
    text = message.get("content")
    # A refusal, a call of a tool and what was cut off by the cap are no answers, and tell so themselves.
    if not isinstance(text, str) or message.get("tool_calls") or choice.get("finish_reason") != "stop":
        return choice
    text = _without_fence(text)
    try:
        value = from_json(text)
    except ValueError:
        return None
    if not _fits(value, schema):
        return None
    return {**choice, "message": {**message, "content": text}}


def _without_fence(text: str) -> str:
    """The text without the Markdown fence that many models put around JSON."""
    text = text.strip()
    if not text.startswith(_FENCE) or not text.endswith(_FENCE) or "\n" not in text:
        return text
    return text.partition("\n")[2].removesuffix(_FENCE).strip()


def _fits(value: Any, schema: Any) -> bool:
    from referencing import Registry  # noqa: PLC0415 - see `_validator_of`

    try:
        # A registry of nothing: what a caller's schema refers to is never fetched.
        return bool(_validator_of(schema)(schema, registry=Registry()).is_valid(value))
    except RecursionError:
        # A schema that is nothing but itself.
        return False


def _validator_of(schema: Any) -> Any:
    """The validator for a schema's draft, without regular expressions: a caller's could run for ever."""
    # Few calls need it, and it takes longer to load than most of what they load.
    from jsonschema import validators  # noqa: PLC0415

    known = validators.validator_for(schema, default=validators.Draft202012Validator)
    return validators.extend(known, {"pattern": None, "patternProperties": None})  # type: ignore[no-untyped-call]


def _look_up(schema: Any, references: list[str]) -> None:
    from referencing import Registry  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    for reference in references:
        resolver.lookup(reference)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for name, value in schema.items():
            if name in {"$ref", "$dynamicRef"} and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _references(each)


def _unusable() -> tuple[type[Exception], ...]:
    from jsonschema import SchemaError  # noqa: PLC0415
    from referencing.exceptions import Unresolvable  # noqa: PLC0415

    return (SchemaError, Unresolvable, RecursionError)
