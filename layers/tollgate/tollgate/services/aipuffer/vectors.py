"""Texts put into vector stores: cut, admitted, embedded, written, and what they replace removed, in this order."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import uuid4

from pydantic_core import to_json

from tollgate.contracts.aipuffer.vectors import StoredSource, UpsertedVectors, UpsertProgress, UpsertVectorsRequest
from tollgate.contracts.caller import Call
from tollgate.contracts.catalogue import Model
from tollgate.errors import BadRequest, Conflict, DimensionMismatch, TollgateError, Unavailable
from tollgate.providers.passages import passage_characters
from tollgate.resources import Resources
from tollgate.services.aipuffer.models import find_named, vendor_of
from tollgate.services.aipuffer.passages import MOST_PASSAGES, Source, source_of
from tollgate.services.aipuffer.refusals import invalid_param
from tollgate.services.embeddings import Embedder, Texts, admit_texts
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.idempotency import Key
from tollgate.stores.vectors import Record, Target, VectorStore

_PASSAGES_AT_ONCE: Final = 100
_PATIENCE_S: Final = 240.0
"""API Gateway ends a request when nothing was sent for five minutes."""
_LAST_GROUP_S: Final = 30.0
"""What has to be left of the function's time for another group."""
_LEASE: Final = timedelta(minutes=10)
"""Longer than a request can last: a claim that is older belongs to a function that died."""
_LONGEST_NAME: Final = 255

_log: Final = logging.getLogger(__name__)


class _Place(NamedTuple):
    """Where texts are put, and for whom."""

    store: VectorStore
    target: Target
    owner: str


async def upsert_vectors(request: UpsertVectorsRequest, call: Call, resources: Resources) -> UpsertedVectors:
    """Store texts so that chatbots find them; a text that was stored under the same id before is replaced.

    All texts are looked at, and what embedding them costs at most is held, before the first one is embedded. Some texts
    go together; where some fail, those before them are stored, and the error says how far it came.

    Raises BadRequest, InvalidParams, NotFound, Forbidden, PaymentRequired, Conflict, DimensionMismatch, Unavailable,
    UpstreamError.
    """
    gives_up_at = time.monotonic() + min(_PATIENCE_S, call.time_left_s - _LAST_GROUP_S)
    _check(request)
    model = embedding_model(request.embedding_provider, request.embedding_model, resources)
    store = resources.vector_store(request.provider)
    target = Target(request.target_id, request.namespace if store.has_namespaces else "")
    place = _Place(store, target, call.caller.account_id)
    sources = _sources(request, model, place)
    texts = [text for source in sources for text in source.passages()]
    embedder = await admit_texts(Texts(model.id, texts), call, resources)
    results: list[StoredSource] = []
    try:
        dimension = await store.dimension(target)
        fit(embedder, store, dimension)
        for group in _groups(sources):
            if time.monotonic() > gives_up_at:
                raise Unavailable("It took too long. Send the rest again.", code="vector_text_time_over")
            async with _claimed(group, place, call, resources):
                await _store(group, embedder, dimension, place)
            stored = ((source.parent_id, len(source.spans)) for source in group)
            results += [StoredSource(parent_vector_id=one, upserted_count=n, total_chunks=n) for one, n in stored]
    except TollgateError as exc:
        exc.metadata["data"] = _progress(results, len(sources)).as_data()
        raise
    count = sum(result.upserted_count for result in results)
    return UpsertedVectors(upserted_count=count, source_count=len(sources), total_chunks=count, results=results)


def embedding_model(provider: str, name: str, resources: Resources, *, param: str = "embedding_model") -> Model:
    """The model that makes vectors, by its provider and the provider's name of it.

    Raises InvalidParams.
    """
    vendor = vendor_of(provider, resources, param=param.replace("model", "provider"))
    found = find_named(vendor, name, "embedding", resources)
    if found is None or found.type != "embedding":
        raise invalid_param(param, f"{vendor.label} has no embedding model of that name here.")
    return found


def fit(embedder: Embedder, store: VectorStore, dimension: int) -> None:
    """Make vectors as long as those of a store.

    Raises DimensionMismatch where the model has none of that length.
    """
    if embedder.length is None:
        return
    try:
        embedder.fit(dimension)
    except BadRequest as exc:
        raise _mismatch(store, dimension, embedder.length) from exc


def check_length(vectors: Sequence[Sequence[float]], store: VectorStore, dimension: int) -> None:
    """Refuse vectors that are not as long as those of a store.

    Raises DimensionMismatch.
    """
    for vector in vectors:
        if len(vector) != dimension:
            raise _mismatch(store, dimension, len(vector))


def _mismatch(store: VectorStore, dimension: int, length: int) -> DimensionMismatch:
    return DimensionMismatch(
        f"The vectors of the target have {dimension} dimensions, and those of the model {length}. "
        "Name the model that the target was made for, or a target that was made for the model.",
        param="embedding_model",
        code=store.mismatch_code,
    )


def _check(request: UpsertVectorsRequest) -> None:
    """Refuse what is there and says nothing."""
    if not request.vectors:
        raise BadRequest("'vectors' is empty.", param="vectors", code="rest_aipkit_invalid_vectors")
    for place, item in enumerate(request.vectors):
        if not item.content.strip():
            where = f"vectors[{place}][content]"
            raise BadRequest(f"'{where}' is blank.", param=where, code="rest_aipkit_no_content")
    if not request.embedding_model.strip():
        raise BadRequest(
            "'embedding_model' is blank.", param="embedding_model", code="missing_vector_text_embedding_config"
        )
    if not request.target_id.strip():
        raise BadRequest("'target_id' is blank.", param="target_id", code="missing_vector_text_target")
    if not is_name(request.target_id):
        raise invalid_param("target_id", "target_id is no name that an index or a collection can have.")


def is_name(text: str) -> bool:
    """Whether an index or a collection can be called so."""
    return text not in {".", ".."} and len(text) <= _LONGEST_NAME and text.isprintable() and not {*text} & {*"/\\"}


def _sources(request: UpsertVectorsRequest, model: Model, place: _Place) -> list[Source]:
    """The texts with their passages.

    Raises BadRequest where one is too long, or more is known of it than the store takes.
    """
    size = passage_characters(model)
    sources = [source_of(item, size=size, new_id=f"text_{uuid4()}") for item in request.vectors]
    most_bytes = place.store.most_metadata_bytes
    for number, source in enumerate(sources):
        where = f"vectors[{number}]"
        if len(source.spans) > MOST_PASSAGES:
            raise BadRequest(
                f"The text of '{where}' makes {len(source.spans)} passages, and {MOST_PASSAGES} is the most.",
                param=where,
                code="vector_text_chunking_failed",
            )
        if most_bytes is None:
            continue
        for passage in range(len(source.spans)):
            size_bytes = len(to_json(source.known_of(passage, str(uuid4()), place.owner)))
            if size_bytes > most_bytes:
                raise BadRequest(
                    f"A passage of '{where}' and its metadata have {size_bytes} bytes, and {most_bytes} is the most.",
                    param=where,
                    code="vector_text_chunking_failed",
                )
    return sources


def _groups(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Texts that are embedded and written together: none twice, so that a later one replaces an earlier one."""
    group: list[Source] = []
    for source in sources:
        passages = sum(len(one.spans) for one in group) + len(source.spans)
        if group and (passages > _PASSAGES_AT_ONCE or source.parent_id in {one.parent_id for one in group}):
            yield group
            group = []
        group.append(source)
    yield group


async def _store(group: Sequence[Source], embedder: Embedder, dimension: int, place: _Place) -> None:
    """Embed some texts, write them under new ids, and remove what they replace: nothing is removed before."""
    store, target = place.store, place.target
    vectors = await embedder.embed([text for source in group for text in source.passages()])
    check_length(vectors, store, dimension)
    passages = [(source, number) for source in group for number in range(len(source.spans))]
    ids = [str(uuid4()) for _ in passages]
    records = [
        Record(one, vector, source.known_of(number, one, place.owner))
        for one, vector, (source, number) in zip(ids, vectors, passages, strict=True)
    ]
    try:
        await store.write(target, records)
    except TollgateError:
        # What was there before is still there; half of what is new is not to stand beside it.
        with suppress(TollgateError):
            await store.delete(target, ids)
        raise
    try:
        await store.delete_others(target, [source.parent_id for source in group], ids, place.owner)
    except TollgateError as exc:
        exc.reason = "vector_text_delete_existing_failed"
        raise


@asynccontextmanager
async def _claimed(
    group: Sequence[Source], place: _Place, call: Call, resources: Resources
) -> AsyncGenerator[None, None]:
    """Be the only request that stores these texts: of two at the same time, each would remove what the other wrote.

    Raises Conflict.
    """
    now = resources.now()
    keys = [_key(source, place, call) for source in group]
    claims = await asyncio.gather(
        *(resources.idempotency.claim(key, now=now, lease_ends_at=now + _LEASE) for key in keys),
        return_exceptions=True,
    )
    held = [key for key, taken in zip(keys, claims, strict=True) if taken is None]
    try:
        for source, taken in zip(group, claims, strict=True):
            if isinstance(taken, AwsError | AwsUnavailable):
                raise Unavailable("It cannot be found out whether a text is being stored. Try again.") from taken
            if isinstance(taken, BaseException):
                raise taken
            if taken is not None:
                raise Conflict(
                    f"'{source.parent_id}' is being stored by another request. Try again.",
                    code="vector_text_update_busy",
                    retry_after_s=1,
                )
        yield
    finally:
        freed = await asyncio.gather(*map(resources.idempotency.free, held), return_exceptions=True)
        if any(isinstance(one, AwsError | AwsUnavailable) for one in freed):
            # It ends by itself after some minutes.
            _log.warning("claim_not_freed", extra={"request_id": call.request_id})


def _key(source: Source, place: _Place, call: Call) -> Key:
    named = to_json([place.store.name, *place.target, source.parent_id])
    return Key(call.caller.account_id, f"vectors/{sha256(named).hexdigest()}", "", call.request_id)


def _progress(results: list[StoredSource], count: int) -> UpsertProgress:
    stored = sum(result.upserted_count for result in results)
    return UpsertProgress(
        completed_sources=len(results),
        failed_source_index=len(results),
        source_count=count,
        results=results,
        upserted_count=stored,
        total_chunks=stored,
    )
