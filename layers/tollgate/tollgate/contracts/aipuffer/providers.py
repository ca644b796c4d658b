"""Providers as AI Puffer's clients name them."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

ProviderName = Literal["openai", "azure", "google", "openrouter", "claude", "deepseek", "xai", "ollama", "sandbox"]
"""Lower case. `sandbox` is ours, and there only where the deployment offers its sandbox."""


EmbeddingProviderName = Literal["openai", "azure", "google", "openrouter", "ollama", "sandbox"]
"""Those that make vectors."""


class Vendor(NamedTuple):
    """A provider under its names."""

    provider: str
    """Its id in this gateway."""
    label: str
    """Its name in answers."""
    tells_truncation: bool = False
    """Whether an answer that was cut says so in its text, as the plugin has it."""
    draws_by_ratio: bool = False
    """Whether its images have a ratio and a tier rather than a size in pixels."""
    names_dimensionality: bool = False
    """Whether the length of its vectors is asked for as `output_dimensionality`."""
    tells_embedding_usage: bool = True
    """Whether the plugin's clients are told how many tokens texts had. They pay for them all the same."""
    forwards_user: bool = False
    """Whether it is told who the end user of a text is."""


VENDORS: Final[Mapping[str, Vendor]] = {
    "openai": Vendor("openai", "OpenAI", tells_truncation=True, forwards_user=True),
    "azure": Vendor("azure", "Azure", forwards_user=True),
    "google": Vendor("google", "Google", draws_by_ratio=True, names_dimensionality=True, tells_embedding_usage=False),
    "openrouter": Vendor("openrouter", "OpenRouter", tells_truncation=True, draws_by_ratio=True),
    "claude": Vendor("anthropic", "Claude"),
    "deepseek": Vendor("deepseek", "DeepSeek"),
    "xai": Vendor("xai", "xAI"),
    "ollama": Vendor("ollama", "Ollama"),
    "sandbox": Vendor("sandbox", "Sandbox"),
}
