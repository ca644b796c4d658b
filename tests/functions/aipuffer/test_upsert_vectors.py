"""POST /aipkit/v1/vector-stores/upsert, into stores on loopback: Pinecone through its SDK, Qdrant by its REST API."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.builders import an_entry
from tests.conftest import WorldMaker
from tests.functions.aipuffer.conftest import BASE, bot, faults, told
from tests.functions.conftest import Site
from tests.invariants import check_books
from tests.upstream import Received, Reply, Upstream, a_completion, an_embedding_answer, json_reply
from tests.vector_stores import Pinecone, Qdrant

PATH = f"{BASE}/vector-stores/upsert"
_PRICE = {"unit": "token", "per": 1_000_000, "currency": "USD", "input": 0.02}


def a_model(name: str, **changes: Any) -> dict[str, Any]:
    """An embedding model of OpenAI's."""
    fields = {"type": "embedding", "context_length": 8192, "max_output_tokens": None, "pricing": _PRICE}
    return an_entry(**{"id": f"openai/{name}", "dimensions": 4, **fields, **changes})


@dataclass
class Shop:
    """A gateway with both stores."""

    site: Site
    upstream: Upstream
    pinecone: Pinecone
    qdrant: Qdrant

    async def upsert(self, *vectors: Any, key: str | None = None, **changes: Any) -> httpx2.Response:
        """Store texts; `changes` are those of the body."""
        body = {
            "provider": "pinecone",
            "target_id": "help-center",
            "embedding_provider": "openai",
            "embedding_model": "small",
            "vectors": [{"content": one} if isinstance(one, str) else one for one in vectors],
            **changes,
        }
        body = {name: value for name, value in body.items() if value is not ...}
        return await self.site.send("POST", PATH, key=key, json=body)

    def records(self, provider: str) -> list[dict[str, Any]]:
        """What is stored in a store."""
        return (self.pinecone if provider == "pinecone" else self.qdrant).records("help-center")

    def store(self, provider: str) -> Pinecone | Qdrant:
        """A store by its name."""
        return self.pinecone if provider == "pinecone" else self.qdrant


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """OpenAI, which embeds what it is asked to."""

    def answer(request: Received) -> Reply:
        if request.path.endswith("/chat/completions"):
            return json_reply(a_completion("Within a week."))
        if "FAIL" in request.body.decode():
            return json_reply({"error": {"message": "no", "type": "server_error"}}, 500)
        return json_reply(an_embedding_answer(request.json, length=4))

    async with Upstream(answer=answer) as server:
        yield server


@pytest.fixture
async def shop(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> AsyncIterator[Shop]:
    """A gateway with both stores, each with an index or a collection `help-center` of four dimensions."""
    models = [a_model("small"), a_model("fixed", dimensions=8, supported_parameters=["encoding_format"]), an_entry()]
    models += [a_model("cut", dimensions=[8, 4]), a_model("moody", dimensions=None)]
    models += [a_model("", id="ollama/mxbai-embed-large", pricing={**_PRICE, "input": 0}, context_length=512)]
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"models": models}))
    pinecone, qdrant = Pinecone(key="pc-operator", dimensions={"help-center": 4}), Qdrant()
    qdrant.create("help-center", 4)
    async with pinecone.server, qdrant.server:
        world = await make_world(
            OPENAI_BASE_URL=upstream.url + "/v1",
            OPENAI_API_KEY="sk-operator",
            TOLLGATE_CATALOGUE=str(catalogue),
            PINECONE_BASE_URL=pinecone.server.url,
            PINECONE_API_KEY="pc-operator",
            QDRANT_URL=qdrant.server.url,
        )
        account_id = await world.account()
        yield Shop(Site(world, upstream, account_id, await world.key(account_id)), upstream, pinecone, qdrant)
        await world.resources.close()
    qdrant.engine.close()


both = pytest.mark.parametrize("provider", ["pinecone", "qdrant"])


class TestStoring:
    @both
    async def test_texts_are_stored_with_what_is_known_of_them(self, shop: Shop, provider: str) -> None:
        first = {
            "id": "faq-1",
            "content": "Returns are free.",
            "metadata": {"lang": "en", "rank": 2},
            "uri": "https://a",
        }

        response = await shop.upsert(first, {"content": "We ship."}, provider=provider)

        answer = response.json()
        parents = [one.pop("parent_vector_id") for one in answer["results"]]
        assert (response.status_code, answer) == (
            200,
            {
                "upserted_count": 2,
                "status": "success",
                "source_count": 2,
                "total_chunks": 2,
                "results": [{"upserted_count": 1, "total_chunks": 1}] * 2,
            },
        )
        assert parents[0] == "faq-1"
        assert UUID(parents[1].removeprefix("text_")).version == 4
        stored = shop.records(provider)[0]
        assert UUID(stored.pop("vector_id")).version == 4
        assert stored == {
            "source": "text_entry_global_form",
            "lang": "en",
            "rank": 2,
            "uri": "https://a",
            "parent_vector_id": "faq-1",
            "chunk_index": 0,
            "total_chunks": 1,
            "char_start": 0,
            "char_end": 17,
            "original_content": "Returns are free.",
            "tollgate_account": shop.site.account_id,
        }

    @both
    async def test_a_long_text_becomes_passages_that_overlap(self, shop: Shop, provider: str) -> None:
        text = "".join(f"{number:05d}" for number in range(4_000))

        answer = (await shop.upsert(text, provider=provider)).json()

        assert (answer["upserted_count"], answer["source_count"], answer["total_chunks"]) == (4, 1, 4)
        stored = shop.records(provider)
        assert [(one["char_start"], one["char_end"]) for one in stored] == [
            (0, 6000),
            (5400, 11400),
            (10800, 16800),
            (16200, 20000),
        ]
        assert all(one["original_content"] == text[one["char_start"] : one["char_end"]] for one in stored)

    @both
    async def test_the_same_id_replaces_all_that_was_there(self, shop: Shop, provider: str) -> None:
        await shop.upsert(
            {"id": "faq-1", "content": "x" * 20_000}, {"id": "other", "content": "stays"}, provider=provider
        )

        await shop.upsert({"id": "faq-1", "content": "new"}, provider=provider)

        assert [one["original_content"] for one in shop.records(provider)] == ["new", "stays"]

    @both
    async def test_of_one_id_twice_in_a_request_the_second_counts(self, shop: Shop, provider: str) -> None:
        answer = (
            await shop.upsert({"id": "a", "content": "first"}, {"id": "a", "content": "second"}, provider=provider)
        ).json()

        assert [one["original_content"] for one in shop.records(provider)] == ["second"]
        assert (answer["source_count"], len(answer["results"])) == (2, 2)

    @pytest.mark.parametrize(
        ("item", "parent"),
        [
            ({"id": "my first  id"}, "my_first__id"),
            ({"id": "..größe:"}, "gr__e"),
            ({"id": "x" * 200}, "x" * 80),
            ({"id": "a", "metadata": {"parent_vector_id": "b"}}, "b"),
            ({"metadata": {"vector_id": "c", "id": "d"}}, "c"),
            ({"id": " ", "metadata": {"id": 7}}, "7"),
        ],
    )
    async def test_an_id_is_what_the_item_or_its_metadata_say_in_characters_that_ids_have(
        self, shop: Shop, item: dict[str, Any], parent: str
    ) -> None:
        answer = (await shop.upsert({"content": "x", **item})).json()

        assert answer["results"][0]["parent_vector_id"] == parent

    async def test_metadata_are_stored_flat_and_nothing_in_them_is_lost(self, shop: Shop) -> None:
        metadata = {
            "Lang Code": "<b>en</b>\n gb",
            "tags": ["a", {"b": None}],
            "price": 1.5,
            "is_new": True,
            "nothing": None,
            "original_content": "forged",
            "chunk_index": 99,
            "tollgate_account": "acct_other",
            "source": "site",
        }

        await shop.upsert({"id": "a", "content": "text", "metadata": metadata})

        (stored,) = shop.records("pinecone")
        given = {name: stored[name] for name in ("langcode", "tags", "price", "is_new", "source")}
        assert given == {
            "langcode": "en gb",
            "tags": '["a",{"b":null}]',
            "price": 1.5,
            "is_new": True,
            "source": "site",
        }
        assert (stored["original_content"], stored["chunk_index"]) == ("text", 0)
        assert stored["tollgate_account"] == shop.site.account_id
        assert "nothing" not in stored

    async def test_a_namespace_is_a_part_of_an_index(self, shop: Shop) -> None:
        await shop.upsert({"id": "a", "content": "default"})
        await shop.upsert({"id": "a", "content": "english"}, namespace="en")
        await shop.upsert({"id": "a", "content": "English"}, namespace="en")

        assert [one["original_content"] for one in shop.pinecone.records("help-center")] == ["default"]
        assert [one["original_content"] for one in shop.pinecone.records("help-center", "en")] == ["English"]

    async def test_qdrant_ignores_a_namespace(self, shop: Shop) -> None:
        await shop.upsert({"id": "a", "content": "first"}, provider="qdrant")
        response = await shop.upsert({"id": "a", "content": "second"}, provider="qdrant", namespace="en")

        assert response.status_code == 200
        assert [one["original_content"] for one in shop.qdrant.records("help-center")] == ["second"]

    async def test_many_texts_go_in_requests_that_pinecone_takes(self, shop: Shop) -> None:
        items = [{"id": str(number), "content": f"text {number} " + "🙂" * 4_000} for number in range(210)]

        answer = (await shop.upsert(*items)).json()

        sizes = [len(body["vectors"]) for body in shop.pinecone.bodies("/vectors/upsert")]
        assert (answer["upserted_count"], sum(sizes), max(sizes) <= 100) == (210, 210, True)
        assert len(shop.pinecone.records("help-center")) == 210

    async def test_the_whole_alias_of_wordpress_works_too(self, shop: Shop) -> None:
        body = {"provider": "qdrant", "target_id": "help-center", "vectors": [{"content": "x"}]}
        body |= {"embedding_provider": "openai", "embedding_model": "small"}

        response = await shop.site.send("POST", "/wp-json" + PATH, json=body)

        assert response.json()["upserted_count"] == 1


class TestAnswers:
    @both
    async def test_a_bot_answers_from_what_is_stored_and_the_log_says_from_what(
        self, shop: Shop, provider: str
    ) -> None:
        await shop.upsert(
            {"content": "We ship to Norway within a week.", "metadata": {"title": "Shipping"}}, provider=provider
        )
        settings = {"pinecone_index_name": "help-center", "qdrant_collection_names": ["help-center"]}
        bot_id = await bot(
            shop.site,
            provider="openai",
            model="gpt-4o",
            enable_vector_store=True,
            vector_store_provider=provider,
            vector_embedding_provider="openai",
            vector_embedding_model="small",
            **settings,
        )

        answer = await shop.site.send(
            "POST",
            f"{BASE}/chat/{bot_id}/message",
            json={"messages": [{"role": "user", "content": "How long to Norway?"}]},
        )
        (row,) = (await shop.site.send("GET", f"{BASE}/logs", params={"message_search": "norway"})).json()

        sent = shop.upstream.requests[-1].body.decode()
        assert answer.json()["reply"] == "Within a week."
        assert sent.count("We ship to Norway within a week.") == 1
        messages = json.loads(row["messages"])["messages"]
        assert [message["content"] for message in messages] == ["How long to Norway?", "Within a week."]
        assert [citation["source"] for citation in messages[1]["citations"]] == ["Shipping"]
        assert "We ship to Norway" not in row["messages"]
        assert (row["bot_id"], row["bot_name"]) == (str(bot_id), "Support Bot")
        assert len(await shop.site.ledger()) == 3


class TestAccounts:
    @both
    async def test_an_account_replaces_its_own_texts_and_nobody_elses(self, shop: Shop, provider: str) -> None:
        other = await shop.site.world.key(await shop.site.world.account())
        await shop.upsert({"id": "faq", "content": "theirs"}, provider=provider, key=other)

        for text in ("mine", "mine again"):
            await shop.upsert({"id": "faq", "content": text}, provider=provider)

        assert {one["original_content"] for one in shop.records(provider)} == {"theirs", "mine again"}

    async def test_what_came_there_by_another_way_is_replaced(self, shop: Shop) -> None:
        old = "3b1d0a52-7c2e-4b7c-9d55-0a1b2c3d4e5f"
        shop.qdrant.put("help-center", old, [1, 0, 0, 0], parent_vector_id="faq", original_content="plugin's")

        await shop.upsert({"id": "faq", "content": "new"}, provider="qdrant")

        assert [one["original_content"] for one in shop.qdrant.records("help-center")] == ["new"]


class TestMoney:
    async def test_all_texts_are_one_call_that_is_charged_for_what_it_used(self, shop: Shop) -> None:
        await shop.upsert(*(f"text {number}" for number in range(250)))

        (entry,) = await shop.site.ledger()
        assert (-entry.amount_usd, entry.usage["prompt_tokens"]) == (Decimal("0.000025"), 1_250)
        await check_books(shop.site.world.resources, shop.site.account_id)

    async def test_without_a_balance_nothing_is_asked(self, shop: Shop) -> None:
        poor = await shop.site.world.key(await shop.site.world.account(balance_usd=None))

        response = await shop.upsert("text", key=poor)

        assert response.status_code == 402
        assert shop.upstream.requests == shop.pinecone.server.requests == []

    async def test_an_empty_balance_is_told_before_a_bad_body(self, shop: Shop) -> None:
        poor = await shop.site.world.key(await shop.site.world.account(balance_usd=None))

        assert (await shop.upsert(key=poor)).status_code == 402

    async def test_what_was_held_for_nothing_is_given_back(self, shop: Shop) -> None:
        await shop.upsert("text", target_id="unknown")

        assert [Decimal(one) for one in await shop.site.world.funds(shop.site.account_id)] == [10, 10, 0]


class TestLengths:
    @pytest.mark.parametrize(
        ("provider", "code"),
        [("pinecone", "vector_dimension_mismatch"), ("qdrant", "qdrant_vector_dimension_mismatch")],
    )
    async def test_a_model_of_another_length_is_refused_before_anything_is_embedded(
        self, shop: Shop, provider: str, code: str
    ) -> None:
        response = await shop.upsert("text", provider=provider, embedding_model="fixed")

        assert told(response) == (500, code)
        assert "4 dimensions" in response.json()["message"]
        assert response.headers["x-should-retry"] == "false"
        assert shop.upstream.requests == []

    async def test_a_model_of_several_lengths_is_asked_for_that_of_the_store(self, shop: Shop) -> None:
        response = await shop.upsert("text", embedding_model="cut")

        assert response.status_code == 200
        assert shop.upstream.requests[0].json["dimensions"] == 4

    async def test_vectors_of_a_length_that_nobody_knew_are_looked_at_before_they_are_written(self, shop: Shop) -> None:
        shop.pinecone.dimensions["help-center"] = 6

        response = await shop.upsert("text", embedding_model="moody")

        assert told(response) == (500, "vector_dimension_mismatch")
        assert shop.pinecone.bodies("/vectors/upsert") == []


class TestFailures:
    @both
    async def test_a_failure_in_the_middle_says_how_far_it_came_and_removes_nothing(
        self, shop: Shop, provider: str
    ) -> None:
        await shop.upsert({"id": "bad", "content": "old"}, provider=provider)
        good = [{"id": str(number), "content": "fine"} for number in range(100)]

        response = await shop.upsert(*good, {"id": "bad", "content": "FAIL"}, provider=provider)

        data = response.json()["data"]
        results = data.pop("results")
        assert (response.status_code, len(results)) == (500, 100)
        assert {name: data[name] for name in data if name != "status"} == {
            "completed_sources": 100,
            "failed_source_index": 100,
            "source_count": 101,
            "upserted_count": 100,
            "total_chunks": 100,
        }
        assert {one["original_content"] for one in shop.records(provider)} == {"fine", "old"}
        await check_books(shop.site.world.resources, shop.site.account_id)

    @pytest.mark.parametrize(("provider", "end"), [("pinecone", "/vectors/upsert"), ("qdrant", "/points")])
    async def test_what_cannot_be_written_leaves_what_was_there(self, shop: Shop, provider: str, end: str) -> None:
        await shop.upsert({"id": "a", "content": "old"}, provider=provider)
        shop.store(provider).failures[end] = 400

        response = await shop.upsert({"id": "a", "content": "new"}, provider=provider)

        assert told(response) == (400, f"{provider}_api_error")
        assert [one["original_content"] for one in shop.records(provider)] == ["old"]

    @pytest.mark.parametrize(("provider", "end"), [("pinecone", "/vectors/delete"), ("qdrant", "/points/delete")])
    async def test_what_cannot_be_removed_is_told_and_removed_the_next_time(
        self, shop: Shop, provider: str, end: str
    ) -> None:
        await shop.upsert({"id": "a", "content": "old"}, provider=provider)
        shop.store(provider).failures[end] = 400

        failed = await shop.upsert({"id": "a", "content": "new"}, provider=provider)
        again = await shop.upsert({"id": "a", "content": "newest"}, provider=provider)

        assert told(failed) == (400, "vector_text_delete_existing_failed")
        assert again.status_code == 200
        assert [one["original_content"] for one in shop.records(provider)] == ["newest"]

    @both
    @pytest.mark.parametrize(("status", "shown"), [(401, 502), (403, 502), (404, 404), (500, 500)])
    async def test_what_a_store_says_is_told_by_its_code(
        self, shop: Shop, provider: str, status: int, shown: int
    ) -> None:
        double = shop.store(provider)

        def refuse(*_: Any) -> Reply:
            return double._refusal(status, "secret words of the store")

        double.server._decide = refuse

        response = await shop.upsert("text", provider=provider)

        assert told(response) == (shown, f"{provider}_api_error")
        assert "secret words" not in response.text

    @both
    async def test_a_busy_store_is_one_to_come_back_to(self, shop: Shop, provider: str) -> None:
        double = shop.store(provider)
        double.server._decide = lambda _: json_reply({}, 429, retry_after="0")

        response = await shop.upsert("text", provider=provider)

        assert told(response) == (429, f"{provider}_api_error")
        assert response.headers["retry-after"]

    @both
    async def test_a_passing_failure_is_passed_over(self, shop: Shop, provider: str) -> None:
        shop.store(provider).failures |= {"/vectors/upsert": 503, "/points": 503}

        assert (await shop.upsert("text", provider=provider)).status_code == 200

    async def test_a_store_that_is_not_there_cannot_be_reached(self, make_world: WorldMaker, shop: Shop) -> None:
        world = await make_world(QDRANT_URL="http://127.0.0.1:9")
        account_id = await world.account()
        site = Site(world, shop.upstream, account_id, await world.key(account_id))

        response = await Shop(site, shop.upstream, shop.pinecone, shop.qdrant).upsert(
            "text", provider="qdrant", embedding_provider="sandbox", embedding_model="embedding"
        )

        assert told(response) == (503, "qdrant_api_error")

    @pytest.mark.parametrize(
        ("provider", "code"), [("pinecone", "missing_api_key_pinecone"), ("qdrant", "missing_qdrant_url")]
    )
    async def test_a_store_that_is_not_set_up_says_so(
        self, make_world: WorldMaker, shop: Shop, provider: str, code: str
    ) -> None:
        world = await make_world()
        account_id = await world.account()
        site = Site(world, shop.upstream, account_id, await world.key(account_id))

        response = await Shop(site, shop.upstream, shop.pinecone, shop.qdrant).upsert(
            "text", provider=provider, embedding_provider="sandbox", embedding_model="embedding"
        )

        assert told(response) == (503, code)
        assert [Decimal(one) for one in await world.funds(account_id)] == [10, 10, 0]


class TestAtTheSameTime:
    @both
    async def test_of_two_requests_for_one_id_one_is_stored_whole(self, shop: Shop, provider: str) -> None:
        texts = [str(number) * 20_000 for number in range(6)]

        responses = await asyncio.gather(
            *(shop.upsert({"id": "a", "content": text}, provider=provider) for text in texts)
        )

        codes = {response.json().get("code", "stored") for response in responses}
        assert codes <= {"stored", "vector_text_update_busy"}
        assert "stored" in codes
        stored = shop.records(provider)
        assert [one["chunk_index"] for one in stored] == [0, 1, 2, 3]
        assert len({one["original_content"][0] for one in stored}) == 1

    async def test_a_busy_id_is_one_to_come_back_to(self, shop: Shop) -> None:
        resources = shop.site.world.resources
        claims = resources.idempotency
        held: list[Any] = []
        claim = claims.claim

        async def remember(key: Any, **rest: Any) -> Any:
            held.append(key)
            return await claim(key, **rest)

        claims.claim = remember  # type: ignore[method-assign]
        await shop.upsert({"id": "a", "content": "x"})
        now = resources.now()
        await claim(held[0]._replace(owner="req_other"), now=now, lease_ends_at=now.replace(year=now.year + 1))

        busy = await shop.upsert({"id": "b", "content": "x"}, {"id": "a", "content": "x"})
        other = await shop.upsert({"id": "b", "content": "x"})

        assert (told(busy), busy.headers["retry-after"]) == ((409, "vector_text_update_busy"), "1")
        assert other.status_code == 200


class TestRequests:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"vectors": []}, "rest_aipkit_invalid_vectors"),
            ({"vectors": [{"content": "fine"}, {"content": " \n"}]}, "rest_aipkit_no_content"),
            ({"target_id": " "}, "missing_vector_text_target"),
            ({"embedding_model": ""}, "missing_vector_text_embedding_config"),
            ({"vectors": [{"content": "x", "metadata": {"a": "y" * 41_000}}]}, "vector_text_chunking_failed"),
            (
                {
                    "vectors": [{"content": "x" * 600_000}],
                    "embedding_provider": "ollama",
                    "embedding_model": "mxbai-embed-large",
                },
                "vector_text_chunking_failed",
            ),
        ],
    )
    async def test_what_says_nothing_or_too_much_is_refused_and_nothing_is_stored(
        self, shop: Shop, changes: dict[str, Any], code: str
    ) -> None:
        response = await shop.upsert("text", **changes)

        assert told(response) == (400, code)
        assert shop.upstream.requests == shop.pinecone.server.requests == []

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"provider": "chroma"}, "provider"),
            ({"provider": "Pinecone"}, "provider"),
            ({"vectors": [{"id": 1, "content": "x"}]}, "vectors"),
            ({"vectors": [{"content": 1}]}, "vectors"),
            ({"vectors": [{"id": "a"}]}, "vectors"),
            ({"vectors": [{"content": "x", "metadata": "y"}]}, "vectors"),
            ({"embedding_provider": "replicate"}, "embedding_provider"),
            ({"embedding_provider": "deepseek"}, "embedding_model"),
            ({"embedding_model": "gpt-4o"}, "embedding_model"),
            ({"target_id": ".."}, "target_id"),
            ({"target_id": "a/points/delete"}, "target_id"),
        ],
    )
    async def test_what_cannot_be_is_told_by_its_name(self, shop: Shop, changes: dict[str, Any], name: str) -> None:
        assert name in faults(await shop.upsert("text", **changes))

    async def test_what_is_missing_is_listed(self, shop: Shop) -> None:
        response = await shop.site.send("POST", PATH, json={})

        needed = ["provider", "target_id", "vectors", "embedding_provider", "embedding_model"]
        assert told(response) == (400, "rest_missing_callback_param")
        assert response.json()["data"]["params"] == needed

    async def test_a_form_with_brackets_is_taken(self, shop: Shop) -> None:
        content = (
            "provider=qdrant&target_id=help-center&embedding_provider=openai&embedding_model=small"
            "&vectors[0][id]=a&vectors[0][content]=Hello&vectors[0][metadata][lang]=en"
        )
        headers = {"content-type": "application/x-www-form-urlencoded"}

        response = await shop.site.send("POST", PATH, headers=headers, content=content)

        assert response.json()["upserted_count"] == 1
        assert shop.qdrant.records("help-center")[0]["lang"] == "en"

    async def test_a_request_that_is_repeated_under_its_key_stores_once(self, shop: Shop) -> None:
        body = {"provider": "qdrant", "target_id": "help-center", "vectors": [{"content": "x"}]}
        body |= {"embedding_provider": "openai", "embedding_model": "small"}
        headers = {"idempotency-key": "import-1"}

        answers = [await shop.site.send("POST", PATH, json=body, headers=headers) for _ in range(2)]

        assert answers[0].json() == answers[1].json()
        assert len(shop.qdrant.records("help-center")) == 1

    async def test_a_model_beyond_the_keys_scope_is_refused(self, shop: Shop) -> None:
        key = await shop.site.world.key(shop.site.account_id, "write_vectors", models=["openai/gpt-4o"])

        assert (await shop.upsert("text", key=key)).status_code == 403
