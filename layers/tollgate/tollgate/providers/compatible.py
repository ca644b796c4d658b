"""Providers that speak OpenAI's chat language, and what one of them needs beyond being a row."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from types import NoneType
from typing import Any, ClassVar, Final

from msgspec.structs import replace
from pydantic_core import from_json, to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.contracts.usage import Usage, is_count
from tollgate.providers.connection import Connection
from tollgate.providers.events import Event, EventReader
from tollgate.providers.parameters import Dialect, plan
from tollgate.providers.refusals import Refusal, Rule, to_error
from tollgate.providers.tool_ids import with_safe_ids

FINISH_REASONS: Final = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
_OVERLOADED: Final = "insufficient_system_resource"

# Fields of a message that only the provider that made them understands, and one that no provider reads.
_FOREIGN: Final = frozenset(
    {"annotations", "extra_content", "reasoning", "reasoning_content", "reasoning_details", "thinking_blocks"}
)
# What a chunk or an answer carries beside its choices and is passed on.
_EXTRAS: Final = ("service_tier", "system_fingerprint")
_TEXT: Final = (str, NoneType)
_NUMBER: Final = (int, NoneType)
_OBJECT: Final = (dict, NoneType)
# What a message or a delta says something with. Reasoning alone is no answer.
_SAYS: Final = ("content", "tool_calls", "refusal", "audio", "function_call")


class CompatibleChat:
    """Chat in OpenAI's language. A vendor overrides what it does differently, and nothing else."""

    dialect: Dialect = Dialect()
    rules: tuple[Rule, ...] = ()
    own_message_fields: ClassVar[frozenset[str]] = frozenset()
    """Provider extras on messages that this provider wants back."""
    id_header: ClassVar[str] = ""
    """The header with the provider's own id of a call, where the answer has another or none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`."""
        return plan(body, model, self.dialect, is_strict=is_strict)

    async def complete(self, request: ChatRequest) -> Completion:
        """See `tollgate.providers.protocols.Chat`."""
        answer, headers = await self._connection.post(
            self.path(request), self.to_wire(request, is_stream=False), headers=self.headers, rules=self.rules
        )
        completion = self.from_wire(answer)
        call_id = headers.get(self.id_header) if self.id_header else None
        return replace(completion, upstream_id=call_id) if call_id else completion

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        events = self._connection.events(
            self.path(request),
            self.to_wire(request, is_stream=True),
            EventReader(),
            headers=self.headers,
            rules=self.rules,
            is_end=_is_done,
        )
        progress: dict[int, Progress] = {}
        async with aclosing(events):
            async for event in events:
                delta = self.delta_from_wire(self._chunk(event), progress)
                if delta.choices or delta.usage is not None:
                    yield delta
        if not progress or not all(choice.is_finished for choice in progress.values()):
            raise self._connection.invalid("The provider closed the stream before finishing.")

    def path(self, request: ChatRequest) -> str:  # noqa: ARG002 - some vendors have the model in it
        """Where the request goes, below the base URL."""
        return "/chat/completions"

    def headers(self, key: str) -> Mapping[str, str]:
        """The provider's own headers."""
        return {"authorization": f"Bearer {key}"} if key else {}

    def to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        """Our request as their body: everything that the plan kept, under the provider's names."""
        flags = self.dialect.flags_of(request.model)
        body = dict(request.body)
        body["model"] = request.model.upstream_model
        body["messages"] = self.messages_to_wire(request.body["messages"], flags)
        body[flags["cap_field"]] = request.max_output_tokens
        if is_stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return body

    def messages_to_wire(self, messages: Any, flags: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The conversation, with the roles that the model knows and without what only another provider understands."""
        foreign = _FOREIGN - self.own_message_fields
        wire: list[Mapping[str, Any]] = []
        for message in with_safe_ids(messages):
            changed = {
                name: value
                for name, value in message.items()
                # An answer that comes back as it was has nulls where it had nothing, which not every provider takes.
                if name not in foreign and (value is not None or name == "content")
            }
            if changed["role"] in {"system", "developer"}:
                changed["role"] = system_role(flags)
            if changed.get("tool_calls"):
                changed["tool_calls"] = [_call_to_wire(call, foreign) for call in changed["tool_calls"]]
            wire.append(changed)
        return wire

    def from_wire(self, body: Mapping[str, Any]) -> Completion:
        """Their body as our answer.

        Raises UpstreamError, BadRequest.
        """
        if body.get("error"):
            raise self._connection.error_in(body, self.rules)
        choices = self._choices(body)
        if not choices:
            raise self._connection.invalid("The provider's answer holds no choice.")
        return Completion(
            choices=[self._whole_choice(choice) for choice in choices],
            usage=self.usage_from_wire(body.get("usage")),
            extras=_extras(body),
            upstream_id=_text(body.get("id")),
            upstream_model=_text(body.get("model")),
        )

    def delta_from_wire(self, chunk: Mapping[str, Any], progress: dict[int, "Progress"]) -> Delta:
        """One of their chunks as one of ours; `progress` is that of the stream's choices, by index, and grows.

        Raises UpstreamError, BadRequest.
        """
        if chunk.get("error"):
            raise self._connection.error_in(chunk, self.rules)
        choices = []
        for choice in self._choices(chunk):
            # Azure sends what its filters found as choices that say nothing.
            if choice.get("delta") is not None or choice.get("finish_reason") or choice.get("error"):
                index = choice.get("index") or 0
                choices.append(self._choice_of_chunk(choice, progress.setdefault(index, Progress())))
        usage = chunk.get("usage")
        return Delta(
            choices,
            self.usage_from_wire(usage) if usage else None,
            _extras(chunk),
            _text(chunk.get("id")),
            _text(chunk.get("model")),
        )

    def choice_from_wire(self, choice: dict[str, Any], part: str) -> dict[str, Any]:  # noqa: ARG002 - for vendors
        """A choice as OpenAI would write it: some have other names for some things.

        `part` is where it says something: the `message` of an answer, the `delta` of a chunk.
        """
        return choice

    def usage_from_wire(self, usage: Any) -> Usage | None:
        """Their counts as ours; None where they cannot be used, and the router counts for itself."""
        return read_usage(usage)

    def _chunk(self, event: Event) -> dict[str, Any]:
        try:
            chunk = from_json(event.data)
        except ValueError as exc:
            raise self._connection.invalid("The provider's stream cannot be read.") from exc
        if not isinstance(chunk, dict):
            raise self._connection.invalid("The provider's stream cannot be read.")
        return chunk

    def _choices(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        choices = body.get("choices") or []
        if not isinstance(choices, list) or not all(
            isinstance(choice, dict) and isinstance(choice.get("index"), _NUMBER) for choice in choices
        ):
            raise self._connection.invalid("The provider's answer cannot be read.")
        return choices

    def _whole_choice(self, choice: dict[str, Any]) -> dict[str, Any]:
        choice = self._checked(choice, "message")
        message = choice.get("message")
        if message is None:
            raise self._connection.invalid("The provider's answer cannot be read.")
        for call in message.get("tool_calls") or ():
            if "function" in call:
                call["function"]["arguments"] = call["function"].get("arguments") or "{}"
        choice["finish_reason"] = self._reason(choice.get("finish_reason"), has_spoken=_says_something(message))
        return choice

    def _choice_of_chunk(self, choice: dict[str, Any], progress: "Progress") -> dict[str, Any]:
        choice = self._checked(choice, "delta")
        delta = choice.get("delta") or {}
        progress.take(delta)
        if reason := choice.get("finish_reason"):
            choice["finish_reason"] = self._reason(reason, has_spoken=progress.has_spoken)
            choice["delta"] = progress.finish(delta)
        return choice

    def _checked(self, choice: dict[str, Any], part: str) -> dict[str, Any]:
        reason = choice.get("finish_reason")
        if choice.get("error") or reason == "error":
            raise self._connection.error_in(choice, self.rules)
        if reason == _OVERLOADED:
            raise to_error(Refusal(self._connection.provider.id, 503, code=_OVERLOADED))
        if isinstance(reason, _TEXT) and isinstance(choice.get(part), _OBJECT):
            choice = self.choice_from_wire(choice, part)
            said = choice.get(part) or {}
            if _is_readable(said):
                for call in said.get("tool_calls") or ():
                    _tidy(call)
                return choice
        raise self._connection.invalid("The provider's answer cannot be read.")

    def _reason(self, reason: str | None, *, has_spoken: bool) -> str:
        if reason in FINISH_REASONS:
            return reason
        if not has_spoken:
            raise self._connection.invalid("The provider ended its answer before it said anything.")
        # A word that nobody knows ends an answer well, if there is one.
        return "stop"


class Progress:
    """How far one choice of a stream has come."""

    def __init__(self) -> None:
        self.has_spoken = False
        self.is_finished = False
        self._calls: dict[int, bool] = {}
        """Whether a tool call has arguments yet, by its number."""

    def take(self, delta: dict[str, Any]) -> None:
        """Note what has come."""
        self.has_spoken = self.has_spoken or _says_something(delta)
        for call in delta.get("tool_calls") or ():
            if "function" in call:
                # Some leave the number out: then what has a name is a new call.
                number = call.setdefault("index", max(len(self._calls) - ("name" not in call["function"]), 0))
                self._calls[number] = self._calls.get(number) or bool(call["function"].get("arguments"))

    def finish(self, delta: dict[str, Any]) -> dict[str, Any]:
        """The last delta: a tool that was called without arguments is called with none, which is JSON too."""
        self.is_finished = True
        empty = [number for number, has_arguments in self._calls.items() if not has_arguments]
        self._calls = {}
        if not empty:
            return delta
        fragments = [{"index": number, "function": {"arguments": "{}"}} for number in empty]
        return {**delta, "tool_calls": [*(delta.get("tool_calls") or ()), *fragments]}


def system_role(flags: Mapping[str, Any]) -> str:
    """The role of what holds for the whole conversation, as the model knows it."""
    return "developer" if flags["roles"] == "developer" else "system"


def mention_json(messages: list[Mapping[str, Any]], flags: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Add a line about JSON where no message has one: without it, JSON mode is refused, or runs on in blanks.

    https://platform.openai.com/docs/guides/structured-outputs#json-mode
    """
    if any("json" in text.lower() for message in messages for text in _texts_of(message)):
        return messages
    return [{"role": system_role(flags), "content": "Answer with a JSON object."}, *messages]


def read_usage(usage: Any) -> Usage | None:
    """OpenAI's usage object; None where it cannot be used.

    A missing counter is zero and makes the usage an estimate; a nonsensical one spoils it.
    """
    if not isinstance(usage, Mapping):
        return None
    prompt_details = _object(usage.get("prompt_tokens_details"))
    completion_details = _object(usage.get("completion_tokens_details"))
    counts: dict[str, Any] = {
        "prompt_tokens": usage.get("prompt_tokens"),
        "completion_tokens": usage.get("completion_tokens"),
        "cached_tokens": prompt_details.get("cached_tokens"),
        "cache_write_tokens": prompt_details.get("cache_write_tokens"),
        "prompt_audio_tokens": prompt_details.get("audio_tokens"),
        "reasoning_tokens": completion_details.get("reasoning_tokens"),
        "completion_audio_tokens": completion_details.get("audio_tokens"),
        "accepted_prediction_tokens": completion_details.get("accepted_prediction_tokens"),
        "rejected_prediction_tokens": completion_details.get("rejected_prediction_tokens"),
    }
    if any(count is not None and not is_count(count) for count in counts.values()):
        return None
    missing = (counts["prompt_tokens"] is None) + (counts["completion_tokens"] is None)
    if missing == 2:
        return None
    known: dict[str, Any] = {name: count or 0 for name, count in counts.items()}
    return Usage(**known, is_estimated=missing == 1)


def _call_to_wire(call: Mapping[str, Any], foreign: frozenset[str]) -> dict[str, Any]:
    """A call from the history, with what a client may leave out of it."""
    wire = {name: value for name, value in call.items() if name not in foreign and value is not None}
    wire.setdefault("type", "custom" if "custom" in wire else "function")
    if "function" in wire:
        wire["function"] = {**wire["function"], "arguments": wire["function"].get("arguments") or "{}"}
    return wire


def _is_done(event: Event) -> bool:
    return event.data.strip() == b"[DONE]"


def _says_something(said: Mapping[str, Any]) -> bool:
    return any(said.get(name) for name in _SAYS)


def _is_readable(said: Mapping[str, Any]) -> bool:
    """Whether a message or a delta has the types that everybody who reads it counts on."""
    calls = said.get("tool_calls")
    return (
        isinstance(said.get("content"), _TEXT)
        and isinstance(said.get("refusal"), _TEXT)
        and isinstance(said.get("reasoning_content"), _TEXT)
        and (calls is None or (isinstance(calls, list) and all(_is_call(call) for call in calls)))
    )


def _is_call(call: Any) -> bool:
    if not isinstance(call, dict) or not isinstance(call.get("index"), _NUMBER):
        return False
    function = call.get("function") or {}
    return (
        isinstance(function, dict)
        and isinstance(function.get("name"), _TEXT)
        and isinstance(function.get("arguments"), (*_TEXT, *_OBJECT))
    )


def _tidy(call: dict[str, Any]) -> None:
    """Leave out what is null, and write out arguments that came as an object."""
    for name in ("function", "index"):
        if name in call and call[name] is None:
            del call[name]
    function = call.get("function")
    if function and isinstance(function.get("arguments"), dict):
        function["arguments"] = to_json(function["arguments"]).decode()


def _texts_of(message: Mapping[str, Any]) -> Iterable[str]:
    content = message.get("content")
    if isinstance(content, str):
        return (content,)
    return (part["text"] for part in content or () if part.get("type") == "text")


def _extras(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: body[name] for name in _EXTRAS if isinstance(body.get(name), str)}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
