"""Ollama: https://docs.ollama.com/api/chat ."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.conformance.doubles import KEY_PLACE, Called, Double, Refused, Said
from tests.conformance.doubles.framings import Framing, Lines
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
_WHEN = "2026-11-21T09:00:00.000000Z"


class OllamaDouble(Double):
    """A server of one's own, behind something that asks for a key."""

    provider: ClassVar[str] = "ollama"
    base_path: ClassVar[str] = "/api"
    framing: ClassVar[Framing] = Lines()
    media_type: ClassVar[str] = "application/x-ndjson"
    reports: ClassVar[frozenset[str]] = frozenset()
    finishes: ClassVar[frozenset[str]] = frozenset({"stop", "length"})
    shows_reasoning: ClassVar[bool] = True
    fetches_images: ClassVar[bool] = False

    refusals: ClassVar[Mapping[type[TollgateError], Sequence[Refused]]] = {
        UpstreamRejected: (Refused(400, {"error": '"a-model" does not support tools'}),),
        ProviderAuthFailed: (
            Refused(401, {"error": f"unauthorized: {KEY_PLACE}"}),
            Refused(403, {"error": "access denied"}),
        ),
        ProviderBilling: (Refused(429, {"error": "the weekly usage limit is reached, upgrade for more"}),),
        NoProviderAvailable: (
            Refused(404, {"error": 'model "a-model" not found, try pulling it first'}),
            Refused(404, {"error": "model 'a-model' not found"}),
        ),
        ProviderRateLimited: (Refused(429, {"error": "too many requests"}), Refused(429, None)),
        ProviderOverloaded: (Refused(503, {"error": "server busy, please try again"}),),
        UpstreamInvalid: (
            Refused(500, {"error": "model requires more system memory (9.1 GiB) than is available (7.7 GiB)"}),
            Refused(502, None),
        ),
    }
    # It cuts off what does not fit its window, and says nothing.
    never_refuses_with: ClassVar[frozenset[type[TollgateError]]] = frozenset(
        (ContentFiltered, ContextLengthExceeded, TooLarge, UpstreamTimeout)
    )
    hints: ClassVar[Sequence[tuple[Refused, float]]] = (
        (Refused(429, {"error": "too many requests"}, {"retry-after": "7"}), 7),
        (Refused(503, {"error": "server busy, please try again"}), 1),
    )
    stream_errors: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        ({"error": "an error was encountered while running the model"}, UpstreamInvalid),
        ({"error": 'model "a-model" not found, try pulling it first'}, NoProviderAvailable),
    )
    errors_under_success: ClassVar[Sequence[tuple[Any, type[TollgateError]]]] = (
        ({"error": "an error was encountered while running the model"}, UpstreamInvalid),
        ({"error": 'model "a-model" not found, try pulling it first'}, NoProviderAvailable),
    )

    def path(self, model: Model, *, is_stream: bool) -> str:
        return f"{self.base_path}/chat"

    def key_in(self, headers: Mapping[str, str]) -> str:
        return headers["authorization"].removeprefix("Bearer ")

    def whole(self, said: Said) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": said.text}
        if said.reasoning:
            message["thinking"] = said.reasoning
        if said.calls:
            message["tool_calls"] = [self.call(call) for call in said.calls]
        return self.last(said, message)

    def events(self, said: Said) -> list[Any]:
        messages: list[dict[str, Any]] = [
            {"role": "assistant", "content": "", name: text[start : start + _PIECE]}
            for name, text in (("thinking", said.reasoning), ("content", said.text))
            for start in range(0, len(text), _PIECE)
        ]
        messages += [{"role": "assistant", "content": "", "tool_calls": [self.call(call)]} for call in said.calls]
        lines = [{"model": "a-model", "created_at": _WHEN, "message": one, "done": False} for one in messages]
        if said.finish is not None:
            lines.append(self.last(said, {"role": "assistant", "content": ""}))
        return lines

    def error(self, message: str) -> Any:
        return {"error": message}

    def cap_in(self, body: Mapping[str, Any]) -> int:
        assert isinstance(body["stream"], bool), "without it an answer is streamed"
        return int(body["options"]["num_predict"])

    def results_in(self, body: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
        found: list[tuple[str, Any, str]] = []
        open_calls: list[Mapping[str, Any]] = []
        for message in body["messages"]:
            if message["role"] == "tool":
                function = open_calls.pop(0)
                assert message["tool_name"] == function["name"], "results come in the order of their calls"
                found.append((function["name"], function["arguments"], message["content"]))
                continue
            assert not open_calls, "every call has its result before the conversation goes on"
            open_calls = [call["function"] for call in message.get("tool_calls", ())]
        return found

    def images_in(self, body: Mapping[str, Any]) -> list[str]:
        images = [image for message in body["messages"] for image in message.get("images", ())]
        assert not any(image.startswith("data:") for image in images)
        return [f"data:image/png;base64,{image}" for image in images]

    def schema_in(self, body: Mapping[str, Any]) -> Any:
        return body["format"]

    def call(self, call: Called) -> dict[str, Any]:
        """A tool call; older versions give it no id."""
        named = {} if call.id is None else {"id": call.id}
        return {**named, "function": {"name": call.name, "arguments": dict(call.arguments or {})}}

    def last(self, said: Said, message: Mapping[str, Any]) -> dict[str, Any]:
        """The line that ends an answer."""
        line: dict[str, Any] = {"model": "a-model", "created_at": _WHEN, "message": dict(message), "done": True}
        word = {"tool_calls": "stop", "content_filter": "stop"}.get(said.finish or "stop", said.finish)
        line["done_reason"] = said.unknown_finish or word
        line["total_duration"] = 1_200_000_000
        if said.counts is not None:
            line |= {"prompt_eval_count": said.counts.prompt, "eval_count": said.counts.completion}
        return line


DOUBLE = OllamaDouble()
