"""Vector stores: what goes into one request, and keys that change while they are in use."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from tests.upstream import a_client
from tests.vector_stores import Pinecone, Qdrant
from tollgate.errors import NotFound, ProviderAuthFailed
from tollgate.stores.pinecone_index import PineconeIndexes
from tollgate.stores.qdrant import QdrantCollections
from tollgate.stores.vectors import Record, Target, VectorStore, batches

_TARGET = Target("faq")


class Vault:
    """Settings of which a newer one is only found by whoever reads afresh."""

    def __init__(self, **values: str) -> None:
        self.known, self.newest = dict(values), dict(values)
        self.fresh_reads = 0

    async def __call__(self, name: str, fresh: bool) -> str | None:
        if fresh:
            self.fresh_reads += 1
            self.known = dict(self.newest)
        return self.known.get(name)


@pytest.fixture
async def qdrant() -> AsyncIterator[Qdrant]:
    """A Qdrant that wants a key, with a collection of two dimensions."""
    double = Qdrant(key="new")
    double.create("faq", 2)
    async with double.server:
        yield double
    double.engine.close()


@pytest.fixture
async def pinecone() -> AsyncIterator[Pinecone]:
    """A project that wants a key, with an index of two dimensions."""
    double = Pinecone(key="new", dimensions={"faq": 2})
    async with double.server:
        yield double


@given(
    st.lists(st.integers(0, 300), max_size=40),
    st.integers(1, 10),
    st.integers(1, 2_000),
)
def test_batches_are_all_records_in_order_and_within_the_limits(texts: list[int], most: int, most_bytes: int) -> None:
    records = [Record(str(place), [0.5], {"text": "x" * size}) for place, size in enumerate(texts)]

    found = list(batches(records, most=most, most_bytes=most_bytes))

    sizes = [[len(to_json([one.id, one.values, one.metadata])) for one in batch] for batch in found]
    assert [record for batch in found for record in batch] == records
    assert all(1 <= len(batch) <= most for batch in found)
    assert all(len(size) == 1 or sum(size) <= most_bytes for size in sizes)


async def test_a_key_that_was_changed_is_read_again_when_the_old_one_is_refused(
    qdrant: Qdrant, pinecone: Pinecone
) -> None:
    async with a_client() as http:
        vault = Vault(QDRANT_URL=qdrant.server.url, QDRANT_API_KEY="old", PINECONE_API_KEY="old")
        environment = {"PINECONE_BASE_URL": pinecone.server.url}
        stores: list[VectorStore] = [
            QdrantCollections(vault, http=http, environment=environment),
            PineconeIndexes(vault, http=http, environment=environment),
        ]
        for store in stores:
            vault.known = {**vault.newest, "QDRANT_API_KEY": "old", "PINECONE_API_KEY": "old"}
            with pytest.raises(ProviderAuthFailed):
                await store.dimension(_TARGET)
        vault.newest |= {"QDRANT_API_KEY": " new\n", "PINECONE_API_KEY": " new\n"}

        assert [await store.dimension(_TARGET) for store in stores] == [2, 2]
        for store in stores:
            await store.close()


async def test_an_index_that_is_gone_is_looked_for_again(pinecone: Pinecone) -> None:
    async with a_client() as http:
        vault = Vault(PINECONE_API_KEY="new")
        store = PineconeIndexes(vault, http=http, environment={"PINECONE_BASE_URL": pinecone.server.url})
        assert await store.dimension(_TARGET) == 2
        del pinecone.dimensions["faq"]
        with pytest.raises(NotFound):
            await store.dimension(_TARGET)
        pinecone.dimensions["faq"] = 3

        assert await store.dimension(_TARGET) == 3
        assert pinecone.paths.count("/indexes/faq") == 2
        await store.close()


async def test_where_an_index_is_is_asked_for_once(pinecone: Pinecone) -> None:
    async with a_client() as http:
        vault = Vault(PINECONE_API_KEY="new")
        store = PineconeIndexes(vault, http=http, environment={"PINECONE_BASE_URL": pinecone.server.url})
        for number in range(3):
            await store.write(_TARGET, [Record(str(number), [1.0, 0.0], {"original_content": "x"})])

        hits = await store.search(_TARGET, [1.0, 0.0], top_k=2, owner="acct_1")

        assert pinecone.paths.count("/indexes/faq") == 1
        assert [hit.score for hit in hits] == [1.0, 1.0]
        await store.close()


async def test_a_collection_with_several_kinds_of_vectors_is_refused(qdrant: Qdrant) -> None:
    from qdrant_client import models  # noqa: PLC0415 - it takes a second

    params = models.VectorParams(size=2, distance=models.Distance.COSINE)
    qdrant.engine.create_collection("several", vectors_config={"title": params, "text": params})
    async with a_client() as http:
        vault = Vault(QDRANT_URL=qdrant.server.url + "/", QDRANT_API_KEY="new")
        store = QdrantCollections(vault, http=http, environment={})

        with pytest.raises(Exception, match="several kinds"):
            await store.dimension(Target("several"))


async def test_a_name_with_a_slash_stays_one_name(qdrant: Qdrant) -> None:
    async with a_client() as http:
        vault = Vault(QDRANT_URL=qdrant.server.url, QDRANT_API_KEY="new")
        store = QdrantCollections(vault, http=http, environment={})

        with pytest.raises(NotFound):
            await store.dimension(Target("faq/points"))

        assert qdrant.server.requests[-1].path == "/collections/faq%2Fpoints"
