"""`POST /aipkit/v1/chat/{bot_id}/message`."""

from typing import Annotated, Literal

from pydantic import Field

from tollgate.contracts.aipuffer.generation import TokenUsage
from tollgate.contracts.rest import ListOrText, RestShape

Id = Annotated[str, Field(max_length=200)]


class ChatMessage(RestShape):
    """One turn of a conversation. What the model is told first is the bot's own business."""

    role: Literal["user", "assistant"]
    content: str


class SendMessageRequest(RestShape):
    """A question to a bot. The last four fields are for sites that ask for visitors of their own."""

    messages: Annotated[list[ChatMessage], ListOrText]
    """What has been said, the question last."""
    conversation_uuid: str = ""
    """Which conversation it belongs to, in `a-z0-9_-`; without one it begins a new one."""
    session_id: Id = ""
    """The visitor's session: its limits are those of a guest."""
    user_id: Id = ""
    """The user of your site: its limits are those of a user."""
    user_name: Id = ""
    """The user's name, for `[username]` and the log."""
    user_roles: Annotated[list[Id], ListOrText, Field(max_length=50)] = Field(default_factory=list)
    """The user's roles, where limits differ by role."""


class Source(RestShape):
    """What a part of the context was found in."""

    id: str
    source: str
    score: float
    url: str | None = None


class ChatReply(RestShape):
    """The bot's answer."""

    reply: str
    usage: TokenUsage | None = None
    """Null where the provider told none."""
    bot_id: int
    model: str
    """The bot's own model, empty where it has none of its own."""
    conversation_uuid: str
    """Send it with the next question."""
    citations: list[Source]
    """What the context was found in."""
