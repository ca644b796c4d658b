"""Who can do what. Import paths, not classes: loading one vendor's adapter is not the price of using another."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct, field

_HERE: Final = "127.0.0.1"
# What a server listens on that is reached under each of its addresses. Nobody can call it by these names.
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104


class Host(NamedTuple):
    """A variable that names only the host of a server that the operator runs: `host`, `host:port`, or an address."""

    setting: str
    port: int
    path: str
    """What the base URL has after the host, the version of the API included."""


class Provider(Struct, frozen=True):
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
    role_setting: str = ""
    """The variable that, when `on`, has it called as the function's own role in place of a key."""
    dialect: str = ""
    """Which of the dialects in `rows` it speaks, for a vendor that has no module of its own."""
    credentials_url: str = ""
    """The page on which an operator makes its key."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of every request."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    """What holds for its models, over what its dialect says."""
    host: Host | None = None
    first_byte_s: float = 120.0
    """How long a stream may take to begin."""

    def address(self, environment: Mapping[str, str]) -> str:
        """The base URL, without a slash at its end; empty where there is none."""
        named = environment.get(self.base_url_setting)
        if not named and self.host is not None:
            named = _address_of(environment.get(self.host.setting, ""), self.host)
        return (named or self.base_url).rstrip("/")

    def missing(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """The settings without which it cannot be called, as far as they are not there."""
        needed = {
            self.key_setting: self.needs_key(environment) and not environment.get(self.key_setting),
            self.address_setting: self.is_elsewhere and not self.address(environment),
        }
        return tuple(setting for setting, is_missing in needed.items() if is_missing)

    def is_configured(self, environment: Mapping[str, str]) -> bool:
        """Whether the environment has what it takes to call the provider: its key, the address of its server."""
        return not self.missing(environment)

    def needs_key(self, environment: Mapping[str, str]) -> bool:
        """Whether it cannot be called without a key."""
        return self.is_key_needed and not (self.role_setting and environment.get(self.role_setting) == "on")

    @property
    def is_elsewhere(self) -> bool:
        """Whether it has to be reached at an address; one that answers by itself has none."""
        return bool(self.base_url_setting)

    @property
    def address_setting(self) -> str:
        """The variable that tells where it is: of a server that the operator runs, the usual one."""
        return self.host.setting if self.host is not None else self.base_url_setting


def _address_of(text: str, host: Host) -> str:
    """The base URL of a server that is named as its own programs name it: without a scheme, without a port, or both.

    https://docs.ollama.com/faq#how-do-i-configure-ollama-server
    """
    text = text.strip().strip("\"'")
    if not text:
        return ""
    has_scheme = "://" in text
    try:
        address = urlsplit(text if has_scheme else f"http://{text}")
        name, port = address.hostname or _HERE, address.port
    except ValueError:
        # No address at all: calling it tells so.
        return text
    if name in _EVERYWHERE:
        name = _HERE
    if port is None and not has_scheme:
        port = host.port
    place = f"[{name}]" if ":" in name else name
    return f"{address.scheme}://{place}{f':{port}' if port else ''}{address.path.rstrip('/') or host.path}"


_ROWS: Final = (
    Provider(
        id="openai",
        name="OpenAI",
        credentials_url="https://platform.openai.com/api-keys",
        base_url="https://api.openai.com/v1",
        base_url_setting="OPENAI_BASE_URL",
        key_setting="OPENAI_API_KEY",
        can={
            "chat": "openai:OpenAIChat",
            "embed": "openai_embeddings:OpenAIEmbeddings",
            "draw": "openai_images:OpenAIImages",
            "moderate": "openai_moderation:OpenAIModeration",
            "speech": "openai_audio:OpenAISpeech",
            "transcription": "openai_audio:OpenAITranscription",
            "fine_tune": "openai_tuning:OpenAITuning",
        },
    ),
    Provider(
        id="anthropic",
        name="Anthropic",
        credentials_url="https://console.anthropic.com/settings/keys",
        base_url="https://api.anthropic.com/v1",
        base_url_setting="ANTHROPIC_BASE_URL",
        key_setting="ANTHROPIC_API_KEY",
        can={"chat": "anthropic:AnthropicChat"},
    ),
    Provider(
        id="google",
        name="Google Gemini",
        credentials_url="https://aistudio.google.com/apikey",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        base_url_setting="GEMINI_BASE_URL",
        key_setting="GEMINI_API_KEY",
        can={
            "chat": "google:GoogleChat",
            "embed": "google_embeddings:GoogleEmbeddings",
            "draw": "google_images:GoogleImages",
            "speech": "google_speech:GoogleSpeech",
        },
    ),
    Provider(
        id="azure",
        name="Azure OpenAI",
        credentials_url="https://portal.azure.com/",
        # Each resource has an address of its own.
        base_url="",
        base_url_setting="AZURE_OPENAI_ENDPOINT",
        key_setting="AZURE_OPENAI_API_KEY",
        can={
            "chat": "azure:AzureChat",
            "embed": "azure_embeddings:AzureEmbeddings",
            "draw": "azure_images:AzureImages",
            "speech": "azure_audio:AzureSpeech",
            "transcription": "azure_audio:AzureTranscription",
        },
    ),
    Provider(
        id="bedrock",
        name="Amazon Bedrock",
        credentials_url="https://console.aws.amazon.com/bedrock/",
        base_url="https://bedrock-runtime.{region}.amazonaws.com",
        base_url_setting="BEDROCK_BASE_URL",
        key_setting="AWS_BEARER_TOKEN_BEDROCK",
        can={
            "chat": "bedrock:BedrockChat",
            "embed": "bedrock_embeddings:BedrockEmbeddings",
            "draw": "bedrock_images:BedrockImages",
        },
        role_setting="BEDROCK",
    ),
    Provider(
        id="openrouter",
        name="OpenRouter",
        credentials_url="https://openrouter.ai/settings/keys",
        base_url="https://openrouter.ai/api/v1",
        base_url_setting="OPENROUTER_BASE_URL",
        key_setting="OPENROUTER_API_KEY",
        can={
            "chat": "openrouter:OpenRouterChat",
            "embed": "openrouter_embeddings:OpenRouterEmbeddings",
            "draw": "openrouter_images:OpenRouterImages",
            "speech": "openrouter_audio:OpenRouterSpeech",
            "transcription": "openrouter_audio:OpenRouterTranscription",
        },
    ),
    Provider(
        id="deepseek",
        name="DeepSeek",
        credentials_url="https://platform.deepseek.com/api_keys",
        base_url="https://api.deepseek.com",
        base_url_setting="DEEPSEEK_BASE_URL",
        key_setting="DEEPSEEK_API_KEY",
        can={"chat": "deepseek:DeepSeekChat"},
    ),
    Provider(
        id="xai",
        name="xAI",
        credentials_url="https://console.x.ai/",
        base_url="https://api.x.ai/v1",
        base_url_setting="XAI_BASE_URL",
        key_setting="XAI_API_KEY",
        can={
            "chat": "xai:XAIChat",
            "draw": "xai_images:XAIImages",
            "speech": "xai_audio:XAISpeech",
            "transcription": "xai_audio:XAITranscription",
        },
    ),
    Provider(
        id="groq",
        name="Groq",
        credentials_url="https://console.groq.com/keys",
        base_url="https://api.groq.com/openai/v1",
        base_url_setting="GROQ_BASE_URL",
        key_setting="GROQ_API_KEY",
        can={"chat": "rows:RowChat", "speech": "rows_audio:RowSpeech", "transcription": "rows_audio:RowTranscription"},
        dialect="groq",
    ),
    Provider(
        id="mistral",
        name="Mistral",
        credentials_url="https://console.mistral.ai/api-keys",
        base_url="https://api.mistral.ai/v1",
        base_url_setting="MISTRAL_BASE_URL",
        key_setting="MISTRAL_API_KEY",
        can={
            "chat": "rows:RowChat",
            "embed": "rows_embeddings:RowEmbeddings",
            "transcription": "rows_audio:MistralTranscription",
        },
        dialect="mistral",
    ),
    Provider(
        id="together",
        name="Together AI",
        credentials_url="https://api.together.ai/settings/api-keys",
        base_url="https://api.together.xyz/v1",
        base_url_setting="TOGETHER_BASE_URL",
        key_setting="TOGETHER_API_KEY",
        can={
            "chat": "rows:RowChat",
            "embed": "rows_embeddings:RowEmbeddings",
            "draw": "together_images:TogetherImages",
        },
        dialect="together",
    ),
    Provider(
        id="fireworks",
        name="Fireworks AI",
        credentials_url="https://app.fireworks.ai/settings/users/api-keys",
        base_url="https://api.fireworks.ai/inference/v1",
        base_url_setting="FIREWORKS_BASE_URL",
        key_setting="FIREWORKS_API_KEY",
        can={"chat": "rows:RowChat", "embed": "rows_embeddings:RowEmbeddings"},
        dialect="fireworks",
    ),
    Provider(
        id="ollama",
        name="Ollama",
        base_url="",
        base_url_setting="OLLAMA_BASE_URL",
        key_setting="OLLAMA_API_KEY",
        can={"chat": "ollama:OllamaChat", "embed": "ollama_embeddings:OllamaEmbeddings"},
        is_key_needed=False,
        host=Host("OLLAMA_HOST", port=11434, path="/api"),
        # Loading a model takes minutes.
        first_byte_s=280.0,
    ),
    Provider(
        id="vllm",
        name="vLLM",
        # Wherever the operator runs it.
        base_url="",
        base_url_setting="VLLM_BASE_URL",
        key_setting="VLLM_API_KEY",
        can={
            "chat": "rows:RowChat",
            "embed": "rows_embeddings:RowEmbeddings",
            "speech": "rows_audio:RowSpeech",
            "transcription": "rows_audio:RowTranscription",
        },
        is_key_needed=False,
        dialect="open",
    ),
    Provider(
        id="sandbox",
        name="Sandbox",
        base_url="",
        base_url_setting="",
        key_setting="",
        can={
            "chat": "sandbox:SandboxChat",
            "embed": "sandbox_embeddings:SandboxEmbeddings",
            "draw": "sandbox_images:SandboxImages",
            "speech": "sandbox_audio:SandboxSpeech",
            "transcription": "sandbox_audio:SandboxTranscription",
            "fine_tune": "sandbox_tuning:SandboxTuning",
        },
        is_key_needed=False,
    ),
)

PROVIDERS: Final[Mapping[str, Provider]] = {row.id: row for row in _ROWS}
