"""What was said with chatbots: written down when an answer has been sent, and listed."""

import asyncio
import logging
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final

from pydantic_core import to_json

from tollgate.auth.capabilities import may
from tollgate.contracts.aipuffer.conversations import Exchange, Visitor
from tollgate.contracts.aipuffer.logs import MOST_OF_A_PAGE, LogsQuery
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.resources import Resources
from tollgate.services.aipuffer.refusals import invalid_param
from tollgate.stores.aws import AwsUnavailable
from tollgate.stores.conversation_items import LONGEST_SOUGHT, Entry, Row, Said, Sought, Thread
from tollgate.stores.conversations import OPEN_DAYS
from tollgate.stores.numbers import Keeping

_MODULE: Final = "chat"
_DAY_S: Final = 86_400
_LONGEST_SESSION: Final = 64
_PAUSES_S: Final = (0.2, 1.0, 3.0, 10.0, None)
_PREFIX: Final = re.compile(r"^[a-z]+_")

_log: Final = logging.getLogger(__name__)


async def record(resources: Resources, account_id: str, exchange: Exchange) -> None:
    """Write an exchange down. Kept up for a while when the store does not answer.

    Several at the same time lose nothing, also where they are of one conversation.
    """
    entry = _entry(resources, account_id, exchange)
    for pause_s in _PAUSES_S:
        try:
            await resources.conversations.record(entry)
        except AwsUnavailable:
            if pause_s is None:
                _log.exception("conversation_not_recorded", extra={"request_id": exchange.request_id})
                return
            await asyncio.sleep(pause_s)
        else:
            return


async def list_logs(query: LogsQuery, call: Call, resources: Resources) -> Answer:
    """A page of conversations, oldest first. A page past the end is empty.

    Raises InvalidParams.
    """
    account_id = call.caller.account_id
    per_page = min(query.per_page, MOST_OF_A_PAGE)
    start = (query.page - 1) * per_page
    sought = Sought(_needle("user_search", query.user_search), _needle("message_search", query.message_search))
    total, ids = await _page(account_id, query.bot_id or None, sought, slice(start, start + per_page), resources)
    rows = await resources.conversations.rows(account_id, ids)
    names = {bot.id: bot.name for bot in await resources.chatbots.list(account_id)} if rows else {}
    sees_addresses = may(call.caller.capabilities, "manage_chatbots")
    return Answer(
        content=[_shown(row, names, sees_addresses=sees_addresses) for row in rows],
        headers={"x-wp-total": str(total), "x-wp-totalpages": str(-(-total // per_page))},
    )


async def _page(
    account_id: str, bot_id: int | None, sought: Sought, place: slice, resources: Resources
) -> tuple[int, list[int]]:
    """How many conversations there are, and the ids of those of a page."""
    store, keeping = resources.conversations, _keeping(resources)
    if sought.who or sought.text:
        numbers = await store.numbers(account_id, None, keeping)
        found = await store.search(account_id, numbers, sought._replace(bot_id=bot_id))
        return len(found), list(found[place])
    numbers = await store.numbers(account_id, bot_id, keeping)
    page = numbers.page(place.start, place.stop - place.start)
    if bot_id is not None and page:
        page = await store.of_bot(account_id, bot_id, page)
    return numbers.count, page


def anonymous(address: str | None) -> str | None:
    """An IP address without what tells a visitor from the neighbours: the last octet, or the last block, is zero."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    kept = 8 if parsed.version == 4 else 16
    return str(type(parsed)(int(parsed) >> kept << kept))


def fold(text: str) -> str:
    """A text as it is searched: without what is only writing, such as upper case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _needle(name: str, text: str) -> str:
    folded = fold(text.strip())
    if len(folded) > LONGEST_SOUGHT:
        raise invalid_param(name, f"{name} must be at most {LONGEST_SOUGHT} characters long.", code="rest_too_long")
    return folded


def _keeping(resources: Resources) -> Keeping:
    days = resources.settings.log_retention_days + OPEN_DAYS
    return Keeping(today=int(resources.now().timestamp()) // _DAY_S, days=days)


def _entry(resources: Resources, account_id: str, exchange: Exchange) -> Entry:
    visitor = exchange.visitor
    session = (visitor.session_id or "")[:_LONGEST_SESSION] or None if visitor.is_guest else None
    same = [exchange.bot_id, visitor.user_id, session, exchange.conversation_uuid, _MODULE]
    thread_hash = sha256(to_json(same)).hexdigest()[:32]
    thread = Thread(
        account_id, exchange.bot_id, visitor.user_id, session, exchange.conversation_uuid, _MODULE, thread_hash
    )
    messages = _messages(exchange, resources)
    texts = [fold(message["content"]) for message in messages]
    return Entry(
        thread,
        _facts(thread, exchange),
        fold("\n".join(part for part in (session, visitor.name, visitor.user_id) if part)),
        Said(messages, texts),
        _keeping(resources),
        int(resources.now().timestamp()),
        _token(resources),
    )


def _facts(thread: Thread, exchange: Exchange) -> dict[str, Any]:
    visitor = exchange.visitor
    return {
        "bot_id": thread.bot_id,
        "user_id": thread.user_id,
        "session_id": thread.session_id,
        "conversation_uuid": thread.conversation_uuid,
        "module": thread.module,
        "ip_address": anonymous(visitor.address),
        "user_wp_role": ", ".join(visitor.roles) if visitor.roles and not visitor.is_guest else None,
        "user_display_name": _display_name(visitor),
        "parent_id": f"aipkit-parent-{thread.hash}",
    }


def _display_name(visitor: Visitor) -> str:
    if visitor.is_guest:
        return "Guest"
    return visitor.name or "(Unknown User)"


def _messages(exchange: Exchange, resources: Resources) -> list[dict[str, Any]]:
    asked = {
        "message_id": f"aipkit-msg-{_token(resources)}",
        "role": "user",
        "content": exchange.question,
        "timestamp": int(exchange.asked_at.timestamp()),
    }
    if not exchange.reply and exchange.outcome != "completed":
        return [asked]
    answered: dict[str, Any] = {
        "message_id": f"aipkit-msg-{_token(resources)}",
        "role": "bot",
        "content": exchange.reply,
        "timestamp": int(exchange.replied_at.timestamp()),
        "provider": exchange.provider,
        "model": exchange.model,
        "usage": {
            "input_tokens": exchange.usage.prompt_tokens,
            "output_tokens": exchange.usage.completion_tokens,
            "total_tokens": exchange.usage.total_tokens,
        },
        "cost_usd": exchange.cost_usd,
        "request_id": exchange.request_id,
    }
    if exchange.citations:
        answered["citations"] = [citation._asdict() for citation in exchange.citations]
    if exchange.outcome != "completed":
        answered["outcome"] = exchange.outcome
    return [asked, answered]


def _token(resources: Resources) -> str:
    return _PREFIX.sub("", resources.new_id("msg")).lower()


def _shown(row: Row, names: Mapping[int, str], *, sees_addresses: bool) -> dict[str, str | None]:
    facts, messages = row.facts, row.messages
    first, last = messages[0]["timestamp"], max(message["timestamp"] for message in messages)
    text = {"parent_id": facts["parent_id"], "messages": messages}
    return {
        "id": str(row.number),
        "bot_id": str(facts["bot_id"]),
        "user_id": facts["user_id"],
        "session_id": facts["session_id"],
        "conversation_uuid": facts["conversation_uuid"],
        "is_guest": "1" if facts["user_id"] is None else "0",
        "module": facts["module"],
        "message_count": str(len(messages)),
        "first_message_ts": str(first),
        "last_message_ts": str(last),
        "ip_address": facts["ip_address"] if sees_addresses else None,
        "user_wp_role": facts["user_wp_role"],
        "created_at": _clock(first),
        "updated_at": _clock(last),
        "messages": to_json(text).decode(),
        "user_display_name": facts["user_display_name"],
        "bot_name": names.get(int(facts["bot_id"]), "(Deleted Bot)"),
    }


def _clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
