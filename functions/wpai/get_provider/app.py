"""GET /wp-ai/v1/providers/{id}: one provider."""

from tollgate.contracts.wpai.providers import ProviderMetadata
from tollgate.edge.lambdas import buffered
from tollgate.edge.wordpress import rest_endpoint
from tollgate.services.wpai.providers import get_provider

app = rest_endpoint(get_provider, answer=ProviderMetadata, capability="list_ai_providers")
handler = buffered(app)
