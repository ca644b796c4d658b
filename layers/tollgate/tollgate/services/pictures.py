"""Images that are drawn, from a caller to a provider and back: planned, held for, drawn, looked at, and billed.

Every family of APIs comes through here, and differs only in how it reads and writes a request.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final, NamedTuple, TypeVar

from tollgate.auth.keys import hash_user
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.contracts.pictures import ImageRequest, PartialPicture, Picture, Pictures
from tollgate.contracts.usage import Usage
from tollgate.errors import (
    BadRequest,
    StreamTimeout,
    TollgateError,
    Unavailable,
    UnsupportedParameter,
    UpstreamInvalid,
)
from tollgate.ledger.money import ZERO
from tollgate.ledger.prices import Cost
from tollgate.providers.protocols import Images
from tollgate.resources import Resources
from tollgate.services.calls import admit, find_model
from tollgate.services.completions import lifetime_s
from tollgate.services.drawn import Drawn, Finished, ImagePrompt, worst_case
from tollgate.services.image_headers import read_header
from tollgate.stores.aws import AwsError, AwsUnavailable

ItemT = TypeVar("ItemT")

LIFETIME_OF_URL_S: Final = 60 * 60
MOST_BYTES: Final = 5_000_000
"""Of images in an answer: larger ones are lent by their addresses."""

_NOTHING: Final = Cost(ZERO, ZERO)
_FETCH_LIMIT_BYTES: Final = 64 * 1024 * 1024
_FETCH_TIMEOUT_S: Final = 60.0


async def draw(prompt: ImagePrompt, call: Call, resources: Resources) -> Drawn:
    """Draw images, and hand them over.

    A client that goes away meanwhile changes nothing: they are drawn and paid for all the same.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    drawn, adapter, request = await _admit(prompt, call, resources)

    async def ask() -> tuple[Pictures, list[Finished]]:
        pictures = await adapter.draw(request)
        return pictures, await _looked_at(pictures.pictures, drawn.model, resources)

    pictures, images = await drawn.call.ask(ask)
    is_too_large = sum(-(-len(image.picture.content) // 3) * 4 for image in images) > MOST_BYTES
    drawn.is_lent_for_size = is_too_large and not prompt.as_urls and bool(resources.settings.bucket)
    if prompt.as_urls or drawn.is_lent_for_size:
        images = list(await asyncio.gather(*(_lent(image, call, resources) for image in images)))
    drawn.take(pictures, images)
    return drawn


class Shown(NamedTuple):
    """A finished image of a stream, what it used, and what it costs."""

    image: Finished
    usage: Usage
    text_tokens: int
    cost: Cost


class Unfinished(NamedTuple):
    """An image of a stream before it is finished."""

    image: Finished
    place: int


class OpenPictures:
    """Images that are shown as they come. What is drawn is drawn to its end and paid for, whoever still looks."""

    def __init__(self, drawn: Drawn, adapter: Images, request: ImageRequest, call: Call, resources: Resources) -> None:
        self.drawn = drawn
        self._adapter = adapter
        self._request = request
        self._resources = resources
        self._lifetime_s = lifetime_s(call)
        self._coming: asyncio.Queue[Unfinished | Shown | Exception | None] = asyncio.Queue()
        self._first: Unfinished | Shown | None = None
        self._was_heard = False
        self._drawing = asyncio.get_running_loop().create_task(self._draw())

    async def wait_for_first(self, patience_s: float) -> None:
        """Wait for the first image, so that an early failure can still be told by a status; not forever.

        Raises what the provider's stream raises.
        """
        try:
            async with asyncio.timeout(patience_s):
                self._first = _raised(await self._coming.get())
        except TimeoutError:
            return
        except Exception:
            self._was_heard = True
            raise

    async def images(self) -> AsyncGenerator[Unfinished | Shown, None]:
        """The images, before they are finished and after.

        Raises UpstreamError in the middle, StreamTimeout when the stream reaches its lifetime.
        """
        shown = self._first
        try:
            while shown is not None or (shown := _raised(await self._coming.get())) is not None:
                yield shown
                shown = None
            self._was_heard = True
        except TollgateError:
            # How it ended is known already.
            self._was_heard = True
            raise

    async def finish(self) -> None:
        """Wait until all is drawn: the provider draws for somebody who went away as well, and bills it."""
        await self._drawing
        if not self._was_heard:
            self.drawn.broke_off("client_disconnected")

    async def _draw(self) -> None:
        drawn = self.drawn
        try:
            async with asyncio.timeout(self._lifetime_s):
                stream, shown = await drawn.call.ask(self._begin)
                async with aclosing(stream):
                    await self._take(shown)
                    async for shown in stream:
                        await self._take(shown)
        except TimeoutError:
            self._coming.put_nowait(StreamTimeout("The stream reached its lifetime.", provider=drawn.model.provider))
            drawn.broke_off("upstream_error")
        except Exception as exc:  # noqa: BLE001 - whoever listens raises it
            self._coming.put_nowait(exc)
            drawn.broke_off("upstream_error")
        else:
            self._coming.put_nowait(None)

    async def _begin(self) -> tuple[AsyncGenerator[PartialPicture | Pictures, None], PartialPicture | Pictures]:
        stream = self._adapter.stream(self._request)
        try:
            return stream, await anext(stream)
        except StopAsyncIteration as exc:
            raise _invalid(self.drawn.model) from exc

    async def _take(self, shown: PartialPicture | Pictures) -> None:
        drawn = self.drawn
        if isinstance(shown, PartialPicture):
            drawn.take_partial(shown)
            if (header := read_header(shown.picture.content)) is not None:
                self._coming.put_nowait(Unfinished(Finished(shown.picture, header), shown.place))
            return
        images = await _looked_at(shown.pictures, drawn.model, self._resources)
        usage, cost = drawn.take(shown, images)
        # What they used is told with the last of those that came together.
        for image in images[:-1]:
            self._coming.put_nowait(Shown(image, Usage(), 0, _NOTHING))
        self._coming.put_nowait(Shown(images[-1], usage, shown.text_tokens, cost))


async def open_pictures(prompt: ImagePrompt, call: Call, resources: Resources) -> OpenPictures:
    """Draw images, and show them as they come.

    Raises as `draw` does.
    """
    drawn, adapter, request = await _admit(prompt, call, resources)
    stream = OpenPictures(drawn, adapter, request, call, resources)
    # Before the bill is settled.
    call.later.insert(0, stream.finish)
    await stream.wait_for_first(resources.settings.first_event_wait_s)
    return stream


async def _admit(prompt: ImagePrompt, call: Call, resources: Resources) -> tuple[Drawn, Images, ImageRequest]:
    body = prompt.body
    if body.get("user"):
        body = {**body, "user": hash_user(call.caller.account_id, body["user"])}
    model = find_model(prompt.model, "image", call, resources)
    adapter = resources.images(model)
    plan = adapter.plan(body, model, is_strict=prompt.is_strict)
    if prompt.as_urls and not resources.settings.bucket:
        raise UnsupportedParameter(
            "This gateway keeps no images, so it has no addresses of them.", param="response_format"
        )
    is_shown = "partial_images" not in plan.dropped
    request = ImageRequest(model, plan.body, prompt.n, prompt.partial_images if is_shown else 0)
    admitted = await admit(model, plan, worst_case(prompt, plan, model), call, resources)
    return Drawn(admitted, plan, prompt), adapter, request


async def _looked_at(pictures: Sequence[Picture], model: Model, resources: Resources) -> list[Finished]:
    """The images as they are, those left out that are none.

    Raises UpstreamInvalid when none is left.
    """
    fetched = await asyncio.gather(*(_with_content(picture, resources) for picture in pictures))
    images = [Finished(picture, header) for picture in fetched if (header := read_header(picture.content)) is not None]
    if not images:
        raise _invalid(model)
    return images


async def _with_content(picture: Picture, resources: Resources) -> Picture:
    if picture.content or not picture.url:
        return picture
    try:
        found = await resources.web.fetch(
            picture.url, param="url", limit_bytes=_FETCH_LIMIT_BYTES, timeout_s=_FETCH_TIMEOUT_S
        )
    except BadRequest:
        # The provider's address, so not the caller's mistake: this image did not arrive.
        return picture
    return picture._replace(content=found.content)


async def _lent(image: Finished, call: Call, resources: Resources) -> Finished:
    key = f"images/{call.caller.account_id}/{resources.new_id('img')}.{image.header.format}"
    try:
        await resources.bucket.put(key, image.picture.content, image.header.media_type)
        return image._replace(url=resources.bucket.presigned(key, LIFETIME_OF_URL_S))
    except (AwsError, AwsUnavailable) as exc:
        raise Unavailable("The images cannot be kept now. Ask for them as data, or try again.") from exc


def _raised(item: ItemT | Exception) -> ItemT:
    if isinstance(item, Exception):
        raise item
    return item


def _invalid(model: Model) -> UpstreamInvalid:
    facts = {"provider": model.provider}
    return UpstreamInvalid("The provider's image cannot be read.", provider=model.provider, metadata=facts)
