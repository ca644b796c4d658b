"""How many tokens a visitor of a chatbot may use: looked at before an answer, counted after it."""

from datetime import datetime, timedelta
from typing import Any, Final

from tollgate.auth.keys import hash_user
from tollgate.contracts.aipuffer.chatbots import Chatbot
from tollgate.contracts.aipuffer.conversations import Visitor
from tollgate.errors import QuotaExhausted
from tollgate.ledger.windows import window_of
from tollgate.resources import Resources
from tollgate.services.aipuffer.refusals import needing_a_store
from tollgate.services.aipuffer.texts import local_time

_NO_RESET: Final = "never"
# Longer than any period, and than most browsers keep a guest's session.
_KEPT: Final = timedelta(days=400)


async def check_quota(bot: Chatbot, visitor: Visitor, resources: Resources) -> None:
    """Refuse a visitor who has no access, or has used all that there is for one.

    Raises QuotaExhausted, Unavailable.
    """
    limit = limit_of(bot, visitor)
    if limit is None:
        return
    if limit == 0:
        raise _refusal(bot, f"token_limit_exceeded_{'guest' if visitor.is_guest else 'user'}_logic")
    counter = counter_of(bot, visitor, local_time(resources.now(), resources.settings.time_zone))
    with needing_a_store():
        used = await resources.quotas.used(bot.id, counter)
    if used >= limit:
        raise _refusal(bot, "token_limit_exceeded_final_logic")


async def count_tokens(bot: Chatbot, visitor: Visitor, tokens: int, resources: Resources) -> None:
    """Count what an answer used, where the visitor has a limit."""
    if not tokens or limit_of(bot, visitor) is None:
        return
    now = local_time(resources.now(), resources.settings.time_zone)
    has_end = visitor.is_guest or bot.settings.token_reset_period != _NO_RESET
    await resources.quotas.add(
        bot.id, counter_of(bot, visitor, now), tokens, expires_at=now + _KEPT if has_end else None
    )


def limit_of(bot: Chatbot, visitor: Visitor) -> int | None:
    """The tokens of a period; None where there is no limit.

    Of several roles the highest counts, and one without a limit before all. Who has no role that a limit is set for has
    the limit of users.
    """
    settings = bot.settings
    if visitor.is_guest:
        return settings.token_guest_limit
    limits = [settings.token_role_limits[role] for role in visitor.roles if role in settings.token_role_limits]
    if not limits or settings.token_limit_mode == "general":  # noqa: S105 - no password
        return settings.token_user_limit
    return None if None in limits else max(limit for limit in limits if limit is not None)


def counter_of(bot: Chatbot, visitor: Visitor, now: datetime) -> str:
    """The name of a visitor's counter in the period that `now` falls into, a local time."""
    period = bot.settings.token_reset_period
    window = window_of(None if period == _NO_RESET else period, now)
    # An address is nobody's business, and a session or a user need not be readable to be counted.
    who = f"guest:{visitor.session_id or visitor.address or ''}" if visitor.is_guest else f"user:{visitor.user_id}"
    return f"{window}|{hash_user(bot.account_id, who)}"


def _refusal(bot: Chatbot, code: str) -> QuotaExhausted:
    settings = bot.settings
    actions = [
        {
            "type": settings.token_limit_primary_action_type,
            "label": settings.token_limit_primary_action_label,
            "url": settings.token_limit_primary_action_url,
        },
        {
            "type": settings.token_limit_secondary_action_type,
            "label": settings.token_limit_secondary_action_label,
            "url": settings.token_limit_secondary_action_url,
        },
    ]
    notice: dict[str, Any] = {
        "message": settings.token_limit_message,
        "actions": [action for action in actions if action["type"] != "none"],
    }
    return QuotaExhausted(settings.token_limit_message, code=code, metadata={"data": {"quota_notice": notice}})
