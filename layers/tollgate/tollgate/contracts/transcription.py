"""A recording to be written down and what was said in it, as services and provider adapters pass them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject
from tollgate.contracts.upload import Upload
from tollgate.contracts.usage import Usage


class TranscriptionRequest(NamedTuple):
    """One recording.

    `body` has OpenAI's fields as an adapter's plan left them: `response_format` is always there. The name of `file`
    ends in its format.
    """

    model: Model
    body: JsonObject
    file: Upload


class Transcript(Struct, frozen=True):
    """What was said. `body` is that of a transcription in OpenAI's words, as far as the provider tells it."""

    body: Mapping[str, Any] = field(default_factory=dict)
    subtitles: str | None = None
    """As they came, in the format that was asked for."""
    usage: Usage | None = None
    seconds: float | None = None
    """How much sound the provider says that it took."""

    @property
    def text(self) -> str:
        """All of it."""
        return str(self.body.get("text") or "")


class Heard(NamedTuple):
    """A piece of a streamed transcript: an event in OpenAI's words, and at the end what it came to."""

    event: Mapping[str, Any]
    whole: Transcript | None = None
