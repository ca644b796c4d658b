"""Messages from the chat in a page."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json

from tollgate.auth.widget_tokens import Page, name_visitor, session_of
from tollgate.contracts.aipuffer.chat import ChatMessage
from tollgate.contracts.aipuffer.conversations import Visitor
from tollgate.contracts.aipuffer.knowledge import Citation
from tollgate.contracts.aipuffer.widget import LONGEST_MESSAGE, WidgetMessageRequest, WidgetTurn
from tollgate.contracts.answer import StreamedAnswer
from tollgate.contracts.caller import Call
from tollgate.errors import BadRequest, Forbidden, RateLimited, Unavailable
from tollgate.resources import Resources
from tollgate.services.aipuffer.chat import OpenReply, Turn, begin, caller_for, check_messages, open_reply
from tollgate.services.aipuffer.pages import check_origin, own_origin, published_bot, widget_secret
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.visits import WINDOW

SESSION_LIMIT: Final = 12
"""Messages of one session to one bot within a minute."""
ADDRESS_LIMIT: Final = 60
"""The same of one address: a school or an office may have but one."""
LONGEST_CONVERSATION: Final = 40_000
"""Characters of a conversation that the bot is shown: the account of the bot pays for what strangers send."""
_DONE: Final = b'event: done\ndata: {"finished":true}\n\n'


async def create_widget_message(
    bot_id: str, request: WidgetMessageRequest, call: Call, root: str, resources: Resources
) -> StreamedAnswer:
    """Answer a visitor; the account of the bot pays.

    Raises BadRequest, NotFound, Forbidden, RateLimited, QuotaExhausted, PaymentRequired, Unavailable, UpstreamError.
    """
    bot, secret = await asyncio.gather(published_bot(bot_id, resources), widget_secret(resources))
    origin = call.headers.get("origin")
    check_origin(bot, origin)
    page = Page(bot.id, origin or own_origin(root))
    session_id = session_of(request.token, page, secret=secret, now=resources.now())
    if session_id is None:
        raise Forbidden("The chat was open for too long. Reload the page.", code="rest_aipkit_widget_token_invalid")
    call.caller = caller_for(bot)
    await _check_visits(bot.id, session_id, call.address, secret, resources)
    messages = [ChatMessage(role=one.role, content=one.content) for one in recent(request.messages)]
    check_messages(messages)
    _check_length(messages[-1])
    visitor = Visitor(session_id=session_id, address=call.address or None)
    conversation = await begin(Turn(bot, visitor, messages, request.conversation_uuid, request.page), call, resources)
    reply = await open_reply(conversation, call, resources)
    message_id = resources.new_id("aipkit-msg").replace("_", "-", 1)
    return StreamedAnswer(
        pieces=_pieces(reply, message_id, with_sources=bot.settings.show_sources),
        media_type="text/event-stream; charset=utf-8",
        headers={"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"},
        piece_of_error=lambda error: _error_event(error, resources.now()),
        keep_alive=b": keep-alive\n\n",
    )


def recent(messages: Sequence[WidgetTurn]) -> Sequence[WidgetTurn]:
    """The last messages, as many as may be shown to the bot; the question in any case."""
    room = LONGEST_CONVERSATION
    for number, message in enumerate(reversed(messages)):
        room -= len(message.content)
        if room < 0 and number:
            return messages[-number:]
    return messages


async def _check_visits(bot_id: int, session_id: str, address: str, secret: bytes, resources: Resources) -> None:
    """Count the message for its session and its address.

    Raises RateLimited, Unavailable.
    """
    now = resources.now()
    visitors = [(name_visitor(bot_id, session_id, secret=secret), SESSION_LIMIT)]
    if address:
        visitors.append((name_visitor(bot_id, address, secret=secret), ADDRESS_LIMIT))
    try:
        counted = await asyncio.gather(*(resources.visits.count(name, limit, now) for name, limit in visitors))
    except (AwsError, AwsUnavailable) as exc:
        raise Unavailable("The chat cannot answer now. Try again.", retry_after_s=1) from exc
    if not all(counted):
        raise RateLimited(
            "That were many messages in a short time. Wait a minute.",
            code="rest_aipkit_widget_too_many_messages",
            retry_after_s=WINDOW.total_seconds() - now.timestamp() % WINDOW.total_seconds(),
        )


def _check_length(question: ChatMessage) -> None:
    if len(question.content) > LONGEST_MESSAGE:
        raise BadRequest(
            f"The message has {len(question.content)} characters, and {LONGEST_MESSAGE} is the most.",
            code="rest_aipkit_widget_message_too_long",
            param="messages",
        )


async def _pieces(reply: OpenReply, message_id: str, *, with_sources: bool) -> AsyncGenerator[bytes, None]:
    yield _event({"message_id": message_id}, "message_start")
    async with aclosing(reply.texts()) as texts:
        async for text in texts:
            yield _event({"delta": text})
    citations = reply.conversation.knowledge.citations
    if with_sources and citations:
        yield _event({"citations": _sources(citations)}, "citations")
    yield _DONE


def _sources(citations: Sequence[Citation]) -> list[dict[str, str | None]]:
    """What a visitor is shown of them, each source once."""
    titles = {(citation.source, citation.url): None for citation in citations}
    return [{"title": title, "url": url} for title, url in titles]


def _event(data: Mapping[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + to_json(data) + b"\n\n"


def _error_event(error: Mapping[str, Any], now: datetime) -> bytes:
    data = {"error": error["message"], "code": error["code"]}
    if notice := error["data"].get("quota_notice"):
        data["quota_notice"] = notice
    return f"id: err-{int(now.timestamp())}\n".encode() + _event(data, "error") + _DONE
