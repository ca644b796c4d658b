"""The bytes of a streamed chat completion: OpenAI's chunks, in the one sequence that its SDKs are written for.

Providers differ in what they put into one chunk. Here every choice begins with its role, its finish reason comes once
and alone, and a tool call begins with its id and name, so that a client sees no difference.
"""

from typing import Any

from pydantic_core import to_json

from tollgate.contracts.chat import Delta
from tollgate.providers.tool_ids import is_safe, new_call_id
from tollgate.services.router.functions import to_function_call

DONE = b"data: [DONE]\n\n"


class ChunkWriter:
    """Writes the events of one answer."""

    def __init__(
        self, *, completion_id: str, created: int, model: str, with_usage: bool, with_functions: bool = False
    ) -> None:
        head = {"id": completion_id, "object": "chat.completion.chunk", "created": created, "model": model}
        # Everything but the choices is the same in every chunk.
        self._head = b"data: " + to_json(head)[:-1] + b',"choices":'
        self._tail = b',"usage":null}\n\n' if with_usage else b"}\n\n"
        self._extras = b""
        self._with_usage = with_usage
        self._with_functions = with_functions
        self._choices: dict[int, _ChoiceState] = {}

    def write(self, delta: Delta) -> bytes:
        """The events for a piece of the answer; none where it holds nothing for the client."""
        if delta.extras:
            self._extras = b"," + to_json(delta.extras)[1:-1]
        if len(delta.choices) == 1:
            # Nearly every chunk of nearly every stream: more text of a choice that has begun.
            choice = delta.choices[0]
            state = self._choices.get(choice.get("index", 0))
            if state is not None and state.takes_as_it_is(choice):
                return self._event([choice])
        pieces: list[bytes] = []
        for choice in delta.choices:
            index = choice.get("index") or 0
            state = self._choices.setdefault(index, _ChoiceState(index))
            pieces.extend(self._event([part]) for part in state.parts(choice))
        return b"".join(pieces)

    def usage(self, usage: dict[str, Any]) -> bytes:
        """The event with the usage, if the client asked for it."""
        if not self._with_usage:
            return b""
        return self._head + b"[]" + self._extras + b',"usage":' + to_json(usage) + b"}\n\n"

    def _event(self, choices: list[dict[str, Any]]) -> bytes:
        if self._with_functions:
            choices = [to_function_call(choice, "delta") for choice in choices]
        return self._head + to_json(choices) + self._extras + self._tail


class _ChoiceState:
    """Where one choice of the answer stands."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._has_begun = False
        self._is_finished = False
        self._tools: dict[int, str] = {}
        self._without_arguments: dict[int, None] = {}

    def takes_as_it_is(self, choice: dict[str, Any]) -> bool:
        """Whether a chunk needs no change: text only, of a choice that has begun and goes on."""
        if choice.get("finish_reason") is not None or "logprobs" not in choice:
            return False
        delta = choice.get("delta")
        return (
            self._has_begun
            and not self._is_finished
            and isinstance(delta, dict)
            and len(delta) == 1
            and ("content" in delta or "reasoning_content" in delta)
            and len(choice) == 4
        )

    def parts(self, choice: dict[str, Any]) -> list[dict[str, Any]]:
        """A provider's chunk as one or more of ours."""
        if self._is_finished:
            return []
        delta = {name: value for name, value in (choice.get("delta") or {}).items() if value is not None}
        delta.pop("role", None)
        fragments = delta.pop("tool_calls", None) or ()
        if delta.get("content") == "" and len(delta) == 1:
            delta = {}
        parts: list[dict[str, Any]] = []
        if not self._has_begun:
            self._has_begun = True
            content = None if fragments and not delta.get("content") else ""
            parts.append(self._part({"role": "assistant", "content": content}))
        if delta:
            parts.append(self._part(delta, choice.get("logprobs")))
        parts += [self._part({"tool_calls": [fragment]}) for one in fragments for fragment in self._fragments(one)]
        if reason := choice.get("finish_reason"):
            self._is_finished = True
            for index in self._without_arguments:
                parts.append(self._part({"tool_calls": [{"index": index, "function": {"arguments": "{}"}}]}))
            if self._tools and reason == "stop":
                reason = "tool_calls"
            parts.append(self._part({}, finish_reason=reason))
        return parts

    def _fragments(self, fragment: dict[str, Any]) -> list[dict[str, Any]]:
        index = fragment.get("index", len(self._tools))
        function = fragment.get("function") or {}
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = to_json(arguments).decode()
        parts: list[dict[str, Any]] = []
        if index not in self._tools:
            call_id = fragment.get("id")
            if call_id is None or not is_safe(call_id) or call_id in self._tools.values():
                call_id = new_call_id()
            self._tools[index] = call_id
            begun: dict[str, Any] = {"index": index, "id": call_id, "type": fragment.get("type") or "function"}
            if "custom" in fragment:
                parts.append({**begun, "custom": fragment["custom"]})
            else:
                parts.append({**begun, "function": {"name": function.get("name") or "", "arguments": ""}})
                self._without_arguments[index] = None
            if "extra_content" in fragment:
                parts[-1]["extra_content"] = fragment["extra_content"]
        elif "custom" in fragment:
            parts.append({"index": index, "custom": fragment["custom"]})
        if arguments:
            self._without_arguments.pop(index, None)
            parts.append({"index": index, "function": {"arguments": arguments}})
        return parts

    def _part(self, delta: dict[str, Any], logprobs: Any = None, finish_reason: str | None = None) -> dict[str, Any]:
        return {"index": self._index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
