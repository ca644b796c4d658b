"""What a model writes, as nodes: formatted where it is harmless, and text where it is not."""

import time

import pytest
from playwright.sync_api import expect

from tests.widget.conftest import Shop, Visit

_HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a]( java\tscript:alert(1))",
    "[a](\x01javascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:alert(1))",
    "[a](//evil.example)",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1))",
    '[a](https://ok.example" onmouseover="alert(1))',
    "```html\n<script>alert(1)</script>\n```",
    "```<img src=x onerror=alert(1)>\ncode\n```",
    "| <b>a</b> | b |\n|--|--|\n| <iframe src=javascript:alert(1)> | c |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "</textarea></div><script>alert(1)</script>",
    "{{constructor.constructor('alert(1)')()}}",
]
_KNOWN = "a blockquote br button code del details div em h3 h4 h5 h6 hr li ol p path pre s span strong summary svg table tbody td th thead tr ul"  # noqa: E501 - a list of names


def _shown(visit: Visit, text: str) -> None:
    """Have the bot say something."""
    visit.say(f"this\n\n{text}")
    visit.answered(visit.said.count())


@pytest.mark.parametrize("text", _HOSTILE)
def test_nothing_that_anybody_writes_runs_or_leads_astray(shop: Shop, text: str) -> None:
    visit = shop.chat()

    visit.say(f"x\n\n{text}")
    answer = visit.answered()

    nodes = answer.evaluate(
        "one => [...one.querySelectorAll('*')].map(node => [node.tagName.toLowerCase(), node.getAttributeNames()])"
    )
    assert {name for name, _ in nodes} <= set(_KNOWN.split())
    assert not [name for _, names in nodes for name in names if name.startswith("on")]
    links = answer.evaluate("one => [...one.querySelectorAll('a')].map(node => node.protocol + node.rel)")
    assert set(links) <= {"https:noopener noreferrer nofollow ugc"}
    assert visit.said.evaluate("one => one.childElementCount") == 0


def test_the_usual_is_formatted(shop: Shop) -> None:
    visit = shop.chat()
    _shown(
        visit,
        "# Head\n\nSome **bold**, *slanted*, ~~gone~~ and `code` with snake_case_words and 2*3*4.\n"
        "Next line, [a link](https://a.example/b_(c)), https://b.example/x. and \\*stars\\*\n\n"
        "1. one\n2. two\n   - within\n\n> quoted\n\n---\n\n| A | B |\n|:-:|--:|\n| 1 | 2 |\n\n```py\nx = '**'\n```",
    )
    answer = visit.answers.last

    for selector, text in {
        "h3": "Head",
        "strong": "bold",
        "em": "slanted",
        "s": "gone",
        "p code": "code",
        "ol > li > ul > li": "within",
        "blockquote": "quoted",
        "th >> nth=1": "B",
        "td.tg-end": "2",
        "pre code": "x = '**'",
        ".tg-code-bar span >> nth=0": "py",
    }.items():
        expect(answer.locator(selector).first).to_have_text(text)
    addresses = answer.evaluate("one => [...one.querySelectorAll('a')].map(node => node.href)")
    assert addresses == ["https://a.example/b_(c)", "https://b.example/x"]
    expect(answer).to_contain_text("snake_case_words and 2*3*4.")
    expect(answer).to_contain_text("*stars*")


def test_code_and_answers_can_be_copied(shop: Shop) -> None:
    visit = shop.chat()
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _shown(visit, "```\nmake up\n```")
    clipboard = "() => navigator.clipboard.readText()"

    visit.answers.get_by_role("button", name="Copy code").click()
    expect(visit.answers.get_by_role("button", name="Copied")).to_be_visible()
    assert visit.page.evaluate(clipboard) == "make up"
    visit.page.locator(".tg-foot").get_by_role("button", name="Copy").click()
    expect(visit.page.locator(".tg-foot").get_by_role("button", name="Copied")).to_be_visible()
    assert visit.page.evaluate(clipboard).startswith("You said:")


@pytest.mark.parametrize(
    "piece", ["*a ", "[", "[a](", "`", "> ", "_a", "~~", "**a* ", "- ", "| a ", "h", "![", "<http://a "]
)
def test_a_long_and_broken_text_is_shown_in_no_time(shop: Shop, piece: str) -> None:
    visit = shop.chat()
    text = (piece * 4_000)[:3_900]

    began = time.monotonic()
    _shown(visit, text)

    assert time.monotonic() - began < 10
