"""`POST /v1/audio/speech` and `/v1/audio/transcriptions`: what is accepted, and what is answered."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tollgate.contracts.shapes import File, Form, Shape


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


class TranscriptionRequest(Form):
    """A recording, and how it shall be written down."""

    too_large_hint: ClassVar[str] = "Send larger audio with 'file_url'."

    file: File | None = None
    """The recording: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav or webm."""
    file_url: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """An `https` address of the recording in place of it, for up to 25 MiB."""
    model: str
    """The id of the model, such as `openai/whisper-1`."""
    language: Annotated[str, Field(min_length=2, max_length=16)] | None = None
    """The language that is spoken, in ISO 639-1."""
    prompt: str | None = None
    """What came before, or words that occur."""
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] = "json"
    """Which of them there are depends on the model."""
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    """How freely to guess."""
    timestamp_granularities: list[Literal["word", "segment"]] | None = None
    """What shall have times; needs `verbose_json`."""
    include: list[Literal["logprobs"]] | None = None
    """What else to tell."""
    stream: bool | None = None
    """Whether to answer in events as the words are found. Models that cannot answer at once."""
    chunking_strategy: str | dict[str, Any] | None = None
    """`auto`, or how to cut the recording."""
    languages: list[str] | None = None
    """The languages that may be spoken."""
    keywords: list[str] | None = None
    """Words that may occur."""
    known_speaker_names: Annotated[list[str], Field(max_length=4)] | None = None
    """Names of speakers."""
    known_speaker_references: Annotated[list[str], Field(max_length=4)] | None = None
    """How they sound, as data URLs."""
    drop_params: bool | None = None
    """`false` refuses what would else be left out for the model."""

    @model_validator(mode="after")
    def _has_one_recording(self) -> Self:
        if self.file is None and self.file_url is None:
            raise _at("file", "Missing required parameter: 'file', or 'file_url' in place of it.")
        if self.file is not None and self.file_url is not None:
            raise _at("file_url", "Send either 'file' or 'file_url'.")
        if self.file is not None and not self.file.content:
            raise _at("file", "'file' is empty.")
        if self.timestamp_granularities and self.response_format != "verbose_json":
            raise _at("timestamp_granularities", "'timestamp_granularities' needs 'response_format' 'verbose_json'.")
        return self


def _at(param: str, message: str) -> PydanticCustomError:
    # The edge reads `param` and takes the message as it is.
    return PydanticCustomError("tollgate", "{message}", {"param": param, "message": message})


class TranscriptionUsage(Shape):
    """What was used: tokens, or seconds of sound."""

    type: Literal["tokens", "duration"]
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_token_details: dict[str, int] | None = None
    seconds: float | None = None
    cost: float
    """US dollars charged."""


class Transcription(Shape):
    """What was said."""

    text: str
    usage: TranscriptionUsage
    task: str | None = None
    language: str | None = None
    duration: float | None = None
    """Seconds of sound."""
    words: list[dict[str, Any]] | None = None
    """Each word with its times, where they were asked for."""
    segments: list[dict[str, Any]] | None = None
    """Sentences with their times, and with their speakers in `diarized_json`."""
    logprobs: list[dict[str, Any]] | None = None
