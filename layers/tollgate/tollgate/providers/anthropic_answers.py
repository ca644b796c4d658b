"""Anthropic's answers, whole and streamed, in our words.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import to_json

from tollgate.contracts.chat import Completion, Delta
from tollgate.contracts.usage import Usage
from tollgate.providers.blocks import Blocks, Unreadable, counted, joined, number_of, object_of, text_of

FINISH_REASONS: Final[Mapping[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    # Only with tools of the vendor's own, which are not offered.
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_SERVICE_TIERS: Final[Mapping[Any, str]] = {"standard": "default", "priority": "priority"}
_PROMPT: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Reading:
    """What is known of one answer as it comes."""

    def __init__(self) -> None:
        self._blocks = Blocks(FINISH_REASONS)
        self._usage: dict[str, Any] = {}
        self._id: str | None = None
        self._model: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether the answer said why it ends."""
        return self._blocks.is_finished

    def deltas(self, event: Mapping[str, Any]) -> Iterator[Delta]:
        """What an event of a stream says; an unknown one says nothing.

        Raises Unreadable.
        """
        match event.get("type"):
            case "message_start":
                self._begin(object_of(event.get("message")))
            case "content_block_start":
                yield from self._open(number_of(event.get("index")), object_of(event.get("content_block")))
            case "content_block_delta":
                yield from self._go_on(number_of(event.get("index")), object_of(event.get("delta")))
            case "content_block_stop":
                yield from map(self._delta, self._blocks.close(number_of(event.get("index"))))
            case "message_delta":
                self._count(event.get("usage"))
                reason = object_of(event.get("delta")).get("stop_reason")
                if reason is not None and not self.is_finished:
                    yield from self._finish(text_of(reason))

    def whole(self, body: Mapping[str, Any]) -> Iterator[Delta]:
        """The same of a whole answer.

        Raises Unreadable.
        """
        blocks = body.get("content")
        if not isinstance(blocks, list):
            raise Unreadable("an answer without content")
        self._begin(body)
        for number, block in enumerate(blocks):
            yield from self._open(number, object_of(block))
            yield from map(self._delta, self._blocks.close(number))
        self._count(body.get("usage"))
        yield from self._finish(text_of(body.get("stop_reason") or ""))

    def _begin(self, message: Mapping[str, Any]) -> None:
        self._id, self._model = (
            value if isinstance(value, str) else None for value in (message.get("id"), message.get("model"))
        )
        usage = message.get("usage")
        if isinstance(usage, Mapping):
            # The first words are counted here already, and again in the end.
            self._count({name: count for name, count in usage.items() if name != "output_tokens"})

    def _open(self, number: int, block: Mapping[str, Any]) -> Iterator[Delta]:
        match block.get("type"):
            case "text":
                choices = self._blocks.text(text_of(block.get("text")))
            case "thinking":
                signature = text_of(block.get("signature") or "")
                choices = self._blocks.thought(number, text_of(block.get("thinking")), signature)
            case "redacted_thinking":
                choices = self._blocks.redacted(number, text_of(block.get("data")))
            case "tool_use":
                call_id, given = block.get("id"), block.get("input")
                yield from map(
                    self._delta,
                    self._blocks.call(number, text_of(call_id or "") or None, text_of(block.get("name"))),
                )
                choices = self._blocks.arguments(number, to_json(given).decode() if given else "")
            case _:
                return
        yield from map(self._delta, choices)

    def _go_on(self, number: int, delta: Mapping[str, Any]) -> Iterator[Delta]:
        match delta.get("type"):
            case "text_delta":
                choices = self._blocks.text(text_of(delta.get("text")))
            case "input_json_delta":
                choices = self._blocks.arguments(number, text_of(delta.get("partial_json")))
            case "thinking_delta":
                choices = self._blocks.thought(number, text_of(delta.get("thinking")))
            case "signature_delta":
                choices = self._blocks.thought(number, signature=text_of(delta.get("signature")))
            case _:
                return
        yield from map(self._delta, choices)

    def _count(self, usage: Any) -> None:
        # Counters are those of the whole answer so far, so the last ones hold.
        if isinstance(usage, Mapping):
            self._usage |= {name: count for name, count in usage.items() if count is not None}

    def _finish(self, reason: str) -> Iterator[Delta]:
        choices = list(self._blocks.finish(reason))
        tier = _SERVICE_TIERS.get(self._usage.get("service_tier"))
        extras = {"service_tier": tier} if tier else None
        yield Delta(choices, usage_from_wire(self._usage), extras, self._id, self._model)

    def _delta(self, choice: dict[str, Any]) -> Delta:
        return Delta([choice], None, None, self._id, self._model)


def from_wire(body: Mapping[str, Any]) -> Completion:
    """Their body as our answer.

    Raises Unreadable.
    """
    return joined(Reading().whole(body))


def usage_from_wire(usage: Mapping[str, Any]) -> Usage | None:
    """Their counters as ours; None where they cannot be used, and the router counts for itself.

    https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
    """
    details = usage.get("output_tokens_details")
    return counted(
        [usage.get(name) for name in _PROMPT],
        usage.get("output_tokens"),
        cached=usage.get("cache_read_input_tokens"),
        cache_write=usage.get("cache_creation_input_tokens"),
        reasoning=details.get("thinking_tokens") if isinstance(details, Mapping) else None,
    )
