"""Amazon Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html ."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Called, Counts, Double, Refused, Said
from tests.conformance.doubles.framings import Frames, Framing
from tollgate.contracts.catalogue import Model
from tollgate.errors import (
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    TooLarge,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)

_PIECE = 5
_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
}


def refused(status: int, name: str, message: str, **headers: str) -> Refused:
    """A refusal of AWS, which is named in a header."""
    where = "http://internal.amazon.com/coral/com.amazon.bedrock/"
    return Refused(status, {"message": message}, {"x-amzn-errortype": f"{name}:{where}", **headers})


def exception(name: str, message: str) -> dict[str, Any]:
    """The same in a stream."""
    return {":exception-type": name, "message": message}


class BedrockDouble(Double):
    """Bedrock, called with a key of its own; that it takes the role's signature as well is told elsewhere."""

    provider: ClassVar[str] = "bedrock"
    # What is not called with a key is signed.
    settings: ClassVar[Mapping[str, str]] = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    flags: ClassVar[Mapping[str, Any]] = {
        "effort_field": "adaptive",
        "effort_levels": ["none", "low", "medium", "high"],
        "json": "schema",
    }
    framing: ClassVar[Framing] = Frames()
    media_type: ClassVar[str] = "application/vnd.amazon.eventstream"
    reports: ClassVar[frozenset[str]] = frozenset({"cached", "cache_write"})
    shows_reasoning: ClassVar[bool] = True
    has_signatures: ClassVar[bool] = True
    fetches_images: ClassVar[bool] = False

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            refused(400, "ValidationException", "The value at 'inferenceConfig.temperature' is too large."),
            Refused(400, {"__type": "com.amazon.coral.service#ValidationException", "Message": "No such field."}),
        ),
        ProviderAuthFailed: (
            refused(403, "AccessDeniedException", f"{KEY_PLACE} may not do bedrock:InvokeModel."),
            refused(403, "UnrecognizedClientException", "The security token included in the request is invalid."),
            refused(400, "ExpiredTokenException", "The security token is expired."),
        ),
        ProviderBilling: (refused(403, "AccessDeniedException", "INVALID_PAYMENT_INSTRUMENT: one is needed."),),
        NoProviderAvailable: (
            refused(404, "ResourceNotFoundException", "No such model."),
            refused(400, "ValidationException", "The provided model identifier is invalid."),
            refused(400, "ValidationException", "Invocation with on-demand throughput isn't supported."),
        ),
        ContextLengthExceeded: (
            refused(400, "ValidationException", "The model said: Input is too long for requested model."),
            refused(400, "ValidationException", "The model said: prompt is too long: 210000 tokens > 200000"),
        ),
        ContentFiltered: (refused(400, "ValidationException", "Output blocked by content filtering policy"),),
        TooLarge: (Refused(413, {"message": "Too large."}),),
        ProviderRateLimited: (
            refused(429, "ThrottlingException", "Too many tokens, wait before you try again."),
            refused(400, "ServiceQuotaExceededException", "More than the quota."),
        ),
        ProviderOverloaded: (
            refused(503, "ServiceUnavailableException", "Bedrock cannot take more."),
            refused(429, "ModelNotReadyException", "The model is not ready."),
        ),
        UpstreamTimeout: (refused(408, "ModelTimeoutException", "The model took too long."),),
        UpstreamInvalid: (
            refused(500, "InternalServerException", "Something broke."),
            refused(424, "ModelErrorException", "The model broke."),
        ),
    }
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (refused(429, "ThrottlingException", "Slow down.", **{"retry-after": "7"}), 7),
        (refused(429, "ThrottlingException", "Slow down."), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (exception("throttlingException", "Slow down."), ProviderRateLimited),
        (exception("modelStreamErrorException", "The model broke."), UpstreamInvalid),
        (exception("internalServerException", "Something broke."), UpstreamInvalid),
        (exception("serviceUnavailableException", "Bedrock cannot take more."), ProviderOverloaded),
        (exception("validationException", "Input is too long for requested model."), ContextLengthExceeded),
        (exception("validationException", "No such field."), UpstreamRejected),
        (exception("brandNewException", "Something new."), UpstreamInvalid),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        ({"__type": "ThrottlingException", "message": "Slow down."}, ProviderRateLimited),
        ({"message": "Something broke."}, UpstreamInvalid),
    )

    def path(self, model: Model, *, is_stream: bool) -> str:
        return f"/model/{model.upstream_model}/{'converse-stream' if is_stream else 'converse'}"

    def key_in(self, headers: Mapping[str, str]) -> str:
        return headers["authorization"].removeprefix("Bearer ")

    def whole(self, said: Said) -> Any:
        content: list[dict[str, Any]] = []
        if said.reasoning or said.signature:
            signed = {"signature": said.signature} if said.signature else {}
            content.append({"reasoningContent": {"reasoningText": {"text": said.reasoning, **signed}}})
        if said.text:
            content.append({"text": said.text})
        content += [{"toolUse": {**self.call(call), "input": call.arguments or {}}} for call in said.calls]
        told = {"usage": self.usage_of(said.counts)} if said.counts else {}
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.reason(said),
            "metrics": {"latencyMs": 551},
            **told,
        }

    def events(self, said: Said) -> list[Any]:
        blocks: list[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = []
        if said.reasoning or said.signature:
            thoughts = [{"reasoningContent": {"text": piece}} for piece in _pieces(said.reasoning)]
            signed = [{"reasoningContent": {"signature": said.signature}}] if said.signature else []
            blocks.append((None, [*thoughts, *signed]))
        if said.text:
            blocks.append((None, [{"text": piece} for piece in _pieces(said.text)]))
        for call in said.calls:
            text = "" if call.arguments is None else json.dumps(call.arguments, separators=(",", ":"))
            fragments = [{"toolUse": {"input": piece}} for piece in _pieces(text)]
            blocks.append(({"toolUse": self.call(call)}, fragments))
        events = [_event("messageStart", role="assistant")]
        for index, (start, deltas) in enumerate(blocks):
            if start is not None:
                events.append(_event("contentBlockStart", contentBlockIndex=index, start=start))
            events += [_event("contentBlockDelta", contentBlockIndex=index, delta=delta) for delta in deltas]
            events.append(_event("contentBlockStop", contentBlockIndex=index))
        if said.finish is not None:
            events.append(_event("messageStop", stopReason=self.reason(said)))
            if said.counts:
                events.append(_event("metadata", usage=self.usage_of(said.counts), metrics={"latencyMs": 551}))
        return events

    def error(self, message: str) -> Any:
        return {"message": message}

    def cap_in(self, body: Mapping[str, Any]) -> int:
        return int(body["inferenceConfig"]["maxTokens"])

    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        found: list[tuple[str, Any, str]] = []
        roles = [message["role"] for message in body["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        called: dict[str, tuple[str, Any]] = {}
        for message in body["messages"]:
            if message["role"] == "user":
                results = [block["toolResult"] for block in message["content"] if "toolResult" in block]
                assert {result["toolUseId"] for result in results} == called.keys(), "all results, in one message"
                found += [(*called[result["toolUseId"]], result["content"][0]["text"]) for result in results]
                called = {}
            else:
                calls = [block["toolUse"] for block in message["content"] if "toolUse" in block]
                called = {call["toolUseId"]: (call["name"], call["input"]) for call in calls}
        assert not called
        return found

    def images_in(self, body: Mapping[str, Any]) -> list[str]:
        images = [block["image"] for message in body["messages"] for block in message["content"] if "image" in block]
        return [f"data:image/{image['format']};base64,{image['source']['bytes']}" for image in images]

    def schema_in(self, body: Mapping[str, Any]) -> Any:
        wanted = body["outputConfig"]["textFormat"]
        assert wanted["type"] == "json_schema"
        return json.loads(wanted["structure"]["jsonSchema"]["schema"])

    def signature_in(self, body: Mapping[str, Any]) -> str:
        (turn,) = [message for message in body["messages"] if message["role"] == "assistant"]
        return str(turn["content"][0]["reasoningContent"]["reasoningText"]["signature"])

    def call(self, call: Called) -> dict[str, Any]:
        """The beginning of a tool call."""
        named = {"toolUseId": call.id} if call.id is not None else {}
        return {**named, "name": call.name}

    def reason(self, said: Said) -> str | None:
        """The vendor's word for how it ends."""
        return said.unknown_finish or (_STOP_REASONS[said.finish] if said.finish else None)

    def usage_of(self, counts: Counts) -> dict[str, Any]:
        """The usage object, whose plain input leaves out what was read from a cache or written to one."""
        return {
            "inputTokens": counts.prompt - counts.cached - counts.cache_write,
            "outputTokens": counts.completion,
            "totalTokens": counts.prompt + counts.completion,
            "cacheReadInputTokens": counts.cached,
            "cacheWriteInputTokens": counts.cache_write,
        }


def _event(name: str, **payload: Any) -> dict[str, Any]:
    return {":event-type": name, **payload}


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


DOUBLE = BedrockDouble()
