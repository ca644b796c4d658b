"""GET /wp-ai/v1: the routes of the namespace, and what they take."""

from tollgate.contracts.wpai.index import NamespaceIndex
from tollgate.edge.lambdas import buffered
from tollgate.edge.wordpress import rest_endpoint
from tollgate.services.wpai.index import get_namespace

app = rest_endpoint(get_namespace, answer=NamespaceIndex, capability=None)
handler = buffered(app)
