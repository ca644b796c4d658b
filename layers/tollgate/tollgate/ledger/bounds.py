"""How many tokens a conversation can be at most, without the provider's tokenizer.

A byte-level tokenizer never makes more tokens than there are bytes, so the bytes of every text are a proven bound; what
a provider adds around a message or a tool is covered by a fixed allowance. Images and audio are bounded by what the
catalogue says of one item.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct
from pydantic_core import to_json

TOKENS_PER_ITEM: Final = 16
"""What a provider may add around one message or one tool."""

# Bytes of English prose for each token, for a count that has to be near the truth and not above it.
_BYTES_PER_TOKEN: Final = 4
# A speech codec does not go below 8 kbit/s, and no model takes more than 32 tokens for a second of audio
# (https://ai.google.dev/gemini-api/docs/tokens gives 32; OpenAI's audio models take 10).
_AUDIO_BYTES_PER_S: Final = 1_000
_AUDIO_TOKENS_PER_S: Final = 32
# A spoken answer that is referred to by its id is in the prompt again. It was at most one whole answer, which for the
# models that speak is 16,384 tokens: these are the bytes that count as so many.
_EARLIER_AUDIO_BYTES: Final = 512 * _AUDIO_BYTES_PER_S


class PromptSize(Struct, frozen=True):
    """The measurable size of a prompt."""

    text_bytes: int = 0
    items: int = 0
    """Messages and tools."""
    images: int = 0
    audio_bytes: int = 0
    file_bytes: int = 0
    has_tools: bool = False
    """Whether there are tools, declared or called, or a schema for the answer: what a vendor explains to its model."""

    def bound(self, *, tokens_per_image: int, context_length: int | None, tokens_for_tools: int = 0) -> int:
        """The most tokens that the prompt can be. Nothing is longer than the model's window.

        `tokens_for_tools` are those of the vendor's own explanation.
        """
        tokens = (
            self.text_bytes
            + self.items * TOKENS_PER_ITEM
            + self.images * tokens_per_image
            + -(-self.audio_bytes // _AUDIO_BYTES_PER_S) * _AUDIO_TOKENS_PER_S
            + self.file_bytes
            + self.has_tools * tokens_for_tools
        )
        return tokens if context_length is None else min(tokens, context_length)

    def estimate(self, *, tokens_per_image: int = 0) -> int:
        """About how many tokens the prompt is, for a bill when the provider reported nothing."""
        return max(1, -(-self.text_bytes // _BYTES_PER_TOKEN) + self.images * tokens_per_image)


def estimate_tokens(text_bytes: int) -> int:
    """About how many tokens a text of that many UTF-8 bytes is; a text that is not empty is at least one."""
    return -(-text_bytes // _BYTES_PER_TOKEN)


def measure(body: Mapping[str, Any]) -> PromptSize:
    """The size of a chat completion request: messages, tools and the response schema."""
    size = _Size()
    messages = body.get("messages") or ()
    tools = body.get("tools") or ()
    size.items = len(messages) + len(tools)
    for message in messages:
        size.add_message(message)
    for extra in (tools, body.get("response_format"), body.get("tool_choice"), body.get("prediction")):
        size.add(extra)
    return PromptSize(
        size.text_bytes,
        size.items,
        size.images,
        size.audio_bytes,
        size.file_bytes,
        has_tools=bool(tools or body.get("response_format") or any(message.get("tool_calls") for message in messages)),
    )


class _Size:
    def __init__(self) -> None:
        self.text_bytes = 0
        self.items = 0
        self.images = 0
        self.audio_bytes = 0
        self.file_bytes = 0

    def add_message(self, message: Mapping[str, Any]) -> None:
        for name, value in message.items():
            if name == "content" and isinstance(value, list):
                self._add_parts(value)
            elif name == "audio" and value:
                self.audio_bytes += _EARLIER_AUDIO_BYTES
            else:
                self.add(value)

    def _add_parts(self, parts: Iterable[Mapping[str, Any]]) -> None:
        for part in parts:
            match part["type"]:
                case "image_url":
                    self.images += 1
                case "input_audio":
                    self.audio_bytes += _decoded_length(part["input_audio"].get("data"))
                case "file":
                    self.file_bytes += _decoded_length(part["file"].get("file_data"))
                    self.add(part["file"].get("filename"))
                case kind:
                    self.add(part.get(kind))
                    self.add({name: value for name, value in part.items() if name != kind})

    def add(self, value: Any) -> None:
        """Count a text as its bytes, and anything else as those of its JSON, however a provider words it."""
        if isinstance(value, str):
            self.text_bytes += len(value) if value.isascii() else len(value.encode())
        elif value:
            text = to_json(value)
            # What a provider makes of a schema may have blanks between the values.
            self.text_bytes += len(text) + text.count(b",") + text.count(b":")


def _decoded_length(base64_text: str | None) -> int:
    return len(base64_text or "") * 3 // 4
