"""What is not answered: addresses, words, and what OpenAI's moderation flags.

A moderation that cannot be asked lets the message through, as the plugin does: a chat does not stop for it.
"""

import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from tollgate.contracts.aipuffer.chatbots import Chatbot
from tollgate.contracts.aipuffer.conversations import Visitor
from tollgate.contracts.aipuffer.providers import VENDORS
from tollgate.errors import BadRequest, Forbidden, TollgateError
from tollgate.resources import Resources
from tollgate.stores.aws import AwsError, AwsUnavailable

_log: Final = logging.getLogger(__name__)


async def check_message(bot: Chatbot, visitor: Visitor, question: str, resources: Resources) -> None:
    """Refuse a message that the bot's settings do not let in.

    Raises Forbidden, BadRequest.
    """
    settings = bot.settings
    if visitor.address and visitor.address in settings.banned_ips:
        raise Forbidden(settings.banned_ips_message, code="ip_banned")
    if settings.banned_words and has_word(question, settings.banned_words):
        raise BadRequest(settings.banned_words_message, code="word_banned")
    if settings.openai_moderation_enabled and await _is_flagged(bot, question, resources):
        raise BadRequest(settings.openai_moderation_message, code="content_flagged_by_openai")


def has_word(text: str, words: Sequence[str]) -> bool:
    """Whether one of the words stands in a text as a whole word, in whatever case."""
    return _pattern(tuple(words)).search(text) is not None


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    # Not \b: a word may begin or end with what is no letter.
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", re.IGNORECASE)


async def _is_flagged(bot: Chatbot, question: str, resources: Resources) -> bool:
    name = bot.settings.provider
    moderation = resources.moderation(VENDORS[name].provider) if name else None
    if moderation is None:
        return False
    try:
        return await moderation.is_flagged(question)
    except (TollgateError, AwsError, AwsUnavailable) as exc:
        _log.warning("not_moderated", extra={"bot_id": bot.id, "error": type(exc).__name__})
        return False
