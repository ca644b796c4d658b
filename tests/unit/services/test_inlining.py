"""Images by address become data."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from tollgate.errors import BadRequest
from tollgate.services.inlining import MOST_BYTES, MOST_BYTES_TOGETHER, MOST_IMAGES, inline_images
from tollgate.stores.web import Fetched

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 8
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 8


class Pages:
    """The internet: what is at each address, and who asked for it."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents
        self.asked: list[tuple[str, str]] = []
        self.at_once = 0
        self.most_at_once = 0

    async def fetch(
        self, url: str, *, param: str, limit_bytes: int, timeout_s: float, spend: Callable[[int], None]
    ) -> Fetched:
        assert (limit_bytes, timeout_s > 0) == (MOST_BYTES, True)
        self.asked.append((url, param))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0.01)
        finally:
            self.at_once -= 1
        name = url.rpartition("/")[2]
        if name not in self.contents:
            raise BadRequest(f"'{param}' cannot be fetched: its server answered 404.", param=param)
        spend(len(self.contents[name]))
        return Fetched(self.contents[name], "image/png")


def _image(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def _body(*contents: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content} for content in contents], **more}


async def _inline(body: Any, pages: Pages, **rest: Any) -> Any:
    return await inline_images(body, web=pages, **rest)  # type: ignore[arg-type]


async def test_an_address_becomes_a_data_url_and_all_else_stays() -> None:
    pages = Pages(a=PNG, b=JPEG)
    text = {"type": "text", "text": "Which is it?"}
    data = _image("data:image/gif;base64,R0lGODlh")
    body = _body("Hi", [text, _image("https://x.example/a", detail="low"), data], [_image("https://x.example/b")], n=2)
    before = repr(body)

    inlined = await _inline(body, pages)

    assert inlined == _body(
        "Hi",
        [text, _image(f"data:image/png;base64,{b64encode(PNG).decode()}", detail="low"), data],
        # The bytes say what it is; the server called it a PNG.
        [_image(f"data:image/jpeg;base64,{b64encode(JPEG).decode()}")],
        n=2,
    )
    assert repr(body) == before


@pytest.mark.parametrize(
    "body",
    [
        _body("Hi"),
        _body([{"type": "text", "text": "https://x.example/a"}, _image("data:image/png;base64,AA==")]),
        _body(None),
        {"messages": []},
        {},
    ],
)
async def test_a_request_without_addresses_is_the_same_object(body: Any) -> None:
    pages = Pages()

    assert await _inline(body, pages) is body
    assert pages.asked == []


async def test_images_are_fetched_at_the_same_time_and_each_address_once() -> None:
    pages = Pages(a=PNG, b=PNG, c=PNG)
    body = _body([_image(f"https://x.example/{name}") for name in "abca"], [_image("https://x.example/a")])

    inlined = await _inline(body, pages)

    assert (len(pages.asked), pages.most_at_once) == (3, 3)
    urls = {part["image_url"]["url"] for message in inlined["messages"] for part in message["content"]}
    assert len(urls) == 1


async def test_an_image_at_fault_is_named_by_its_path_in_the_callers_words() -> None:
    body = _body("Hi", [{"type": "text", "text": "?"}, _image("https://x.example/gone")])

    with pytest.raises(BadRequest) as plain:
        await _inline(body, Pages())
    with pytest.raises(BadRequest) as renamed:
        await _inline(body, Pages(), param_prefix="history")

    assert plain.value.param == "messages[1].content[1].image_url.url"
    assert renamed.value.param == "history[1].content[1].image_url.url"


async def test_what_is_no_image_is_refused_whatever_its_server_calls_it() -> None:
    with pytest.raises(BadRequest, match="no PNG, JPEG, GIF or WebP image"):
        await _inline(_body([_image("https://x.example/page")]), Pages(page=b"<!doctype html>"))


@pytest.mark.parametrize(("count", "is_taken"), [(MOST_IMAGES, True), (MOST_IMAGES + 1, False)])
async def test_ten_addresses_are_taken_and_not_one_more(count: int, is_taken: bool) -> None:
    pages = Pages(**{f"i{number}": PNG for number in range(count)})
    body = _body([_image(f"https://x.example/i{number}") for number in range(count)])

    if is_taken:
        await _inline(body, pages)
        assert len(pages.asked) == count
    else:
        with pytest.raises(BadRequest) as caught:
            await _inline(body, pages)
        assert (caught.value.param, pages.asked) == (f"messages[0].content[{MOST_IMAGES}].image_url.url", [])


async def test_an_image_that_is_there_several_times_counts_as_often() -> None:
    pages = Pages(a=PNG, large=PNG + bytes(MOST_BYTES_TOGETHER // 4))

    with pytest.raises(BadRequest, match="at most 10 images"):
        await _inline(_body([_image("https://x.example/a")] * (MOST_IMAGES + 1)), pages)
    with pytest.raises(BadRequest, match="together"):
        await _inline(_body([_image("https://x.example/large")] * 4), pages)

    assert len(pages.asked) == 1


async def test_images_together_have_a_limit_of_their_own_and_one_failure_stops_the_others() -> None:
    large = PNG + bytes(MOST_BYTES_TOGETHER // 3)
    pages = Pages(a=large, b=large, c=large, d=large)
    body = _body([_image(f"https://x.example/{name}") for name in "abcd"])

    with pytest.raises(BadRequest, match="together") as caught:
        await _inline(body, pages)

    assert (caught.value.param, pages.at_once) == ("messages[0].content[2].image_url.url", 0)
