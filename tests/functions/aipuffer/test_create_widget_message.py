"""POST /aipkit/v1/chatbots/{bot_id}/widget-messages: who may write to a bot from a page, how much, and who pays."""

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any, NamedTuple

import httpx2
import pytest

from tests.functions.aipuffer.conftest import BASE, bot, make_site, told
from tests.functions.conftest import Site
from tests.upstream import a_usage, chunks_of, event_reply, json_reply
from tollgate.auth.widget_tokens import Page, make_token
from tollgate.contracts.aipuffer.widget import LONGEST_MESSAGE, WidgetTurn
from tollgate.services.aipuffer.widget_messages import LONGEST_CONVERSATION, SESSION_LIMIT, recent

_SHOP = "https://shop.example"


class _Page(NamedTuple):
    """A page with a chat in it."""

    site: Site
    bot_id: int
    token: str
    origin: str = _SHOP

    async def say(self, text: str = "Hello", **changes: Any) -> httpx2.Response:
        """Send a message; `changes` are those of the body, `origin` that of the header."""
        origin = changes.pop("origin", self.origin)
        form = changes.pop("form", False)
        body = {"token": self.token, "messages": [{"role": "user", "content": text}], **changes}
        url = f"{BASE}/chatbots/{self.bot_id}/widget-messages"
        headers = {"origin": origin} if origin else {}
        if form:
            data = {"token": self.token, "messages[0][role]": "user", "messages[0][content]": text}
            return await self.site.world.client.post(url, data=data, headers=headers)
        return await self.site.world.client.post(url, json=body, headers=headers)


async def _page(site: Site, *, origin: str = _SHOP, **settings: Any) -> _Page:
    bot_id = await bot(site, **settings)
    headers = {"origin": origin} if origin else {}
    response = await site.world.client.get(f"{BASE}/chatbots/{bot_id}/embed-config", headers=headers)
    return _Page(site, bot_id, response.json()["config"]["nonce"], origin)


def _events(response: httpx2.Response) -> list[tuple[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    found = []
    for frame in response.text.removesuffix("\n\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in frame.split("\n"))
        found.append((fields.get("event", "message"), json.loads(fields["data"])))
    return found


def _text(response: httpx2.Response) -> str:
    return "".join(data["delta"] for name, data in _events(response) if name == "message")


@pytest.mark.parametrize("form", [False, True])
async def test_an_answer_begins_with_its_id_and_ends_with_done(site: Site, *, form: bool) -> None:
    page = await _page(site)

    response = await page.say("Do you ship?", form=form)

    (first, start), *middle, (last, done) = _events(response)
    assert (first, last, done) == ("message_start", "done", {"finished": True})
    assert start["message_id"].startswith("aipkit-msg-")
    assert {name for name, _ in middle} == {"message"}
    assert _text(response) == "You said: Do you ship?"
    assert response.headers["access-control-allow-origin"] == _SHOP
    assert "access-control-allow-credentials" not in response.headers


async def test_the_account_of_the_bot_pays(site: Site) -> None:
    page = await _page(site)

    await page.say()

    (entry,) = await site.ledger()
    assert entry.amount_usd < 0
    assert entry.key_id == f"bot_{page.bot_id}"


async def test_what_was_said_goes_to_the_model_as_the_bot_has_it(site: Site) -> None:
    site.upstream.replies[:] = [event_reply(chunks_of("Yes", ".", usage=a_usage()))]
    page = await _page(site, provider="openai", model="gpt-4o-mini", instructions="Be brief.", max_messages=2)
    said = [
        {"role": role, "content": text}
        for role, text in (("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"), ("user", "e"))
    ]

    response = await page.say(messages=said)

    assert _text(response) == "Yes."
    sent = site.upstream.requests[-1].json["messages"]
    assert [one["content"] for one in sent] == ["Be brief.", "c", "d", "e"]


@pytest.mark.parametrize(("is_aware", "told"), [(True, "x" * 4_000), (False, "")])
async def test_a_bot_is_told_of_the_page_if_it_is_to_know(site: Site, *, is_aware: bool, told: str) -> None:
    site.upstream.replies[:] = [event_reply(chunks_of("Yes", ".", usage=a_usage()))]
    settings = {"provider": "openai", "model": "gpt-4o-mini", "instructions": "Be brief."}
    page = await _page(site, content_aware_enabled=is_aware, **settings)

    await page.say("Do you ship?", page="x" * 5_000)

    instructions, question = site.upstream.requests[-1].json["messages"]
    before, _, after = instructions["content"].rpartition("\n\n")
    assert (before.partition("\n\n")[2], after) == (told, "Be brief.")
    assert question["content"] == "Do you ship?"
    row = (await site.send("GET", f"{BASE}/logs")).json()[0]
    assert "xxx" not in json.dumps(row)


class TestTokens:
    @pytest.mark.parametrize("origin", ["https://other.example", "http://shop.example", "null", None])
    async def test_a_token_is_for_the_pages_of_one_origin(self, site: Site, origin: str | None) -> None:
        page = await _page(site)

        assert told(await page.say(origin=origin)) == (403, "rest_aipkit_widget_token_invalid")

    async def test_a_token_is_for_one_bot(self, site: Site) -> None:
        first, second = await _page(site), await _page(site)

        response = await second.say(token=first.token)

        assert told(response) == (403, "rest_aipkit_widget_token_invalid")

    @pytest.mark.parametrize("token", ["", "x", "sess_01M7YN3C8D5F7H9J1K3M5N7P9Q.99999999999." + "A" * 43])
    async def test_a_token_that_nobody_gave_opens_nothing(self, site: Site, token: str) -> None:
        page = await _page(site)

        assert told(await page.say(token=token)) == (403, "rest_aipkit_widget_token_invalid")

    async def test_a_token_has_an_end(self, site: Site) -> None:
        page = await _page(site)
        resources = site.world.resources
        secret = (await resources.secrets.text(resources.settings.widget_secret)).encode()
        then = resources.now() - timedelta(hours=1)
        old = make_token(Page(page.bot_id, _SHOP), resources.new_id("sess"), secret=secret, now=then)

        assert told(await page.say(token=old)) == (403, "rest_aipkit_widget_token_invalid")

    async def test_a_page_of_the_gateway_itself_names_no_origin_when_it_reads_and_one_when_it_writes(
        self, site: Site
    ) -> None:
        page = await _page(site, origin="")
        own = str(site.world.client.base_url).rstrip("/")

        assert (await page.say(origin=own)).status_code == 200

    async def test_a_site_that_is_taken_off_the_list_gets_no_more_answers(self, site: Site) -> None:
        page = await _page(site, embed_allowed_domains="shop.example")
        assert (await page.say()).status_code == 200

        await site.send("PATCH", f"{BASE}/chatbots/{page.bot_id}", json={"embed_allowed_domains": "other.example"})

        response = await page.say()
        assert told(response) == (403, "rest_aipkit_cors_denied")
        assert response.headers["access-control-allow-origin"] == _SHOP

    async def test_a_bot_that_is_no_longer_published_is_not_there(self, site: Site) -> None:
        page = await _page(site)

        await site.send("PATCH", f"{BASE}/chatbots/{page.bot_id}", json={"status": "draft"})

        assert told(await page.say()) == (404, "rest_aipkit_bot_not_found")

    async def test_a_key_is_of_no_use_here(self, site: Site) -> None:
        page = await _page(site)

        response = await site.send(
            "POST",
            f"{BASE}/chatbots/{page.bot_id}/widget-messages",
            json={"token": "x", "messages": [{"role": "user", "content": "Hi"}]},
            headers={"origin": _SHOP},
        )

        assert told(response) == (403, "rest_aipkit_widget_token_invalid")


class TestLimits:
    async def test_a_session_may_write_so_many_messages_in_a_minute_however_many_come_at_once(self, site: Site) -> None:
        page = await _page(site)

        statuses = [response.status_code for response in await asyncio.gather(*(page.say() for _ in range(16)))]

        # They may fall into two minutes.
        assert SESSION_LIMIT <= statuses.count(200) <= 16
        assert set(statuses) <= {200, 429}

    async def test_who_writes_too_fast_is_told_how_long_to_wait(self, site: Site) -> None:
        page = await _page(site)

        responses = [await page.say() for _ in range(2 * SESSION_LIMIT + 1)]

        response = next(one for one in responses if one.status_code != 200)
        assert told(response) == (429, "rest_aipkit_widget_too_many_messages")
        assert 0 < int(response.headers["retry-after"]) <= 60

    async def test_a_message_that_is_too_long_costs_nothing(self, site: Site) -> None:
        page = await _page(site)

        response = await page.say("x" * (LONGEST_MESSAGE + 1))

        assert told(response) == (400, "rest_aipkit_widget_message_too_long")
        assert await site.ledger() == []

    def test_of_a_long_conversation_the_end_is_shown(self) -> None:
        said = [WidgetTurn(role="user", content=str(number) * 9_000) for number in range(9)]

        kept = recent(said)

        assert [one.content[0] for one in kept] == ["5", "6", "7", "8"]
        assert sum(len(one.content) for one in kept) <= LONGEST_CONVERSATION
        assert recent(said[:1]) == said[:1]

    async def test_the_last_message_is_the_visitors(self, site: Site) -> None:
        page = await _page(site)

        response = await page.say(messages=[{"role": "assistant", "content": "Hi"}])

        assert told(response) == (400, "rest_aipkit_invalid_last_message")

    async def test_more_messages_than_a_page_may_send_are_refused_in_words_that_it_can_read(self, site: Site) -> None:
        page = await _page(site)

        response = await page.say(messages=[{"role": "user", "content": "x"}] * 101)

        assert told(response) == (400, "rest_invalid_param")
        assert response.headers["access-control-allow-origin"] == _SHOP

    async def test_a_visitor_without_access_is_told_what_to_do(self, site: Site) -> None:
        page = await _page(
            site,
            token_guest_limit=0,
            token_limit_message="Members only.",
            token_limit_primary_action_type="custom_url",
            token_limit_primary_action_label="Join",
            token_limit_primary_action_url="https://shop.example/join",
        )

        response = await page.say()

        assert told(response) == (429, "token_limit_exceeded_guest_logic")
        assert response.json()["data"]["quota_notice"] == {
            "message": "Members only.",
            "actions": [{"type": "custom_url", "label": "Join", "url": "https://shop.example/join"}],
        }

    async def test_a_session_has_a_limit_of_its_own(self, site: Site) -> None:
        page = await _page(site, token_guest_limit=5)
        other = await site.world.client.get(f"{BASE}/chatbots/{page.bot_id}/embed-config", headers={"origin": _SHOP})

        first, second = await page.say(), await page.say()
        third = await page.say(token=other.json()["config"]["nonce"])

        assert (first.status_code, third.status_code) == (200, 200)
        assert told(second) == (429, "token_limit_exceeded_final_logic")

    async def test_banned_words_are_refused_before_the_model_is_asked(self, site: Site) -> None:
        page = await _page(site, banned_words="casino")

        assert told(await page.say("Is there a Casino?")) == (400, "word_banned")
        assert await site.ledger() == []


class TestWhatAVisitorIsTold:
    async def test_how_the_owners_account_stands_is_not_told(self, site: Site) -> None:
        page = await _page(site)
        await site.world.credit(site.account_id, -10, "gone", "adjustment")

        for response in (await page.say(), await page.say("x" * (LONGEST_MESSAGE + 1))):
            assert told(response) == (503, "rest_aipkit_widget_unavailable")
            assert "balance" not in response.text.lower()

    async def test_an_account_that_may_make_no_more_calls_is_busy(self, site: Site) -> None:
        body = {"limits": {"requests_per_minute": 1}}
        operator = await site.world.key(site.account_id, "operate")
        await site.send("PATCH", f"/accounts/{site.account_id}", json=body, key=operator)
        page = await _page(site)

        responses = [await page.say() for _ in range(3)]

        refused = next(response for response in responses if response.status_code != 200)
        assert told(refused) == (429, "rest_aipkit_widget_busy")
        assert site.account_id not in refused.text

    @pytest.mark.parametrize("status", [401, 429, 500])
    async def test_a_provider_is_not_named_and_its_words_are_not_repeated(self, site: Site, status: int) -> None:
        site.upstream.replies[:] = [json_reply({"error": {"message": "key sk-operator is bad"}}, status)]
        page = await _page(site, provider="openai", model="gpt-4o-mini")

        response = await page.say()

        assert told(response) == (503, "rest_aipkit_widget_unavailable")
        assert not {"openai", "sk-operator", "gpt"} & set(response.text.lower().replace('"', " ").split())

    async def test_a_failure_in_the_middle_is_an_event_and_then_done(self, site: Site) -> None:
        page = await _page(site, model="error-mid-stream")

        *_, (name, error), last = _events(await page.say("one two three four five"))

        assert (name, error["code"]) == ("error", "rest_aipkit_widget_unavailable")
        assert "sandbox" not in error["error"].lower()
        assert last == ("done", {"finished": True})


async def test_neither_messages_nor_tokens_nor_addresses_are_kept_where_visits_are_counted(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = await _page(site)

    await page.say("a secret of mine")

    resources = site.world.resources
    kept = [item async for item in resources._table(resources.settings.visits_table).scan()]
    assert {item["visits"] for item in kept} == {1}
    logged = [vars(record) for record in caplog.records if record.name.startswith("tollgate")]
    shown = repr(kept) + repr(logged)
    assert not [text for text in ("127.0.0.1", "a secret of mine", page.token, page.token[:31]) if text in shown]


async def test_the_chat_in_a_page_goes_on_where_the_api_of_keys_is_off(
    make_world: Any, upstream: Any, tmp_path: Any, site: Site
) -> None:
    page = await _page(site)
    closed = await make_site(make_world, upstream, tmp_path, PUFFER_API="off")

    response = await page._replace(site=closed).say()

    assert response.status_code == 200
