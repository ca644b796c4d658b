"""Amazon Bedrock: the Converse API, as the function's own role.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html

The requests are signed here and sent like those to any other vendor: boto3 could neither be interrupted nor be waited
for without a thread, and takes longer to import than all the rest of a call's start.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic_core import from_json, to_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.errors import (
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
)
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
from tollgate.signature import AwsCredentials, NoCredentials, credentials_from, sign


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
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(ProviderBilling, frozenset({400, 403}), texts=("payment instrument", "payment_instrument")),
        Rule(
            ProviderAuthFailed,
            frozenset({400, 401, 403, 404}),
            codes=(
                "accessdeniedexception",
                "expiredtokenexception",
                "invalidsignatureexception",
                "missingauthenticationtokenexception",
                "unrecognizedclientexception",
            ),
        ),
        Rule(
            NoProviderAvailable,
            frozenset({400}),
            texts=("model identifier is invalid", "on-demand throughput isn", "end of its life"),
        ),
        Rule(ContextLengthExceeded, frozenset({400}), texts=("input is too long", "context window", "context limit")),
        Rule(ContentFiltered, frozenset({400}), texts=("content filtering policy",)),
        Rule(ProviderOverloaded, frozenset({429}), codes=("modelnotreadyexception",)),
        Rule(ProviderRateLimited, frozenset({400}), codes=("servicequotaexceededexception",)),
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._credentials: Callable[[], AwsCredentials] = credentials_from(connection.environment)

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
                path, wire, headers=self.headers_for(path, wire), rules=self.rules
            )
            completion = self._whole(answer, headers.get("x-amzn-requestid"))
        return completion

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        path, wire = path_of(request.model, "converse-stream"), to_wire(request, self.dialect.flags_of(request.model))
        frames = self._connection.events(
            path, wire, FrameReader(), headers=self.headers_for(path, wire), rules=self.rules
        )
        reading = Reading()
        async with aclosing(frames):
            async for frame in frames:
                for delta in self._read(frame, reading):
                    yield delta
        if not reading.is_finished:
            raise self._connection.invalid("The provider closed the stream before finishing.")

    def headers_for(self, path: str, wire: Mapping[str, Any]) -> Callable[[str], Mapping[str, str]]:
        """What makes the headers of a call: a key's, or those of a signature."""

        def made(key: str) -> Mapping[str, str]:
            # An API key of Bedrock's own, where the operator has one: on a laptop, or in another account.
            return {"authorization": f"Bearer {key}"} if key else self._signed(path, to_json(wire))

        return made

    def _signed(self, path: str, content: bytes) -> Mapping[str, str]:
        try:
            credentials = self._credentials()
        except NoCredentials as exc:
            raise ProviderAuthFailed(
                "The gateway has no credentials for the provider.",
                provider=self._connection.provider.id,
                metadata={"provider": self._connection.provider.id},
            ) from exc
        host, slash, prefix = self._connection.base_url.partition("://")[2].partition("/")
        return sign(
            host=host,
            path=slash + prefix + path,
            headers={"content-type": "application/json"},
            body=content,
            region=self._connection.region,
            service="bedrock",
            credentials=credentials,
            now=datetime.now(UTC),
        )

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


def path_of(model: Model, operation: str) -> str:
    """Where an operation of a model is, below the base URL."""
    return f"/model/{quote(model.upstream_model, safe='')}/{operation}"


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
