"""What a chatbot finds for a question in stores on loopback."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_call, a_caller
from tests.conftest import World, WorldMaker
from tests.vector_stores import Pinecone, Qdrant
from tollgate.contracts.aipuffer.chatbots import Chatbot, ChatbotSettings
from tollgate.contracts.aipuffer.knowledge import Knowledge
from tollgate.contracts.aipuffer.vectors import UpsertVectorsRequest
from tollgate.contracts.caller import Call
from tollgate.errors import (
    ConnectFailed,
    DimensionMismatch,
    Impossible,
    InsufficientBalance,
    InvalidParams,
    NoProviderAvailable,
    NotFound,
    Unavailable,
)
from tollgate.services.aipuffer.knowledge import near, retrieve
from tollgate.services.aipuffer.vectors import upsert_vectors
from tollgate.stores.vectors import Hit

_MODEL = {"vector_embedding_provider": "sandbox", "vector_embedding_model": "embedding"}
_FAQ = (
    {"id": "returns", "content": "Returns of shoes are free for thirty days.", "metadata": {"title": "Returns"}},
    {"id": "ship", "content": "We ship shoes to Norway within a week.", "uri": "https://shop.example/shipping"},
    {"id": "hours", "content": "The office opens at nine."},
)


@dataclass
class Library:
    """A gateway with both stores, and an account with money."""

    world: World
    account_id: str
    pinecone: Pinecone
    qdrant: Qdrant

    def call(self) -> Call:
        """A call of the account."""
        return a_call(caller=a_caller(account_id=self.account_id))

    async def store(self, *items: Any, account_id: str | None = None, **changes: Any) -> None:
        """Store texts."""
        body = {
            "provider": "qdrant",
            "target_id": "faq",
            "embedding_provider": "sandbox",
            "embedding_model": "embedding",
            "vectors": list(items),
            **changes,
        }
        call = a_call(caller=a_caller(account_id=account_id or self.account_id))
        await upsert_vectors(UpsertVectorsRequest.model_validate(body), call, self.world.resources)
        for work in call.later:
            await work()

    async def ask(self, question: str = "Do you ship to Norway?", **settings: Any) -> Knowledge:
        """What a bot with those settings finds."""
        given = {"enable_vector_store": True, "vector_store_provider": "qdrant", "qdrant_collection_names": ["faq"]}
        bot = Chatbot(
            self.account_id,
            7,
            "Bot",
            "publish",
            ChatbotSettings.model_validate({**given, **_MODEL, **settings}),
            "2026-11-21T09:00:00Z",
            "2026-11-21T09:00:00Z",
        )
        call = self.call()
        try:
            return await retrieve(question, bot, call, self.world.resources)
        finally:
            for work in call.later:
                await work()


@pytest.fixture
async def library(make_world: WorldMaker) -> AsyncIterator[Library]:
    """Collections `faq` and `more`, and an index `faq`, of 64 dimensions each."""
    pinecone, qdrant = Pinecone(dimensions={"faq": 64, "long": 128}), Qdrant()
    for name, size in (("faq", 64), ("more", 64), ("long", 128), ("odd", 100)):
        qdrant.create(name, size)
    async with pinecone.server, qdrant.server:
        world = await make_world(
            PINECONE_BASE_URL=pinecone.server.url, PINECONE_API_KEY="pc", QDRANT_URL=qdrant.server.url
        )
        yield Library(world, await world.account(), pinecone, qdrant)
        await world.resources.close()
    qdrant.engine.close()


async def test_without_time_for_another_group_the_request_says_how_far_it_came(library: Library) -> None:
    body = {"provider": "qdrant", "target_id": "faq", "vectors": list(_FAQ)}
    body |= {"embedding_provider": "sandbox", "embedding_model": "embedding"}
    call = a_call(caller=a_caller(account_id=library.account_id), time_left_s=29)

    with pytest.raises(Unavailable) as caught:
        await upsert_vectors(UpsertVectorsRequest.model_validate(body), call, library.world.resources)

    data = caught.value.metadata["data"]
    assert caught.value.reason == "vector_text_time_over"
    assert (data["completed_sources"], data["failed_source_index"], data["source_count"]) == (0, 0, 3)
    assert library.qdrant.records("faq") == []


async def test_passages_that_are_near_are_found_with_where_they_are_from(library: Library) -> None:
    await library.store(*_FAQ)

    found = await library.ask(vector_store_top_k=1)

    (citation,) = found.citations
    assert "We ship shoes to Norway within a week." in found.text
    assert "Returns" not in found.text
    assert (citation.source, citation.url) == ("https://shop.example/shipping", "https://shop.example/shipping")
    assert 0.2 <= citation.score <= 1
    assert found.usage is not None
    assert found.usage.prompt_tokens > 0


async def test_the_question_is_embedded_once_and_charged(library: Library) -> None:
    await library.store(*_FAQ)
    await library.store(*_FAQ, target_id="more")
    before = Decimal((await library.world.funds(library.account_id))[0])

    await library.ask(qdrant_collection_names=["faq", "more"])

    entries = await library.world.resources.accounts.entries(library.account_id, limit=9)
    usage = [entry for entry in entries if entry.type == "usage"]
    assert len(usage) == 3
    assert before - Decimal((await library.world.funds(library.account_id))[0]) == -usage[0].amount_usd > 0


async def test_all_collections_are_searched_and_each_text_is_there_once(library: Library) -> None:
    await library.store(*_FAQ)
    await library.store(_FAQ[1], {"content": "Norway is far: we ship by boat."}, target_id="more")

    found = await library.ask(
        qdrant_collection_names=["faq", "more"], vector_store_top_k=2, vector_store_confidence_threshold=0
    )

    assert found.text.count("We ship shoes to Norway") == 1
    assert "by boat" in found.text
    assert [one.score for one in found.citations] == sorted((one.score for one in found.citations), reverse=True)


async def test_the_same_settings_find_the_same_in_pinecone(library: Library) -> None:
    await library.store(*_FAQ, provider="pinecone")

    found = await library.ask(vector_store_provider="pinecone", pinecone_index_name="faq", vector_store_top_k=1)

    assert "Norway" in found.text


async def test_a_namespace_is_searched_where_the_bot_names_it(library: Library) -> None:
    await library.store({"content": "We ship to Norway from Oslo."}, provider="pinecone", namespace="no")
    where = {"vector_store_provider": "pinecone", "pinecone_index_name": "faq"}

    assert (await library.ask(**where)).text == ""
    assert "Oslo" in (await library.ask(**where, pinecone_namespace="no")).text


async def test_what_is_too_far_away_is_left_out(library: Library) -> None:
    await library.store(*_FAQ)

    found = await library.ask(vector_store_confidence_threshold=99)

    assert (found.text, found.citations) == ("", ())
    assert found.usage is not None


async def test_another_accounts_texts_are_not_found_and_nobodys_are(library: Library) -> None:
    other = await library.world.account()
    await library.store({"content": "We ship to Norway: theirs."}, account_id=other)
    await library.store({"content": "We ship to Norway: by another way."})
    library.qdrant.engine.delete_payload(
        "faq", ["tollgate_account"], points=library.qdrant.ids("faq", library.account_id)
    )

    found = await library.ask()

    assert "by another way" in found.text
    assert "theirs" not in found.text


async def test_a_question_is_made_as_long_as_what_is_stored(library: Library) -> None:
    await library.store(*_FAQ, target_id="long")

    assert "Norway" in (await library.ask(qdrant_collection_names=["long"])).text


@pytest.mark.parametrize("settings", [{"enable_vector_store": False}, {"question": " \n"}])
async def test_nothing_is_asked_where_nothing_is_to_be_found(library: Library, settings: dict[str, Any]) -> None:
    found = await library.ask(**settings)

    assert found == Knowledge()
    assert library.qdrant.server.requests == []


@pytest.mark.parametrize(
    ("settings", "kind", "reason"),
    [
        ({"qdrant_collection_names": ["unknown"]}, NotFound, "qdrant_api_error"),
        ({"qdrant_collection_names": []}, Impossible, "missing_vector_text_target"),
        ({"vector_store_provider": "pinecone"}, Impossible, "missing_vector_text_target"),
        ({"qdrant_collection_names": ["odd"]}, DimensionMismatch, "qdrant_vector_dimension_mismatch"),
        ({"qdrant_collection_names": ["faq", "long"]}, DimensionMismatch, "qdrant_vector_dimension_mismatch"),
        ({"vector_embedding_model": "unknown"}, InvalidParams, "invalid_request"),
    ],
)
async def test_what_is_wrong_with_a_bots_settings_is_named_and_costs_nothing(
    library: Library, settings: dict[str, Any], kind: type[Exception], reason: str
) -> None:
    with pytest.raises(kind) as caught:
        await library.ask(**settings)

    assert caught.value.reason == reason  # type: ignore[attr-defined]
    if settings.get("qdrant_collection_names") != ["faq", "long"]:
        assert [Decimal(one) for one in await library.world.funds(library.account_id)] == [10, 10, 0]


async def test_an_account_without_money_finds_nothing_and_is_told_why(library: Library) -> None:
    library.account_id = await library.world.account(balance_usd=None)

    with pytest.raises(InsufficientBalance):
        await library.ask()

    assert library.qdrant.server.requests == []


async def test_a_store_that_is_not_set_up_or_not_there_is_named(library: Library, make_world: WorldMaker) -> None:
    library.world = await make_world()
    with pytest.raises(NoProviderAvailable, match="Qdrant is not configured"):
        await library.ask()

    library.world = await make_world(QDRANT_URL="http://127.0.0.1:9")
    with pytest.raises(ConnectFailed):
        await library.ask()


def test_hits_are_in_the_order_of_their_nearness_and_without_text_they_are_none() -> None:
    hits = [
        Hit("a", 0.5, {"original_content": "one"}),
        Hit("b", 0.9, {"original_content": " two "}),
        Hit("c", 0.8, {"original_content": "two"}),
        Hit("d", 0.99, {"title": "no text"}),
        Hit("e", 0.19, {"original_content": "far"}),
        Hit("f", 0.2, {"original_content": "just near enough"}),
    ]

    assert [hit.id for hit in near(hits, 20)] == ["b", "a", "f"]
