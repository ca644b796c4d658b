"""Providers that draw in OpenAI's language: https://platform.openai.com/docs/api-reference/images ."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar, Final

from pydantic_core import from_json

from tollgate.contracts.catalogue import Model
from tollgate.contracts.pictures import ImageRequest, PartialPicture, Picture, Pictures
from tollgate.contracts.usage import Usage
from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.connection import Connection
from tollgate.providers.drawing import (
    PATIENCE,
    Brush,
    Drawing,
    Unreadable,
    decoded,
    read_facts,
    read_pictures,
    read_usage,
)
from tollgate.providers.events import Event, EventReader

OPENAI_TAKES: Final = frozenset(
    {
        "background",
        "moderation",
        "output_compression",
        "output_format",
        "partial_images",
        "quality",
        "style",
        "user",
    }
)
_PARTIAL: Final = "image_generation.partial_image"
_COMPLETED: Final = "image_generation.completed"


class CompatibleImages(Drawing):
    """Images in OpenAI's language. `vendor` is how its chat is reached, which is how its images are."""

    vendor: ClassVar[type[CompatibleChat]] = CompatibleChat
    path: ClassVar[str] = "/images/generations"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        chat = self.vendor(connection)
        self.headers = chat.headers
        self.rules = chat.rules

    def path_of(self, model: Model) -> str:  # noqa: ARG002 - some vendors have the model in it
        """Where the request goes, below the base URL."""
        return self.path

    async def draw_at_once(self, request: ImageRequest) -> Pictures:
        """See `Drawing`."""
        answer, _ = await self._connection.post(
            self.path_of(request.model), self.to_wire(request), headers=self.headers, rules=self.rules
        )
        return self.from_wire(answer)

    def to_wire(self, request: ImageRequest) -> dict[str, Any]:
        """Our request as their body."""
        body = {"model": request.model.upstream_model, **request.body}
        if request.n > 1:
            body["n"] = request.n
        return body

    def from_wire(self, body: Mapping[str, Any]) -> Pictures:
        """Their body as our images.

        Raises UpstreamError, BadRequest.
        """
        if body.get("error"):
            raise self._connection.error_in(body, self.rules)
        pictures = read_pictures(body)
        if not pictures:
            raise self._connection.invalid("The provider's answer holds no image.")
        usage, text_tokens = self.usage_from_wire(body.get("usage"))
        return Pictures(pictures, usage, text_tokens, read_facts(body))

    def usage_from_wire(self, usage: Any) -> tuple[Usage | None, int]:
        """Their counts as ours, and the tokens of their output that are text."""
        return read_usage(usage)


class StreamingImages(CompatibleImages):
    """The same, of a vendor that shows images before they are finished."""

    brush: Brush = Brush(takes=OPENAI_TAKES)

    def to_wire(self, request: ImageRequest) -> dict[str, Any]:
        """Our request, which is theirs already.

        Newer models always answer with data, and refuse to be asked for it; those that can be asked have the field in
        the catalogue.
        """
        body = super().to_wire(request)
        if "response_format" in (request.model.supported_parameters or ()):
            body["response_format"] = "b64_json"
        return body

    async def stream(self, request: ImageRequest) -> AsyncGenerator[PartialPicture | Pictures, None]:
        """See `tollgate.providers.protocols.Images`."""
        if "stream" not in (request.model.supported_parameters or ("stream",)):
            yield await self.draw(request)
            return
        body = {**self.to_wire(request), "stream": True}
        if request.partial_images:
            body["partial_images"] = request.partial_images
        events = self._connection.events(
            self.path_of(request.model),
            body,
            EventReader(),
            headers=self.headers,
            rules=self.rules,
            is_end=_is_done,
            patience=PATIENCE,
        )
        finished = 0
        async with aclosing(events):
            async for event in events:
                if (shown := self.shown_from_wire(self._parsed(event))) is not None:
                    finished += isinstance(shown, Pictures)
                    yield shown
        if not finished:
            raise self._connection.invalid("The provider closed the stream before finishing.")

    def shown_from_wire(self, event: Mapping[str, Any]) -> PartialPicture | Pictures | None:
        """One of their events; None for one that shows nothing.

        Raises UpstreamError, BadRequest.
        """
        if event.get("error") or event.get("type") == "error":
            raise self._connection.error_in(event if event.get("error") else {"error": event}, self.rules)
        if event.get("type") not in {_PARTIAL, _COMPLETED}:
            return None
        try:
            picture = Picture(decoded(event.get("b64_json")))
        except Unreadable as exc:
            raise self._connection.invalid("The provider's stream cannot be read.") from exc
        facts = read_facts(event)
        if event["type"] == _PARTIAL:
            index = event.get("partial_image_index")
            return PartialPicture(picture, index if isinstance(index, int) else 0, facts)
        usage, text_tokens = self.usage_from_wire(event.get("usage"))
        return Pictures([picture], usage, text_tokens, facts)

    def _parsed(self, event: Event) -> Mapping[str, Any]:
        try:
            parsed = from_json(event.data)
        except ValueError as exc:
            raise self._connection.invalid("The provider's stream cannot be read.") from exc
        if not isinstance(parsed, dict):
            raise self._connection.invalid("The provider's stream cannot be read.")
        return parsed


def _is_done(event: Event) -> bool:
    return event.data.strip() == b"[DONE]"
