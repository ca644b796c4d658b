"""`POST /aipkit/v1/generate`."""

from typing import Annotated, Literal

from pydantic import Field

from tollgate.contracts.aipuffer.providers import ProviderName
from tollgate.contracts.rest import Boolean, ListOrText, Object, RestShape


class Message(RestShape):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class GenerateTextRequest(RestShape):
    """A conversation, and who shall answer it."""

    provider: ProviderName
    """Lower case."""
    model: str
    """The provider's own name of the model, or the name of a deployment of Azure's."""
    messages: Annotated[list[Message], ListOrText]
    """What has been said. Blank messages are left out."""
    system_instruction: str = ""
    """What the model is told first, in place of `system` messages. `[date]` and `[username]` are filled in."""
    ai_params: Object = Field(default_factory=dict)
    """`temperature` (0 to 2), `max_completion_tokens` (1 to 128000), `top_p`, `stop`, and `reasoning` with `effort`.
    What is beyond its limits is brought within them; other names have no effect."""
    stream: Boolean = False
    """Only `false`: nothing streams here."""


class TokenUsage(RestShape):
    """The tokens of a call, as the provider counted them."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class GeneratedText(RestShape):
    """The answer."""

    content: str
    """Trimmed."""
    usage: TokenUsage | None = None
    """Null where the provider told none."""
    provider: str
    """The provider's label, such as `OpenAI`."""
    model: str
    """As it was asked for."""
