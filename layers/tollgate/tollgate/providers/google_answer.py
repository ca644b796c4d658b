"""Gemini's answers as OpenAI's choices. A chunk of a stream and a whole answer are read by the same pieces."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from tollgate.contracts.chat import Completion, Delta
from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import ContentFiltered, UpstreamInvalid

# https://ai.google.dev/api/generate-content#FinishReason
FINISH_REASONS: Final = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
BROKEN: Final = frozenset(
    {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "NO_IMAGE", "IMAGE_OTHER"}
)
"""Reasons that make an answer none, whatever came before. Any other word ends it well, if there is one."""

_PROVIDER: Final = "google"
_COUNTERS: Final = (
    "promptTokenCount",
    "candidatesTokenCount",
    "toolUsePromptTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
    "totalTokenCount",
)


class Progress:
    """How far one candidate has come."""

    __slots__ = ("calls", "has_parts", "has_spoken", "is_finished")

    def __init__(self) -> None:
        self.calls = 0
        self.has_parts = False
        """Whether there was anything at all, be it an empty text."""
        self.has_spoken = False
        self.is_finished = False


class _Read(NamedTuple):
    """What a candidate says, or a piece of one: the fields of a message or of a delta that it has."""

    said: dict[str, Any]
    logprobs: dict[str, Any] | None
    reason: str | None


def from_wire(body: Mapping[str, Any]) -> Completion:
    """A whole answer. One that says nothing at all has choices without content.

    Raises ContentFiltered, UpstreamInvalid.
    """
    candidates = _candidates(body)
    if not candidates:
        raise invalid("The provider's answer holds no candidate.")
    choices = []
    for candidate in candidates:
        progress = Progress()
        read = _read(candidate, progress)
        if read.reason is None and not progress.has_spoken:
            raise invalid("The provider ended its answer before it said anything.")
        message = {"role": "assistant", "content": None, "refusal": None, **read.said}
        if progress.calls:
            message["content"] = message["content"] or None
        choices.append(
            {
                "index": candidate.get("index") or 0,
                "message": message,
                "logprobs": read.logprobs,
                "finish_reason": read.reason or _after_calls("stop", progress),
            }
        )
    return Completion(
        choices=choices,
        usage=usage_from_wire(body.get("usageMetadata")),
        upstream_id=_text(body.get("responseId")),
        upstream_model=_text(body.get("modelVersion")),
    )


def delta_from_wire(chunk: Mapping[str, Any], progress: dict[int, Progress]) -> Delta:
    """A chunk; `progress` is that of the stream's candidates, by index, and grows.

    Counters of usage are cumulative. They are passed on once they include the answer: before, they would be too low
    for a stream that breaks off.

    Raises ContentFiltered, UpstreamInvalid.
    """
    choices = []
    for candidate in _candidates(chunk):
        index = candidate.get("index") or 0
        read = _read(candidate, progress.setdefault(index, Progress()))
        if read.said or read.reason or read.logprobs:
            for number, call in enumerate(calls := read.said.get("tool_calls", ())):
                call["index"] = progress[index].calls - len(calls) + number
            choices.append(
                {"index": index, "delta": read.said, "logprobs": read.logprobs, "finish_reason": read.reason}
            )
    return Delta(choices, usage_of_chunk(chunk), None, _text(chunk.get("responseId")), _text(chunk.get("modelVersion")))


def usage_of_chunk(chunk: Mapping[str, Any]) -> Usage | None:
    """The usage so far; None while it does not include the answer."""
    usage = chunk.get("usageMetadata")
    if not isinstance(usage, Mapping):
        return None
    candidates = chunk.get("candidates")
    is_last = isinstance(candidates, list) and any("finishReason" in one for one in candidates if isinstance(one, dict))
    return usage_from_wire(usage) if is_last or "candidatesTokenCount" in usage else None


def usage_from_wire(usage: Any) -> Usage | None:
    """Their counts as ours; None where they cannot be used.

    Gemini counts thoughts beside the answer, and the results of its own tools beside the prompt. A count of zero is
    left out by it, which the total tells apart from one that is missing.
    https://ai.google.dev/api/generate-content#UsageMetadata
    """
    if not isinstance(usage, Mapping):
        return None
    counts = [usage.get(name) for name in _COUNTERS]
    for count in counts:
        if count is not None and not is_count(count):
            return None
    missing = counts[:2].count(None)
    if missing == 2:
        return None
    prompt, candidates, tool_use, thoughts, cached, total = (count or 0 for count in counts)
    if thoughts and total == prompt + tool_use + candidates:
        # Here the thoughts are part of the answer already.
        completion = max(candidates, thoughts)
    else:
        completion = candidates + thoughts
    return Usage(
        prompt_tokens=prompt + tool_use,
        completion_tokens=completion,
        cached_tokens=cached,
        prompt_audio_tokens=_audio_in(usage.get("promptTokensDetails")),
        reasoning_tokens=thoughts,
        completion_audio_tokens=_audio_in(usage.get("candidatesTokensDetails")),
        is_estimated=missing > 0 and total != prompt + tool_use + completion,
    )


def invalid(message: str) -> UpstreamInvalid:
    """An answer that makes no sense."""
    return UpstreamInvalid(message, provider=_PROVIDER, metadata={"provider": _PROVIDER})


def _candidates(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    candidates = body.get("candidates") or []
    if not isinstance(candidates, list) or not all(
        isinstance(candidate, dict) and isinstance(candidate.get("index"), int | None) for candidate in candidates
    ):
        raise _unreadable()
    feedback = body.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, Mapping) else None
    if reason and not candidates:
        raise ContentFiltered(
            "The provider's content filter refused the prompt.",
            metadata={"provider": _PROVIDER, "upstream_status": 200, "upstream_code": str(reason)},
        )
    return candidates


def _read(candidate: Mapping[str, Any], progress: Progress) -> _Read:
    content = candidate.get("content") or {}
    parts = content.get("parts") if isinstance(content, Mapping) else content
    if not isinstance(parts, list | None):
        raise _unreadable()
    said: dict[str, Any] = {}
    for part in parts or ():
        _take(part, said)
    progress.has_parts = progress.has_parts or bool(parts)
    progress.has_spoken = progress.has_spoken or bool(said.get("content")) or "tool_calls" in said
    progress.calls += len(said.get("tool_calls", ()))
    reason = candidate.get("finishReason")
    logprobs = _logprobs(candidate["logprobsResult"]) if "logprobsResult" in candidate else None
    return _Read(said, logprobs, _reason(reason, progress) if reason else None)


def _take(part: Any, said: dict[str, Any]) -> None:
    if not isinstance(part, Mapping):
        raise _unreadable()
    if "functionCall" in part:
        said.setdefault("tool_calls", []).append(_call(part))
        return
    text = part.get("text")
    if text is None:
        # A kind of part that nobody asked for.
        return
    if not isinstance(text, str):
        raise _unreadable()
    if part.get("thought") is not True:
        said["content"] = said.get("content", "") + text
    elif text:
        said["reasoning_content"] = said.get("reasoning_content", "") + text


def _call(part: Mapping[str, Any]) -> dict[str, Any]:
    function = part["functionCall"]
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise _unreadable()
    arguments = function.get("args")
    if not isinstance(arguments, dict | None):
        raise _unreadable()
    call: dict[str, Any] = {
        "id": _text(function.get("id")),
        "type": "function",
        "function": {"name": function["name"], "arguments": to_json(arguments or {}).decode()},
    }
    if signature := _text(part.get("thoughtSignature")):
        call["extra_content"] = {"google": {"thought_signature": signature}}
    return call


def _reason(reason: Any, progress: Progress) -> str:
    progress.is_finished = True
    word = _text(reason) or ""
    known = FINISH_REASONS.get(word)
    if word in BROKEN or (known is None and not progress.has_spoken):
        raise invalid("The provider ended its answer before it said anything of use.")
    return _after_calls(known or "stop", progress)


def _after_calls(reason: str, progress: Progress) -> str:
    return "tool_calls" if progress.calls and reason == "stop" else reason


def _logprobs(result: Any) -> dict[str, Any]:
    """https://ai.google.dev/api/generate-content#LogprobsResult , with the bytes that OpenAI has beside each token."""
    chosen, tops = _listed(result, "chosenCandidates"), _listed(result, "topCandidates")
    content = []
    for place, candidate in enumerate(chosen):
        others = _listed(tops[place], "candidates") if place < len(tops) else []
        content.append({**_token(candidate), "top_logprobs": [_token(other) for other in others]})
    return {"content": content, "refusal": None}


def _token(candidate: Any) -> dict[str, Any]:
    if not isinstance(candidate, Mapping) or not isinstance(candidate.get("token", ""), str):
        raise _unreadable()
    token = candidate.get("token", "")
    return {"token": token, "logprob": candidate.get("logProbability", 0.0), "bytes": list(token.encode())}


def _listed(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


def _audio_in(details: Any) -> int:
    """The tokens of sound among those of all modalities."""
    audio = 0
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("modality") == "AUDIO" and is_count(detail.get("tokenCount")):
            audio += detail["tokenCount"]
    return audio


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _unreadable() -> UpstreamInvalid:
    return invalid("The provider's answer cannot be read.")
