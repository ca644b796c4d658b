"""Who can do what. Import paths, not classes: loading one vendor's adapter is not the price of using another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Provider:
    """A vendor: how it is reached, and which of the protocols it has, by import path within this package."""

    id: str
    name: str
    base_url: str
    base_url_setting: str
    key_setting: str
    can: Mapping[str, str] = field(default_factory=dict)
    is_key_needed: bool = True
    dialect: str = ""
    """Which of the dialects in `rows` it speaks, for a vendor that has no module of its own."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of every request."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    """What holds for its models, over what its dialect says."""


_ROWS: Final = (
    Provider(
        id="openai",
        name="OpenAI",
        base_url="https://api.openai.com/v1",
        base_url_setting="OPENAI_BASE_URL",
        key_setting="OPENAI_API_KEY",
        can={"chat": "openai:OpenAIChat"},
    ),
    Provider(
        id="azure",
        name="Azure OpenAI",
        # Each resource has an address of its own.
        base_url="",
        base_url_setting="AZURE_OPENAI_ENDPOINT",
        key_setting="AZURE_OPENAI_API_KEY",
        can={"chat": "azure:AzureChat"},
    ),
    Provider(
        id="openrouter",
        name="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        base_url_setting="OPENROUTER_BASE_URL",
        key_setting="OPENROUTER_API_KEY",
        can={"chat": "openrouter:OpenRouterChat"},
    ),
    Provider(
        id="deepseek",
        name="DeepSeek",
        base_url="https://api.deepseek.com",
        base_url_setting="DEEPSEEK_BASE_URL",
        key_setting="DEEPSEEK_API_KEY",
        can={"chat": "deepseek:DeepSeekChat"},
    ),
    Provider(
        id="xai",
        name="xAI",
        base_url="https://api.x.ai/v1",
        base_url_setting="XAI_BASE_URL",
        key_setting="XAI_API_KEY",
        can={"chat": "xai:XAIChat"},
    ),
    Provider(
        id="groq",
        name="Groq",
        base_url="https://api.groq.com/openai/v1",
        base_url_setting="GROQ_BASE_URL",
        key_setting="GROQ_API_KEY",
        can={"chat": "rows:RowChat"},
        dialect="groq",
    ),
    Provider(
        id="mistral",
        name="Mistral",
        base_url="https://api.mistral.ai/v1",
        base_url_setting="MISTRAL_BASE_URL",
        key_setting="MISTRAL_API_KEY",
        can={"chat": "rows:RowChat"},
        dialect="mistral",
    ),
    Provider(
        id="together",
        name="Together AI",
        base_url="https://api.together.xyz/v1",
        base_url_setting="TOGETHER_BASE_URL",
        key_setting="TOGETHER_API_KEY",
        can={"chat": "rows:RowChat"},
        dialect="together",
    ),
    Provider(
        id="fireworks",
        name="Fireworks AI",
        base_url="https://api.fireworks.ai/inference/v1",
        base_url_setting="FIREWORKS_BASE_URL",
        key_setting="FIREWORKS_API_KEY",
        can={"chat": "rows:RowChat"},
        dialect="fireworks",
    ),
    Provider(
        id="vllm",
        name="vLLM",
        # Wherever the operator runs it.
        base_url="",
        base_url_setting="VLLM_BASE_URL",
        key_setting="VLLM_API_KEY",
        can={"chat": "rows:RowChat"},
        is_key_needed=False,
        dialect="open",
    ),
    Provider(
        id="sandbox",
        name="Sandbox",
        base_url="",
        base_url_setting="",
        key_setting="",
        can={"chat": "sandbox:SandboxChat"},
        is_key_needed=False,
    ),
)

PROVIDERS: Final[Mapping[str, Provider]] = {row.id: row for row in _ROWS}
