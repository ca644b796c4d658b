"""Answers in JSON, held to their schema here where a provider cannot be."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import cache
from typing import Any, Final

from pydantic_core import from_json, to_json

from tollgate.contracts.chat import Completion, Delta
from tollgate.errors import BadRequest, UpstreamInvalid

_TRIES: Final = 2
_FENCE: Final = "```"


def check_schema(schema: Any) -> None:
    """Refuse what is no JSON Schema, before anything is paid for an answer that could never be checked.

    Raises BadRequest.
    """
    try:
        _validator(to_json(schema))
    except ValueError as exc:
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
    if not _validator(to_json(schema)).is_valid(value):
        return None
    return {**choice, "message": {**message, "content": text}}


def _without_fence(text: str) -> str:
    """The text without the Markdown fence that many models put around JSON."""
    text = text.strip()
    if not text.startswith(_FENCE) or not text.endswith(_FENCE) or "\n" not in text:
        return text
    return text.partition("\n")[2].removesuffix(_FENCE).strip()


@cache
def _imported() -> Any:
    # Few calls need it, and it takes longer to load than most of what they load.
    import jsonschema_rs  # noqa: PLC0415

    return jsonschema_rs


def _validator(schema: bytes) -> Any:
    # Nothing is fetched for a caller's schema.
    return _imported().validator_for(schema.decode(), offline=True)
