"""POST /aipkit/v1/embeddings: make vectors of texts."""

from tollgate.contracts.aipuffer.embeddings import EmbeddedTexts, EmbedTextsRequest
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.services.aipuffer.embeddings import embed_texts

app = puffer_endpoint(embed_texts, body=EmbedTextsRequest, answer=EmbeddedTexts, capability="prompt_ai")
