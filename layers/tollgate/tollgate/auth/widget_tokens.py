"""Tokens with which a page may write to one chatbot for a while.

A token says until when it holds and for which session; the bot and the origin of the page are signed with it and not
in it, because every request says them anyway. So it opens nothing but one bot, to one origin.

    <session>.<end, in seconds since 1970>.<HMAC-SHA-256 of all four, in base64url>
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final, NamedTuple

LIFETIME: Final = timedelta(minutes=30)
_PURPOSE: Final = "tollgate widget token 1"
_TOKEN: Final = re.compile(r"(sess_[0-9A-Z]{26})\.(\d{1,12})\.([A-Za-z0-9_-]{43})", re.ASCII)
_SESSION: Final = re.compile(r"sess_[0-9A-Z]{26}", re.ASCII)


class Page(NamedTuple):
    """What a token is for."""

    bot_id: int
    origin: str


def is_session(text: str | None) -> bool:
    """Whether a text can be the id of a session."""
    return text is not None and _SESSION.fullmatch(text) is not None


def make_token(page: Page, session_id: str, *, secret: bytes, now: datetime) -> str:
    """A token for a page and a session, for the next half hour."""
    ends_at = int((now + LIFETIME).timestamp())
    return f"{session_id}.{ends_at}.{_signature(page, session_id, ends_at, secret)}"


def session_of(token: str, page: Page, *, secret: bytes, now: datetime) -> str | None:
    """The session of a token that holds for this page; None for any other."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    session_id, ends_at, signature = match[1], int(match[2]), match[3]
    is_ours = hmac.compare_digest(signature, _signature(page, session_id, ends_at, secret))
    return session_id if is_ours and now.timestamp() < ends_at else None


def _signature(page: Page, session_id: str, ends_at: int, secret: bytes) -> str:
    # An origin has no line breaks, so no two pages have one text.
    signed = "\n".join([_PURPOSE, str(page.bot_id), session_id, str(ends_at), page.origin])
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def name_visitor(bot_id: int, visitor: str, *, secret: bytes) -> str:
    """What a session or an address is called where visits to a bot are counted: it cannot be told from this."""
    return hmac.new(secret, f"tollgate visitor 1\n{bot_id}\n{visitor}".encode(), hashlib.sha256).hexdigest()[:32]
