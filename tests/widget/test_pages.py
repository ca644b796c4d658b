"""Pages that have the chat: of allowed and other sites, with rules and styles of their own."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.running import ROOT
from tests.widget.conftest import Shop

_SAMPLE: Path = ROOT / "docs" / "widget-sample.html"


def test_a_site_that_is_not_allowed_is_told_so(shop: Shop) -> None:
    bot_id = shop.bot(embed_allowed_domains=shop.pages.origin())

    allowed = shop.visit(shop.put(bot_id))
    refused = shop.visit(shop.put(bot_id, host="localhost"))

    expect(allowed.panel).to_be_visible()
    expect(refused.page.get_by_role("alert")).to_contain_text("This chat may not be shown on this site.")
    expect(refused.panel).to_have_count(0)


def test_a_site_that_is_no_longer_allowed_gets_no_more_answers(shop: Shop) -> None:
    bot_id = shop.bot()
    visit = shop.visit(shop.put(bot_id))
    visit.panel.wait_for()

    shop.gateway.operate("PATCH", f"/aipkit/v1/chatbots/{bot_id}", {"embed_allowed_domains": "other.example"})
    visit.say("Hello?")

    expect(visit.notice).to_contain_text("This chat may not be shown on this site.")


def test_a_policy_that_names_the_gateway_is_enough(shop: Shop) -> None:
    gateway = shop.gateway.base_url
    policy = f"default-src 'none'; script-src {gateway}; style-src {gateway}; connect-src {gateway}"
    visit = shop.visit(shop.put(shop.bot(), headers={"content-security-policy": policy}))
    complaints: list[str] = []
    visit.page.on("console", lambda message: complaints.append(message.text))

    visit.say("Hello")

    expect(visit.answered()).to_have_text("You said: Hello")
    expect(visit.panel).to_have_css("border-top-left-radius", "16px")
    assert not [text for text in complaints if "Content Security Policy" in text]


def test_the_styles_of_a_page_do_not_reach_into_it(shop: Shop) -> None:
    style = (
        "* { color: lime !important; font-size: 40px !important; display: block !important }"
        "button { visibility: hidden !important } div { opacity: .1; position: relative }"
    )
    plain, styled = shop.visit(shop.put(bot_id := shop.bot())), shop.visit(shop.put(bot_id, style=style))

    for visit in (plain, styled):
        visit.say("Hello")
        visit.answered()

    looks = "one => ['color', 'fontSize', 'display', 'visibility'].map(name => getComputedStyle(one)[name])"
    for selector in (".tg-send", ".tg-from-bot .tg-bubble", ".tg-input", ".tg-title h2"):
        seen = [visit.page.locator(selector).last.evaluate(looks) for visit in (plain, styled)]
        assert seen[0] == seen[1], selector


def test_its_own_styles_do_not_reach_out_of_it_where_a_page_loads_them_too(shop: Shop) -> None:
    visit = shop.chat()
    before = visit.page.evaluate("() => getComputedStyle(document.querySelector('#before')).outline")

    visit.page.evaluate(
        "() => new Promise(done => { const host = document.querySelector('.aipkit_chat_container');"
        " const link = document.createElement('link'); link.rel = 'stylesheet'; link.onload = done;"
        " link.href = JSON.parse(host.dataset.config).assetUrls.css; document.head.append(link); })"
    )
    matched = visit.page.evaluate(
        "() => [...document.styleSheets].at(-1).href && [...document.querySelectorAll('body *')].filter(one =>"
        " [...document.styleSheets].at(-1).ownerNode && one.matches('.tg-panel, .tg-popup')).length"
    )

    assert matched == 0
    assert visit.page.evaluate("() => getComputedStyle(document.querySelector('#before')).outline") == before


@pytest.mark.parametrize(
    ("settings", "scheme", "background"),
    [
        ({"theme": "light"}, "dark", "rgb(255, 255, 255)"),
        ({"theme": "dark"}, "light", "rgb(20, 22, 27)"),
        ({"theme": "auto"}, "dark", "rgb(20, 22, 27)"),
        ({"theme": "auto"}, "light", "rgb(255, 255, 255)"),
        ({"theme": "custom", "custom_theme_settings": {"background_color": "#010203"}}, "light", "rgb(1, 2, 3)"),
        (
            {"theme": "custom", "custom_theme_settings": {"background_color": "url(https://evil.example)"}},
            "light",
            "rgb(255, 255, 255)",
        ),
    ],
)
def test_it_has_the_colours_of_its_theme(shop: Shop, settings: dict[str, object], scheme: str, background: str) -> None:
    visit = shop.visit(shop.put(shop.bot(**settings)), color_scheme=scheme)

    expect(visit.panel).to_have_css("background-color", background)


@pytest.mark.parametrize("named", ["data_wp_site", "data_config_url"])
def test_a_page_may_name_the_gateway_as_pages_of_the_plugin_do(shop: Shop, named: str) -> None:
    bot_id, gateway = shop.bot(), shop.gateway.base_url
    data = (
        {"wp_site": f"{gateway}/"}
        if named == "data_wp_site"
        else {"config_url": f"{gateway}/aipkit/v1/chatbots/{bot_id}/embed-config"}
    )

    visit = shop.visit(shop.put(bot_id, script=shop.snippet(bot_id, **data)))

    visit.say("Hello")
    expect(visit.answered()).to_have_text("You said: Hello")


def test_a_bootstrap_of_somebody_else_finds_all_that_it_needs(shop: Shop) -> None:
    bot_id = shop.bot()
    visit = shop.visit(shop.put(bot_id, script=" "))

    visit.page.evaluate(
        """async (address) => {
          const { config, html } = await (await fetch(address)).json();
          const container = document.querySelector(`#aipkit-chatbot-container-${config.botId}`);
          container.innerHTML = html;
          const script = document.createElement("script");
          script.src = config.assetUrls.mainJs;
          document.head.append(script);
          await new Promise((done) => { script.onload = done; });
          aipkit_initializeChatInstance(container.querySelector(".aipkit_chat_container, .aipkit_popup_wrapper"));
        }""",
        f"{shop.gateway.base_url}/wp-json/aipkit/v1/chatbots/{bot_id}/embed-config",
    )

    visit.say("Hello")
    expect(visit.answered()).to_have_text("You said: Hello")


def test_a_page_may_have_words_of_its_own(shop: Shop) -> None:
    bot_id = shop.bot(input_placeholder="Type")
    script = shop.snippet(bot_id, texts='{"sendMessage": "Senden", "typeMessage": "Nachricht"}')

    visit = shop.visit(shop.put(bot_id, script=script))

    expect(visit.input).to_have_attribute("placeholder", "Nachricht")
    expect(visit.send_button).to_have_accessible_name("Senden")


def test_a_gateway_that_is_not_there_is_told(shop: Shop) -> None:
    bot_id = shop.bot()
    script = shop.snippet(bot_id, config_url="http://127.0.0.1:9/nothing")

    visit = shop.visit(shop.put(bot_id, script=script))

    expect(visit.page.get_by_role("alert")).to_contain_text("The chat cannot be reached.")


def test_the_sample_page_of_the_documentation_works(shop: Shop) -> None:
    bot_id = shop.bot(deploy_mode="popup", popup_delay=0)
    html = _SAMPLE.read_text(encoding="utf-8")
    assert 'src="http://127.0.0.1:3000/widget/embed.js"' in html
    html = html.replace("http://127.0.0.1:3000", shop.gateway.base_url).replace(
        'data-bot-id="1"', f'data-bot-id="{bot_id}"'
    )

    visit = shop.visit(shop.pages.put(html))
    visit.launcher.click()
    visit.say("Hello")

    expect(visit.answered()).to_have_text("You said: Hello")
