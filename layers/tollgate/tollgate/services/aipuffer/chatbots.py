"""Chatbots: made, shown, changed and deleted."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from tollgate.attempts import Attempts
from tollgate.contracts.aipuffer.chatbots import (
    BotListQuery,
    Chatbot,
    ChatbotSettings,
    ChatbotsQuery,
    CreateChatbotRequest,
    DeletedChatbot,
    UpdateChatbotRequest,
)
from tollgate.contracts.aipuffer.providers import VENDORS
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.errors import BadRequest, Conflict, NotFound
from tollgate.resources import Resources
from tollgate.services.aipuffer.models import find_named, first_of, vendor_of, vendors
from tollgate.services.aipuffer.refusals import invalid_param, needing_a_store
from tollgate.services.gate import iso
from tollgate.stores.chatbots import BotSummary, StoredChatbot

_MOST_BYTES: Final = 300_000
"""Of a bot's settings: DynamoDB takes items of 400 KB."""
_ATTEMPTS: Final = 6
_BESIDE_SETTINGS: Final = frozenset({"name", "status"})


async def create_chatbot(request: CreateChatbotRequest, call: Call, resources: Resources) -> Answer:
    """Make a bot. Of what is not set the defaults count, also those of later releases.

    Raises InvalidParams, BadRequest.
    """
    settings = _set_in(request)
    await _complete(settings, resources)
    now = iso(resources.now())
    bot = StoredChatbot(
        id=await resources.chatbots.next_id(),
        account_id=call.caller.account_id,
        name=request.name,
        status=request.status,
        provider=settings["provider"],
        model=settings.get("model", ""),
        settings=_as_text(settings),
        version=1,
        created_at=now,
        updated_at=now,
    )
    await resources.chatbots.put(bot)
    return Answer(content=_shown(chatbot_of(bot)), status=201)


async def list_chatbots(query: ChatbotsQuery, call: Call, resources: Resources) -> Answer:
    """A page of the account's bots, oldest first."""
    bots = await _all(call, resources)
    shown = [{"bot_id": bot.id, **_without_id(bot)} for bot in _page_of(bots, query)]
    return Answer(content={"bots": shown}, headers=_totals(bots, query))


async def list_bots(query: BotListQuery, call: Call, resources: Resources) -> Answer:
    """The account's bots by id and name, as connectors look for them."""
    bots = await _all(call, resources)
    shown = [{"id": bot.id, "name": bot.name} for bot in _page_of(bots, query)]
    return Answer(content={"bots": shown}, headers=_totals(bots, query))


async def get_chatbot(bot_id: str, call: Call, resources: Resources) -> Answer:
    """One bot with all its settings.

    Raises NotFound, Unavailable.
    """
    return Answer(content=_shown(chatbot_of(await _stored(bot_id, call, resources))))


async def update_chatbot(bot_id: str, request: UpdateChatbotRequest, call: Call, resources: Resources) -> Answer:
    """Change settings of a bot. Effective with the next message.

    Raises InvalidParams, BadRequest, NotFound, Conflict, Unavailable.
    """
    async for _ in Attempts(_ATTEMPTS):
        stored = await _stored(bot_id, call, resources)
        changed = await resources.chatbots.change(stored, await _changes(stored, request, call, resources))
        if changed is not None:
            return Answer(content=_shown(chatbot_of(changed)))
    raise Conflict("The bot is being changed by others at the same time. Try again.", retry_after_s=1)


async def delete_chatbot(bot_id: str, call: Call, resources: Resources) -> DeletedChatbot:
    """Delete a bot for good. Its id is not given out again.

    Raises NotFound, Unavailable.
    """
    stored = await _stored(bot_id, call, resources)
    if not await resources.chatbots.delete(stored):
        raise bot_not_found()
    return DeletedChatbot(bot_id=stored.id, name=stored.name)


async def find_bot(bot_id: int | str, account_id: str | None, resources: Resources) -> Chatbot:
    """A bot by its id: of one account, or, for a page that has no key, of whichever.

    Raises NotFound, Unavailable.
    """
    with needing_a_store():
        # No id has more digits, and Python reads only so many.
        stored = await resources.chatbots.find(int(bot_id)) if len(str(bot_id)) < 20 else None
    if stored is None or account_id not in {None, stored.account_id}:
        raise bot_not_found()
    return chatbot_of(stored)


def chatbot_of(stored: StoredChatbot) -> Chatbot:
    """A stored bot as services pass it."""
    return Chatbot(
        account_id=stored.account_id,
        id=stored.id,
        name=stored.name,
        status="publish" if stored.status == "publish" else "draft",
        # They were validated before they were stored, and building a validator of a hundred fields takes a chat longer
        # than all that it does with them.
        settings=ChatbotSettings.model_construct(**from_json(stored.settings)),
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


def bot_not_found() -> NotFound:
    """The one answer for a bot that does not exist, or not for this caller."""
    return NotFound("There is no such chatbot.", code="rest_aipkit_bot_not_found")


async def _all(call: Call, resources: Resources) -> list[BotSummary]:
    with needing_a_store():
        return await resources.chatbots.list(call.caller.account_id)


async def _stored(bot_id: str, call: Call, resources: Resources) -> StoredChatbot:
    with needing_a_store():
        stored = await resources.chatbots.find(int(bot_id)) if len(bot_id) < 20 else None
    if stored is None or stored.account_id != call.caller.account_id:
        raise bot_not_found()
    return stored


async def _changes(
    stored: StoredChatbot, request: UpdateChatbotRequest, call: Call, resources: Resources
) -> dict[str, Any]:
    cleared = {name for name, value in call.body.items() if value is None and name in ChatbotSettings.model_fields}
    sent = _set_in(request)
    settings = {**from_json(stored.settings), **sent}
    settings = {name: value for name, value in settings.items() if name not in cleared}
    if not {*sent, *cleared, *(request.model_fields_set & _BESIDE_SETTINGS)}:
        raise BadRequest("The body names nothing to change.")
    try:
        ChatbotSettings.model_validate(settings)
    except ValidationError as exc:
        # Each is in order, and they do not go together.
        first = exc.errors(include_url=False)[0]
        raise invalid_param(str(first["loc"][0]), f"{first['loc'][0]} does not fit the other settings.") from exc
    if {"provider", "model"} & {*sent, *cleared}:
        if "provider" not in sent and "model" in sent and _knows(settings, resources) is False:
            settings.pop("provider", None)
        await _complete(settings, resources)
    return {
        "name": request.name or stored.name,
        "status": request.status or stored.status,
        "provider": settings["provider"],
        "model": settings.get("model", ""),
        "settings": _as_text(settings),
        "updated_at": iso(resources.now()),
    }


def _knows(settings: Mapping[str, Any], resources: Resources) -> bool:
    """Whether the provider has the model."""
    vendor = VENDORS[settings["provider"]] if settings.get("provider") else None
    return vendor is not None and find_named(vendor, settings["model"], "chat", resources) is not None


async def _complete(settings: dict[str, Any], resources: Resources) -> None:
    """Name the provider where nothing else does, and refuse a model that it has not.

    Raises InvalidParams.
    """
    model = settings.get("model", "")
    if not settings.get("provider"):
        settings["provider"] = await _first_provider(model, resources)
    vendor = vendor_of(settings["provider"], resources)
    if model and ((found := find_named(vendor, model, "chat", resources)) is None or found.type != "chat"):
        raise invalid_param("model", f"{vendor.label} has no chat model of that name here.")


async def _first_provider(model: str, resources: Resources) -> str:
    if model:
        for name, vendor in vendors(resources):
            found = find_named(vendor, model, "chat", resources)
            if found is not None and found.type == "chat":
                return name
        raise invalid_param("model", "No provider has a chat model of that name here.")
    configured = await resources.configured_providers()
    for name, vendor in vendors(resources):
        if vendor.provider in configured and first_of(vendor, "chat", resources) is not None:
            return name
    raise invalid_param("provider", "No provider is configured here, so one has to be named.")


def _set_in(request: ChatbotSettings) -> dict[str, Any]:
    return request.model_dump(mode="json", exclude_unset=True, exclude=set(_BESIDE_SETTINGS))


def _as_text(settings: Mapping[str, Any]) -> str:
    text = to_json(settings)
    if len(text) > _MOST_BYTES:
        raise BadRequest(
            f"The settings have {len(text)} bytes together, and {_MOST_BYTES} is the most.",
            code="rest_aipkit_settings_too_large",
        )
    return text.decode()


def _shown(bot: Chatbot) -> dict[str, Any]:
    return {
        "bot_id": bot.id,
        "name": bot.name,
        "status": bot.status,
        **bot.settings.model_dump(mode="json"),
        "created_at": bot.created_at,
        "updated_at": bot.updated_at,
    }


def _without_id(bot: BotSummary) -> dict[str, str]:
    return {name: value for name, value in bot._asdict().items() if name != "id"}


def _page_of(bots: list[BotSummary], query: ChatbotsQuery | BotListQuery) -> list[BotSummary]:
    first = (query.page - 1) * query.per_page
    return bots[first : first + query.per_page]


def _totals(bots: list[BotSummary], query: ChatbotsQuery | BotListQuery) -> dict[str, str]:
    return {"x-wp-total": str(len(bots)), "x-wp-totalpages": str(-(-len(bots) // query.per_page))}
