"""Conversations of chatbots, written down."""

import logging
from typing import Final

from tollgate.contracts.aipuffer.conversations import Exchange
from tollgate.resources import Resources

_log: Final = logging.getLogger(__name__)


async def record(resources: Resources, account_id: str, exchange: Exchange) -> None:  # noqa: ARG001
    """Note that there was an exchange, without what was said."""
    facts = {"account_id": account_id, "bot_id": exchange.bot_id, "tokens": exchange.usage.total_tokens}
    _log.info("exchange", extra=facts)
