"""GET /wp-ai/v1/providers: the providers that the gateway knows."""

from tollgate.contracts.wpai.providers import ProviderList
from tollgate.edge.lambdas import buffered
from tollgate.edge.wordpress import rest_endpoint
from tollgate.services.wpai.providers import list_providers

app = rest_endpoint(list_providers, answer=ProviderList, capability="list_ai_providers")
handler = buffered(app)
