"""Google's Gemini through its own API: https://ai.google.dev/api/generate-content .

Its layer for OpenAI's clients hides the signatures of thoughts and the reasons of its filter.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Final

from msgspec.structs import replace
from pydantic_core import from_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Completion, Delta, JsonObject, Plan
from tollgate.errors import (
    BadRequest,
    ProviderAuthFailed,
    ProviderBilling,
    TollgateError,
    UnsupportedParameter,
    UpstreamRejected,
)
from tollgate.providers.connection import Connection
from tollgate.providers.conversation import SYSTEM_ROLES, system_loses_its_place
from tollgate.providers.events import Event, EventReader
from tollgate.providers.google_answer import Progress, delta_from_wire, from_wire, invalid, usage_of_chunk
from tollgate.providers.google_request import to_wire, without_signatures
from tollgate.providers.parameters import Dialect, plan
from tollgate.providers.refusals import Rule

RULES: Final = (
    Rule(
        ProviderAuthFailed,
        frozenset({400, 403}),
        codes=("api_key_invalid", "api_key_service_blocked", "api_key_expired"),
        texts=("api key not valid", "api key expired"),
    ),
    # A plain rate limit speaks of billing too, so only this status means that money is missing.
    Rule(ProviderBilling, frozenset({400}), texts=("billing",), only_with="failed_precondition"),
    Rule(ProviderBilling, frozenset({403, 429}), texts=("credits are depleted", "spending cap", "spend cap")),
    # What is left of this status is a region that nobody is served in.
    Rule(ProviderAuthFailed, frozenset({400}), codes=("failed_precondition",)),
)
_MOST_TOP_LOGPROBS: Final = 19
_ORDER: Final = "messages.system_order"


class GoogleChat:
    """Conversations with Gemini."""

    dialect: ClassVar[Dialect] = Dialect(
        takes=frozenset({"temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "reasoning_effort"}),
        flags={
            "cap_field": "maxOutputTokens",
            "effort_field": "thinkingLevel",
            "budget_min": 0,
            "budget_off": True,
            "allowed_tools": True,
            "parallel_tools": False,
            "json_with_tools": True,
            "n_max": 8,
            "stop_max": 5,
            "logprobs": False,
            "image_fetch": False,
        },
        own=frozenset({"include_reasoning"}),
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Chat`."""
        planned = plan(body, model, self.dialect, is_strict=is_strict)
        return self._checked(planned, model, is_strict=is_strict)

    async def complete(self, request: ChatRequest) -> Completion:
        """See `tollgate.providers.protocols.Chat`."""
        body = to_wire(request, self.dialect.flags_of(request.model))
        try:
            completion = await self._complete(request, body)
        except UpstreamRejected as error:
            if (changed := _with_other_signatures(body, error)) is None:
                raise
            return await self._complete(request, changed)
        if all(_is_silent(choice) for choice in completion.choices):
            return await self._complete(request, body)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `tollgate.providers.protocols.Chat`."""
        body = to_wire(request, self.dialect.flags_of(request.model))
        has_begun = False
        try:
            async with aclosing(self._stream(request, body)) as deltas:
                async for delta in deltas:
                    has_begun = True
                    yield delta
            if has_begun:
                return
        except UpstreamRejected as error:
            changed = _with_other_signatures(body, error)
            if has_begun or changed is None:
                raise
            body = changed
        async with aclosing(self._stream(request, body, may_be_silent=True)) as deltas:
            async for delta in deltas:
                yield delta

    async def _complete(self, request: ChatRequest, body: Mapping[str, Any]) -> Completion:
        answer, _ = await self._connection.post(
            path_of(request.model, "generateContent"), body, headers=headers_of, rules=RULES
        )
        if answer.get("error"):
            raise self._connection.error_in(answer, RULES)
        return from_wire(answer)

    async def _stream(
        self, request: ChatRequest, body: Mapping[str, Any], *, may_be_silent: bool = False
    ) -> AsyncGenerator[Delta, None]:
        """What one call says. Nothing at all, where all that came was an end, unless it may be silent."""
        events = self._connection.events(
            path_of(request.model, "streamGenerateContent?alt=sse"),
            body,
            EventReader(),
            headers=headers_of,
            rules=RULES,
        )
        progress: dict[int, Progress] = {}
        held: list[Delta] = []
        has_begun = False
        async with aclosing(events):
            async for event in events:
                chunk = self._chunk(event)
                try:
                    delta = delta_from_wire(chunk, progress)
                except TollgateError:
                    # Before there is an answer, an error can still be told by a status, and nothing is charged.
                    if has_begun and (usage := usage_of_chunk(chunk)) is not None:
                        yield Delta(usage=usage)
                    raise
                if delta.choices or delta.usage is not None:
                    held.append(delta)
                if may_be_silent or any(one.has_parts for one in progress.values()):
                    has_begun = True
                    for ready in held:
                        yield ready
                    held = []
        if not progress or not all(one.is_finished for one in progress.values()):
            raise invalid("The provider closed the stream before finishing.")
        if not all(_is_silent(choice) for delta in held for choice in delta.choices):
            for ready in held:
                yield ready

    def _chunk(self, event: Event) -> Mapping[str, Any]:
        try:
            chunk = from_json(event.data)
        except ValueError as exc:
            raise invalid("The provider's stream cannot be read.") from exc
        first = chunk[0] if isinstance(chunk, list) and chunk else chunk
        if not isinstance(first, dict) or (first is not chunk and "error" not in first):
            raise invalid("The provider's stream cannot be read.")
        if first.get("error"):
            # Some errors come as the one element of a list.
            raise self._connection.error_in(first, RULES)
        return first

    def _checked(self, planned: Plan, model: Model, *, is_strict: bool) -> Plan:
        body = planned.body
        if all(message["role"] in SYSTEM_ROLES for message in body["messages"]):
            raise BadRequest("There is nothing to answer: a user's message is missing.", param="messages")
        if (body.get("top_logprobs") or 0) > _MOST_TOP_LOGPROBS:
            raise UnsupportedParameter(
                f"'{model.id}' takes at most {_MOST_TOP_LOGPROBS} 'top_logprobs'.", param="top_logprobs"
            )
        wants_json = (body.get("response_format") or {}).get("type", "text") != "text"
        if wants_json and "tools" in body and not self.dialect.flags_of(model)["json_with_tools"]:
            raise UnsupportedParameter(
                f"'{model.id}' cannot call tools and answer in JSON at once.", param="response_format"
            )
        if not system_loses_its_place(body["messages"]):
            return planned
        if is_strict:
            raise UnsupportedParameter(
                f"'{model.id}' reads instructions before the conversation, not within it.", param="messages"
            )
        return replace(planned, dropped=(*planned.dropped, _ORDER))


def path_of(model: Model, method: str) -> str:
    """Where a method of a model is, below the base URL."""
    name = model.upstream_model
    # Tuned models have a collection of their own, and name it.
    return f"/{name if '/' in name else f'models/{name}'}:{method}"


def headers_of(key: str) -> dict[str, str]:
    """The key, under Google's own name."""
    return {"x-goog-api-key": key}


def _is_silent(choice: Mapping[str, Any]) -> bool:
    """Whether a choice, or the end of one, is the known fault of an answer that stops before it begins."""
    said = choice.get("message") or choice.get("delta") or {}
    return choice["finish_reason"] == "stop" and not any(
        said.get(name) is not None for name in ("content", "reasoning_content", "tool_calls")
    )


def _with_other_signatures(body: Mapping[str, Any], error: UpstreamRejected) -> dict[str, Any] | None:
    """The body to try next when it was refused for a signature: those of other keys, models or times are no good."""
    text = error.message.lower().replace("_", " ")
    return without_signatures(body) if "thought signature" in text else None
