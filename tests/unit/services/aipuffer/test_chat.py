"""Answers of bots in pieces, as pages get them, and what is done after them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_call, an_entry
from tests.conftest import World, WorldMaker
from tests.upstream import Upstream, a_usage, chunks_of, event_reply
from tollgate.contracts.aipuffer.chat import ChatMessage
from tollgate.contracts.aipuffer.chatbots import Chatbot, ChatbotSettings
from tollgate.contracts.aipuffer.conversations import Visitor
from tollgate.contracts.caller import Call
from tollgate.errors import QuotaExhausted, UpstreamError
from tollgate.services.aipuffer.chat import Turn, begin, caller_for, open_reply

GUEST = Visitor(session_id="s1", address="203.0.113.7")


class Talk:
    """A bot of an account with money, and its visitors."""

    def __init__(self, world: World, account_id: str) -> None:
        self.world = world
        self.account_id = account_id

    def bot(self, **settings: Any) -> Chatbot:
        """A bot; `settings` go before those of the sandbox's."""
        settings = {"provider": "sandbox", "model": "chat", **settings}
        return Chatbot(self.account_id, 1, "One", "publish", ChatbotSettings(**settings), "", "")

    async def ask(self, bot: Chatbot, *, pieces: int | None = None) -> tuple[list[str], Call, Any]:
        """Ask, and hear so many pieces of the answer; the call's later work is left to be done."""
        call = a_call(caller=caller_for(bot))
        turn = Turn(bot, GUEST, [ChatMessage(role="user", content="How are you?")])
        conversation = await begin(turn, call, self.world.resources)
        reply = await open_reply(conversation, call, self.world.resources)
        heard: list[str] = []
        texts = reply.texts()
        async for text in texts:
            heard.append(text)
            if len(heard) == pieces:
                break
        await texts.aclose()
        return heard, call, reply

    async def logged(self) -> list[Any]:
        """The messages of the one conversation that was written down."""
        key = await self.world.key(self.account_id)
        listed = await self.world.client.get("/aipkit/v1/logs", headers={"authorization": f"Bearer {key}"})
        (row,) = listed.json()
        return list(json.loads(row["messages"])["messages"])


@pytest.fixture
async def talk(world: World) -> Talk:
    return Talk(world, await world.account())


async def finish(call: Call) -> None:
    for work in call.later:
        await work()


async def test_pieces_make_the_answer_and_it_is_paid_counted_and_written_down_after_them(talk: Talk) -> None:
    bot = talk.bot(token_guest_limit=1)

    heard, call, reply = await talk.ask(bot)
    await finish(call)

    entries = await talk.world.resources.accounts.entries(talk.account_id, limit=5)
    charges = [entry.key_id for entry in entries if entry.type == "usage"]
    question, answer = await talk.logged()
    assert len(heard) > 1
    assert reply.usage["total_tokens"] > 0
    assert charges == ["bot_1"]
    assert (question["content"], answer["content"]) == ("How are you?", "".join(heard).strip())
    with pytest.raises(QuotaExhausted):
        await talk.ask(bot)


async def test_a_visitor_who_leaves_pays_for_what_came_and_it_is_written_down(talk: Talk) -> None:
    heard, call, _ = await talk.ask(talk.bot(), pieces=1)
    await finish(call)

    _, answer = await talk.logged()
    assert answer["content"] == heard[0].strip()


async def test_a_stream_that_breaks_says_so_in_the_familys_code(talk: Talk) -> None:
    with pytest.raises(UpstreamError) as caught:
        await talk.ask(talk.bot(model="error-mid-stream"))

    assert caught.value.reason == "api_error"


async def test_the_account_of_the_bot_pays_and_its_models_are_all_that_there_are(
    make_world: WorldMaker, tmp_path: Path
) -> None:
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"models": [an_entry(id="openai/gpt-4o-mini")]}))
    async with Upstream(event_reply(chunks_of("Hel", "lo!", usage=a_usage()))) as upstream:
        world = await make_world(
            OPENAI_BASE_URL=f"{upstream.url}/v1", OPENAI_API_KEY="sk", TOLLGATE_CATALOGUE=str(catalogue)
        )
        talk = Talk(world, await world.account())

        heard, call, reply = await talk.ask(talk.bot(provider="openai", model="gpt-4o-mini", max_completion_tokens=9))
        await finish(call)

        assert heard == ["Hel", "lo!"]
        assert reply.usage == {"input_tokens": 19, "output_tokens": 10, "total_tokens": 29}
        assert upstream.requests[0].json["max_completion_tokens"] == 9


@pytest.mark.parametrize("is_aware", [True, False])
async def test_a_bot_that_is_aware_of_its_page_is_told_what_it_says(talk: Talk, is_aware: bool) -> None:
    bot = talk.bot(content_aware_enabled=is_aware, instructions="Be kind.")
    turn = Turn(bot, GUEST, [ChatMessage(role="user", content="Hi")], page="Open from nine.\x00" + "x" * 9_000)

    conversation = await begin(turn, a_call(caller=caller_for(bot)), talk.world.resources)

    told = conversation.prompt.body["messages"][0]["content"]
    assert told.endswith("Be kind.")
    assert ("Open from nine." in told) == is_aware
    assert len(told) < 5_000
