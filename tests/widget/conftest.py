"""A browser on a page of somebody's site, and a gateway that is up at another address."""

import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx2
import pytest
from playwright.sync_api import Browser, Dialog, FloatRect, Locator, Page, sync_playwright

from tests.running import Running

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_MS: Final = 15_000
_PAGE: Final = """<!doctype html>
<html lang="en" dir="{dir}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<style>{style}</style></head><body><h1>Harbour</h1><a href="#" id="before">A link</a>
<div id="aipkit-chatbot-container-{bot_id}"></div>{script}<p id="after" tabindex="0">The end</p></body></html>"""


class Pages:
    """A site on loopback, with pages that tests put there."""

    def __init__(self) -> None:
        pages: dict[str, tuple[str, Mapping[str, str]]] = {}
        self._pages = pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, headers = pages.get(self.path, ("", {}))
                content = html.encode()
                self.send_response(200 if html else 404)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that it has there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def put(self, html: str, headers: Mapping[str, str] | None = None, *, host: str = "127.0.0.1") -> str:
        """The address of a page with that content."""
        path = f"/{len(self._pages)}"
        self._pages[path] = (html, headers or {})
        return f"{self.origin(host)}{path}"

    def origin(self, host: str = "127.0.0.1") -> str:
        """The origin of the site under one of its names."""
        return f"http://{host}:{self._server.server_port}"

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Visit:
    """A visitor's tab."""

    page: Page
    requests: list[str] = field(default_factory=list)
    """What the page has asked for."""
    problems: list[str] = field(default_factory=list)
    """What the browser complained about."""

    def say(self, text: str) -> None:
        """Type something, and send it."""
        self.input.fill(text)
        self.input.press("Enter")

    def answered(self, count: int = 1) -> Locator:
        """The last answer, once so many are whole."""
        self.page.locator(".tg-from-bot .tg-foot .tg-copy").nth(count - 1).wait_for()
        return self.answers.nth(count - 1)

    @property
    def answers(self) -> Locator:
        """What the bot has said."""
        return self.page.locator(".tg-from-bot .tg-markdown")

    @property
    def said(self) -> Locator:
        """What the visitor has said."""
        return self.page.locator(".tg-from-user .tg-bubble")

    @property
    def input(self) -> Locator:
        """Where one types."""
        return self.page.locator(".tg-input")

    @property
    def send_button(self) -> Locator:
        """Sends, and stops."""
        return self.page.locator(".tg-send")

    @property
    def notice(self) -> Locator:
        """What went wrong."""
        return self.page.locator(".tg-notice")

    @property
    def launcher(self) -> Locator:
        """Opens the popup."""
        return self.page.locator(".tg-launcher")

    @property
    def panel(self) -> Locator:
        """The chat."""
        return self.page.locator(".tg-panel")

    def refuse(self, dialog: Dialog) -> None:
        """Note that a script asked something, and send it away."""
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def focused(self) -> str:
        """The class, or else the id, of what has the focus, within the chat too."""
        found: str = self.page.evaluate(
            "() => { let one = document.activeElement; while (one.shadowRoot?.activeElement)"
            " one = one.shadowRoot.activeElement; return one.getAttribute('class') || one.id || one.tagName; }"
        )
        return found


@dataclass(frozen=True)
class Shop:
    """A site that has chats of the gateway in its pages."""

    gateway: Running
    pages: Pages
    browser: Browser
    visits: list[Visit]

    def bot(self, **settings: Any) -> int:
        """A new bot of the sandbox, which repeats what it is told; in the page unless it is to be a popup."""
        body = {"name": "Harbour Help", "provider": "sandbox", "model": "chat", "deploy_mode": "inline", **settings}
        response = httpx2.post(
            f"{self.gateway.base_url}/aipkit/v1/chatbots",
            json=body,
            headers={"authorization": f"Bearer {self.gateway.api_key}"},
            trust_env=False,
        )
        assert response.status_code == 201, response.text
        bot_id: int = response.json()["bot_id"]
        return bot_id

    def snippet(self, bot_id: int, **data: str) -> str:
        """The tag that a page has."""
        more = "".join(f" data-{name.replace('_', '-')}='{value}'" for name, value in data.items())
        return f'<script src="{self.gateway.base_url}/widget/embed.js" data-bot-id="{bot_id}"{more} async></script>'

    def put(
        self,
        bot_id: int,
        *,
        script: str = "",
        direction: str = "ltr",
        style: str = "",
        headers: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> str:
        """The address of a page with the chat."""
        script = script or self.snippet(bot_id)
        html = _PAGE.format(dir=direction, style=style, bot_id=bot_id, script=script)
        return self.pages.put(html, headers, host=host)

    def visit(self, address: str, **context: Any) -> Visit:
        """Somebody comes to a page, with a browser that remembers nothing."""
        page = self.browser.new_context(**context).new_page()
        page.set_default_timeout(_PATIENCE_MS)
        visit = Visit(page)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("pageerror", lambda error: visit.problems.append(str(error)))
        page.on("dialog", visit.refuse)
        self.visits.append(visit)
        page.goto(address)
        return visit

    def chat(self, **settings: Any) -> Visit:
        """Somebody comes to a page with a chat in it."""
        visit = self.visit(self.put(self.bot(**settings)))
        visit.panel.wait_for()
        return visit


def box_of(locator: Locator) -> FloatRect:
    """Where something stands in the window."""
    box = locator.bounding_box()
    assert box, "it is not shown"
    return box


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It has an event loop of its own, beside which no other test's could run."""
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    assert path, f"install a browser for these tests: {', '.join(_BROWSERS)}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages() -> Iterator[Pages]:
    """The site."""
    site = Pages()
    yield site
    site.stop()


@pytest.fixture
def shop(running: Running, pages: Pages, browser: Browser) -> Iterator[Shop]:
    """The site, the gateway and the browser; no script may have failed in the end."""
    shop = Shop(running, pages, browser, [])
    yield shop
    for visit in shop.visits:
        visit.page.context.close()
        assert visit.problems == []
