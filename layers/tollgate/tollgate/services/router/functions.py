"""`functions` and `function_call`, OpenAI's form before tools: translated on the way in, and back on the way out."""

from collections.abc import Mapping
from typing import Any

_ID = "call_function_{}"


def to_tools(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request with tools instead of functions."""
    changed = {name: value for name, value in body.items() if name not in {"functions", "function_call"}}
    if body.get("functions"):
        changed["tools"] = [{"type": "function", "function": function} for function in body["functions"]]
    choice = body.get("function_call")
    if choice is not None:
        changed["tool_choice"] = choice if isinstance(choice, str) else {"type": "function", "function": choice}
    changed["messages"] = _messages_to_tools(body["messages"])
    return changed


def is_older_form(body: Mapping[str, Any]) -> bool:
    """Whether a request speaks of functions rather than tools."""
    return body.get("functions") is not None or any(
        message.get("role") == "function" or message.get("function_call") for message in body["messages"]
    )


def expects_function_call(body: Mapping[str, Any]) -> bool:
    """Whether the answer shall have the older form too. Who sends tools by now may still have functions in the history.

    The older form has room for one call only, so a client of tools would lose the others.
    """
    return is_older_form(body) and not body.get("tools")


def to_function_call(choice: dict[str, Any], part: str) -> dict[str, Any]:
    """A choice, or one of a chunk, with the first tool call as the function call."""
    message = dict(choice.get(part) or {})
    calls = message.pop("tool_calls", None)
    if calls:
        function = calls[0].get("function") or {}
        message["function_call"] = {name: function[name] for name in ("name", "arguments") if name in function}
    changed = {**choice, part: message}
    if choice.get("finish_reason") == "tool_calls":
        changed["finish_reason"] = "function_call"
    return changed


def _messages_to_tools(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    changed: list[dict[str, Any]] = []
    calls = 0
    for message in messages:
        if message.get("function_call"):
            rest = {name: value for name, value in message.items() if name != "function_call"}
            function = {**message["function_call"], "arguments": message["function_call"].get("arguments") or "{}"}
            call = {"id": _ID.format(calls), "type": "function", "function": function}
            calls += 1
            changed.append({**rest, "content": message.get("content"), "tool_calls": [call]})
        elif message.get("role") == "function":
            tool_call_id = _ID.format(max(calls - 1, 0))
            changed.append({"role": "tool", "tool_call_id": tool_call_id, "content": message.get("content") or ""})
        else:
            changed.append(message)
    return changed
