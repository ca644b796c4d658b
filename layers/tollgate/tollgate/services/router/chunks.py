"""The bytes of a streamed chat completion: OpenAI's chunks, in the one sequence that its SDKs are written for.

Providers differ in what they put into one chunk. Here every choice begins with its role, its finish reason comes once
and alone, and a tool call begins with its id and name, so that a client sees no difference.
"""

from typing import Any, Final

from msgspec import Struct
from pydantic_core import to_json

from tollgate.contracts.chat import Delta
from tollgate.providers.tool_ids import is_safe, new_call_id
from tollgate.services.router.functions import to_function_call

DONE = b"data: [DONE]\n\n"
_FIELDS: Final = {"index", "delta", "logprobs", "finish_reason"}


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
            state = self._choices.setdefault(index, _ChoiceState(index, with_one_call=self._with_functions))
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


class _Call(Struct):
    """One tool call of a choice: how the client knows it, and how the provider does."""

    index: int
    id: str
    number: int | None
    given_id: str | None
    has_content: bool
    """Whether the client has anything that it can parse: arguments, or the input of a custom tool."""


class _ChoiceState:
    """Where one choice of the answer stands."""

    def __init__(self, index: int, *, with_one_call: bool = False) -> None:
        self._index = index
        # A message has room for one function call only.
        self._with_one_call = with_one_call
        self._has_begun = False
        self._is_finished = False
        self._calls: list[_Call] = []

    def takes_as_it_is(self, choice: dict[str, Any]) -> bool:
        """Whether a chunk needs no change: text only, of a choice that has begun and goes on."""
        delta = choice.get("delta")
        return (
            self._has_begun
            and not self._is_finished
            and choice.keys() == _FIELDS
            and choice["finish_reason"] is None
            and isinstance(delta, dict)
            and len(delta) == 1
            and (delta.get("content") is not None or delta.get("reasoning_content") is not None)
        )

    def parts(self, choice: dict[str, Any]) -> list[dict[str, Any]]:
        """A provider's chunk as one or more of ours."""
        if self._is_finished:
            return []
        delta = {name: value for name, value in (choice.get("delta") or {}).items() if value is not None}
        delta.pop("role", None)
        fragments = delta.pop("tool_calls", None) or ()
        logprobs = choice.get("logprobs")
        if delta.get("content") == "" and len(delta) == 1 and not logprobs:
            delta = {}
        parts: list[dict[str, Any]] = []
        if not self._has_begun:
            self._has_begun = True
            content = None if fragments and not delta.get("content") else ""
            parts.append(self._part({"role": "assistant", "content": content}))
        if delta:
            parts.append(self._part(delta, logprobs))
        parts += [self._part({"tool_calls": [fragment]}) for one in fragments for fragment in self._fragments(one)]
        if reason := choice.get("finish_reason"):
            self._is_finished = True
            parts += [
                self._part({"tool_calls": [{"index": call.index, "function": {"arguments": "{}"}}]})
                for call in self._calls[: 1 if self._with_one_call else None]
                if not call.has_content
            ]
            if self._calls and reason == "stop":
                reason = "tool_calls"
            parts.append(self._part({}, finish_reason=reason))
        return parts

    def _fragments(self, fragment: dict[str, Any]) -> list[dict[str, Any]]:
        function = fragment.get("function") or {}
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = to_json(arguments).decode()
        parts: list[dict[str, Any]] = []
        call = self._call_of(fragment)
        if call is None:
            call = self._begin(fragment)
            begun: dict[str, Any] = {"index": call.index, "id": call.id, "type": fragment.get("type") or "function"}
            if "custom" in fragment:
                parts.append({**begun, "custom": fragment["custom"]})
            else:
                parts.append({**begun, "function": {"name": function.get("name") or "", "arguments": ""}})
            if "extra_content" in fragment:
                parts[-1]["extra_content"] = fragment["extra_content"]
        elif "custom" in fragment:
            parts.append({"index": call.index, "custom": fragment["custom"]})
        if arguments:
            call.has_content = True
            parts.append({"index": call.index, "function": {"arguments": arguments}})
        return [] if self._with_one_call and call is not self._calls[0] else parts

    def _call_of(self, fragment: dict[str, Any]) -> "_Call | None":
        """The call that a fragment goes on with; None where it begins one.

        Some providers number their calls, some tell them apart by id, some send each of them whole, and some of those
        give all of them the same number or none.
        """
        number, given_id = fragment.get("index"), fragment.get("id")
        is_named = bool((fragment.get("function") or {}).get("name")) or "custom" in fragment
        if number is None:
            return None if is_named or not self._calls else self._calls[-1]
        call = next((call for call in reversed(self._calls) if call.number == number), None)
        if call is not None and is_named and given_id and call.given_id and given_id != call.given_id:
            return None
        return call

    def _begin(self, fragment: dict[str, Any]) -> "_Call":
        number, given_id = fragment.get("index"), fragment.get("id")
        taken = {call.index for call in self._calls}
        index = number if number is not None and number not in taken else max(taken, default=-1) + 1
        is_usable = is_safe(given_id) and given_id not in {call.id for call in self._calls}
        call = _Call(
            index=index,
            id=str(given_id) if is_usable else new_call_id(),
            number=number,
            given_id=given_id,
            has_content="custom" in fragment,
        )
        self._calls.append(call)
        return call

    def _part(self, delta: dict[str, Any], logprobs: Any = None, finish_reason: str | None = None) -> dict[str, Any]:
        return {"index": self._index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
