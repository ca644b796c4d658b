"""`POST /v1/audio/speech`: the text that is accepted, and how it shall sound."""

from typing import Annotated, Literal

from pydantic import Field

from tollgate.contracts.shapes import Shape


class VoiceId(Shape):
    """A voice of the operator's own."""

    id: Annotated[str, Field(min_length=1, max_length=256)]


class SpeechRequest(Shape):
    """A text, and how it shall sound."""

    model: str
    """The id of the model, such as `openai/gpt-4o-mini-tts`."""
    input: Annotated[str, Field(min_length=1, max_length=4096)]
    """The text, of at most 4096 characters."""
    voice: Annotated[str, Field(min_length=1, max_length=256)] | VoiceId | None = None
    """A voice of the model's provider; without one, `alloy`, or the model's first voice."""
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] | None = None
    """The format of the sound: `mp3`, or `wav` from models that make no MP3. `pcm` is 24 kHz, 16 bit, mono."""
    speed: Annotated[float, Field(ge=0.25, le=4)] | None = None
    """How fast to speak; 1 is the usual pace."""
    instructions: Annotated[str, Field(max_length=4096)] | None = None
    """In which manner to speak. Left out for models that take none."""
    stream_format: Literal["audio", "sse"] | None = None
    """`audio` for the sound itself, `sse` for events with the sound in base64 and the usage at the end."""
    drop_params: bool | None = None
    """`false` refuses what would else be left out for the model."""
