"""Providers as AI Puffer's clients name them."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

ProviderName = Literal["openai", "azure", "google", "openrouter", "claude", "deepseek", "xai", "ollama", "sandbox"]
"""Lower case. `sandbox` is ours, and there only where the deployment offers its sandbox."""


class Vendor(NamedTuple):
    """A provider under its names."""

    provider: str
    """Its id in this gateway."""
    label: str
    """Its name in answers."""
    tells_truncation: bool = False
    """Whether an answer that was cut says so in its text, as the plugin has it."""


VENDORS: Final[Mapping[str, Vendor]] = {
    "openai": Vendor("openai", "OpenAI", tells_truncation=True),
    "azure": Vendor("azure", "Azure"),
    "google": Vendor("google", "Google"),
    "openrouter": Vendor("openrouter", "OpenRouter", tells_truncation=True),
    "claude": Vendor("anthropic", "Claude"),
    "deepseek": Vendor("deepseek", "DeepSeek"),
    "xai": Vendor("xai", "xAI"),
    "ollama": Vendor("ollama", "Ollama"),
    "sandbox": Vendor("sandbox", "Sandbox"),
}
