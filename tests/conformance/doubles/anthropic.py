"""Anthropic: https://platform.claude.com/docs/en/api/messages ."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Called, Counts, Double, Refused, Said
from tests.conformance.doubles.framings import Framing, ServerSentEvents
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
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


def refusal(message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    """Anthropic's error body, which is its error event as well."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011CUpstream"}


class AnthropicDouble(Double):
    """Anthropic."""

    provider: ClassVar[str] = "anthropic"
    base_path: ClassVar[str] = "/v1"
    framing: ClassVar[Framing] = ServerSentEvents(
        end=b'event: message_stop\ndata: {"type":"message_stop"}\n\n', name_of=lambda event: str(event["type"])
    )
    shows_reasoning: ClassVar[bool] = True
    has_signatures: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, refusal("messages.0.content: a string or a list is needed")),
            Refused(422, refusal("Unprocessable.")),
        ),
        ProviderAuthFailed: (
            Refused(401, refusal(f"invalid x-api-key {KEY_PLACE}", "authentication_error")),
            Refused(403, refusal("This key may not use the model.", "permission_error")),
        ),
        ProviderBilling: (
            Refused(402, refusal("There is a problem with the payment.", "billing_error")),
            Refused(400, refusal("The credit balance is too low to go on.")),
            Refused(400, refusal("The spend limit of this workspace is reached.")),
            Refused(400, refusal("The specified API usage limits are reached until 2026-12-01.")),
        ),
        NoProviderAvailable: (Refused(404, refusal("model: a-model", "not_found_error")),),
        ContextLengthExceeded: (
            Refused(400, refusal("prompt is too long: 210000 tokens > 200000 maximum")),
            Refused(400, refusal("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000")),
        ),
        ContentFiltered: (Refused(400, refusal("Output blocked by content filtering policy")),),
        TooLarge: (Refused(413, refusal("Too large.", "request_too_large")), Refused(413, None)),
        ProviderRateLimited: (Refused(429, refusal("Too many tokens a minute.", "rate_limit_error")),),
        ProviderOverloaded: (
            Refused(529, refusal("Overloaded", "overloaded_error")),
            Refused(529, None),
            Refused(503, None),
            Refused(409, refusal("Another request is at it.", "conflict_error")),
        ),
        UpstreamTimeout: (Refused(504, refusal("Timed out.", "timeout_error")),),
        UpstreamInvalid: (Refused(500, refusal("Internal server error", "api_error")), Refused(502, None)),
    }
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, refusal("Slow down.", "rate_limit_error"), {"retry-after": "7"}), 7),
        (
            Refused(
                429,
                refusal("Slow down.", "rate_limit_error"),
                {"anthropic-ratelimit-output-tokens-reset": "2999-01-01T00:00:00Z"},
            ),
            120,
        ),
        (Refused(429, refusal("Slow down.", "rate_limit_error")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Overloaded", "overloaded_error"), ProviderOverloaded),
        (refusal("Internal server error", "api_error"), UpstreamInvalid),
        (refusal("Too many tokens.", "rate_limit_error"), ProviderRateLimited),
        (refusal("There is a problem with the payment.", "billing_error"), ProviderBilling),
        (refusal("A kind of error that is new.", "brand_new_error"), UpstreamInvalid),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Overloaded", "overloaded_error"), ProviderOverloaded),
        (refusal("Something broke.", "api_error"), UpstreamInvalid),
    )

    def path(self, model: Model, *, is_stream: bool) -> str:
        return f"{self.base_path}/messages"

    def key_in(self, headers: Mapping[str, str]) -> str:
        assert headers["anthropic-version"] == "2023-06-01"
        assert "authorization" not in headers
        return headers["x-api-key"]

    def whole(self, said: Said) -> Any:
        content: list[dict[str, Any]] = []
        if said.reasoning or said.signature:
            content.append({"type": "thinking", "thinking": said.reasoning, "signature": said.signature})
        if said.text:
            content.append({"type": "text", "text": said.text, "citations": None})
        content += [{**self.call(call), "input": call.arguments or {}} for call in said.calls]
        return {
            **self.message(said),
            "content": content,
            "stop_reason": self.reason(said),
            "usage": self.usage_of(said.counts) if said.counts else None,
        }

    def events(self, said: Said) -> list[Any]:
        start = self.message(said)
        if said.counts:
            start["usage"] = {**self.usage_of(said.counts), "output_tokens": 1}
        events: list[Any] = [{"type": "message_start", "message": start}]
        blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
        if said.reasoning or said.signature:
            thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(said.reasoning)]
            signed = [{"type": "signature_delta", "signature": said.signature}] if said.signature else []
            blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, [*thoughts, *signed]))
        if said.text:
            blocks.append(
                ({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in _pieces(said.text)])
            )
        for call in said.calls:
            text = "" if call.arguments is None else json.dumps(call.arguments, separators=(",", ":"))
            fragments = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *_pieces(text)]]
            blocks.append(({**self.call(call), "input": {}}, fragments))
        for index, (block, deltas) in enumerate(blocks):
            events.append({"type": "content_block_start", "index": index, "content_block": block})
            events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
            events.append({"type": "content_block_stop", "index": index})
            if index == 0:
                events.append({"type": "ping"})
        if said.finish is not None:
            end: dict[str, Any] = {
                "type": "message_delta",
                "delta": {"stop_reason": self.reason(said), "stop_sequence": None},
            }
            if said.counts:
                end["usage"] = {"output_tokens": said.counts.completion, **self.details(said.counts)}
            events.append(end)
        return events

    def error(self, message: str) -> Any:
        return refusal(message)

    def cap_in(self, body: Mapping[str, Any]) -> int:
        return int(body["max_tokens"])

    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        found: list[tuple[str, Any, str]] = []
        roles = [message["role"] for message in body["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        called: dict[str, tuple[str, Any]] = {}
        for message in body["messages"]:
            blocks = message["content"] if isinstance(message["content"], list) else []
            kinds = [block["type"] for block in blocks]
            if message["role"] == "user":
                results = [block for block in blocks if block["type"] == "tool_result"]
                assert kinds[: len(results)] == ["tool_result"] * len(results), "results come before all else"
                assert {block["tool_use_id"] for block in results} == called.keys(), "all results, in one message"
                found += [(*called[block["tool_use_id"]], block["content"]) for block in results]
                called = {}
            else:
                called = {
                    block["id"]: (block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"
                }
        assert not called
        return found

    def images_in(self, body: Mapping[str, Any]) -> list[str]:
        sources = [
            block["source"]
            for message in body["messages"]
            if isinstance(message["content"], list)
            for block in message["content"]
            if block["type"] == "image"
        ]
        return [
            source["url"] if source["type"] == "url" else f"data:{source['media_type']};base64,{source['data']}"
            for source in sources
        ]

    def schema_in(self, body: Mapping[str, Any]) -> Any:
        assert body["output_config"]["format"]["type"] == "json_schema"
        return body["output_config"]["format"]["schema"]

    def signature_in(self, body: Mapping[str, Any]) -> str:
        (turn,) = [message for message in body["messages"] if message["role"] == "assistant"]
        assert turn["content"][0]["type"] == "thinking", "thoughts come first"
        return str(turn["content"][0]["signature"])

    def message(self, said: Said) -> dict[str, Any]:
        """An answer of which nothing is said yet."""
        return {
            "id": "msg_01Upstream",
            "type": "message",
            "role": "assistant",
            "model": "a-model-20261001",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
        }

    def call(self, call: Called) -> dict[str, Any]:
        """The beginning of a tool call."""
        named = {"id": call.id} if call.id is not None else {}
        return {"type": "tool_use", **named, "name": call.name}

    def reason(self, said: Said) -> str | None:
        """The vendor's word for how it ends."""
        return said.unknown_finish or (_STOP_REASONS[said.finish] if said.finish else None)

    def details(self, counts: Counts) -> dict[str, Any]:
        """What is told of the output beside its size."""
        return {"output_tokens_details": {"thinking_tokens": counts.reasoning}} if counts.reasoning else {}

    def usage_of(self, counts: Counts) -> dict[str, Any]:
        """The usage object, whose plain input leaves out what was read from a cache or written to one."""
        return {
            "input_tokens": counts.prompt - counts.cached - counts.cache_write,
            "cache_creation_input_tokens": counts.cache_write,
            "cache_read_input_tokens": counts.cached,
            "cache_creation": {"ephemeral_5m_input_tokens": counts.cache_write, "ephemeral_1h_input_tokens": 0},
            "output_tokens": counts.completion,
            "service_tier": "standard",
            **self.details(counts),
        }


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


DOUBLE = AnthropicDouble()
