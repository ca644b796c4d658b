"""POST /aipkit/v1/vector-stores/upsert: store texts so that chatbots find them."""

from tollgate.contracts.aipuffer.vectors import UpsertedVectors, UpsertVectorsRequest
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.services.aipuffer.vectors import upsert_vectors

app = puffer_endpoint(
    upsert_vectors, body=UpsertVectorsRequest, answer=UpsertedVectors, capability="write_vectors", is_gated=True
)
