"""Vectors for AI Puffer's clients."""

from typing import Final

from tollgate.contracts.aipuffer.embeddings import EmbedTextsRequest
from tollgate.contracts.aipuffer.providers import Vendor
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.errors import BadRequest
from tollgate.ledger.money import plain
from tollgate.resources import Resources
from tollgate.services.aipuffer.answers import usage_of
from tollgate.services.aipuffer.generation import named
from tollgate.services.aipuffer.models import vendor_of
from tollgate.services.aipuffer.refusals import invalid_param
from tollgate.services.aipuffer.texts import is_blank
from tollgate.services.aipuffer.upstream import EMBEDDING, no_longer_than, told_as
from tollgate.services.embeddings import Texts, embed
from tollgate.services.router.embeddings import to_base64, to_numbers

LONGEST_S: Final = 60.0


async def embed_texts(request: EmbedTextsRequest, call: Call, resources: Resources) -> Answer:
    """Make vectors of texts by the model of the provider that is named.

    Raises InvalidParams, BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    for name, is_missing in (("model", is_blank(request.model)), ("input", request.input in ("", "0", []))):
        if is_missing:
            raise BadRequest(f"Missing parameter: {name}.", code="rest_aipkit_missing_param", param=name)
    if isinstance(request.input, str) and not request.input.strip():
        raise invalid_param("input", "input is blank.", code="rest_too_short")
    vendor = vendor_of(request.provider, resources)
    is_base64 = request.encoding_format == "base64"
    with told_as(EMBEDDING, request.provider):
        texts = Texts(
            model=named(vendor, request.model, "embedding", resources).id,
            inputs=[request.input] if isinstance(request.input, str) else request.input,
            dimensions=_length(request, vendor),
            user=request.user if vendor.forwards_user else None,
            task_type=request.task_type if vendor.names_dimensionality else None,
            is_compact=is_base64,
        )
        async with no_longer_than(LONGEST_S, call, vendor.provider):
            vectors, embedded = await embed(texts, call, resources)
    written = to_base64 if is_base64 else to_numbers
    usage = usage_of(embedded.usage) if vendor.tells_embedding_usage else None
    content = {
        "embeddings": [written(vector) for vector in vectors],
        "usage": usage and {name: usage[name] for name in ("input_tokens", "total_tokens")},
        "provider": vendor.label,
        "model": request.model,
    }
    return Answer(content=content, headers={**embedded.headers, "x-tollgate-cost": plain(embedded.cost.total_usd)})


def _length(request: EmbedTextsRequest, vendor: Vendor) -> int | None:
    length = request.output_dimensionality if vendor.names_dimensionality else request.dimensions
    return length if length is not None and length > 0 else None
