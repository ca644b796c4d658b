"""A provider that answers without a network: the same answer to the same question, and failures on demand.

As payment services have test cards, it has models that fail on purpose. The upstream name of the model says how:

`chat`          answers, calls tools, fills schemas
`reasoner`      the same, and thinks aloud before
`tiny`          the same, with a window of 512 tokens
`slow`          a tenth of a second between two pieces
`cut`           stops in the middle of the answer, without a finish reason
`garbage`       an answer that cannot be read; in a stream after two pieces
`no-usage`      answers and reports no usage
`empty`         an answer without a choice
`filter`        refuses every prompt
`error-<nnn>`   that status, as a provider would send it; `error-billing`, `error-connect` and `error-timeout`
`error-mid-stream`   an error after two pieces
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, ClassVar, Final

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.contracts.usage import Usage
from tollgate.errors import ConnectFailed, TollgateError, UpstreamInvalid, UpstreamTimeout
from tollgate.providers.connection import Connection
from tollgate.providers.examples import example_of
from tollgate.providers.parameters import EFFORTS, Dialect, plan
from tollgate.providers.refusals import read_refusal, to_error

_TOKEN: Final = re.compile(r"\s*\S{1,4}|\s+")
PAUSE_S: Final = 0.1
_TOKENS_PER_MESSAGE: Final = 3
_TOKENS_PER_IMAGE: Final = 85
_TOKENS_PER_KILOBYTE_OF_SOUND: Final = 10
# The pieces of a stream after which a model that breaks off does so, if it has not finished before.
_BREAKS_AFTER: Final[Mapping[str, int]] = {"cut": 3, "garbage": 3, "error-mid-stream": 3, "empty": 0}
_NAME: Final = "sandbox"
FACTS: Final[Mapping[str, Any]] = {"provider": _NAME, "metadata": {"provider": _NAME}}


class SandboxChat:
    """Conversations with nobody."""

    dialect: ClassVar[Dialect] = Dialect(
        flags={"effort_levels": EFFORTS, "logprobs": False, "tokens_per_image": _TOKENS_PER_IMAGE}
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`."""
        return plan(body, model, self.dialect, is_strict=is_strict)

    async def complete(self, request: ChatRequest) -> Completion:
        """See `tollgate.providers.protocols.Chat`."""
        script = _Script(request)
        script.fail_at_once()
        await asyncio.sleep(script.pause_s)
        if script.breaks_after is not None:
            raise script.broken()
        choices = [script.choice(index) for index in range(script.n)]
        return Completion(choices, script.usage(choices), upstream_id=script.id, upstream_model=script.trick)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        script = _Script(request)
        script.fail_at_once()
        choices = [script.choice(index) for index in range(script.n)]
        for place, part in enumerate(part for choice in choices for part in script.parts(choice)):
            if script.breaks_after is not None and (part["finish_reason"] or place >= script.breaks_after):
                raise script.broken()
            await asyncio.sleep(script.pause_s)
            yield Delta([part], None, None, script.id, script.trick)
        yield Delta(usage=script.usage(choices))


def count_tokens(text: str) -> int:
    """The sandbox's own tokenizer: a token is up to four characters of a word, with the blanks before it."""
    return sum(1 for _ in _TOKEN.finditer(text))


class _Script:
    """What will be said, all of it determined by the request."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._body = request.body
        self.trick = request.model.upstream_model
        self.n = int(self._body.get("n") or 1)
        self.pause_s = PAUSE_S if self.trick == "slow" else 0.0
        self.breaks_after = _BREAKS_AFTER.get(self.trick)
        self._prompt_tokens = sum(map(_tokens_of, self._body["messages"])) + _tokens_in(self._body.get("tools"))
        self.id = f"sandbox-{self._prompt_tokens}-{request.max_output_tokens}"

    def fail_at_once(self) -> None:
        """Raise what a model that fails on purpose fails with before its first piece."""
        if error := failure_of(self.trick):
            raise error
        window = self._request.model.context_length
        if window is not None and self._prompt_tokens >= window:
            raise refusal(400, "This model's maximum context length is exceeded.", "context_length_exceeded")

    def broken(self) -> TollgateError:
        """What the connection to a provider that breaks off raises."""
        if self.trick == "error-mid-stream":
            return refusal(503, "The engine is overloaded.", "overloaded")
        what = {"cut": "closed the stream before finishing", "empty": "answered with no choice"}
        return UpstreamInvalid(f"The provider {what.get(self.trick, 'sent what cannot be read')}.", **FACTS)

    def choice(self, index: int) -> dict[str, Any]:
        """One whole choice."""
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
        room = self._request.max_output_tokens
        if self.trick == "reasoner" and self._body.get("reasoning_effort") != "none":
            thoughts = _TOKEN.findall("The question is short, so the answer can be.")[:room]
            message["reasoning_content"] = "".join(thoughts)
            room -= len(thoughts)
        if calls := self._tool_calls(index):
            return {
                "index": index,
                "message": {**message, "tool_calls": calls},
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        text, reason = self._text(index), "stop"
        stops = self._body.get("stop") or []
        for stop in filter(None, [stops] if isinstance(stops, str) else stops):
            text = text.partition(stop)[0]
        tokens = _TOKEN.findall(text)
        if len(tokens) > room:
            text, reason = "".join(tokens[:room]), "length"
        return {"index": index, "message": {**message, "content": text}, "logprobs": None, "finish_reason": reason}

    def parts(self, choice: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The same choice in pieces, as OpenAI cuts them."""
        message = choice["message"]

        def part(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
            return {"index": choice["index"], "delta": delta, "logprobs": None, "finish_reason": reason}

        yield part({"role": "assistant", "content": None if "tool_calls" in message else ""})
        for token in _TOKEN.findall(message.get("reasoning_content", "")):
            yield part({"reasoning_content": token})
        for token in _TOKEN.findall(message["content"] or ""):
            yield part({"content": token})
        for index, call in enumerate(message.get("tool_calls", ())):
            yield part({"tool_calls": [{**call, "index": index, "function": {**call["function"], "arguments": ""}}]})
            for token in _TOKEN.findall(call["function"]["arguments"]):
                yield part({"tool_calls": [{"index": index, "function": {"arguments": token}}]})
        yield part({}, choice["finish_reason"])

    def usage(self, choices: list[dict[str, Any]]) -> Usage | None:
        """What a provider would report."""
        if self.trick == "no-usage":
            return None
        reasoning = sum(count_tokens(choice["message"].get("reasoning_content", "")) for choice in choices)
        said = sum(
            count_tokens(choice["message"]["content"] or "") + _tokens_in(choice["message"].get("tool_calls"))
            for choice in choices
        )
        spent = min(reasoning + said, self._request.max_output_tokens * self.n)
        return Usage(self._prompt_tokens, max(spent, 1), reasoning_tokens=min(reasoning, spent))

    def _text(self, index: int) -> str:
        schema = _schema(self._body.get("response_format"))
        if schema is not None:
            return json.dumps(example_of(schema), separators=(",", ":"), ensure_ascii=False)
        last = self._body["messages"][-1]
        said = _text_of(last)
        if last["role"] == "tool":
            answer = f"The tool says: {said}"
        else:
            answer = f"You said: {said}" if said else "You said nothing."
        return answer if index == 0 else f"{answer} (choice {index + 1})"

    def _tool_calls(self, index: int) -> list[dict[str, Any]]:
        tools = [tool for tool in self._body.get("tools") or () if tool.get("type", "function") == "function"]
        choice = self._body.get("tool_choice", "auto")
        last = self._body["messages"][-1]
        if not tools or choice == "none" or (last["role"] == "tool" and choice == "auto"):
            return []
        if isinstance(choice, Mapping) and choice["type"] == "function":
            tools = [tool for tool in tools if tool["function"]["name"] == choice["function"]["name"]]
        said = _text_of(last)
        named = [tool for tool in tools if tool["function"]["name"] in said]
        parallel = self._body.get("parallel_tool_calls", True)
        chosen = (named or tools)[: None if parallel and named else 1]
        return [
            {
                "id": f"call_sandbox_{len(self._body['messages'])}_{index}_{number}",
                "type": "function",
                "function": {
                    "name": tool["function"]["name"],
                    "arguments": json.dumps(_arguments(tool["function"].get("parameters")), separators=(",", ":")),
                },
            }
            for number, tool in enumerate(chosen)
        ]


def failure_of(trick: str) -> TollgateError | None:
    """What a model that fails on purpose fails with at once; None for any other."""
    kind = trick.removeprefix("error-") if trick.startswith("error-") else ""
    match kind:
        case "connect":
            return ConnectFailed("The provider cannot be reached.", **FACTS)
        case "timeout":
            return UpstreamTimeout("The provider took too long to answer.", **FACTS)
        case "billing":
            return refusal(429, "You exceeded your current quota.", "insufficient_quota")
        case _ if kind.isdecimal():
            return refusal(int(kind), f"The sandbox answers {kind} on purpose.", "")
    if trick == "filter":
        return refusal(400, "The prompt was filtered.", "content_filter")
    return None


def _tokens_of(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    return _TOKENS_PER_MESSAGE + sum(map(_tokens_of_part, parts))


def _tokens_of_part(part: Mapping[str, Any]) -> int:
    match part["type"]:
        case "image_url":
            return _TOKENS_PER_IMAGE
        case "input_audio":
            return -(-_decoded_bytes(part["input_audio"].get("data")) // 1_000) * _TOKENS_PER_KILOBYTE_OF_SOUND
        case "file":
            return _decoded_bytes(part["file"].get("file_data")) // 4
    return count_tokens(part.get("text") or part.get("refusal") or "")


def _tokens_in(value: Any) -> int:
    """Of every text in a JSON value, and one for each thing that is in another."""
    if isinstance(value, str):
        return count_tokens(value)
    if isinstance(value, Mapping):
        return sum(count_tokens(name) + 1 + _tokens_in(inner) for name, inner in value.items())
    if isinstance(value, list):
        return sum(1 + _tokens_in(inner) for inner in value)
    return 0


def _decoded_bytes(base64_text: str | None) -> int:
    return len(base64_text or "") * 3 // 4


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text") or f"[{part['type']}]" for part in content)


def _schema(response_format: Mapping[str, Any] | None) -> Any:
    match (response_format or {}).get("type"):
        case "json_object":
            return {"type": "object", "properties": {"answer": {"type": "string"}}}
        case "json_schema":
            return (response_format or {})["json_schema"].get("schema") or {"type": "object"}
    return None


def _arguments(parameters: Any) -> Any:
    return example_of(parameters or {"type": "object"})


def refusal(status: int, message: str, code: str) -> TollgateError:
    """The refusal of a provider with that status."""
    body = {"error": {"message": message, "code": code or None}}
    return to_error(read_refusal(_NAME, status, {}, body))
