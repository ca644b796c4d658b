"""OpenAI: https://platform.openai.com/docs/api-reference/chat ."""

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


def refusal(
    message: str, kind: str = "invalid_request_error", *, code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """OpenAI's error body."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


class OpenAIDouble(Double):
    """OpenAI itself; whoever speaks its language can begin from here."""

    provider: ClassVar[str] = "openai"
    base_path: ClassVar[str] = "/v1"
    framing: ClassVar[Framing] = ServerSentEvents(end=b"data: [DONE]\n\n")

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, refusal("Invalid value for 'temperature'.", param="temperature")),
            Refused(422, refusal("Unprocessable.")),
        ),
        ProviderAuthFailed: (
            Refused(401, refusal(f"The key {KEY_PLACE} is unknown.", code="invalid_api_key")),
            Refused(403, refusal("Nobody is served in this region.", "request_forbidden")),
            Refused(400, refusal("First, your organization must be verified.", param="stream")),
        ),
        ProviderBilling: (
            Refused(429, refusal("The quota is used up.", "insufficient_quota", code="insufficient_quota")),
            Refused(429, refusal("The limit of the bill is reached.", code="billing_hard_limit_reached")),
        ),
        NoProviderAvailable: (Refused(404, refusal("There is no `a-model`.", code="model_not_found", param="model")),),
        ContextLengthExceeded: (
            Refused(400, refusal("Too long.", code="context_length_exceeded", param="messages")),
            Refused(400, refusal("The maximum context length is 8192 tokens.", param="messages")),
        ),
        ContentFiltered: (
            Refused(400, refusal("Not allowed.", code="content_policy_violation")),
            Refused(400, refusal("Not allowed.", code="invalid_prompt")),
        ),
        TooLarge: (Refused(413, refusal("Too large.")),),
        ProviderRateLimited: (
            Refused(429, refusal("Too many tokens.", "tokens", code="rate_limit_exceeded")),
            Refused(429, None),
        ),
        ProviderOverloaded: (Refused(503, refusal("Too many want this model.", "server_error")),),
        UpstreamTimeout: (Refused(408, refusal("Timed out.", "server_error")), Refused(504, None)),
        UpstreamInvalid: (Refused(500, refusal("Something broke.", "server_error")), Refused(502, None)),
    }
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, refusal("Slow down.", "requests"), {"retry-after": "7", "retry-after-ms": "6500"}), 6.5),
        (Refused(429, refusal("Slow down.", "requests"), {"retry-after": "7"}), 7),
        (
            Refused(
                429,
                refusal("Slow down.", "tokens"),
                {"x-ratelimit-reset-requests": "120ms", "x-ratelimit-reset-tokens": "1m0s"},
            ),
            60,
        ),
        (Refused(429, refusal("Slow down.", "tokens")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "server_error"), UpstreamInvalid),
        (refusal("Too many tokens.", "tokens", code="rate_limit_exceeded"), ProviderRateLimited),
        (refusal("No quota.", "insufficient_quota", code="insufficient_quota"), ProviderBilling),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal("Something broke.", "server_error"), UpstreamInvalid),
        ({"error": {"message": "No credits.", "code": 402}}, ProviderBilling),
        ({"error": {"message": "Bad request.", "code": "400"}}, UpstreamRejected),
        ({"error": "something went wrong"}, UpstreamInvalid),
    )

    def path(self, model: Model, *, is_stream: bool) -> str:
        return f"{self.base_path}/chat/completions"

    def key_in(self, headers: Mapping[str, str]) -> str:
        return headers["authorization"].removeprefix("Bearer ")

    def whole(self, said: Said) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
        if said.calls:
            message["tool_calls"] = [self.call(call) for call in said.calls]
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1790000000,
            "model": "a-model-2026-10-01",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish(said)}],
            "usage": self.usage_of(said.counts) if said.counts else None,
            "service_tier": "default",
            "system_fingerprint": "fp_1",
        }

    def events(self, said: Said) -> list[Any]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None if said.calls else "", "refusal": None}]
        deltas += [{"content": said.text[start : start + _PIECE]} for start in range(0, len(said.text), _PIECE)]
        for index, call in enumerate(said.calls):
            whole = self.call(call)
            arguments = whole["function"]["arguments"]
            whole["function"]["arguments"] = ""
            deltas.append({"tool_calls": [{"index": index, **whole}]})
            for start in range(0, len(arguments), _PIECE):
                fragment = {"index": index, "function": {"arguments": arguments[start : start + _PIECE]}}
                deltas.append({"tool_calls": [fragment]})
        chunks = [self.chunk(delta) for delta in deltas]
        if said.finish is not None:
            chunks.append(self.chunk({}, self.finish(said)))
            if said.counts:
                chunks.append({**self.chunk({}), "choices": [], "usage": self.usage_of(said.counts)})
        return chunks

    def error(self, message: str) -> Any:
        return refusal(message)

    def cap_in(self, body: Mapping[str, Any]) -> int:
        assert "max_tokens" not in body
        return int(body["max_completion_tokens"])

    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        found: list[tuple[str, Any, str]] = []
        open_calls: dict[str, tuple[str, Any]] = {}
        for message in body["messages"]:
            if message["role"] == "tool":
                name, arguments = open_calls.pop(message["tool_call_id"])
                found.append((name, arguments, message["content"]))
                continue
            assert not open_calls, "every call has its result before the conversation goes on"
            for call in message.get("tool_calls") or ():
                function = call["function"]
                open_calls[call["id"]] = (function["name"], json.loads(function["arguments"]))
        assert not open_calls
        return found

    def images_in(self, body: Mapping[str, Any]) -> list[str]:
        return [
            part["image_url"]["url"]
            for message in body["messages"]
            if isinstance(message["content"], list)
            for part in message["content"]
            if part["type"] == "image_url"
        ]

    def schema_in(self, body: Mapping[str, Any]) -> Any:
        assert body["response_format"]["type"] == "json_schema"
        return body["response_format"]["json_schema"]["schema"]

    def call(self, call: Called) -> dict[str, Any]:
        """A tool call, whole."""
        arguments = "" if call.arguments is None else json.dumps(call.arguments, ensure_ascii=False)
        named = {"id": call.id} if call.id is not None else {}
        return {**named, "type": "function", "function": {"name": call.name, "arguments": arguments}}

    def chunk(self, delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
        """One chunk."""
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1790000000,
            "model": "a-model-2026-10-01",
            "service_tier": "default",
            "choices": [{"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": reason}],
            "usage": None,
            "obfuscation": "x7Yk",
        }

    def finish(self, said: Said) -> str | None:
        """The finish reason, whose words here are the router's own."""
        return said.unknown_finish or said.finish

    def usage_of(self, counts: Counts) -> dict[str, Any]:
        """The usage object."""
        return {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.prompt + counts.completion,
            "prompt_tokens_details": {
                "cached_tokens": counts.cached,
                "cache_write_tokens": counts.cache_write,
                "audio_tokens": 0,
            },
            "completion_tokens_details": {"reasoning_tokens": counts.reasoning, "audio_tokens": 0},
        }


DOUBLE = OpenAIDouble()
