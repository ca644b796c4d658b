"""vLLM, as an operator runs it: https://docs.vllm.ai/en/latest/serving/openai_compatible_server ."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Refused, Said
from tests.conformance.doubles.openai import OpenAIDouble
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


def older(code: int, message: str, kind: str = "BadRequestError") -> dict[str, Any]:
    """The error body of versions up to 0.10."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def newer(code: int, message: str, kind: str = "BadRequestError") -> dict[str, Any]:
    """The error body of versions after them."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class VLLMDouble(OpenAIDouble):
    """vLLM behind a proxy of the operator's, with a key."""

    provider: ClassVar[str] = "vllm"
    finishes: ClassVar[frozenset[str]] = frozenset({"stop", "length"})
    shows_reasoning: ClassVar[bool] = True

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (
            Refused(400, newer(400, "temperature must be non-negative, got -1.0.")),
            Refused(400, older(400, "temperature must be non-negative, got -1.0.")),
            Refused(422, {"detail": [{"loc": ["body"], "msg": "Field required", "type": "missing"}]}),
        ),
        ProviderAuthFailed: (Refused(401, {"error": "Unauthorized"}), Refused(403, {"detail": KEY_PLACE})),
        NoProviderAvailable: (
            Refused(404, newer(404, "The model `a-model` does not exist.", "NotFoundError")),
            Refused(404, {"detail": "Not Found"}),
        ),
        ContextLengthExceeded: (
            Refused(400, newer(400, "The model's maximum context length is 4096 tokens. You requested more.")),
            Refused(400, older(400, "The model's maximum context length is 4096 tokens. You requested more.")),
        ),
        TooLarge: (Refused(413, None),),
        ProviderRateLimited: (Refused(429, None),),
        ProviderOverloaded: (Refused(503, newer(503, "Not ready.", "ServiceUnavailableError")),),
        UpstreamTimeout: (Refused(504, None),),
        UpstreamInvalid: (Refused(500, newer(500, "Engine died.", "InternalServerError")), Refused(502, None)),
    }
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset((ContentFiltered, ProviderBilling))
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, {"detail": "Slow down."}, {"retry-after": "7"}), 7),
        (Refused(429, None), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (newer(500, "Engine died.", "InternalServerError"), UpstreamInvalid),
        (newer(400, "That cannot be sampled."), UpstreamRejected),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        (newer(500, "Engine died.", "InternalServerError"), UpstreamInvalid),
    )

    def whole(self, said: Said) -> Any:
        answer = super().whole(said)
        message = {"reasoning": said.reasoning or None, "reasoning_content": said.reasoning or None}
        answer["choices"][0]["message"] |= message
        answer["choices"][0] |= {"stop_reason": None, "token_ids": None}
        return answer

    def events(self, said: Said) -> list[Any]:
        first, *chunks = super().events(said)
        thoughts = [{"reasoning": piece, "reasoning_content": piece} for piece in said.reasoning]
        return [first, *(self.chunk(thought) for thought in thoughts), *chunks]

    def cap_in(self, body: Mapping[str, Any]) -> int:
        return int(body["max_tokens"])


DOUBLE = VLLMDouble()
