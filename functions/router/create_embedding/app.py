"""POST /v1/embeddings: make vectors of texts through the provider of a model."""

from tollgate.contracts.router.embeddings import CreateEmbeddingRequest, EmbeddingList
from tollgate.edge.endpoint import endpoint
from tollgate.services.router.embeddings import create_embedding

app = endpoint(create_embedding, body=CreateEmbeddingRequest, answer=EmbeddingList, capability="prompt_ai")
