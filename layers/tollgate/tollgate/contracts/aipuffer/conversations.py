"""One question to a bot and its answer, as they are written down."""

from datetime import datetime
from typing import NamedTuple

from tollgate.contracts.aipuffer.knowledge import Citation
from tollgate.contracts.usage import Usage


class Visitor(NamedTuple):
    """Who writes to a bot. Without a `user_id` it is a guest, known by the session."""

    session_id: str | None = None
    user_id: str | None = None
    """The id of the user on the site that asks for them."""
    name: str | None = None
    roles: tuple[str, ...] = ()
    address: str | None = None
    """The IP address, whole: who keeps it makes it anonymous."""

    @property
    def is_guest(self) -> bool:
        """Whether nobody said which user it is."""
        return self.user_id is None


class Exchange(NamedTuple):
    """What `services.aipuffer.conversations.record(resources, account_id, exchange)` keeps, after the answer was sent.

    Instructions and context are not in it.
    """

    bot_id: int
    bot_name: str
    conversation_uuid: str
    """At most 36 characters of `[a-z0-9_-]`; made here where the client named none."""
    visitor: Visitor
    question: str
    asked_at: datetime
    reply: str
    """As far as it came, where the visitor left."""
    replied_at: datetime
    provider: str
    """The provider's label, such as `OpenAI`."""
    model: str
    """The bot's own name for its model."""
    usage: Usage
    cost_usd: str
    """What the answer was charged, as a decimal."""
    request_id: str
    citations: tuple[Citation, ...] = ()
    outcome: str = "completed"
    """`completed`, `client_disconnected` or `upstream_error`."""
