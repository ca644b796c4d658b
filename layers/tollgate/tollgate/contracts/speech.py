"""A text to be spoken and the sound of it, as services and provider adapters pass them."""

from typing import NamedTuple

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject
from tollgate.contracts.usage import Usage


class SpeechRequest(NamedTuple):
    """One text for one voice.

    `body` has OpenAI's fields as an adapter's plan left them: `input`, `voice` and `response_format` are always there.
    """

    model: Model
    body: JsonObject

    @property
    def is_paid_by_token(self) -> bool:
        """Whether the provider has to tell what it used: nothing else is known of its bill."""
        return self.model.price.unit == "token"

    @property
    def voice(self) -> str:
        """The voice by its name or its id."""
        voice = self.body["voice"]
        return str(voice["id"] if isinstance(voice, dict) else voice)


class Sound(NamedTuple):
    """A piece of sound, or what the whole of it used, or both."""

    audio: bytes = b""
    usage: Usage | None = None
