"""A chatbot in a page of somebody's site."""

import asyncio
import json
from functools import cache
from html import escape
from importlib import resources as files
from typing import Final
from urllib.parse import urlsplit

from pydantic_core import to_json

from tollgate.auth.origins import is_allowed
from tollgate.auth.widget_tokens import LIFETIME, Page, is_session, make_token
from tollgate.contracts.aipuffer.chatbots import Chatbot
from tollgate.contracts.aipuffer.providers import VENDORS
from tollgate.contracts.aipuffer.widget import (
    MOST_MESSAGES,
    AssetUrls,
    EmbedConfig,
    EmbedConfigQuery,
    WidgetConfig,
)
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.errors import Forbidden
from tollgate.resources import Resources
from tollgate.services.aipuffer.chatbots import bot_not_found, find_bot
from tollgate.services.aipuffer.refusals import invalid_param
from tollgate.services.aipuffer.widget_assets import assets

_BASE: Final = "aipkit/v1"


async def get_embed_config(bot_id: str, query: EmbedConfigQuery, call: Call, root: str, resources: Resources) -> Answer:
    """What a published chatbot looks like in a page that may embed it, and with what that page writes to it.

    Raises InvalidParams, NotFound, Forbidden.
    """
    bot, secret = await asyncio.gather(published_bot(bot_id, resources), widget_secret(resources))
    origin = call.headers.get("origin")
    check_origin(bot, origin)
    session_id = query.session_id if is_session(query.session_id) else None
    session_id = session_id or resources.new_id("sess")
    token = make_token(Page(bot.id, origin or own_origin(root)), session_id, secret=secret, now=resources.now())
    config = config_of(bot, root=root, token=token, session_id=session_id)
    return Answer(content=EmbedConfig(config=config, html=html_of(config)), headers={"cache-control": "no-store"})


async def published_bot(bot_id: str, resources: Resources) -> Chatbot:
    """The bot, for a page.

    Raises InvalidParams, NotFound.
    """
    if not int(bot_id):
        raise invalid_param("bot_id", "bot_id must be greater than or equal to 1")
    bot = await find_bot(bot_id, None, resources)
    if not bot.is_published:
        raise bot_not_found()
    return bot


def check_origin(bot: Chatbot, origin: str | None) -> None:
    """Refuse a page that may not embed the bot, and where only some may, whoever does not say which it is.

    Raises Forbidden.
    """
    allowed = bot.settings.embed_allowed_domains
    if allowed and (origin is None or not is_allowed(origin, allowed)):
        raise Forbidden(
            "This chat may not be shown on this site. Its owner can allow the site's domain.",
            code="rest_aipkit_cors_denied",
        )


def own_origin(root: str) -> str:
    """The origin of the gateway's own pages: a browser does not name it when it only reads."""
    parts = urlsplit(root)
    return f"{parts.scheme}://{parts.netloc}"


async def widget_secret(resources: Resources) -> bytes:
    """The secret under which tokens of pages are signed."""
    return (await resources.secrets.text(resources.settings.widget_secret)).encode()


def config_of(bot: Chatbot, *, root: str, token: str, session_id: str) -> WidgetConfig:
    """The bot's settings as the script reads them."""
    settings = bot.settings
    here = f"{root}{_BASE}/chatbots/{bot.id}"
    same = settings.model_dump(include=set(WidgetConfig.model_fields))
    return WidgetConfig(
        **{
            **same,
            "bot_id": bot.id,
            "provider": VENDORS[settings.provider].label if settings.provider else "",
            "header_name": settings.header_name or bot.name,
            "ajax_url": f"{here}/widget-messages",
            "embed_config_url": f"{here}/embed-config",
            "nonce": token,
            "nonce_expires_in": int(LIFETIME.total_seconds()),
            "session_id": session_id,
            "asset_urls": _asset_urls(root),
            "custom_theme_preset_key": settings.theme_preset_key,
            "popup_enabled": settings.deploy_mode == "popup",
            "content_aware": settings.content_aware_enabled,
            "enable_starters": settings.enable_conversation_starters,
            "starters": settings.conversation_starters,
            "require_consent_compliance": settings.enable_consent_compliance,
            "text": _text(bot),
            "max_messages": min(settings.max_messages, MOST_MESSAGES),
            "enable_feedback": False,
            "enable_sidebar": False,
        }
    )


def html_of(config: WidgetConfig) -> str:
    """The element that the script fills."""
    kind = "aipkit_popup_wrapper" if config.popup_enabled else "aipkit_chat_container"
    data = escape(to_json(config, by_alias=True).decode())
    return f'<div class="{kind}" id="{kind}_{config.bot_id}" data-bot-id="{config.bot_id}" data-config="{data}"></div>'


def _asset_urls(root: str) -> AssetUrls:
    _, script, styles = assets()
    here = f"{root.removesuffix('wp-json/')}widget"
    return AssetUrls(
        css=f"{here}/{styles.name}",
        css_integrity=styles.integrity,
        main_js=f"{here}/{script.name}",
        main_js_integrity=script.integrity,
    )


def _text(bot: Chatbot) -> dict[str, str]:
    settings = bot.settings
    return {
        **_labels(),
        "initialGreeting": settings.greeting,
        "initialSubgreeting": settings.subgreeting,
        "typeMessage": settings.input_placeholder,
        "consentTitle": settings.consent_title,
        "consentMessage": settings.consent_message,
        "consentButton": settings.consent_button,
    }


@cache
def _labels() -> dict[str, str]:
    labels: dict[str, str] = json.loads((files.files("tollgate.documents") / "widget" / "labels.json").read_bytes())
    return labels
