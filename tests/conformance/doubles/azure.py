"""Azure OpenAI: https://learn.microsoft.com/azure/ai-foundry/openai/reference ."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Refused, Said
from tests.conformance.doubles.openai import OpenAIDouble, refusal
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

_SEVERITIES = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}


def coded(code: str, message: str, **more: Any) -> dict[str, Any]:
    """An error of the service in front of the model, whose code may be a status in text."""
    return {"error": {"code": code, "message": message, **more}}


class AzureDouble(OpenAIDouble):
    """A resource with its filters on, in the newer form."""

    provider: ClassVar[str] = "azure"
    base_path: ClassVar[str] = ""
    flags: ClassVar[Mapping[str, Any]] = {"deployment": "our-model"}

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, refusal("Invalid value for 'temperature'.", param="temperature")),
            Refused(400, coded("BadRequest", "No such API version.")),
            Refused(422, refusal("Unprocessable.")),
        ),
        ProviderAuthFailed: (
            Refused(401, {"statusCode": 401, "message": f"The key {KEY_PLACE} is no key of this resource."}),
            Refused(401, coded("401", "Access denied: wrong key or wrong endpoint.")),
            Refused(403, coded("403", "Nobody is let in from here.")),
        ),
        ProviderBilling: (
            Refused(429, refusal("The quota is used up.", "insufficient_quota", code="insufficient_quota")),
            Refused(429, coded("429", "The quota is exceeded: see your plan and billing details.")),
            Refused(403, {"statusCode": 403, "message": "Out of call volume quota. It is filled up in 3 days."}),
        ),
        NoProviderAvailable: (
            Refused(404, coded("DeploymentNotFound", "There is no such deployment yet.")),
            Refused(404, coded("404", "Resource not found")),
        ),
        ContextLengthExceeded: (
            Refused(400, refusal("Too long.", code="context_length_exceeded", param="messages")),
            Refused(400, refusal("The maximum context length is 8192 tokens.", param="messages")),
        ),
        ContentFiltered: (
            Refused(
                400,
                coded(
                    "content_filter",
                    "The filter refused the prompt.",
                    status=400,
                    param="prompt",
                    innererror={
                        "code": "ResponsibleAIPolicyViolation",
                        "content_filter_result": {**_SEVERITIES, "violence": {"filtered": True, "severity": "high"}},
                    },
                ),
            ),
            Refused(400, coded("BadRequest", "Refused.", innererror={"code": "ResponsibleAIPolicyViolation"})),
        ),
        TooLarge: (Refused(413, {"statusCode": 413, "message": "Too large."}),),
        ProviderRateLimited: (
            Refused(429, coded("429", "The token rate limit of the tier is exceeded.")),
            Refused(429, {"statusCode": 429, "message": "Rate limit is exceeded."}),
        ),
        ProviderOverloaded: (Refused(503, coded("503", "The service is busy.")),),
        UpstreamTimeout: (Refused(408, coded("Timeout", "It took too long.")), Refused(504, None)),
        UpstreamInvalid: (Refused(500, coded("InternalServerError", "Something broke.")), Refused(502, None)),
    }
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, coded("429", "Slow down."), {"retry-after": "7", "retry-after-ms": "6500"}), 6.5),
        (Refused(429, coded("429", "Slow down."), {"retry-after": "7", "x-ms-retry-after-ms": "6250"}), 6.25),
        (Refused(429, {"statusCode": 429, "message": "Slow down."}, {"retry-after": "7"}), 7),
        (Refused(429, coded("429", "Slow down.")), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (coded("500", "Something broke."), UpstreamInvalid),
        (coded("429", "Too many tokens."), ProviderRateLimited),
        (coded("content_filter", "The filter refused the prompt."), ContentFiltered),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (coded("500", "Something broke."), UpstreamInvalid),
        (coded("503", "Busy."), ProviderOverloaded),
    )

    def path(self, model: Model, *, is_stream: bool) -> str:
        return "/openai/v1/chat/completions"

    def key_in(self, headers: Mapping[str, str]) -> str:
        assert "authorization" not in headers
        return headers["api-key"]

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        answer["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": _SEVERITIES}]
        for choice in answer["choices"]:
            choice["content_filter_results"] = _SEVERITIES
        return answer

    def events(self, said: Said) -> list[Any]:
        prompt_filter = {
            "id": "",
            "object": "",
            "created": 0,
            "model": "",
            "choices": [],
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": _SEVERITIES}],
        }
        found = {"index": 0, "content_filter_results": _SEVERITIES, "content_filter_offsets": {"check_offset": 44}}
        late = {**prompt_filter, "choices": [{**found, "finish_reason": None}]}
        chunks = super().events(said)
        for chunk in chunks:
            for choice in chunk["choices"]:
                choice["content_filter_results"] = {}
        middle = 2
        return [prompt_filter, *chunks[:middle], late, *chunks[middle:]]


DOUBLE = AzureDouble()
