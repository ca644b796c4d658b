"""Gemini: https://ai.google.dev/api/generate-content ."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
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
_FINISHES = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}


def refusal(code: int, status: str, message: str, *details: Mapping[str, Any]) -> dict[str, Any]:
    """Google's error body."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return {"error": {**error, "details": list(details)} if details else error}


def reason(word: str) -> dict[str, Any]:
    """A detail that names the cause."""
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": word, "domain": "googleapis.com"}


def retry(delay: str) -> dict[str, Any]:
    """A detail that asks for patience."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def quota(quota_id: str) -> dict[str, Any]:
    """A detail that names the limit."""
    violation = {"quotaMetric": "generativelanguage.googleapis.com/requests", "quotaId": quota_id}
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


class GoogleDouble(Double):
    """Gemini's third generation, which misses signatures."""

    provider: ClassVar[str] = "google"
    base_path: ClassVar[str] = "/v1beta"
    flags: ClassVar[Mapping[str, Any]] = {"effort_levels": ("low", "high")}
    framing: ClassVar[Framing] = ServerSentEvents(end=None)
    reports: ClassVar[frozenset[str]] = frozenset({"cached", "reasoning"})
    shows_reasoning: ClassVar[bool] = True
    has_signatures: ClassVar[bool] = True
    fetches_images: ClassVar[bool] = False

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, refusal(400, "INVALID_ARGUMENT", "Invalid value at 'generation_config.temperature'.")),
            Refused(400, refusal(400, "INVALID_ARGUMENT", "There is no function 'billing' to call.")),
            Refused(422, None),
        ),
        ProviderAuthFailed: (
            Refused(
                400, refusal(400, "INVALID_ARGUMENT", f"No key: {KEY_PLACE}", reason("API_KEY_INVALID"), retry("1s"))
            ),
            Refused(400, refusal(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.")),
            Refused(400, refusal(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")),
            Refused(401, refusal(401, "UNAUTHENTICATED", "Who are you?")),
            Refused(403, refusal(403, "PERMISSION_DENIED", "Not for you.", reason("API_KEY_SERVICE_BLOCKED"))),
        ),
        ProviderBilling: (
            Refused(400, refusal(400, "FAILED_PRECONDITION", "Please enable billing on your project.")),
            Refused(402, refusal(402, "PAYMENT_REQUIRED", "Please pay.")),
            Refused(429, refusal(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.")),
        ),
        NoProviderAvailable: (Refused(404, refusal(404, "NOT_FOUND", "models/a-model is not found.")),),
        ContextLengthExceeded: (
            Refused(
                400,
                refusal(
                    400,
                    "INVALID_ARGUMENT",
                    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                ),
            ),
        ),
        ContentFiltered: (
            Refused(200, {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 8}}),
            Refused(200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "candidates": []}),
        ),
        TooLarge: (Refused(413, refusal(413, "INVALID_ARGUMENT", "Too large.")),),
        ProviderRateLimited: (
            Refused(
                429,
                refusal(
                    429,
                    "RESOURCE_EXHAUSTED",
                    "You exceeded your current quota, please check your plan and billing details.",
                    quota("GenerateRequestsPerMinutePerProjectPerModel"),
                    retry("7s"),
                ),
            ),
            Refused(429, None),
        ),
        ProviderOverloaded: (Refused(503, refusal(503, "UNAVAILABLE", "The model is overloaded.")),),
        UpstreamTimeout: (Refused(504, refusal(504, "DEADLINE_EXCEEDED", "Too slow.")), Refused(408, None)),
        UpstreamInvalid: (Refused(500, refusal(500, "INTERNAL", "Something broke.")), Refused(502, None)),
    }
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, refusal(429, "RESOURCE_EXHAUSTED", "Slow down.", retry("40s"))), 40),
        (Refused(429, refusal(429, "RESOURCE_EXHAUSTED", "Slow down.", quota("PerMinute"), retry("1.5s"))), 1.5),
        (Refused(429, refusal(429, "RESOURCE_EXHAUSTED", "Tomorrow.", quota("RequestsPerDay"), retry("1s"))), 120),
        (Refused(429, [refusal(429, "RESOURCE_EXHAUSTED", "Slow down.", retry("3s"))]), 3),
        (Refused(429, refusal(429, "RESOURCE_EXHAUSTED", "Slow down.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal(503, "UNAVAILABLE", "The model is overloaded."), ProviderOverloaded),
        ([refusal(429, "RESOURCE_EXHAUSTED", "Slow down.")], ProviderRateLimited),
        (refusal(400, "INVALID_ARGUMENT", "No.", reason("API_KEY_INVALID")), ProviderAuthFailed),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, ContentFiltered),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (refusal(500, "INTERNAL", "Something broke."), UpstreamInvalid),
        (refusal(429, "RESOURCE_EXHAUSTED", "Slow down."), ProviderRateLimited),
    )

    def path(self, model: Model, *, is_stream: bool) -> str:
        method = "streamGenerateContent" if is_stream else "generateContent"
        return f"{self.base_path}/models/{model.upstream_model}:{method}"

    def key_in(self, headers: Mapping[str, str]) -> str:
        return headers["x-goog-api-key"]

    def whole(self, said: Said) -> Any:
        parts = [{"text": said.reasoning, "thought": True}] if said.reasoning else []
        if said.text or not said.calls:
            parts.append({"text": said.text})
        return self.answer_of([*parts, *self.calls(said)], said, is_last=True)

    def events(self, said: Said) -> list[Any]:
        pieces: list[list[dict[str, Any]]] = []
        for text, extra in ((said.reasoning, {"thought": True}), (said.text, {})):
            pieces += [[{"text": text[start : start + _PIECE], **extra}] for start in range(0, len(text), _PIECE)]
        calls = self.calls(said)
        # The first call comes alone, the others together.
        pieces += [calls[:1], calls[1:]] if len(calls) > 1 else [calls] if calls else []
        chunks = [self.answer_of(parts, said, is_last=False) for parts in pieces]
        if said.finish is not None:
            chunks.append(self.answer_of([{"text": ""}], said, is_last=True))
        return chunks

    def error(self, message: str) -> Any:
        return refusal(400, "INVALID_ARGUMENT", message)

    def cap_in(self, body: Mapping[str, Any]) -> int:
        return int(body["generationConfig"]["maxOutputTokens"])

    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        found: list[tuple[str, Any, str]] = []
        contents = body["contents"]
        declared = {one["name"] for tool in body["tools"] for one in tool["functionDeclarations"]}
        assert contents[0]["role"] == "user"
        for before, content in pairwise(contents):
            assert before["role"] != content["role"], "turns alternate"
        for place, content in enumerate(contents):
            calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
            if not calls:
                continue
            assert content["role"] == "model"
            assert {call["name"] for call in calls} <= declared
            first = next(part for part in content["parts"] if "functionCall" in part)
            assert first["thoughtSignature"], "the first call of a turn is signed"
            answers = [part["functionResponse"] for part in contents[place + 1]["parts"] if "functionResponse" in part]
            assert [one["name"] for one in answers] == [call["name"] for call in calls]
            assert [one.get("id") for one in answers] == [call.get("id") for call in calls]
            for call, one in zip(calls, answers, strict=True):
                response = one["response"]
                text = response["output"] if response.keys() == {"output"} else json.dumps(response)
                found.append((call["name"], call["args"], text))
        return found

    def images_in(self, body: Mapping[str, Any]) -> list[str]:
        data = [part["inlineData"] for content in body["contents"] for part in content["parts"] if "inlineData" in part]
        return [f"data:{one['mimeType']};base64,{one['data']}" for one in data]

    def schema_in(self, body: Mapping[str, Any]) -> Any:
        config = body["generationConfig"]
        assert config["responseMimeType"] == "application/json"
        return config["responseJsonSchema"]

    def signature_in(self, body: Mapping[str, Any]) -> str:
        (signature,) = (
            part["thoughtSignature"]
            for content in body["contents"]
            for part in content["parts"]
            if "thoughtSignature" in part
        )
        return str(signature)

    def calls(self, said: Said) -> list[dict[str, Any]]:
        """The parts that call tools."""
        parts = [self.call(call) for call in said.calls]
        if parts and said.signature:
            parts[0]["thoughtSignature"] = said.signature
        return parts

    def call(self, call: Called) -> dict[str, Any]:
        """A part that calls a tool."""
        function: dict[str, Any] = {"name": call.name}
        if call.arguments is not None:
            function["args"] = dict(call.arguments)
        if call.id is not None:
            function["id"] = call.id
        return {"functionCall": function}

    def answer_of(self, parts: list[dict[str, Any]], said: Said, *, is_last: bool) -> dict[str, Any]:
        """An answer, or a chunk of one."""
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
        if is_last and said.finish is not None:
            candidate["finishReason"] = said.unknown_finish or _FINISHES[said.finish]
        answer: dict[str, Any] = {"candidates": [candidate], "modelVersion": "a-model-001", "responseId": "r1"}
        if said.counts is not None:
            answer["usageMetadata"] = self.usage_of(said.counts) if is_last else self.usage_so_far(said.counts)
        return answer

    def usage_so_far(self, counts: Counts) -> dict[str, Any]:
        """What is known before the end."""
        return {"promptTokenCount": counts.prompt, "totalTokenCount": counts.prompt}

    def usage_of(self, counts: Counts) -> dict[str, Any]:
        """The usage object, which leaves out what is zero."""
        usage = {
            "promptTokenCount": counts.prompt,
            "candidatesTokenCount": counts.completion - counts.reasoning,
            "thoughtsTokenCount": counts.reasoning,
            "cachedContentTokenCount": counts.cached,
            "totalTokenCount": counts.prompt + counts.completion,
        }
        return {name: count for name, count in usage.items() if count}


DOUBLE = GoogleDouble()
