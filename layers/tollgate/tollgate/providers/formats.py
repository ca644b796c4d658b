"""The form that a client wants its answer in, for vendors that do not see to all of it themselves."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic_core import from_json

from tollgate.contracts.chat import Completion, JsonObject
from tollgate.providers.blocks import Unreadable

JSON_INSTRUCTION: Final = "Answer with one JSON object and nothing else: no Markdown, no words around it."
"""For models that have no mode for it."""


def schema_of(body: JsonObject) -> Mapping[str, Any] | None:
    """The schema that a request wants its answer in, if it has one."""
    wanted = body.get("response_format") or {}
    return wanted["json_schema"].get("schema") or None if wanted.get("type") == "json_schema" else None


def asks_for_any_json(body: JsonObject) -> bool:
    """Whether the answer shall be JSON and no schema says which."""
    kind = (body.get("response_format") or {}).get("type")
    return kind == "json_object" or (kind == "json_schema" and schema_of(body) is None)


def as_asked(completion: Completion, body: JsonObject) -> Completion:
    """An answer of one choice in the form that was asked for.

    Where that is JSON, it comes without the fence that models like to put around it; where it is a strict schema, its
    limits are looked after, which the vendor's decoder does not do.

    Raises Unreadable where the answer came to its end and is not in that form.
    """
    (choice,) = completion.choices
    message = choice["message"]
    if choice["finish_reason"] != "stop":
        return completion
    if asks_for_any_json(body):
        text = _unfenced(message["content"] or "")
        if not _is_object(text):
            raise Unreadable("no JSON object")
        return replace(completion, choices=[{**choice, "message": {**message, "content": text}}])
    if (schema := schema_of(body)) is not None and body["response_format"]["json_schema"].get("strict"):
        from tollgate.providers.limits import keeps_limits  # noqa: PLC0415 - few requests have a schema

        if not keeps_limits(message["content"] or "", schema):
            raise Unreadable("a limit of the schema is not kept")
    return completion


def _unfenced(text: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].removeprefix("json").strip()
    return text


def _is_object(text: str) -> bool:
    try:
        return isinstance(from_json(text), dict)
    except ValueError:
        return False
