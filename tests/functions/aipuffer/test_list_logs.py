"""GET /aipkit/v1/logs: conversations as they were recorded, page by page, and searched."""

import asyncio
import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from tests.builders import NOW
from tests.functions.aipuffer.conftest import BASE, bot, faults, told
from tests.functions.conftest import Site
from tollgate.contracts.aipuffer.conversations import Exchange, Visitor
from tollgate.contracts.aipuffer.knowledge import Citation
from tollgate.contracts.usage import Usage
from tollgate.resources import Resources
from tollgate.services.aipuffer.conversations import anonymous, record

PATH = f"{BASE}/logs"
GUEST = Visitor(session_id="0d5e1f52-9a0b-4c55-8f0a-2b1f6f1f9f11", address="203.0.113.77")
ANN = Visitor(user_id="42", name="Ann Example", roles=("editor", "author"), address="2001:db8:1:2:3:4:5:6")


def an_exchange(question: str = "Do you ship to Norway?", **changes: Any) -> Exchange:
    """A question and its answer, 12 seconds later."""
    asked_at: datetime = changes.pop("asked_at", NOW)
    exchange = Exchange(
        bot_id=1,
        bot_name="Support Bot",
        conversation_uuid="5b0a7d0e-6f0d-4a37-9a54-1c2d3e4f5a6b",
        visitor=GUEST,
        question=question,
        asked_at=asked_at,
        reply="Yes, within a week.",
        replied_at=asked_at + timedelta(seconds=12),
        provider="OpenAI",
        model="gpt-4o-mini",
        usage=Usage(prompt_tokens=412, completion_tokens=11),
        cost_usd="0.00012",
        request_id="req_1",
    )
    return exchange._replace(**changes)


async def logs(site: Site, key: str | None = None, **query: Any) -> httpx2.Response:
    """A page."""
    return await site.send("GET", PATH, key=key, params=query)


async def written(site: Site, *exchanges: Exchange, at: datetime | None = None) -> None:
    """Exchanges of the site's account, one after the other."""
    resources = site.world.resources
    if at is not None:
        resources = replace(resources, now=lambda: at)
    for exchange in exchanges:
        await record(resources, site.account_id, exchange)


def several(count: int, **changes: Any) -> list[Exchange]:
    """Exchanges, each of a conversation of its own."""
    return [an_exchange(f"Question {place}", conversation_uuid=f"c-{place}", **changes) for place in range(count)]


def totals(response: httpx2.Response) -> tuple[str, str]:
    assert response.status_code == 200, response.text
    return response.headers["x-wp-total"], response.headers["x-wp-totalpages"]


def ids(response: httpx2.Response) -> list[str]:
    return [row["id"] for row in response.json()]


class TestRows:
    async def test_a_row_is_a_conversation_and_every_value_in_it_a_text_or_null(self, site: Site) -> None:
        assert await bot(site) == 1
        citation = Citation("id", "Shipping", 0.81, "https://shop.example/shipping")
        await written(
            site,
            an_exchange(),
            an_exchange("How long?", asked_at=NOW + timedelta(minutes=1), citations=(citation,)),
        )

        response = await logs(site, bot_id=1, per_page=1)

        (row,) = response.json()
        text = json.loads(row.pop("messages"))
        assert row == {
            "id": "1",
            "bot_id": "1",
            "user_id": None,
            "session_id": "0d5e1f52-9a0b-4c55-8f0a-2b1f6f1f9f11",
            "conversation_uuid": "5b0a7d0e-6f0d-4a37-9a54-1c2d3e4f5a6b",
            "is_guest": "1",
            "module": "chat",
            "message_count": "4",
            "first_message_ts": str(int(NOW.timestamp())),
            "last_message_ts": str(int(NOW.timestamp()) + 72),
            "ip_address": "203.0.113.0",
            "user_wp_role": None,
            "created_at": "2026-11-21 09:00:00",
            "updated_at": "2026-11-21 09:01:12",
            "user_display_name": "Guest",
            "bot_name": "Support Bot",
        }
        assert totals(response) == ("1", "1")
        assert text["parent_id"].startswith("aipkit-parent-")
        message_ids = [message.pop("message_id") for message in text["messages"]]
        assert len(set(message_ids)) == 4
        assert all(one.startswith("aipkit-msg-") for one in message_ids)
        assert text["messages"][0] == {
            "role": "user",
            "content": "Do you ship to Norway?",
            "timestamp": int(NOW.timestamp()),
        }
        assert text["messages"][3] == {
            "role": "bot",
            "content": "Yes, within a week.",
            "timestamp": int(NOW.timestamp()) + 72,
            "provider": "OpenAI",
            "model": "gpt-4o-mini",
            "usage": {"input_tokens": 412, "output_tokens": 11, "total_tokens": 423},
            "cost_usd": "0.00012",
            "request_id": "req_1",
            "citations": [{"id": "id", "source": "Shipping", "score": 0.81, "url": "https://shop.example/shipping"}],
        }

    async def test_a_user_has_a_name_and_roles_and_no_session(self, site: Site) -> None:
        await bot(site)
        await written(site, an_exchange(visitor=ANN), an_exchange(visitor=ANN._replace(name=None, user_id="7")))

        first, second = (await logs(site)).json()

        assert [first[name] for name in ("user_id", "session_id", "is_guest", "user_display_name")] == [
            "42",
            None,
            "0",
            "Ann Example",
        ]
        assert (first["user_wp_role"], first["ip_address"]) == ("editor, author", "2001:db8:1:2:3:4:5:0")
        assert second["user_display_name"] == "(Unknown User)"

    async def test_a_bot_that_is_gone_is_called_so(self, site: Site) -> None:
        bot_id = await bot(site)
        await written(site, an_exchange())
        await site.send("DELETE", f"{BASE}/chatbots/{bot_id}")

        assert [row["bot_name"] for row in (await logs(site)).json()] == ["(Deleted Bot)"]

    async def test_addresses_are_for_keys_that_manage_chatbots(self, site: Site) -> None:
        await written(site, an_exchange())
        reader = await site.world.key(site.account_id, "read")

        (row,) = (await logs(site, key=reader)).json()

        assert row["ip_address"] is None

    async def test_an_answer_that_never_came_leaves_the_question(self, site: Site) -> None:
        await written(site, an_exchange(reply="", outcome="upstream_error"), an_exchange(reply="Yes, w", outcome="cut"))

        (row,) = (await logs(site)).json()

        messages = json.loads(row["messages"])["messages"]
        assert [(one["role"], one.get("outcome")) for one in messages] == [
            ("user", None),
            ("user", None),
            ("bot", "cut"),
        ]

    @pytest.mark.parametrize(
        ("address", "kept"),
        [
            ("203.0.113.77", "203.0.113.0"),
            ("2001:db8::abcd", "2001:db8::"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:0"),
            ("unknown", None),
            (None, None),
        ],
    )
    def test_an_address_is_kept_without_its_last_part(self, address: str | None, kept: str | None) -> None:
        assert anonymous(address) == kept


class TestPages:
    async def test_pages_are_all_rows_once_and_oldest_first(self, site: Site) -> None:
        await written(site, *several(7))

        pages = [await logs(site, page=page, per_page=3) for page in (1, 2, 3, 4)]

        assert [ids(page) for page in pages] == [["1", "2", "3"], ["4", "5", "6"], ["7"], []]
        assert {totals(page) for page in pages} == {("7", "3")}

    async def test_more_than_a_hundred_rows_are_not_on_a_page(self, site: Site) -> None:
        await written(site, *several(103))

        first, second = await logs(site, per_page=500), await logs(site, per_page=500, page=2)

        assert (totals(first), len(ids(first)), len(ids(second))) == (("103", "2"), 100, 3)

    async def test_without_conversations_there_are_no_pages(self, site: Site) -> None:
        response = await logs(site)

        assert (response.json(), totals(response)) == ([], ("0", "0"))

    async def test_twenty_rows_are_a_page_unless_said(self, site: Site) -> None:
        await written(site, *several(21))

        assert len(ids(await logs(site))) == 20

    @pytest.mark.parametrize("query", [{"page": 0}, {"per_page": 0}, {"page": "x"}, {"per_page": -1}, {"bot_id": "x"}])
    async def test_a_page_that_cannot_be_is_refused(self, site: Site, query: dict[str, Any]) -> None:
        assert faults(await logs(site, **query)).keys() == query.keys()

    async def test_a_head_has_the_totals_and_no_rows(self, site: Site) -> None:
        await written(site, *several(3))

        response = await site.send("HEAD", PATH)

        assert (response.content, totals(response)) == (b"", ("3", "1"))

    async def test_fields_may_be_chosen_as_anywhere_in_wordpress(self, site: Site) -> None:
        await written(site, *several(1))

        assert (await logs(site, _fields="id,message_count")).json() == [{"id": "1", "message_count": "2"}]


class TestFilters:
    async def test_a_bot_has_its_own_rows_and_its_own_total(self, site: Site) -> None:
        for place, one in enumerate(several(6)):
            await written(site, one._replace(bot_id=1 + place % 2))

        response = await logs(site, bot_id=2, per_page=2, page=1)

        assert (ids(response), totals(response)) == (["2", "4"], ("3", "2"))
        assert ids(await logs(site, bot_id=2, per_page=2, page=2)) == ["6"]
        assert ids(await logs(site, bot_id=3)) == []
        assert len(ids(await logs(site, bot_id=0))) == 6

    async def test_what_was_said_is_found_in_any_case_and_in_answers_too(self, site: Site) -> None:
        await written(
            site,
            an_exchange("Where is my ORDER?", conversation_uuid="a"),
            an_exchange("Hello", conversation_uuid="b", reply="Your order is here"),
            an_exchange("Größe?", conversation_uuid="c", reply="42"),
            an_exchange("Bye", conversation_uuid="a"),
        )

        found = {text: ids(await logs(site, message_search=text)) for text in ("order", "GRÖSSE", "bye", "42")}

        assert found == {"order": ["1", "2"], "GRÖSSE": ["3"], "bye": ["1"], "42": ["3"]}

    @pytest.mark.parametrize("text", ["content", "message_id", "role", "aipkit", "timestamp", '{"', "gpt-4o", "412"])
    async def test_what_is_around_a_message_is_not_found(self, site: Site, text: str) -> None:
        await written(site, an_exchange())

        assert ids(await logs(site, message_search=text)) == []

    async def test_users_are_found_by_their_names_and_guests_by_their_sessions(self, site: Site) -> None:
        await written(site, an_exchange(visitor=ANN), an_exchange())

        found = {text: ids(await logs(site, user_search=text)) for text in ("EXAMPLE", "0d5e1f52", "guest")}

        assert found == {"EXAMPLE": ["1"], "0d5e1f52": ["2"], "guest": []}

    async def test_filters_hold_together_and_are_paged(self, site: Site) -> None:
        for place, one in enumerate(several(8)):
            visitor = ANN if place % 2 else GUEST
            await written(site, one._replace(bot_id=1 + place // 4, visitor=visitor))
        query: dict[str, Any] = {"bot_id": 2, "user_search": "ann", "message_search": "question", "per_page": 1}

        first, second = await logs(site, **query), await logs(site, **query, page=2)

        assert (totals(first), ids(first), ids(second)) == (("2", "2"), ["6"], ["8"])

    async def test_a_text_is_sought_as_it_is(self, site: Site) -> None:
        await written(site, an_exchange("100% of _it_"), an_exchange("other", conversation_uuid="b"))

        assert [ids(await logs(site, message_search=text)) for text in ("%", "_it_", "o%r")] == [["1"], ["1"], []]

    async def test_a_text_too_long_to_be_sought_is_refused(self, site: Site) -> None:
        assert faults(await logs(site, message_search="x" * 1_001)) == {"message_search": "rest_too_long"}

    async def test_another_account_sees_nothing_of_it(self, site: Site) -> None:
        await written(site, an_exchange())
        other = await site.world.key(await site.world.account())

        for query in ({}, {"bot_id": 1}, {"message_search": "norway"}):
            response = await logs(site, key=other, **query)
            assert (response.json(), totals(response)) == ([], ("0", "0"))


class TestKeeping:
    async def test_what_is_over_is_neither_listed_nor_counted_nor_found(self, site: Site) -> None:
        now = site.world.resources.now()
        await written(site, *several(2), at=now - timedelta(days=200))
        await written(site, an_exchange("Question new", conversation_uuid="new"))

        response = await logs(site)

        assert (ids(response), totals(response)) == (["3"], ("1", "1"))
        assert ids(await logs(site, bot_id=1)) == ids(await logs(site, message_search="question")) == ["3"]

    async def test_what_was_said_last_stays_for_its_days_also_in_an_old_conversation(self, site: Site) -> None:
        now = site.world.resources.now()
        for days in (97, 94, 91, 89, 85):
            await written(site, an_exchange(f"{days} days ago"), at=now - timedelta(days=days))

        rows = (await logs(site)).json()

        said = [message["content"] for row in rows for message in json.loads(row["messages"])["messages"]]
        assert {"89 days ago", "85 days ago"} <= set(said)

    async def test_exchanges_at_the_same_time_are_all_kept(self, site: Site) -> None:
        exchanges = [an_exchange(f"Question {place}") for place in range(20)]

        await asyncio.gather(*(written(site, one) for one in exchanges))

        (row,) = (await logs(site)).json()
        said = [one["content"] for one in json.loads(row["messages"])["messages"] if one["role"] == "user"]
        assert sorted(said) == sorted(one.question for one in exchanges)
        assert row["message_count"] == "40"

    async def test_an_exchange_that_is_recorded_twice_is_there_once(self, site: Site) -> None:
        resources: Resources = replace(site.world.resources, new_id=lambda prefix: f"{prefix}_{prefix}")
        await record(resources, site.account_id, an_exchange(reply="", outcome="cut"))
        await record(resources, site.account_id, an_exchange(reply="", outcome="cut"))

        (row,) = (await logs(site)).json()
        assert row["message_count"] == "1"


async def test_reading_costs_nothing_and_needs_no_balance(site: Site) -> None:
    poor = await site.world.account(balance_usd=None)

    assert (await logs(site, key=await site.world.key(poor))).status_code == 200
    assert Decimal((await site.world.funds(site.account_id))[0]) == 10


async def test_who_has_no_key_or_may_not_read_is_refused(site: Site) -> None:
    asking = await site.world.key(site.account_id, "inference")

    assert told(await site.world.client.get(PATH)) == (401, "rest_aipkit_invalid_api_key")
    assert told(await logs(site, key=asking)) == (403, "rest_forbidden")
