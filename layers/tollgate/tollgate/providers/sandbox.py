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
from tollgate.providers.parameters import EFFORTS, Dialect, plan
from tollgate.providers.refusals import read_refusal, to_error

_TOKEN: Final = re.compile(r"\s*\S{1,4}|\s+")
_PAUSE_S: Final = 0.1
_TOKENS_PER_MESSAGE: Final = 3
_TOKENS_PER_IMAGE: Final = 85
_TOKENS_PER_SOUND: Final = 50
_NAME: Final = "sandbox"


class SandboxChat:
    """Conversations with nobody."""

    dialect: ClassVar[Dialect] = Dialect(
        flags={"effort_levels": EFFORTS, "custom_tools": False, "tokens_per_image": _TOKENS_PER_IMAGE}
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
        if script.trick in {"cut", "garbage", "empty", "error-mid-stream"}:
            raise script.broken()
        choices = [script.choice(index) for index in range(script.n)]
        return Completion(choices, script.usage(choices), upstream_id=script.id, upstream_model=script.trick)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        script = _Script(request)
        script.fail_at_once()
        choices = [script.choice(index) for index in range(script.n)]
        pieces = 0
        for choice in choices:
            for part in script.parts(choice):
                await asyncio.sleep(script.pause_s)
                yield Delta([part], None, None, script.id, script.trick)
                pieces += 1
                if pieces > 2 and script.trick in {"cut", "garbage", "empty", "error-mid-stream"}:
                    raise script.broken()
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
        self.pause_s = _PAUSE_S if self.trick == "slow" else 0.0
        self._prompt_tokens = sum(_tokens_of(message) for message in self._body["messages"]) + count_tokens(
            json.dumps(self._body.get("tools") or "")
        )
        self.id = f"sandbox-{self._prompt_tokens}-{request.max_output_tokens}"

    def fail_at_once(self) -> None:
        """Raise what a model that fails on purpose fails with before its first piece."""
        if error := self._error():
            raise error
        window = self._request.model.context_length
        if window is not None and self._prompt_tokens + self._asked_for() > window:
            raise _refusal(400, "This model's maximum context length is exceeded.", "context_length_exceeded")

    def broken(self) -> TollgateError:
        """What the connection to a provider that breaks off raises."""
        if self.trick == "error-mid-stream":
            return _refusal(503, "The engine is overloaded.", "overloaded")
        what = {"cut": "closed the stream before finishing", "empty": "answered with no choice"}
        return UpstreamInvalid(f"The provider {what.get(self.trick, 'sent what cannot be read')}.", provider=_NAME)

    def choice(self, index: int) -> dict[str, Any]:
        """One whole choice."""
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
        if self.trick == "reasoner" and self._body.get("reasoning_effort") != "none":
            message["reasoning_content"] = "The question is short, so the answer can be."
        if calls := self._tool_calls(index):
            return {
                "index": index,
                "message": {**message, "tool_calls": calls},
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        text, reason = self._text(index), "stop"
        stops = self._body.get("stop") or []
        for stop in [stops] if isinstance(stops, str) else stops:
            text = text.partition(stop)[0]
        tokens = _TOKEN.findall(text)
        room = self._request.max_output_tokens - count_tokens(message.get("reasoning_content", ""))
        if len(tokens) > room:
            text, reason = "".join(tokens[: max(room, 0)]), "length"
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
            count_tokens(choice["message"]["content"] or "")
            + count_tokens(json.dumps(choice["message"].get("tool_calls", "")))
            for choice in choices
        )
        spent = min(reasoning + said, self._request.max_output_tokens * self.n)
        return Usage(self._prompt_tokens, max(spent, 1), reasoning_tokens=min(reasoning, spent))

    def _asked_for(self) -> int:
        asked = self._body.get("max_completion_tokens") or self._body.get("max_tokens")
        return int(asked or 1)

    def _error(self) -> TollgateError | None:
        kind = self.trick.removeprefix("error-") if self.trick.startswith("error-") else ""
        match kind:
            case "connect":
                return ConnectFailed("The provider cannot be reached.", provider=_NAME)
            case "timeout":
                return UpstreamTimeout("The provider took too long to answer.", provider=_NAME)
            case "billing":
                return _refusal(429, "You exceeded your current quota.", "insufficient_quota")
            case _ if kind.isdecimal():
                return _refusal(int(kind), f"The sandbox answers {kind} on purpose.", "")
        if self.trick == "filter":
            return _refusal(400, "The prompt was filtered.", "content_filter")
        return None

    def _text(self, index: int) -> str:
        schema = _schema(self._body.get("response_format"))
        if schema is not None:
            return json.dumps(_example(schema), separators=(",", ":"), ensure_ascii=False)
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
                "id": f"call_sandbox_{index}_{number}",
                "type": "function",
                "function": {
                    "name": tool["function"]["name"],
                    "arguments": json.dumps(_example(tool["function"].get("parameters") or {}), separators=(",", ":")),
                },
            }
            for number, tool in enumerate(chosen)
        ]


def _tokens_of(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    weights = {"image_url": _TOKENS_PER_IMAGE, "input_audio": _TOKENS_PER_SOUND, "file": _TOKENS_PER_IMAGE}
    return _TOKENS_PER_MESSAGE + sum(
        weights.get(part.get("type", ""), 0) or count_tokens(part.get("text") or part.get("refusal") or "")
        for part in parts
    )


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text") or f"[{part['type']}]" for part in content)


def _schema(response_format: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    match (response_format or {}).get("type"):
        case "json_object":
            return {"type": "object", "properties": {"answer": {"type": "string"}}}
        case "json_schema":
            return (response_format or {})["json_schema"].get("schema") or {}
    return None


def _example(schema: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that fits a JSON Schema: the shortest that says what it is."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return _example(schema[name][0], depth)
    if depth > 8:
        return None
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _example_of(kind[0] if isinstance(kind, list) else kind, schema, depth)


def _example_of(kind: str, schema: Mapping[str, Any], depth: int) -> Any:
    match kind:
        case "object":
            return {name: _example(inner, depth + 1) for name, inner in (schema.get("properties") or {}).items()}
        case "array":
            return [
                _example(schema.get("items") or {}, depth + 1) for _ in range(max(int(schema.get("minItems", 1)), 1))
            ]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
    return str(schema.get("description") or "text")[: schema.get("maxLength")]


def _refusal(status: int, message: str, code: str) -> TollgateError:
    body = {"error": {"message": message, "code": code or None}}
    return to_error(read_refusal(_NAME, status, {}, body))
