"""Embeddings in OpenAI's form."""

from array import array
from binascii import b2a_base64
from sys import byteorder
from typing import Any

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.embeddings import Input, Vector
from tollgate.contracts.router.embeddings import CreateEmbeddingRequest
from tollgate.ledger.money import plain, shown
from tollgate.resources import Resources
from tollgate.services.embeddings import Texts, embed


async def create_embedding(request: CreateEmbeddingRequest, call: Call, resources: Resources) -> Answer:
    """Make vectors of texts.

    Raises BadRequest, NotFound, Forbidden, PaymentRequired, Unavailable, UpstreamError.
    """
    is_base64 = request.encoding_format == "base64"
    texts = Texts(
        model=request.model,
        inputs=_inputs(request.input),
        dimensions=request.dimensions,
        user=request.user,
        task_type=request.task_type,
        title=request.title,
        unknown=tuple(
            name
            for name, value in call.body.items()
            if value is not None and name not in CreateEmbeddingRequest.model_fields
        ),
        is_strict=request.drop_params is False,
        is_compact=is_base64,
    )
    vectors, embedded = await embed(texts, call, resources)
    written = to_base64 if is_base64 else to_numbers
    usage, cost = embedded.usage, embedded.cost
    return Answer(
        content={
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": written(vector)}
                for index, vector in enumerate(vectors)
            ],
            "model": embedded.model.id,
            "usage": {
                "prompt_tokens": usage.prompt_tokens,
                "total_tokens": usage.total_tokens,
                "cost": shown(cost.total_usd),
                "cost_details": {
                    "input": shown(cost.input_usd),
                    "output": shown(cost.output_usd),
                    "estimated": usage.is_estimated,
                },
            },
        },
        headers={**embedded.headers, "x-tollgate-cost": plain(cost.total_usd)},
    )


def to_base64(vector: Vector) -> str:
    """A vector as little-endian 32-bit floats in base64."""
    floats = array("f", vector)
    if byteorder == "big":
        floats.byteswap()
    return b2a_base64(floats, newline=False).decode("ascii")


def to_numbers(vector: Vector) -> list[float]:
    """A vector as numbers."""
    return vector if isinstance(vector, list) else list(vector)


def _inputs(given: Any) -> list[Input]:
    """One text, or the tokens of one, are a list of one."""
    return [given] if isinstance(given, str) or isinstance(given[0], int) else given
