"""Answers of Bedrock's Converse, whole and streamed, in our words.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import to_json

from tollgate.contracts.chat import Completion, Delta
from tollgate.contracts.usage import Usage, is_count
from tollgate.providers.blocks import Blocks, Unreadable, counted, joined, number_of, object_of, text_of

FINISH_REASONS: Final[Mapping[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}
# The model said something, and it made no sense.
_FAILURES: Final = frozenset({"malformed_model_output", "malformed_tool_use"})
_PROMPT: Final = ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")


class Reading:
    """What is known of one answer as it comes."""

    def __init__(self, upstream_id: str | None = None) -> None:
        self._blocks = Blocks(FINISH_REASONS)
        self._id = upstream_id
        self._hidden: dict[int, bytes] = {}

    @property
    def is_finished(self) -> bool:
        """Whether the answer said why it ends."""
        return self._blocks.is_finished

    def deltas(self, name: str, event: Mapping[str, Any]) -> Iterator[Delta]:
        """What an event of a stream says; an unknown one says nothing.

        Raises Unreadable.
        """
        match name:
            case "contentBlockStart":
                block = object_of(event.get("start"))
                yield from self._call(number_of(event.get("contentBlockIndex")), block.get("toolUse"))
            case "contentBlockDelta":
                yield from self._go_on(number_of(event.get("contentBlockIndex")), object_of(event.get("delta")))
            case "contentBlockStop":
                yield from map(self._delta, self._blocks.close(number_of(event.get("contentBlockIndex"))))
            case "messageStop":
                if not self.is_finished:
                    yield self._finish(text_of(event.get("stopReason")))
            case "metadata":
                yield self._told(event)

    def whole(self, body: Mapping[str, Any]) -> Iterator[Delta]:
        """The same of a whole answer.

        Raises Unreadable.
        """
        content = object_of(object_of(body.get("output")).get("message")).get("content")
        if not isinstance(content, list):
            raise Unreadable("an answer without content")
        for number, block in enumerate(map(object_of, content)):
            if (call := block.get("toolUse")) is not None:
                yield from self._call(number, call)
                given = object_of(call).get("input")
                yield from map(self._delta, self._blocks.arguments(number, to_json(given).decode() if given else ""))
            elif (thought := block.get("reasoningContent")) is not None:
                thought = object_of(thought)
                yield from self._thought(number, {**thought, **object_of(thought.get("reasoningText") or {})})
            else:
                yield from self._go_on(number, block)
            yield from map(self._delta, self._blocks.close(number))
        yield self._finish(text_of(body.get("stopReason") or ""))
        yield self._told(body)

    def _call(self, number: int, call: Any) -> Iterator[Delta]:
        if call is not None:
            call = object_of(call)
            call_id = text_of(call.get("toolUseId") or "") or None
            yield from map(self._delta, self._blocks.call(number, call_id, text_of(call.get("name"))))

    def _go_on(self, number: int, delta: Mapping[str, Any]) -> Iterator[Delta]:
        if (text := delta.get("text")) is not None:
            yield from map(self._delta, self._blocks.text(text_of(text)))
        elif (call := delta.get("toolUse")) is not None:
            yield from map(self._delta, self._blocks.arguments(number, text_of(object_of(call).get("input"))))
        elif (thought := delta.get("reasoningContent")) is not None:
            yield from self._thought(number, object_of(thought))

    def _thought(self, number: int, thought: Mapping[str, Any]) -> Iterator[Delta]:
        if (hidden := thought.get("redactedContent")) is not None:
            # Each piece is encoded for itself, so that only what they decode to can be joined.
            self._hidden[number] = self._hidden.get(number, b"") + _decoded(text_of(hidden))
            choices = self._blocks.redacted(number, b64encode(self._hidden[number]).decode())
        else:
            text, signature = text_of(thought.get("text") or ""), text_of(thought.get("signature") or "")
            choices = self._blocks.thought(number, text, signature)
        yield from map(self._delta, choices)

    def _finish(self, reason: str) -> Delta:
        if reason in _FAILURES:
            raise Unreadable(reason)
        return Delta(list(self._blocks.finish(reason)), None, None, self._id)

    def _told(self, facts: Mapping[str, Any]) -> Delta:
        tier = facts.get("serviceTier")
        name = tier.get("type") if isinstance(tier, Mapping) else None
        return Delta([], usage_from_wire(facts.get("usage")), {"service_tier": name} if name else None, self._id)

    def _delta(self, choice: dict[str, Any]) -> Delta:
        return Delta([choice], None, None, self._id)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as exc:
        raise Unreadable("hidden thinking that is not encoded") from exc


def from_wire(body: Mapping[str, Any], upstream_id: str | None = None) -> Completion:
    """Their body as our answer.

    Raises Unreadable.
    """
    return joined(Reading(upstream_id).whole(body))


def usage_from_wire(usage: Any) -> Usage | None:
    """Their counters as ours; None where they cannot be used, and the router counts for itself.

    What was read from a cache or written to one is beside the plain input, and inside it where only so the total is
    the sum of the parts.
    """
    if not isinstance(usage, Mapping):
        return None
    plain, read, written = (usage.get(name) for name in _PROMPT)
    output, total = usage.get("outputTokens"), usage.get("totalTokens")
    is_inside = plain is not None and is_count(plain) and is_count(output) and total == plain + output
    prompt = [plain] if is_inside else [plain, read, written]
    return counted(prompt, output, cached=read, cache_write=written)
