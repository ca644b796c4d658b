"""What the vendors that draw have in common: how a request is sorted, `n` spread over calls, an answer read."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import JsonObject, Plan
from tollgate.contracts.pictures import ImageRequest, PartialPicture, Picture, Pictures
from tollgate.contracts.usage import Usage, is_count
from tollgate.errors import BadRequest, TollgateError, UnsupportedParameter
from tollgate.providers.connection import Connection, Patience
from tollgate.providers.image_shapes import Shape, as_it_is
from tollgate.providers.parameters import IMAGE_FIELDS, names_shown, refuse_dropped
from tollgate.providers.refusals import Rule

PATIENCE: Final = Patience(first_byte_s=280.0, idle_s=280.0)
"""With a stream of images: one image can take minutes, and nothing need be said meanwhile."""

_TUNING: Final = frozenset(
    {"background", "moderation", "output_compression", "output_format", "quality", "style", "user"}
)


class Brush(NamedTuple):
    """How a vendor draws. What the catalogue says of a model goes before it."""

    takes: frozenset[str] = frozenset()
    """The tuning parameters that it knows, by OpenAI's names; `partial_images` where it shows images before they are
    finished."""
    shape: Shape = as_it_is
    n_max: int = 10
    """How many images it draws in one call: the flag `n_max` of a model."""
    makes: str | None = None
    """The format of its images, where none can be asked for."""
    qualities: Mapping[str, str] = {"low": "low", "medium": "medium", "high": "high", "auto": "auto"}
    """Its words for OpenAI's; the flag `qualities` of a model replaces them."""
    prompt_max: int = 32_000
    """Characters: the flag `prompt_max` of a model."""

    def taken_by(self, model: Model) -> frozenset[str]:
        """The parameters that are sent for a model."""
        if model.supported_parameters is None:
            return self.takes
        return self.takes.intersection(model.supported_parameters)


def plan(body: JsonObject, model: Model, brush: Brush, *, is_strict: bool) -> Plan:
    """Sort the fields of a request into what is sent and what is left out.

    Raises BadRequest for a size, a quality or a prompt that the model has not; UnsupportedParameter for what it cannot
    do, and, when `is_strict`, for what would be left out.
    """
    wish = {name: value for name, value in body.items() if value is not None}
    takes = brush.taken_by(model)
    kept: dict[str, Any] = {"prompt": wish["prompt"]}
    most = int(model.flags.get("prompt_max", brush.prompt_max))
    if len(wish["prompt"]) > most:
        raise BadRequest(f"'{model.id}' takes a prompt of at most {most} characters.", param="prompt")
    if (size := wish.get("size", "auto")) != "auto":
        kept |= brush.shape(size, model)
    _check_look(wish, model, brush, takes)
    for name in sorted(_TUNING & wish.keys() & takes):
        kept[name] = _quality(wish[name], model, brush) if name == "quality" else wish[name]
    dropped = [name for name in wish if _is_lost(name, wish, takes)]
    if is_strict:
        refuse_dropped(dropped, model)
    cap = int(model.flags.get("n_max", brush.n_max))
    return Plan(body=kept, dropped=tuple(names_shown(dropped)), calls=-(-wish.get("n", 1) // cap))


def _check_look(wish: JsonObject, model: Model, brush: Brush, takes: frozenset[str]) -> None:
    """Refuse what would give another kind of image than the one that is wanted."""
    if wish.get("background") == "transparent" and "background" not in takes:
        raise UnsupportedParameter(f"'{model.id}' draws no transparent background.", param="background")
    wanted = wish.get("output_format")
    if wanted is not None and "output_format" not in takes and wanted != (brush.makes or "png"):
        raise UnsupportedParameter(f"'{model.id}' makes {brush.makes or 'png'} alone.", param="output_format")


def _is_lost(name: str, wish: JsonObject, takes: frozenset[str]) -> bool:
    """Whether a field that was sent has no effect."""
    if name not in IMAGE_FIELDS:
        return True
    if name == "partial_images":
        return bool(wish[name]) and name not in takes
    # A format that the vendor makes anyway has been granted.
    return name in _TUNING and name not in takes and name != "output_format" and wish[name] != "auto"


def _quality(wanted: str, model: Model, brush: Brush) -> str:
    qualities = model.flags.get("qualities", brush.qualities)
    if wanted not in qualities:
        raise BadRequest(f"'{model.id}' has these qualities: {', '.join(qualities)}.", param="quality")
    return str(qualities[wanted]) if isinstance(qualities, Mapping) else wanted


class Drawing:
    """Images of a vendor, which overrides how one call is made."""

    brush: Brush = Brush()
    rules: tuple[Rule, ...] = ()

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, body: JsonObject, model: Model, *, is_strict: bool) -> Plan:
        """See `tollgate.providers.protocols.Images`."""
        return plan(body, model, self.brush, is_strict=is_strict)

    async def draw(self, request: ImageRequest) -> Pictures:
        """See `tollgate.providers.protocols.Images`."""
        return await self.draw_in_calls(request, self.brush)

    async def draw_in_calls(self, request: ImageRequest, brush: Brush) -> Pictures:
        """Draw with as many calls at once as `n` takes: what came of some is kept when others fail."""
        cap = int(request.model.flags.get("n_max", brush.n_max))
        counts = [min(cap, request.n - start) for start in range(0, request.n, cap)]
        asked = await asyncio.gather(
            *(self.draw_at_once(request._replace(n=count)) for count in counts), return_exceptions=True
        )
        for failure in asked:
            if isinstance(failure, BaseException) and not isinstance(failure, TollgateError):
                raise failure
        drawn = [answer for answer in asked if isinstance(answer, Pictures)]
        if not drawn:
            raise next(failure for failure in asked if isinstance(failure, TollgateError))
        return together(drawn)

    async def draw_at_once(self, request: ImageRequest) -> Pictures:
        """Make one call, for no more images than the vendor draws in one.

        Raises as `draw` does, also where no image came.
        """
        raise NotImplementedError

    async def stream(self, request: ImageRequest) -> AsyncGenerator[PartialPicture | Pictures, None]:
        """See `tollgate.providers.protocols.Images`. Most vendors show nothing before it is finished."""
        yield await self.draw(request)


def together(drawn: Sequence[Pictures]) -> Pictures:
    """Several answers as one."""
    if len(drawn) == 1:
        return drawn[0]
    usages = [answer.usage for answer in drawn]
    usage = None if None in usages else sum((one for one in usages if one is not None), Usage())
    return Pictures(
        pictures=list(chain.from_iterable(answer.pictures for answer in drawn)),
        usage=usage,
        text_tokens=sum(answer.text_tokens for answer in drawn),
        facts=drawn[0].facts,
    )


class Unreadable(ValueError):
    """What a provider sent is not what it says it is."""


def decoded(text: Any) -> bytes:
    """Bytes that came as base64.

    Raises Unreadable.
    """
    if not isinstance(text, str) or not text:
        raise Unreadable("no image")
    # Some send a data URL where only its data belongs.
    data = text.partition(";base64,")[2] if text.startswith("data:") else text
    try:
        content = b64decode(data)
    except ValueError as exc:
        raise Unreadable("no base64") from exc
    if not content:
        raise Unreadable("no image")
    return content


def read_pictures(body: Mapping[str, Any]) -> list[Picture]:
    """The images of a body in OpenAI's form; those that hold neither an image nor an address are left out."""
    found = body.get("data")
    pictures: list[Picture] = []
    for item in found if isinstance(found, list) else ():
        if not isinstance(item, dict):
            continue
        revised = item.get("revised_prompt")
        revised = revised if isinstance(revised, str) and revised else None
        try:
            pictures.append(Picture(decoded(item.get("b64_json")), revised_prompt=revised))
        except Unreadable:
            if isinstance(url := item.get("url"), str) and url:
                pictures.append(Picture(url=url, revised_prompt=revised))
    return pictures


def read_usage(usage: Any) -> tuple[Usage | None, int]:
    """The usage object of OpenAI's images, and the tokens of its output that are text.

    None where it cannot be used.
    """
    if not isinstance(usage, dict):
        return None, 0
    prompt: Any
    completion: Any
    prompt, completion = usage.get("input_tokens"), usage.get("output_tokens")
    if not is_count(prompt) or not is_count(completion):
        return None, 0
    cached = _count_in(usage.get("input_tokens_details"), "cached_tokens")
    text = _count_in(usage.get("output_tokens_details"), "text_tokens")
    return Usage(prompt, completion, cached_tokens=min(cached, prompt)), min(text, completion)


def read_facts(body: Mapping[str, Any]) -> dict[str, str]:
    """What an answer says of its images beside what can be seen in them."""
    return {name: body[name] for name in ("background", "quality") if isinstance(body.get(name), str)}


def _count_in(details: Any, name: str) -> int:
    value = details.get(name) if isinstance(details, dict) else None
    return value if isinstance(value, int) and is_count(value) else 0
