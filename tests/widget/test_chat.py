"""The chat in a page: asked, answered as it is written, stopped, tried again, remembered."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Route, expect

from tests.widget.conftest import Shop, Visit


def test_a_question_is_answered(shop: Shop) -> None:
    visit = shop.chat(greeting="Ahoy!")
    expect(visit.page.get_by_text("Ahoy!")).to_be_visible()

    visit.say("When do you open?")

    expect(visit.answered()).to_have_text("You said: When do you open?")
    expect(visit.said).to_have_text(["When do you open?"])


def test_the_first_words_are_there_before_the_last_ones(shop: Shop) -> None:
    visit = shop.chat(model="slow")

    visit.say("one two three four five six seven eight nine ten")
    visit.page.wait_for_function(
        "() => /said/.test(document.querySelector('.aipkit_chat_container').shadowRoot"
        ".querySelector('.tg-markdown')?.textContent)"
    )

    seen = visit.answers.inner_text()
    assert seen.startswith("You said")
    assert not seen.endswith("ten")
    expect(visit.answered()).to_have_text("You said: one two three four five six seven eight nine ten")


def test_what_was_said_before_is_sent_along(shop: Shop) -> None:
    visit = shop.chat()
    visit.say("first")
    visit.answered(1)

    with visit.page.expect_request(re.compile("widget-messages")) as asked:
        visit.say("second")

    form = asked.value.post_data or ""
    assert "messages%5B0%5D%5Bcontent%5D=first" in form
    assert "messages%5B1%5D%5Brole%5D=assistant" in form
    assert "messages%5B2%5D%5Bcontent%5D=second" in form
    expect(visit.answered(2)).to_have_text("You said: second")


def test_nothing_is_asked_but_of_the_gateway_and_a_browser_need_not_ask_first(shop: Shop) -> None:
    visit = shop.chat()
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.method))

    visit.say("![a](https://tracker.example/a.png) <img src=https://tracker.example/b.png>")
    visit.answered()

    addresses = (shop.gateway.base_url, shop.pages.origin())
    assert [url for url in visit.requests if not url.startswith(addresses)] == []
    assert asked == ["POST"]


def test_an_answer_can_be_stopped_and_is_kept_as_far_as_it_came(shop: Shop) -> None:
    visit = shop.chat(model="slow")
    visit.say("one two three four five six seven eight nine ten eleven twelve thirteen fourteen")
    visit.answers.get_by_text("one").wait_for()

    expect(visit.send_button).to_have_attribute("aria-label", "Stop")
    visit.send_button.click()

    expect(visit.page.get_by_text("Stopped", exact=True)).to_be_visible()
    expect(visit.send_button).to_have_attribute("aria-label", "Send")
    assert not visit.answers.inner_text().endswith("fourteen")


@pytest.mark.parametrize("model", ["error-500", "error-mid-stream", "cut"])
def test_a_failure_is_told_without_its_cause_and_can_be_tried_again(shop: Shop, model: str) -> None:
    visit = shop.chat(model=model)
    visit.say("one two three four five six")

    expect(visit.notice).to_be_visible()
    assert not re.search("sandbox|provider|500", visit.notice.inner_text(), re.IGNORECASE)
    with visit.page.expect_request(re.compile("widget-messages")):
        visit.notice.get_by_role("button", name="Try again").click()

    expect(visit.notice).to_have_count(1)
    expect(visit.said).to_have_count(1)


def test_a_question_that_no_server_got_can_be_tried_again_when_there_is_one(shop: Shop) -> None:
    visit = shop.chat()
    visit.page.context.set_offline(True)
    visit.say("Hello?")
    expect(visit.notice).to_contain_text("The connection was lost")

    visit.page.context.set_offline(False)
    visit.notice.get_by_role("button", name="Try again").click()

    expect(visit.answered()).to_have_text("You said: Hello?")
    expect(visit.notice).to_have_count(0)


def test_a_conversation_survives_a_reload_and_ends_with_a_new_one(shop: Shop) -> None:
    visit = shop.chat()
    visit.say("remember me")
    visit.answered()
    visit.input.fill("a draft")

    visit.page.reload()

    expect(visit.said).to_have_text(["remember me"])
    expect(visit.answered()).to_have_text("You said: remember me")
    expect(visit.input).to_have_value("a draft")
    visit.page.get_by_role("button", name="New conversation").click()
    expect(visit.said).to_have_count(0)
    visit.page.reload()
    visit.panel.wait_for()
    expect(visit.said).to_have_count(0)


def test_two_bots_on_one_site_do_not_know_of_each_other(shop: Shop) -> None:
    visit = shop.chat()
    visit.say("a secret")
    visit.answered()

    visit.page.goto(shop.put(shop.bot()))
    visit.panel.wait_for()

    expect(visit.said).to_have_count(0)


def test_a_token_that_has_ended_is_renewed_without_a_word(shop: Shop) -> None:
    bot_id = shop.bot()
    visit = shop.visit(shop.pages.put("<p>Nothing yet</p>"))

    def ended(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        body["config"]["nonce"] = body["config"]["nonce"][:-1] + "-"
        route.fulfill(response=response, json=body)

    visit.page.route(re.compile("embed-config"), ended, times=1)
    visit.page.goto(shop.put(bot_id))
    visit.panel.wait_for()

    visit.say("still there?")

    expect(visit.answered()).to_have_text("You said: still there?")
    assert sum("embed-config" in url for url in visit.requests) == 2


def test_a_starter_is_a_question(shop: Shop) -> None:
    visit = shop.chat(conversation_starters=["When do you open?", "Where are you?"])

    visit.page.get_by_role("button", name="Where are you?").click()

    expect(visit.answered()).to_have_text("You said: Where are you?")
    expect(visit.page.locator(".tg-starter")).to_have_count(0)


def test_who_has_used_all_is_told_what_to_do(shop: Shop) -> None:
    visit = shop.chat(
        token_guest_limit=0,
        token_limit_message="Members only.",
        token_limit_primary_action_type="custom_url",
        token_limit_primary_action_label="Become one",
        token_limit_primary_action_url="https://shop.example/join",
        token_limit_secondary_action_type="custom_url",
        token_limit_secondary_action_label="Bad",
        token_limit_secondary_action_url="javascript:alert(1)",
    )

    visit.say("Hello")

    expect(visit.notice).to_contain_text("Members only.")
    expect(visit.notice.get_by_role("link")).to_have_attribute("href", "https://shop.example/join")
    expect(visit.input).to_be_hidden()


def test_nothing_can_be_said_before_it_was_agreed_to(shop: Shop) -> None:
    visit = shop.chat(
        enable_consent_compliance=True, consent_title="First", consent_message="May we?", consent_button="You may"
    )
    expect(visit.page.get_by_role("group", name="First")).to_contain_text("May we?")
    expect(visit.input).to_be_hidden()

    visit.page.get_by_role("button", name="You may").click()

    expect(visit.input).to_be_focused()
    visit.page.reload()
    expect(visit.input).to_be_visible()


class TestThePage:
    def test_a_bot_that_is_to_know_is_sent_what_the_page_says(self, shop: Shop) -> None:
        page = (
            "<title>Harbour prices</title><nav>Menu</nav><main><h1>Berths</h1><p>12 \u20ac a night.</p>"
            "<p hidden>secret</p><script>var hidden = 1</script><textarea id=note></textarea></main>{chat}"
        )
        visit = shop.visit(self._put(shop, page, content_aware_enabled=True))
        visit.panel.wait_for()
        visit.page.fill("#note", "typed")

        assert self._sent(visit, "How much?") == "Harbour prices\nBerths\n12 \u20ac a night."
        expect(visit.answered()).to_have_text("You said: How much?")

    def test_a_long_page_is_cut_and_the_chat_is_no_part_of_it(self, shop: Shop) -> None:
        visit = shop.visit(
            self._put(shop, "<title>Long</title>{chat}<p>" + "word " * 2_000, content_aware_enabled=True)
        )
        visit.panel.wait_for()
        visit.say("first")
        visit.answered()

        sent = self._sent(visit, "second")

        assert sent is not None
        assert (len(sent), sent[:9], "first" in sent) == (4_000, "Long\nword", False)

    def test_other_bots_are_sent_nothing_of_it(self, shop: Shop) -> None:
        visit = shop.chat()

        assert self._sent(visit, "Hello") is None

    @staticmethod
    def _put(shop: Shop, html: str, **settings: bool) -> str:
        bot_id = shop.bot(**settings)
        chat = f'<div id="aipkit-chatbot-container-{bot_id}"></div>{shop.snippet(bot_id)}'
        return shop.pages.put(f"<!doctype html><meta charset=utf-8>{html.replace('{chat}', chat)}")

    @staticmethod
    def _sent(visit: Visit, question: str) -> str | None:
        """What a question takes along of the page."""
        with visit.page.expect_request(re.compile("widget-messages")) as asked:
            visit.say(question)
        return parse_qs(asked.value.post_data or "").get("page", [None])[0]
