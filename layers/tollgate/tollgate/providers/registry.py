"""Who can do what. Import paths, not classes: loading one vendor's adapter is not the price of using another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Provider:
    """A vendor: how it is reached, and which of the protocols it has, by import path within this package.

    `{region}` in `base_url` stands for the AWS region of the deployment.
    """

    id: str
    name: str
    base_url: str
    base_url_setting: str
    key_setting: str
    can: Mapping[str, str] = field(default_factory=dict)
    is_key_needed: bool = True


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
        id="anthropic",
        name="Anthropic",
        base_url="https://api.anthropic.com/v1",
        base_url_setting="ANTHROPIC_BASE_URL",
        key_setting="ANTHROPIC_API_KEY",
        can={"chat": "anthropic:AnthropicChat"},
    ),
    Provider(
        id="bedrock",
        name="Amazon Bedrock",
        base_url="https://bedrock-runtime.{region}.amazonaws.com",
        base_url_setting="BEDROCK_BASE_URL",
        key_setting="AWS_BEARER_TOKEN_BEDROCK",
        can={"chat": "bedrock:BedrockChat"},
        # Without a key it is called as the function's own role.
        is_key_needed=False,
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
