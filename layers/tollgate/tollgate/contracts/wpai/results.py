"""What is answered."""

from typing import Any, Literal

from tollgate.contracts.rest import CamelShape
from tollgate.contracts.wpai.messages import Message
from tollgate.contracts.wpai.providers import ModelMetadata, ProviderMetadata


class Candidate(CamelShape):
    """One of `candidateCount` answers."""

    message: Message
    """Thoughts first, then what is said, then calls."""
    finish_reason: Literal["stop", "length", "content_filter", "tool_calls", "error"]
    """Why the answer ended."""


class TokenUsage(CamelShape):
    """What the call used."""

    prompt_tokens: int
    completion_tokens: int
    """Tokens of the answer, thoughts included."""
    total_tokens: int
    thought_tokens: int | None = None
    """Tokens of the thoughts, where there are any."""


class GenerativeAiResult(CamelShape):
    """An answer, and who gave it."""

    id: str
    candidates: list[Candidate]
    """One answer, or as many as were asked for."""
    token_usage: TokenUsage
    provider_metadata: ProviderMetadata
    """Who answered."""
    model_metadata: ModelMetadata
    """The model that answered."""
    additional_data: dict[str, Any]
    """What else the provider said."""
