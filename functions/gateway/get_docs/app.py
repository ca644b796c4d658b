"""GET /docs: the reference page."""

from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.gateway.documents import get_docs

app = endpoint(get_docs, answer={"text/html": str}, capability=None)
handler = buffered(app)
