"""`POST /v1/generate` and `/v1/generate/stream`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from tollgate.contracts.shapes import Shape
from tollgate.contracts.wpllm.analysis import Code

LONGEST_PROMPT = 65_536
MOST_TOKENS = 8_192


def _integral(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _above_zero(value: float) -> float:
    if value <= 0:
        raise ValueError("must be greater than 0")
    return value


Integer = Annotated[int, BeforeValidator(_integral)]
"""A JSON number without a fraction: `5` and `5.0`."""
_Name = Annotated[str, Field(max_length=200)]


class SiteContext(Shape):
    """The site that the code is for."""

    wordpress_version: _Name | None = None
    theme: _Name | None = None
    plugins: Annotated[list[_Name], Field(max_length=100)] | None = None


class StreamOptions(Shape):
    """What a stream carries beside the text."""

    include_usage: bool | None = None
    """Whether the last object has the usage."""


class TextRequest(Shape):
    """What to write."""

    model: Annotated[str, Field(min_length=1, max_length=256)]
    """The model, such as `wp-llm-13b`."""
    prompt: Annotated[Code, Field(max_length=LONGEST_PROMPT)]
    """What is wanted."""
    max_tokens: Annotated[Integer, Field(ge=1, le=MOST_TOKENS)] | None = None
    """The longest answer; else 2048, or what the model's context has room for."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """How freely to choose words; 0.7 unless said otherwise."""
    top_p: Annotated[float, Field(le=1), AfterValidator(_above_zero)] | None = None
    """Choose among the likeliest words that have this probability together."""
    stream: bool | None = None
    """Whether to answer as the text is written."""
    context: SiteContext | None = None
    """The site that the code is for."""
    enterprise_features: bool | None = None
    """Accepted, without an effect."""
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    """Where to stop: up to four texts."""
    stream_options: StreamOptions | None = None
    """What a stream carries beside the text."""
    n: Annotated[Integer, Field(ge=1, le=1)] | None = None
    """How many answers: one."""


class TextChoice(Shape):
    """The text."""

    index: Literal[0] = 0
    text: str
    """Code without the fence that a model may have put around it."""
    finish_reason: Literal["stop", "length", "content_filter"]
    """Why it ends."""


class TextUsage(Shape):
    """Tokens, as the provider counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class GeneratedText(Shape):
    """What was written."""

    id: str
    object: Literal["text_generation"] = "text_generation"
    created: int
    """Unix seconds."""
    model: str
    """Who wrote it."""
    choices: Annotated[list[TextChoice], Field(min_length=1, max_length=1)]
    usage: TextUsage
