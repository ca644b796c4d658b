"""An answer that comes in blocks, told in OpenAI's words: the same pieces read it whole and streamed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tollgate.contracts.chat import Completion, Delta
from tollgate.contracts.usage import Usage, is_count

Choice = dict[str, Any]

LONGEST_AT_ONCE: Final = 16_000
"""Tokens above which an answer is streamed from the vendor, whatever the client asked for: it can take longer than a
connection is sure to stay open without a sign of life (https://platform.claude.com/docs/en/api/errors#long-requests).
"""


class Unreadable(ValueError):
    """An answer that is not in the form that its vendor has described, or that ends before it says anything."""


class Blocks:
    """The one choice of an answer, block by block; a block is known by its number. Every method gives what to say."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self._reasons = reasons
        self._has_spoken = False
        self._calls: dict[int, int] = {}
        """The number among the calls, by the number of the block."""
        self._has_arguments: set[int] = set()
        self._thoughts: dict[int, dict[str, Any]] = {}
        self.is_finished = False

    def text(self, text: str) -> Iterator[Choice]:
        """More text."""
        if text:
            self._has_spoken = True
            yield _part({"content": text})

    def thought(self, block: int, text: str = "", signature: str = "") -> Iterator[Choice]:
        """More thinking, or more of its signature."""
        thought = self._thoughts.setdefault(block, {"type": "thinking", "thinking": "", "signature": ""})
        thought["thinking"] += text
        thought["signature"] += signature
        if text:
            yield _part({"reasoning_content": text})

    def redacted(self, block: int, data: str) -> Iterator[Choice]:
        """All of the thinking so far that nobody may read."""
        self._thoughts[block] = {"type": "redacted_thinking", "data": data}
        yield from ()

    def call(self, block: int, call_id: str | None, name: str) -> Iterator[Choice]:
        """A tool call begins."""
        self._has_spoken = True
        self._calls[block] = number = len(self._calls)
        function = {"name": name, "arguments": ""}
        yield _part({"tool_calls": [{"index": number, "id": call_id, "type": "function", "function": function}]})

    def arguments(self, block: int, text: str) -> Iterator[Choice]:
        """More of a call's arguments."""
        if text and block in self._calls:
            self._has_arguments.add(block)
            yield _part({"tool_calls": [{"index": self._calls[block], "function": {"arguments": text}}]})

    def close(self, block: int) -> Iterator[Choice]:
        """A block is over: a thought is told whole, with its signature, and a call without arguments has none."""
        if block in self._calls and block not in self._has_arguments:
            yield from self.arguments(block, "{}")
        thought = self._thoughts.pop(block, None)
        # Thinking that nobody signed is of no use to anybody but its reader.
        if thought is not None and (thought.get("signature") or thought.get("data")):
            yield _part({"thinking_blocks": [thought]})

    def finish(self, reason: str) -> Iterator[Choice]:
        """The answer is over.

        Raises Unreadable where it said nothing and ends for a reason that nobody knows.
        """
        if reason not in self._reasons and not self._has_spoken:
            raise Unreadable(reason)
        # A word that nobody knows ends an answer well, if there is one.
        told = self._reasons.get(reason, "stop")
        for block in sorted({*self._calls, *self._thoughts}):
            yield from self.close(block)
        self.is_finished = True
        yield _part({}, "tool_calls" if told == "stop" and self._calls else told)


def joined(deltas: Iterable[Delta]) -> Completion:
    """A streamed answer of one choice, whole."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    calls: list[dict[str, Any]] = []
    facts: dict[str, Any] = {"usage": None, "extras": {}, "upstream_id": None, "upstream_model": None}
    reason: str | None = None
    for delta in deltas:
        facts |= {name: value for name in facts if (value := getattr(delta, name))}
        for choice in delta.choices:
            reason = choice["finish_reason"] or reason
            for name, value in choice["delta"].items():
                if name == "tool_calls":
                    _gather(calls, value)
                elif name == "thinking_blocks":
                    message[name] = [*message.get(name, ()), *value]
                else:
                    message[name] = (message.get(name) or "") + value
    if calls:
        message["tool_calls"] = calls
    elif message["content"] is None:
        message["content"] = ""
    choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}]
    return Completion(choices=choices, **facts)


def counted(
    prompt: Iterable[Any], completion: Any, *, cached: Any = None, cache_write: Any = None, reasoning: Any = None
) -> Usage | None:
    """Usage from a vendor's counters; `prompt` are those that make up the prompt together, the first the plain one.

    A missing counter is zero, and makes an estimate of the usage where it is the plain prompt or the completion. None
    where the counters cannot be used: both of these are missing, or one is no number of tokens.
    """
    plain, *others = prompt
    counts = (plain, *others, completion, cached, cache_write, reasoning)
    if plain is completion is None or not all(count is None or is_count(count) for count in counts):
        return None
    completion_tokens = completion or 0
    return Usage(
        prompt_tokens=sum(count or 0 for count in (plain, *others)),
        completion_tokens=completion_tokens,
        cached_tokens=cached or 0,
        cache_write_tokens=cache_write or 0,
        reasoning_tokens=min(reasoning or 0, completion_tokens),
        is_estimated=plain is None or completion is None,
    )


def text_of(value: Any) -> str:
    """A text where nothing else may be.

    Raises Unreadable.
    """
    if not isinstance(value, str):
        raise Unreadable("a text is missing")
    return value


def object_of(value: Any) -> dict[str, Any]:
    """An object where nothing else may be.

    Raises Unreadable.
    """
    if not isinstance(value, dict):
        raise Unreadable("an object is missing")
    return value


def number_of(value: Any) -> int:
    """The number of a block.

    Raises Unreadable.
    """
    if not is_count(value):
        raise Unreadable("a number is missing")
    return int(value)


def _gather(calls: list[dict[str, Any]], fragments: Iterable[Mapping[str, Any]]) -> None:
    for fragment in fragments:
        if "id" in fragment:
            calls.append({"id": fragment["id"], "type": fragment["type"], "function": dict(fragment["function"])})
        else:
            calls[fragment["index"]]["function"]["arguments"] += fragment["function"]["arguments"]


def _part(delta: dict[str, Any], reason: str | None = None) -> Choice:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
