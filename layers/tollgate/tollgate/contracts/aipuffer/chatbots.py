"""Chatbots: their settings, and what is sent to make, change and list them."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from tollgate.contracts.aipuffer.bot_knowledge import KnowledgeSettings
from tollgate.contracts.aipuffer.bot_limits import LimitSettings
from tollgate.contracts.aipuffer.bot_widget import WidgetSettings
from tollgate.contracts.aipuffer.providers import ProviderName
from tollgate.contracts.rest import Boolean, Integer, Number, RestShape
from tollgate.contracts.shapes import Query

Status = Literal["publish", "draft"]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class ChatbotSettings(KnowledgeSettings, LimitSettings, WidgetSettings):
    """All that can be set. What is not set has a value all the same, so that a name and a model make a bot."""

    provider: Annotated[ProviderName, BeforeValidator(_lower)] | None = None
    """Who answers. Unless said, the first provider that has the model, or can be asked at all."""
    model: Annotated[str, Field(max_length=256)] = ""
    """The provider's own name of the model; unless said, the provider's first one."""
    instructions: Annotated[str, Field(max_length=60_000)] = (
        "You are a friendly and helpful assistant. Today's date is [date]."
    )
    """What the model is told. `[date]` and `[username]` are filled in."""
    temperature: Annotated[Number, Field(ge=0, le=2)] = 1.0
    max_completion_tokens: Annotated[Integer, Field(ge=1, le=128_000)] = 4_000
    """The longest answer."""
    max_messages: Annotated[Integer, Field(ge=1, le=1_024)] = 15
    """How many earlier messages the model is shown at most."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] = "none"
    openai_conversation_state_enabled: Boolean = False
    """Kept for the plugin's exports; a provider keeps no conversations here."""
    google_conversation_state_enabled: Boolean = False
    openrouter_session_stickiness: Boolean = False
    openai_web_search_enabled: Boolean = False
    """Kept for the plugin's exports, as the four that follow; a chat searches no web."""
    claude_web_search_enabled: Boolean = False
    openrouter_web_search_enabled: Boolean = False
    xai_web_search_enabled: Boolean = False
    google_search_grounding_enabled: Boolean = False


class CreateChatbotRequest(ChatbotSettings):
    """A new bot."""

    name: Name
    status: Status = "publish"
    """Only a published bot is embedded in pages. Drafts answer to keys."""


class UpdateChatbotRequest(ChatbotSettings):
    """What to change. `null` puts a setting back to what it is where nothing was said."""

    name: Name | None = None
    status: Status | None = None


class ChatbotRecord(ChatbotSettings):
    """A bot with all its settings."""

    bot_id: int
    name: str
    status: Status
    created_at: str
    """ISO 8601, in UTC."""
    updated_at: str


class ChatbotSummary(RestShape):
    """A bot in a list."""

    bot_id: int
    name: str
    status: Status
    provider: str
    model: str
    created_at: str
    updated_at: str


class ChatbotList(RestShape):
    """A page of bots, in the order of their ids."""

    bots: list[ChatbotSummary]


class ListedBot(RestShape):
    """A bot as connectors look for it."""

    id: int
    name: str


class BotList(RestShape):
    """The bots of the account, drafts included, in the order of their ids."""

    bots: list[ListedBot]


class ChatbotsQuery(Query):
    """Which page."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=100)] = 20
    """Bots of a page, at most 100."""


class BotListQuery(Query):
    """Which page."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=1_000)] = 100
    """Bots of a page, at most 1000."""


class DeletedChatbot(RestShape):
    """That it is gone."""

    deleted: Literal[True] = True
    bot_id: int
    name: str


class Chatbot(NamedTuple):
    """A bot as services pass it."""

    account_id: str
    id: int
    name: str
    status: Status
    settings: ChatbotSettings
    created_at: str
    updated_at: str

    @property
    def is_published(self) -> bool:
        """Whether pages may have it."""
        return self.status == "publish"
