"""GET /aipkit/v1: the routes of the namespace, and what they take."""

from tollgate.contracts.aipuffer.index import PufferIndex
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.aipuffer.index import get_puffer_namespace

app = puffer_endpoint(get_puffer_namespace, answer=PufferIndex, capability=None)
handler = buffered(app)
