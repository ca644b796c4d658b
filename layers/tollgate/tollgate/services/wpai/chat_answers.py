"""A chat completion as a result of WordPress's: thoughts first, then what is said in one part, then calls."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json

from tollgate.contracts.usage import Usage
from tollgate.services.wpai.metadata import SOUND_FORMATS
from tollgate.services.wpai.schemas import unwrapped

Json = dict[str, Any]
Choice = Mapping[str, Any]

_REASONS: Final = frozenset({"stop", "length", "content_filter", "tool_calls"})
_SOUNDS: Final = {name: media_type for media_type, name in SOUND_FORMATS.items()}


def to_candidates(choices: Sequence[Choice], *, is_wrapped: bool, sound: str = "wav") -> list[Json]:
    """The candidates of an answer. `is_wrapped` says that the text is an object with the value that was asked for."""
    return [_candidate(choice, is_wrapped=is_wrapped, sound=sound) for choice in choices]


def to_token_usage(usage: Usage) -> dict[str, int]:
    """What the call used."""
    counts = {
        "promptTokens": usage.prompt_tokens,
        "completionTokens": usage.completion_tokens,
        "totalTokens": usage.total_tokens,
    }
    return {**counts, "thoughtTokens": usage.reasoning_tokens} if usage.reasoning_tokens else counts


def to_additional_data(choices: Sequence[Choice]) -> Json:
    """What is said beside the candidates: how likely each token was, and reasons to end that have no name here."""
    data: Json = {}
    if any(choice.get("logprobs") for choice in choices):
        data["logprobs"] = [choice.get("logprobs") for choice in choices]
    if any(_reason(choice) == "error" for choice in choices):
        data["finishReasons"] = [choice.get("finish_reason") for choice in choices]
    return data


def _candidate(choice: Choice, *, is_wrapped: bool, sound: str) -> Json:
    message: Mapping[str, Any] = choice.get("message") or {}
    parts = [*_thoughts(message), *_said(message, is_wrapped=is_wrapped, sound=sound), *_calls(message)]
    if not any(part["channel"] == "content" for part in parts):
        parts.append(_text(""))
    return {"message": {"role": "model", "parts": parts}, "finishReason": _reason(choice)}


def _reason(choice: Choice) -> str:
    message = choice.get("message") or {}
    reason = choice.get("finish_reason")
    if message.get("refusal") and not message.get("content"):
        return "content_filter"
    if reason == "function_call" or (reason == "stop" and message.get("tool_calls")):
        return "tool_calls"
    return reason if reason in _REASONS else "error"


def _thoughts(message: Mapping[str, Any]) -> Iterator[Json]:
    blocks = [block for block in message.get("thinking_blocks") or () if isinstance(block, Mapping)]
    for block in blocks:
        # What the provider wants back stands in the signature, which is nobody else's business.
        mark = {name: value for name, value in block.items() if name != "thinking"}
        yield {**_text(str(block.get("thinking") or ""), "thought"), "thoughtSignature": to_json(mark).decode()}
    thought = message.get("reasoning_content") or message.get("reasoning")
    if not blocks and isinstance(thought, str) and thought:
        yield _text(thought, "thought")


def _said(message: Mapping[str, Any], *, is_wrapped: bool, sound: str) -> Iterator[Json]:
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    if isinstance(content, str) and content:
        yield _text(unwrapped(content) if is_wrapped else content)
    elif message.get("refusal"):
        yield _text(str(message["refusal"]))
    audio = message.get("audio")
    if isinstance(audio, Mapping) and audio.get("data"):
        if audio.get("transcript") and not content:
            yield _text(str(audio["transcript"]))
        file = {"fileType": "inline", "mimeType": _SOUNDS.get(sound, "audio/wav"), "base64Data": audio["data"]}
        yield {"channel": "content", "type": "file", "file": file}


def _calls(message: Mapping[str, Any]) -> Iterator[Json]:
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {}
        called = {"id": call.get("id"), "name": function.get("name"), "args": _arguments(function.get("arguments"))}
        part: Json = {
            "channel": "content",
            "type": "function_call",
            "functionCall": {name: value for name, value in called.items() if value is not None},
        }
        if call.get("extra_content"):
            part["thoughtSignature"] = to_json(call["extra_content"]).decode()
        yield part


def _arguments(arguments: Any) -> Any:
    """The arguments, parsed; what cannot be stays as it was written."""
    if not isinstance(arguments, str):
        return {} if arguments is None else arguments
    if not arguments.strip():
        return {}
    try:
        return from_json(arguments)
    except ValueError:
        return arguments


def _text(text: str, channel: str = "content") -> Json:
    return {"channel": channel, "type": "text", "text": text}
