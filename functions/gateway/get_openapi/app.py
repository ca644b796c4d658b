"""GET /openapi.json: the OpenAPI 3.1 document of this gateway."""

from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.gateway.documents import get_openapi

app = endpoint(get_openapi, answer=dict, capability=None)
handler = buffered(app)
