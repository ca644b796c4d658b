"""Conversations with chatbots, as `GET /logs` lists them."""

from typing import Annotated

from pydantic import Field, RootModel

from tollgate.contracts.rest import RestShape
from tollgate.contracts.shapes import Query

MOST_OF_A_PAGE = 100


class LogsQuery(Query):
    """Which conversations, and which page of them. Filters hold together."""

    page: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1
    per_page: Annotated[int, Field(ge=1)] = 20
    """Conversations of a page; of more than 100, 100 are given."""
    bot_id: Annotated[int, Field(ge=0)] = 0
    """Those of one bot; 0 is all."""
    user_search: str = ""
    """Part of the name of the user, or of the session of a guest, in any case."""
    message_search: str = ""
    """Part of what was said, in any case."""


class LogRow(RestShape):
    """A conversation. Every value is a text or null."""

    id: str
    bot_id: str | None
    user_id: str | None
    session_id: str | None
    """The session of a guest."""
    conversation_uuid: str
    is_guest: str
    """`0` or `1`."""
    module: str | None
    message_count: str
    first_message_ts: str
    """Seconds since 1970."""
    last_message_ts: str
    ip_address: str | None
    """Without its last part; null for keys that may not `manage_chatbots`."""
    user_wp_role: str | None
    created_at: str
    """`YYYY-MM-DD HH:MM:SS` in UTC."""
    updated_at: str
    messages: str
    """JSON in a text: `{"parent_id", "messages": [{"message_id", "role", "content", "timestamp", …}]}`."""
    user_display_name: str
    bot_name: str


class LogRows(RootModel[list[LogRow]]):
    """A page of conversations, the oldest first."""
