"""Ollama through its own API: https://docs.ollama.com/api/chat .

Its layer for OpenAI's clients cannot set the context window, and a prompt that is longer than it is cut in silence.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, Final

from pydantic_core import from_json, to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import NoProviderAvailable, ProviderBilling, UnsupportedParameter, UpstreamInvalid
from tollgate.providers.connection import Connection
from tollgate.providers.conversation import SYSTEM_ROLES, arguments_of, data_of, results_of, text_of
from tollgate.providers.events import LineReader
from tollgate.providers.parameters import Dialect, Flags, plan
from tollgate.providers.refusals import Rule
from tollgate.providers.tool_ids import with_safe_ids

RULES: Final = (
    # An error in a stream, or under a status of success, has no status of its own: it counts as 502.
    Rule(NoProviderAvailable, frozenset({400, 404, 502}), texts=("try pulling it first", "model not found")),
    Rule(ProviderBilling, frozenset({402, 403, 429}), texts=("usage limit", "subscription", "insufficient")),
)
# `load` comes where a model was only loaded.
FINISH_REASONS: Final = {"stop": "stop", "load": "stop", "length": "length"}

_PROVIDER: Final = "ollama"
_OPTIONS: Final = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty")
_LEVELS: Final = {"minimal": "low", "xhigh": "high"}
_NO_PARAMETERS: Final = {"type": "object", "properties": {}}


class OllamaChat:
    """Conversations with a model that runs on the operator's own machine, or in Ollama's cloud."""

    dialect: ClassVar[Dialect] = Dialect(
        takes=frozenset({*_OPTIONS, "reasoning_effort"}),
        flags={
            "cap_field": "num_predict",
            "effort_field": "switch",
            "parallel_tools": False,
            "tool_choice": False,
            "n_max": 1,
            "logprobs": False,
            "image_fetch": False,
            "stream_tools": True,
        },
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`."""
        return plan(body, model, self.dialect, is_strict=is_strict)

    async def complete(self, request: ChatRequest) -> Completion:
        """See `tollgate.providers.protocols.Chat`."""
        answer, _ = await self._connection.post(
            "/chat", self._to_wire(request, is_stream=False), headers=headers, rules=RULES
        )
        if answer.get("error"):
            raise self._connection.error_in(answer, RULES)
        return from_wire(answer)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        if "tools" in request.body and not self.dialect.flags_of(request.model)["stream_tools"]:
            # Some versions lose calls in a stream.
            yield _in_one_piece(await self.complete(request))
            return
        lines = self._connection.events(
            "/chat", self._to_wire(request, is_stream=True), LineReader(), headers=headers, rules=RULES
        )
        progress = Progress()
        async with aclosing(lines):
            async for line in lines:
                delta = delta_from_wire(self._parsed(line), progress)
                if delta.choices or delta.usage is not None:
                    yield delta
        if not progress.is_finished:
            raise _invalid("The provider closed the stream before finishing.")

    def _to_wire(self, request: ChatRequest, *, is_stream: bool) -> dict[str, Any]:
        body = to_wire(request, self.dialect.flags_of(request.model), is_stream=is_stream)
        return {**body, **keep_alive(self._connection.environment)}

    def _parsed(self, line: bytes) -> Mapping[str, Any]:
        try:
            parsed = from_json(line)
        except ValueError as exc:
            raise _invalid("The provider's stream cannot be read.") from exc
        if not isinstance(parsed, dict):
            raise _invalid("The provider's stream cannot be read.")
        if parsed.get("error"):
            raise self._connection.error_in(parsed, RULES)
        return parsed


class Progress:
    """How far an answer has come."""

    __slots__ = ("calls", "has_spoken", "is_finished")

    def __init__(self) -> None:
        self.calls = 0
        self.has_spoken = False
        self.is_finished = False


def to_wire(request: ChatRequest, flags: Flags, *, is_stream: bool) -> dict[str, Any]:
    """Our request as their body.

    Raises BadRequest for what cannot be said in it.
    """
    body = request.body
    wire: dict[str, Any] = {
        "model": request.model.upstream_model,
        "messages": _messages(with_safe_ids(body["messages"])),
        # Without it, an answer is streamed.
        "stream": is_stream,
        "options": _options(request),
    }
    wanted = body.get("response_format") or {}
    if wanted.get("type") in {"json_object", "json_schema"}:
        wire["format"] = (wanted.get("json_schema") or {}).get("schema") or "json"
    if (effort := body.get("reasoning_effort")) is not None:
        wire["think"] = _thinking(effort, flags)
    if body.get("logprobs"):
        wire["logprobs"] = True
        wire["top_logprobs"] = body.get("top_logprobs") or 0
    # It knows no choice between tools: those that must not be called are not there.
    if body.get("tools") and body.get("tool_choice") != "none":
        wire["tools"] = [_tool(tool["function"]) for tool in body["tools"]]
    return wire


def from_wire(body: Mapping[str, Any]) -> Completion:
    """A whole answer.

    Raises UpstreamInvalid.
    """
    if not isinstance(body.get("message"), dict):
        raise _invalid("The provider's answer holds no message.")
    progress = Progress()
    said = _said(body, progress)
    message = {"role": "assistant", "content": None, "refusal": None, **said}
    if progress.calls:
        message["content"] = message["content"] or None
    choice = {
        "index": 0,
        "message": message,
        "logprobs": _logprobs(body),
        "finish_reason": _reason(body.get("done_reason"), progress),
    }
    return Completion([choice], usage_from_wire(body), upstream_model=_text(body.get("model")))


def delta_from_wire(line: Mapping[str, Any], progress: Progress) -> Delta:
    """A line of a stream; `progress` is that of the answer, and grows. Calls can come in any line.

    Raises UpstreamInvalid.
    """
    said = _said(line, progress)
    for number, call in enumerate(calls := said.get("tool_calls", ())):
        call["index"] = progress.calls - len(calls) + number
    reason = usage = None
    if line.get("done") is True:
        progress.is_finished = True
        reason = _reason(line.get("done_reason"), progress)
        usage = usage_from_wire(line)
    choices = []
    if said or reason:
        choices = [{"index": 0, "delta": said, "logprobs": _logprobs(line), "finish_reason": reason}]
    return Delta(choices, usage, None, None, _text(line.get("model")))


def usage_from_wire(body: Mapping[str, Any]) -> Usage | None:
    """Their counts as ours; None where they cannot be used. Thoughts are part of the answer, and not told apart.

    A prompt that was evaluated before may have no count.
    """
    prompt, completion = body.get("prompt_eval_count"), body.get("eval_count")
    if prompt is None and completion is None:
        return None
    if not is_count(prompt or 0) or not is_count(completion or 0):
        return None
    return Usage(prompt or 0, completion or 0, is_estimated=prompt is None or completion is None)


def headers(key: str) -> dict[str, str]:
    """The key, where there is one."""
    # A server of one's own needs no key, the cloud does.
    return {"authorization": f"Bearer {key}"} if key else {}


def keep_alive(environment: Mapping[str, str]) -> dict[str, Any]:
    """How long the operator wants a model to stay loaded: a number is seconds, a text is a duration with its unit."""
    told = environment.get("OLLAMA_KEEP_ALIVE")
    if not told:
        return {}
    return {"keep_alive": int(told) if told.lstrip("-").isdecimal() else told}


def _options(request: ChatRequest) -> dict[str, Any]:
    body = request.body
    options: dict[str, Any] = {"num_predict": request.max_output_tokens}
    if request.model.context_length is not None:
        # Without it the window is small, and what does not fit is cut off.
        options["num_ctx"] = request.model.context_length
    options |= {name: body[name] for name in _OPTIONS if name in body}
    if stop := body.get("stop"):
        options["stop"] = [stop] if isinstance(stop, str) else list(stop)
    return options


def _thinking(effort: str, flags: Flags) -> bool | str:
    if flags["effort_field"] == "level" and effort != "none":
        return _LEVELS.get(effort, effort)
    return effort != "none"


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: function[name] for name in ("name", "description") if function.get(name)}
    return {"type": "function", "function": {**known, "parameters": function.get("parameters") or _NO_PARAMETERS}}


def _messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    results = results_of(messages)
    wire: list[dict[str, Any]] = []
    for number, message in enumerate(messages):
        role = message["role"]
        if role in SYSTEM_ROLES:
            wire.append({"role": "system", "content": text_of(message.get("content"))})
        elif role == "user":
            wire.append(_user(message, f"messages[{number}].content"))
        elif role == "assistant":
            wire.append(_assistant(message))
            wire += _results(message, results)
    return wire


def _user(message: Mapping[str, Any], where: str) -> dict[str, Any]:
    content = message.get("content")
    wire: dict[str, Any] = {"role": "user", "content": text_of(content)}
    for place, part in enumerate(content if isinstance(content, list) else ()):
        if part["type"] == "image_url":
            _, data = data_of(part["image_url"]["url"], param=f"{where}[{place}].image_url.url")
            wire.setdefault("images", []).append(data)
        elif part["type"] != "text":
            raise UnsupportedParameter(
                f"There is no part '{part['type']}' for this provider.", param=f"{where}[{place}]"
            )
    return wire


def _assistant(message: Mapping[str, Any]) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "role": "assistant",
        "content": text_of(message.get("content")) or message.get("refusal") or "",
    }
    if thinking := _text(message.get("reasoning_content")):
        wire["thinking"] = thinking
    if calls := message.get("tool_calls"):
        wire["tool_calls"] = [
            {"function": {"name": call["function"]["name"], "arguments": arguments_of(call)}} for call in calls
        ]
    return wire


def _results(message: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The results of a message's calls in the order of the calls: their names alone would not tell two apart."""
    return [
        {
            "role": "tool",
            "content": text_of(results[call["id"]].get("content")),
            "tool_name": call["function"]["name"],
        }
        for call in message.get("tool_calls") or ()
        if call["id"] in results
    ]


def _said(body: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    message = body.get("message") or {}
    if not isinstance(message, Mapping):
        raise _unreadable()
    said: dict[str, Any] = {}
    for theirs, ours in (("thinking", "reasoning_content"), ("content", "content")):
        text = message.get(theirs)
        if not isinstance(text, str | None):
            raise _unreadable()
        if text:
            said[ours] = text
    calls = message.get("tool_calls") or ()
    if not isinstance(calls, list | tuple):
        raise _unreadable()
    if calls:
        said["tool_calls"] = [_call(call) for call in calls]
    progress.calls += len(calls)
    progress.has_spoken = progress.has_spoken or bool(calls) or "content" in said
    return said


def _call(call: Any) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise _unreadable()
    arguments = function.get("arguments")
    if not isinstance(arguments, dict | str | None):
        raise _unreadable()
    text = arguments if isinstance(arguments, str) else to_json(arguments or {}).decode()
    return {
        "id": _text(call.get("id")),
        "type": "function",
        "function": {"name": function["name"], "arguments": text or "{}"},
    }


def _reason(reason: Any, progress: Progress) -> str:
    known = FINISH_REASONS.get(reason or "stop") if isinstance(reason, str | None) else None
    if known is None and not progress.has_spoken:
        raise _invalid("The provider ended its answer before it said anything.")
    return "tool_calls" if progress.calls and known != "length" else known or "stop"


def _logprobs(body: Mapping[str, Any]) -> dict[str, Any] | None:
    logprobs = body.get("logprobs")
    return {"content": logprobs, "refusal": None} if isinstance(logprobs, list) and logprobs else None


def _in_one_piece(completion: Completion) -> Delta:
    (choice,) = completion.choices
    said = {name: value for name, value in choice["message"].items() if value is not None and name != "role"}
    for number, call in enumerate(said.get("tool_calls", ())):
        call["index"] = number
    whole = {"index": 0, "delta": said, "logprobs": choice["logprobs"], "finish_reason": choice["finish_reason"]}
    return Delta([whole], completion.usage, None, None, completion.upstream_model)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _invalid(message: str) -> UpstreamInvalid:
    return UpstreamInvalid(message, provider=_PROVIDER, metadata={"provider": _PROVIDER})


def _unreadable() -> UpstreamInvalid:
    return _invalid("The provider's answer cannot be read.")
