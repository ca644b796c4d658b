"""GET /wp-ai/v1/providers/{id}/models/{model}: one model of a provider."""

from tollgate.contracts.wpai.providers import ModelMetadata
from tollgate.edge.lambdas import buffered
from tollgate.edge.wordpress import rest_endpoint
from tollgate.services.wpai.providers import get_provider_model

app = rest_endpoint(get_provider_model, answer=ModelMetadata, capability="list_ai_models")
handler = buffered(app)
