"""GET /wp-ai/v1/providers/{id}/models: the models of a provider that the key may use."""

from tollgate.contracts.wpai.providers import ModelList
from tollgate.edge.lambdas import buffered
from tollgate.edge.wordpress import rest_endpoint
from tollgate.services.wpai.providers import list_provider_models

app = rest_endpoint(list_provider_models, answer=ModelList, capability="list_ai_models")
handler = buffered(app)
