"""Images by address, for providers that cannot fetch them themselves: fetched here, and sent as data."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tollgate.errors import BadRequest
from tollgate.stores.web import Web, image_type

MOST_IMAGES: Final = 10
MOST_BYTES: Final = 20 * 1024 * 1024
"""Of one image."""
MOST_BYTES_TOGETHER: Final = 40 * 1024 * 1024
"""Of all images of a request: each is in memory three times, as it came, in base64 and in the provider's body."""
TIMEOUT_S: Final = 20.0


async def inline_images(body: Mapping[str, Any], *, web: Web, param_prefix: str = "messages") -> Mapping[str, Any]:
    """A chat completion request with data URLs in place of `https` images; the same object where there are none.

    `param_prefix` is what the caller calls the list of messages. An image that is there several times is fetched once.

    Raises BadRequest, with the path of the image at fault.
    """
    found: dict[str, str] = {}
    for message, part, url in _images(body):
        found.setdefault(url, f"{param_prefix}[{message}].content[{part}].image_url.url")
    if not found:
        return body
    if len(found) > MOST_IMAGES:
        raise BadRequest(
            f"This model takes at most {MOST_IMAGES} images by address. Send the others as data URLs.",
            param=list(found.values())[MOST_IMAGES],
        )
    data = dict(zip(found, await _fetch_all(found, web), strict=True))
    messages = list(body["messages"])
    for message, part, url in _images(body):
        content = list(messages[message]["content"])
        content[part] = {**content[part], "image_url": {**content[part]["image_url"], "url": data[url]}}
        messages[message] = {**messages[message], "content": content}
    return {**body, "messages": messages}


def _images(body: Mapping[str, Any]) -> Iterator[tuple[int, int, str]]:
    """Message, part and address of each image that is not data yet."""
    for number, message in enumerate(body.get("messages") or ()):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            if part.get("type") == "image_url" and not part["image_url"]["url"].startswith("data:"):
                yield number, place, part["image_url"]["url"]


async def _fetch_all(params: Mapping[str, str], web: Web) -> list[str]:
    left = MOST_BYTES_TOGETHER

    async def fetch(url: str, param: str) -> str:
        def spend(size: int) -> None:
            nonlocal left
            left -= size
            if left < 0:
                raise BadRequest(f"The images are larger than {MOST_BYTES_TOGETHER} bytes together.", param=param)

        fetched = await web.fetch(url, param=param, limit_bytes=MOST_BYTES, timeout_s=TIMEOUT_S, spend=spend)
        # What a server says of its content is not what a provider will find in it.
        if (media_type := image_type(fetched.content)) is None:
            raise BadRequest(f"'{param}' leads to no PNG, JPEG, GIF or WebP image.", param=param)
        return f"data:{media_type};base64,{b64encode(fetched.content).decode()}"

    tasks = [asyncio.ensure_future(fetch(url, param)) for url, param in params.items()]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
