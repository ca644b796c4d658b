"""The ids that tie a tool's result to its call. What one provider makes up, another may refuse."""

import hashlib
import re
import secrets
import string
from collections import deque
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
    """The messages, with every id that is unsafe or was used before replaced, in the call and in its result.

    The same conversation gets the same replacements, however far it has gone on: a provider that has read its beginning
    before may have kept it.
    """
    given: set[str] = set()
    meant: dict[str, deque[str]] = {}
    result: list[Mapping[str, Any]] = []
    for message in messages:
        if message.get("tool_calls"):
            in_this_turn: dict[str, deque[str]] = {}
            calls = []
            for call in message["tool_calls"]:
                call_id = call.get("id")
                safe = call_id if is_safe(call_id) and call_id not in given else _replacement(call_id, len(given))
                given.add(safe)
                in_this_turn.setdefault(str(call_id), deque()).append(safe)
                calls.append({**call, "id": safe})
            meant |= in_this_turn
            result.append({**message, "tool_calls": calls})
        elif message.get("role") == "tool":
            call_id = message.get("tool_call_id")
            known = meant.get(str(call_id))
            if known is not None:
                # Calls of one turn that share an id are answered in their order.
                safe = known.popleft() if len(known) > 1 else known[0]
            else:
                safe = call_id if is_safe(call_id) else _replacement(call_id, 0)
            result.append({**message, "tool_call_id": safe})
        else:
            result.append(message)
    return result


def _replacement(call_id: Any, place: int) -> str:
    return "call_" + hashlib.sha256(f"{place} {call_id}".encode(errors="replace")).hexdigest()[:24]
