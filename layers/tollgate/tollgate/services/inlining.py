"""Images by address, for providers that cannot fetch them themselves: fetched here, and sent as data."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from tollgate.errors import BadRequest
from tollgate.services.candidates import images_by_address
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
    images = list(images_by_address(body))
    if not images:
        return body
    # Each stands in what is sent to the provider, so one that is there twice counts twice.
    params: dict[str, list[str]] = {}
    for message, part, url in images:
        params.setdefault(url, []).append(f"{param_prefix}[{message}].content[{part}].image_url.url")
        if sum(map(len, params.values())) > MOST_IMAGES:
            raise BadRequest(
                f"This model takes at most {MOST_IMAGES} images by address. Send the others as data URLs.",
                param=params[url][-1],
            )
    data = dict(zip(params, await _fetch_all(params, web), strict=True))
    messages = list(body["messages"])
    for message, part, url in images:
        content = list(messages[message]["content"])
        content[part] = {**content[part], "image_url": {**content[part]["image_url"], "url": data[url]}}
        messages[message] = {**messages[message], "content": content}
    return {**body, "messages": messages}


async def _fetch_all(params: Mapping[str, list[str]], web: Web) -> list[str]:
    """The data URL of each address. `params` has the paths of the images with that address."""
    left = MOST_BYTES_TOGETHER

    async def fetch(url: str, places: list[str]) -> str:
        param = places[0]

        def spend(size: int) -> None:
            nonlocal left
            left -= size * len(places)
            if left < 0:
                raise BadRequest(f"The images are larger than {MOST_BYTES_TOGETHER} bytes together.", param=param)

        fetched = await web.fetch(url, param=param, limit_bytes=MOST_BYTES, timeout_s=TIMEOUT_S, spend=spend)
        # What a server says of its content is not what a provider will find in it.
        if (media_type := image_type(fetched.content)) is None:
            raise BadRequest(f"'{param}' leads to no PNG, JPEG, GIF or WebP image.", param=param)
        return f"data:{media_type};base64,{b64encode(fetched.content).decode()}"

    tasks = [asyncio.ensure_future(fetch(url, places)) for url, places in params.items()]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
