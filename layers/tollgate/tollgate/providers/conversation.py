"""The pieces of a conversation, for providers that write them in another way than OpenAI."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json

from tollgate.errors import BadRequest

SYSTEM_ROLES: Final = frozenset({"system", "developer"})


def text_of(content: Any) -> str:
    """The text of a message: all of its parts that have any, one below the other."""
    if isinstance(content, str):
        return content
    return "\n".join(text for part in content or () if (text := part.get("text") or part.get("refusal")))


def arguments_of(call: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call in the history as an object; a text that is none is passed on as `_raw`."""
    text = call["function"].get("arguments") or "{}"
    try:
        arguments = from_json(text)
    except ValueError:
        arguments = None
    return arguments if isinstance(arguments, dict) else {"_raw": text}


def results_of(messages: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The results of tools by the id of their call. Ids are those of `with_safe_ids`: no two calls have the same.

    Raises BadRequest for a result without a call.
    """
    called: set[str] = set()
    results: dict[str, Mapping[str, Any]] = {}
    for number, message in enumerate(messages):
        called.update(call["id"] for call in message.get("tool_calls") or ())
        if message["role"] == "tool":
            if message["tool_call_id"] not in called:
                raise BadRequest(
                    "'tool_call_id' answers no call of an earlier assistant message.",
                    param=f"messages[{number}].tool_call_id",
                )
            results[message["tool_call_id"]] = message
    return results


def data_of(url: str, *, param: str) -> tuple[str, str]:
    """The media type and the base64 data of a data URL.

    Raises BadRequest for an address: it would have to be fetched first.
    """
    head, comma, data = url.partition(",")
    media_type, *rest = head.removeprefix("data:").split(";")
    if not head.startswith("data:") or not comma or "base64" not in rest:
        raise BadRequest("The provider fetches nothing by its address. Send a base64 'data:' URL.", param=param)
    return media_type.lower(), data


def system_loses_its_place(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an instruction comes after the conversation has begun, so that moving it to the front is a change."""
    has_begun = False
    for message in messages:
        if message["role"] not in SYSTEM_ROLES:
            has_begun = True
        elif has_begun:
            return True
    return False
