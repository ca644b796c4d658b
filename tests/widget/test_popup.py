"""The chat behind a button: by mouse, by keyboard alone, on a telephone, from right to left."""

import pytest
from playwright.sync_api import expect

from tests.widget.conftest import Shop, Visit, box_of

_PHONE = {"width": 390, "height": 780}


def _popup(shop: Shop, *, direction: str = "ltr", width: int = 1024, **settings: object) -> Visit:
    bot_id = shop.bot(deploy_mode="popup", popup_delay=0, **settings)
    viewport = {"width": width, "height": 780}
    visit = shop.visit(shop.put(bot_id, direction=direction), viewport=viewport, reduced_motion="reduce")
    visit.launcher.wait_for()
    return visit


def test_the_keyboard_is_enough(shop: Shop) -> None:
    visit = _popup(shop)
    visit.launcher.focus()

    visit.page.keyboard.press("Enter")
    expect(visit.input).to_be_focused()
    visit.page.keyboard.type("two")
    visit.page.keyboard.press("Shift+Enter")
    visit.page.keyboard.type("lines")
    visit.page.keyboard.press("Enter")
    visit.answered()

    assert visit.said.inner_text() == "two\nlines"
    visit.page.keyboard.press("Escape")
    expect(visit.panel).to_be_hidden()
    assert "tg-launcher" in visit.focused()


def test_the_focus_stays_within_while_it_is_open(shop: Shop) -> None:
    visit = _popup(shop, conversation_starters=["A", "B"])
    visit.launcher.click()

    for key in ("Tab", "Shift+Tab"):
        seen = []
        for _ in range(12):
            visit.page.keyboard.press(key)
            seen.append(visit.focused())
        assert not {"before", "after", "BODY"} & set(seen)
        assert {"tg-input", "tg-starter"} <= set(seen)


def test_an_input_method_may_use_enter_for_itself(shop: Shop) -> None:
    visit = _popup(shop)
    visit.launcher.click()
    visit.input.fill("にほん")

    visit.input.evaluate(
        "one => one.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )

    expect(visit.said).to_have_count(0)
    expect(visit.input).to_have_value("にほん")


def test_screen_readers_are_told_what_there_is_and_whole_sentences(shop: Shop) -> None:
    visit = _popup(shop)
    expect(visit.launcher).to_have_attribute("aria-expanded", "false")
    expect(visit.launcher).to_have_accessible_name("Open the chat")
    visit.launcher.click()
    expect(visit.page.get_by_role("dialog", name="Harbour Help")).to_be_visible()
    expect(visit.page.get_by_role("log", name="Conversation")).to_be_visible()

    visit.say("It is open. We **close** at five.")
    visit.answered()

    heard = visit.page.locator("[aria-live=polite] p")
    expect(heard).to_have_text(["Writing…", "You said: It is open.", "We close at five."])


def test_on_a_telephone_it_fills_the_screen(shop: Shop) -> None:
    visit = _popup(shop, width=_PHONE["width"])

    visit.launcher.click()

    assert box_of(visit.panel) == {"x": 0, "y": 0, **_PHONE}
    expect(visit.launcher).to_be_hidden()
    visit.page.get_by_role("button", name="Close the chat").click()
    expect(visit.launcher).to_be_focused()


@pytest.mark.parametrize("width", [320, 480, 481, 1024])
def test_nothing_sticks_out(shop: Shop, width: int) -> None:
    visit = _popup(shop, width=width, footer_text="a" * 100)
    visit.launcher.click()
    visit.say("x" * 300 + "\n\n```\n" + "y" * 300 + "\n```\n\n| " + "zzzzzzzz | " * 20 + "\n|" + "--|" * 20)
    visit.answered()

    wide = visit.page.evaluate(
        "() => { const root = document.querySelector('.aipkit_popup_wrapper').shadowRoot;"
        " const panel = root.querySelector('.tg-panel').getBoundingClientRect();"
        " return [...root.querySelectorAll('.tg-panel .tg-bubble, .tg-panel .tg-composer, .tg-footer')]"
        ".filter(one => one.getBoundingClientRect().right > panel.right + 1).length; }"
    )

    assert wide == 0
    assert visit.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_from_right_to_left_sides_change_and_the_corner_does_not(shop: Shop) -> None:
    visit = _popup(shop, direction="rtl", popup_position="bottom-right")
    visit.launcher.click()
    visit.say("مرحبا")
    answer = visit.answered()

    launcher, said, panel = (box_of(one) for one in (visit.launcher, visit.said, visit.panel))
    assert launcher["x"] > 900
    assert said["x"] - panel["x"] < 40
    # Each text has the direction of its first letter: the bot began with "You said".
    expect(answer).to_have_css("direction", "ltr")
    expect(visit.said).to_have_css("direction", "rtl")


@pytest.mark.parametrize(
    ("position", "is_left", "is_top"),
    [
        ("bottom-right", False, False),
        ("bottom-left", True, False),
        ("top-left", True, True),
        ("top-right", False, True),
    ],
)
def test_it_stands_in_its_corner(shop: Shop, position: str, *, is_left: bool, is_top: bool) -> None:
    visit = _popup(shop, popup_position=position)
    visit.launcher.click()

    for one in (visit.launcher, visit.panel):
        box = box_of(one)
        assert (box["x"] < 100, box["x"] + box["width"] > 924) == (is_left, not is_left)
    assert (box_of(visit.launcher)["y"] < 100) == is_top
    assert box_of(visit.panel)["y"] >= 0


def test_an_open_chat_is_open_on_the_next_page(shop: Shop) -> None:
    visit = _popup(shop)
    visit.launcher.click()

    visit.page.reload()

    expect(visit.panel).to_be_visible()


def test_a_hint_is_shown_once_to_a_visitor(shop: Shop) -> None:
    visit = _popup(shop, popup_label_enabled=True, popup_label_text="Questions?", popup_label_delay_seconds=0)
    hint = visit.page.get_by_text("Questions?")
    expect(hint).to_be_visible()

    visit.page.get_by_role("button", name="Dismiss").click()

    expect(hint).to_be_hidden()
    visit.page.reload()
    visit.launcher.wait_for()
    expect(hint).to_have_count(0)


def test_it_can_fill_the_window_and_be_kept_as_a_text(shop: Shop) -> None:
    visit = _popup(shop, enable_download=True)
    visit.launcher.click()
    visit.say("keep this")
    visit.answered()

    visit.page.get_by_role("button", name="Full screen").click()
    with visit.page.expect_download() as kept:
        visit.page.get_by_role("button", name="Download the conversation").click()

    assert box_of(visit.panel) == {"x": 0, "y": 0, "width": 1024, "height": 780}
    assert kept.value.path().read_text(encoding="utf-8") == ("You:\nkeep this\n\nHarbour Help:\nYou said: keep this\n")
