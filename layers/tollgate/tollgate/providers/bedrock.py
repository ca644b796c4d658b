"""Amazon Bedrock: the Converse API, as the function's own role.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar

from msgspec.structs import replace
from pydantic_core import from_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.providers.bedrock_access import RULES, Access, path_of
from tollgate.providers.bedrock_answers import Reading, from_wire
from tollgate.providers.bedrock_requests import has_cache, has_strict_tools, to_wire
from tollgate.providers.blocks import LONGEST_AT_ONCE, Unreadable, joined
from tollgate.providers.closed_schemas import schema_to_check
from tollgate.providers.connection import Connection
from tollgate.providers.frames import BROKEN, Frame, FrameReader
from tollgate.providers.parameters import Dialect, one_sampling, plan, refuse_dropped, without_blank_stops
from tollgate.providers.refusals import Rule
from tollgate.providers.thinking import settle_thinking
from tollgate.providers.turns import check_turns, tools_in


class BedrockChat:
    """Conversations with any model that Converse serves."""

    dialect: ClassVar[Dialect] = Dialect(
        takes=frozenset({"reasoning_effort", "temperature", "top_p"}),
        flags={
            "cap_field": "max_tokens",
            "temperature_max": 1.0,
            "json": "none",
            "parallel_tools": False,
            "n_max": 1,
            "logprobs": False,
            "image_fetch": False,
        },
    )
    rules: ClassVar[tuple[Rule, ...]] = RULES

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._access = Access(connection)

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`."""
        flags = self.dialect.flags_of(model)
        planned = plan(body, model, self.dialect, is_strict=is_strict)
        kept = dict(planned.body)
        dropped = dict.fromkeys((*planned.dropped, *check_turns(kept["messages"], model)))
        if flags.get("effort_field"):
            dropped |= dict.fromkeys(settle_thinking(kept, flags))
            dropped |= dict.fromkeys(one_sampling(kept))
        dropped |= dict.fromkeys((*without_blank_stops(kept), *_lost(kept, model, flags)))
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
            path, wire = path_of(request.model, "converse"), to_wire(request, self.dialect.flags_of(request.model))
            answer, headers = await self._connection.post(
                path, wire, headers=self._access.headers(path, wire), rules=self.rules
            )
            completion = self._whole(answer, headers.get("x-amzn-requestid"))
        return completion

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        path, wire = path_of(request.model, "converse-stream"), to_wire(request, self.dialect.flags_of(request.model))
        headers = self._access.headers(path, wire)
        frames = self._connection.events(path, wire, FrameReader(), headers=headers, rules=self.rules)
        reading = Reading()
        async with aclosing(frames):
            async for frame in frames:
                for delta in self._read(frame, reading):
                    yield delta
        if not reading.is_finished:
            raise self._connection.invalid("The provider closed the stream before finishing.")

    def _whole(self, answer: Mapping[str, Any], upstream_id: str | None) -> Completion:
        if "output" not in answer and ("__type" in answer or "message" in answer):
            raise self._connection.error_in(answer, self.rules)
        try:
            return from_wire(answer, upstream_id)
        except Unreadable as exc:
            raise self._connection.invalid("The provider's answer cannot be read.") from exc

    def _read(self, frame: Frame, reading: Reading) -> Iterator[Delta]:
        try:
            said = from_json(frame.payload) if frame.payload else {}
            if frame is BROKEN or not isinstance(said, dict):
                raise Unreadable(frame.name)
            if frame.kind != "event":
                raise self._connection.error_in({"message": said.get("message"), "code": frame.name}, self.rules)
            yield from reading.deltas(frame.name, said)
        except ValueError as exc:
            raise self._connection.invalid("The provider's stream cannot be read.") from exc


def _lost(kept: JsonObject, model: Model, flags: Mapping[str, Any]) -> Iterator[str]:
    messages = kept["messages"]
    if kept.get("tool_choice") == "none" and tools_in(messages):
        # Calls in the history need their tools declared, and what is declared can be called.
        yield "tool_choice"
    if not has_strict_tools(flags) and any(tool["function"].get("strict") for tool in kept.get("tools", ())):
        yield "tools.strict"
    if not has_cache(model) and any(
        part.get("cache_control")
        for message in messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
    ):
        yield "messages.cache_control"
