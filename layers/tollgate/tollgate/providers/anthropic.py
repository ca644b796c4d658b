"""Anthropic: https://platform.claude.com/docs/en/api/messages ."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Final

from msgspec.structs import replace
from pydantic_core import from_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.errors import ContentFiltered, ContextLengthExceeded, ProviderBilling
from tollgate.providers.anthropic_answers import Reading, from_wire
from tollgate.providers.blocks import LONGEST_AT_ONCE, Unreadable, joined
from tollgate.providers.closed_schemas import closed, schema_of, schema_to_check
from tollgate.providers.connection import Connection
from tollgate.providers.events import Event, EventReader
from tollgate.providers.parameters import Dialect, one_sampling, plan, refuse_dropped, without_blank_stops
from tollgate.providers.refusals import Rule
from tollgate.providers.thinking import effort_of, settle_thinking, thinking_of
from tollgate.providers.turns import EARLIER_TOOL, EMPTY_SCHEMA, Block, Turn, check_turns, data_of, to_turns, tools_in

# The version in which every parameter of the contract is still taken.
_VERSION: Final = "2023-06-01"
_SERVICE_TIERS: Final[Mapping[str, str]] = {"auto": "auto", "default": "standard_only"}
_TOOL_CHOICES: Final[Mapping[str, str]] = {"auto": "auto", "none": "none", "required": "any"}


class AnthropicChat:
    """Conversations in the Messages API."""

    dialect: ClassVar[Dialect] = Dialect(
        takes=frozenset(
            {
                "parallel_tool_calls",
                "reasoning_effort",
                "safety_identifier",
                "service_tier",
                "temperature",
                "top_p",
                "user",
            }
        ),
        flags={
            "cap_field": "max_tokens",
            "temperature_max": 1.0,
            "effort_field": "adaptive",
            "json": "schema_only",
            "n_max": 1,
            "logprobs": False,
        },
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            ProviderBilling,
            frozenset({400, 403, 429}),
            texts=("credit balance is too low", "spend limit", "specified api usage limits"),
        ),
        Rule(ContextLengthExceeded, frozenset({400, 413}), texts=("context window", "context limit")),
        Rule(ContentFiltered, frozenset({400}), texts=("content filtering policy",)),
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`."""
        planned = plan(body, model, self.dialect, is_strict=is_strict)
        kept = dict(planned.body)
        dropped = dict.fromkeys((*planned.dropped, *check_turns(kept["messages"], model)))
        dropped |= dict.fromkeys(settle_thinking(kept, self.dialect.flags_of(model)))
        dropped |= dict.fromkeys(_settle(kept))
        if is_strict:
            refuse_dropped(dropped, model)
        answer_schema = planned.answer_schema or schema_to_check(kept)
        return replace(planned, body=kept, dropped=tuple(dropped), answer_schema=answer_schema)

    async def complete(self, request: ChatRequest) -> Completion:
        """See `tollgate.providers.protocols.Chat`."""
        if request.max_output_tokens > LONGEST_AT_ONCE:
            async with aclosing(self.stream(request)) as deltas:
                completion = joined([delta async for delta in deltas])
        else:
            wire = to_wire(request, self.dialect.flags_of(request.model), is_stream=False)
            answer, _ = await self._connection.post("/messages", wire, headers=self.headers, rules=self.rules)
            completion = self._whole(answer)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        events = self._connection.events(
            "/messages",
            to_wire(request, self.dialect.flags_of(request.model), is_stream=True),
            EventReader(),
            headers=self.headers,
            rules=self.rules,
            is_end=_is_end,
        )
        reading = Reading()
        async with aclosing(events):
            async for event in events:
                for delta in self._read(event, reading):
                    yield delta
        if not reading.is_finished:
            raise self._connection.invalid("The provider closed the stream before finishing.")

    def headers(self, key: str) -> Mapping[str, str]:
        """The provider's own headers."""
        return {"x-api-key": key, "anthropic-version": _VERSION}

    def _whole(self, answer: Mapping[str, Any]) -> Completion:
        if answer.get("type") == "error" or answer.get("error"):
            raise self._connection.error_in(answer, self.rules)
        try:
            return from_wire(answer)
        except Unreadable as exc:
            raise self._connection.invalid("The provider's answer cannot be read.") from exc

    def _read(self, event: Event, reading: Reading) -> Iterator[Delta]:
        try:
            data = from_json(event.data)
            if not isinstance(data, dict):
                raise Unreadable(event.name)
            if data.get("type") == "error":
                raise self._connection.error_in(data, self.rules)
            yield from reading.deltas(data)
        except ValueError as exc:
            raise self._connection.invalid("The provider's stream cannot be read.") from exc


def to_wire(request: ChatRequest, flags: Mapping[str, Any], *, is_stream: bool) -> dict[str, Any]:
    """Our request as their body."""
    body = request.body
    system, turns = to_turns(body["messages"], _WORDS)
    effort = body.get("reasoning_effort")
    output = {"effort": effort_of(effort, flags), "format": _format(body)}
    user = body.get("safety_identifier") or body.get("user")
    tools = _tools(body)
    wire = {
        "model": request.model.upstream_model,
        "max_tokens": request.max_output_tokens,
        "system": _system(system),
        "messages": _messages(turns),
        "tools": tools,
        "tool_choice": _tool_choice(body) if tools else None,
        "temperature": body.get("temperature"),
        "top_p": body.get("top_p"),
        "stop_sequences": body.get("stop"),
        "thinking": thinking_of(effort, flags, request.max_output_tokens),
        "output_config": {name: value for name, value in output.items() if value is not None} or None,
        "metadata": {"user_id": user} if user else None,
        "service_tier": body.get("service_tier"),
        "stream": True if is_stream else None,
    }
    return {name: value for name, value in wire.items() if value is not None}


def _settle(kept: dict[str, Any]) -> Iterator[str]:
    """Put a planned body into values that they take; the names of those that are lost in that."""
    yield from one_sampling(kept)
    yield from without_blank_stops(kept)
    if (tier := kept.pop("service_tier", None)) is not None:
        if tier in _SERVICE_TIERS:
            kept["service_tier"] = _SERVICE_TIERS[tier]
        else:
            yield "service_tier"


class _AnthropicWords:
    """See `tollgate.providers.turns.Words`."""

    def text(self, text: str, *, is_cached: bool) -> list[Block]:
        return [_cached({"type": "text", "text": text}, is_cached=is_cached)]

    def image(self, url: str, *, is_cached: bool) -> list[Block]:
        media_type, data = data_of(url)
        source = {"type": "base64", "media_type": media_type, "data": data} if data else {"type": "url", "url": url}
        return [_cached({"type": "image", "source": source}, is_cached=is_cached)]

    def pdf(self, base64: str, *, name: str | None, is_cached: bool) -> list[Block]:
        source = {"type": "base64", "media_type": "application/pdf", "data": base64}
        block: Block = {"type": "document", "source": source, **({"title": name} if name else {})}
        return [_cached(block, is_cached=is_cached)]

    def call(self, call_id: str, name: str, arguments: Mapping[str, Any]) -> list[Block]:
        return [{"type": "tool_use", "id": call_id, "name": name, "input": arguments}]

    def result(self, call_id: str, content: list[Block]) -> list[Block]:
        block: Block = {"type": "tool_result", "tool_use_id": call_id}
        return [{**block, "content": _plain(content)} if content else block]

    def thinking(self, block: Mapping[str, Any]) -> list[Block]:
        names = ("type", "data") if block["type"] == "redacted_thinking" else ("type", "thinking", "signature")
        return [{name: block[name] for name in names}]


_WORDS: Final = _AnthropicWords()


def _cached(block: Block, *, is_cached: bool) -> Block:
    # Without a time it is five minutes, which is what the catalogue has the price of.
    return {**block, "cache_control": {"type": "ephemeral"}} if is_cached else block


def _plain(content: list[Block]) -> str | list[Block]:
    """Content in its shortest form."""
    is_plain = len(content) == 1 and content[0].keys() == {"type", "text"}
    return content[0]["text"] if is_plain else content


def _system(blocks: list[Block]) -> str | list[Block] | None:
    if any("cache_control" in block for block in blocks):
        return blocks
    return "\n\n".join(block["text"] for block in blocks) or None


def _messages(turns: list[Turn]) -> list[Turn]:
    last = turns[-1]["content"][-1]
    if turns[-1]["role"] == "assistant" and last["type"] == "text":
        # An answer that is begun for them may not end in white space.
        last["text"] = last["text"].rstrip()
    return [{"role": turn["role"], "content": _plain(turn["content"])} for turn in turns]


def _tools(body: JsonObject) -> list[dict[str, Any]] | None:
    tools = [_tool(tool["function"]) for tool in body.get("tools") or ()]
    declared = {tool["name"] for tool in tools}
    tools += [
        {"name": name, "description": EARLIER_TOOL, "input_schema": EMPTY_SCHEMA}
        for name in tools_in(body["messages"])
        if name not in declared
    ]
    return tools or None


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    schema = function.get("parameters") or EMPTY_SCHEMA
    tool: dict[str, Any] = {"name": function["name"]}
    if function.get("description"):
        tool["description"] = function["description"]
    tool["input_schema"] = {"type": "object", **schema}
    if function.get("strict"):
        tool |= {"input_schema": closed(tool["input_schema"]), "strict": True}
    return tool


def _tool_choice(body: JsonObject) -> dict[str, Any] | None:
    if not body.get("tools"):
        return {"type": "none"}
    choice = body.get("tool_choice")
    wire: dict[str, Any] | None = None
    if isinstance(choice, Mapping):
        wire = {"type": "tool", "name": choice["function"]["name"]}
    elif choice is not None:
        wire = {"type": _TOOL_CHOICES[choice]}
    if body.get("parallel_tool_calls") is False and choice != "none":
        wire = {**(wire or {"type": "auto"}), "disable_parallel_tool_use": True}
    return wire


def _format(body: JsonObject) -> dict[str, Any] | None:
    schema = schema_of(body)
    return {"type": "json_schema", "schema": closed(schema)} if schema else None


def _is_end(event: Event) -> bool:
    # What a text says of it stands between escaped quotes.
    return event.name == "message_stop" or (not event.name and b'"message_stop"' in event.data)
