"""What is asked: a conversation, how to answer it, and by which model."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from tollgate.contracts.rest import Boolean, CamelShape, Integer, Number, Object, one_of, rest_error
from tollgate.contracts.shapes import Shape
from tollgate.contracts.wpai.messages import FunctionDeclaration, Message

MOST_CANDIDATES: Final = 128

Modality = Literal["text", "document", "image", "audio", "video"]
Capability = Literal[
    "text_generation",
    "image_generation",
    "text_to_speech_conversion",
    "speech_generation",
    "music_generation",
    "video_generation",
    "embedding_generation",
    "chat_history",
]
_AtLeastOne = Annotated[Integer, Field(ge=1)]
_Duration = Annotated[Number, Field(ge=0)]


class WebSearch(CamelShape):
    """Where the model may search."""

    allowed_domains: list[str] | None = None
    """Only there."""
    disallowed_domains: list[str] | None = None
    """Not there."""


class ModelConfig(CamelShape):
    """How to answer."""

    model_config = ConfigDict(extra="forbid")

    output_modalities: list[Modality] | None = None
    """What to answer in."""
    system_instruction: str | None = None
    """What holds for the whole conversation."""
    candidate_count: Annotated[Integer, Field(ge=1, le=MOST_CANDIDATES)] | None = None
    """How many answers to give, each at its price."""
    max_tokens: _AtLeastOne | None = None
    """The longest answer."""
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    """Higher is more random, lower more repeatable."""
    top_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    """Only the most likely tokens that make up this share of the probability are considered."""
    top_k: _AtLeastOne | None = None
    """Only so many of the most likely tokens are considered. For models that list it."""
    stop_sequences: list[str] | None = None
    """Texts at which the answer ends."""
    presence_penalty: Number | None = None
    """Above zero, new subjects are favoured."""
    frequency_penalty: Number | None = None
    """Above zero, repetitions are avoided."""
    logprobs: Boolean | None = None
    """Whether to return how likely each token was."""
    top_logprobs: _AtLeastOne | None = None
    """How many alternatives of each token to return."""
    function_declarations: list[FunctionDeclaration] | None = None
    """What the model may call."""
    web_search: WebSearch | None = None
    """Lets the model search the web. For models that list it."""
    output_file_type: Literal["inline", "remote"] | None = None
    """Whether a file is answered with its content or by its address."""
    output_mime_type: str | None = None
    """What the answer shall be, such as `application/json` or `image/png`."""
    output_schema: Object | None = None
    """A JSON Schema that the answer has to fit."""
    output_media_orientation: Literal["square", "landscape", "portrait"] | None = None
    """The shape of a picture."""
    output_media_aspect_ratio: Annotated[str, Field(pattern=r"^\d+:\d+$")] | None = None
    """Width and height of a picture, as in `3:2`. Wins over the orientation, and has to agree with it."""
    output_speech_voice: str | None = None
    """Who speaks."""
    custom_options: Object | None = None
    """Further parameters that the model takes, by their own names."""

    @model_validator(mode="after")
    def _is_of_one_shape(self) -> Self:
        if self.output_media_aspect_ratio and self.output_media_orientation:
            width, height = map(int, self.output_media_aspect_ratio.split(":"))
            shape = "square" if width == height else "landscape" if width > height else "portrait"
            if shape != self.output_media_orientation:
                raise rest_error(
                    "rest_invalid_param",
                    f"%1$s: the ratio {self.output_media_aspect_ratio} is not {self.output_media_orientation}.",
                )
        return self


class RequestOptions(CamelShape):
    """How long to wait."""

    model_config = ConfigDict(extra="forbid")

    timeout: _Duration | None = None
    """Seconds for the whole answer; 0 or `null` for as long as the gateway itself waits."""
    connect_timeout: _Duration | None = None
    """Accepted; the gateway's own holds."""
    max_redirects: Annotated[Integer, Field(ge=0)] | None = None
    """Accepted; no redirect of a provider is followed."""


def _preference_position(value: Any) -> int | None:
    return 0 if isinstance(value, str) else 1 if isinstance(value, list) else None


ModelPreference = Annotated[str | Annotated[list[str], Field(min_length=2, max_length=2)], one_of(_preference_position)]


class PromptRequest(CamelShape):
    """A conversation, how to answer it, and by which model."""

    messages: Annotated[list[Message], Field(min_length=1)]
    """The whole conversation, oldest first."""
    config: Annotated[ModelConfig | None, Field(alias="modelConfig")] = None
    """How to answer."""
    provider_id: str | None = None
    """Only models of this provider."""
    model_id: str | None = None
    """With `providerId` this very model; alone, the one model of that name."""
    model_preferences: list[ModelPreference] | None = None
    """Models to prefer, the best first: each by its name, or as a provider and a name. None of them is a must."""
    capability: Capability | None = None
    """What the model has to do; without it, what follows from the modalities of the answer."""
    request_options: RequestOptions | None = None
    """How long to wait."""


class Supported(Shape):
    """Whether a model can answer the prompt."""

    supported: bool
