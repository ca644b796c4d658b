"""The ids that tie a tool's result to its call. What one provider makes up, another may refuse."""

import re
import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any, Final

_SAFE: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ALPHABET: Final = string.ascii_letters + string.digits


def is_safe(call_id: Any) -> bool:
    """Whether every provider takes this id."""
    return isinstance(call_id, str) and _SAFE.fullmatch(call_id) is not None


def new_call_id() -> str:
    """`call_` and 24 characters, as OpenAI makes them."""
    return "call_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))


def with_safe_ids(messages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages, with every unsafe id replaced by the same safe one in the call and in its result."""
    replaced: dict[str, str] = {}

    def safe(call_id: Any) -> str:
        return call_id if is_safe(call_id) else replaced.setdefault(str(call_id), new_call_id())

    result: list[Mapping[str, Any]] = []
    for message in messages:
        if message.get("tool_calls"):
            calls = [{**call, "id": safe(call.get("id"))} for call in message["tool_calls"]]
            result.append({**message, "tool_calls": calls})
        elif message.get("role") == "tool":
            result.append({**message, "tool_call_id": safe(message.get("tool_call_id"))})
        else:
            result.append(message)
    return result
