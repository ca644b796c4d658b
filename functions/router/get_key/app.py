"""GET /keys/{id}: one key of the account."""

from tollgate.contracts.router.keys import ApiKey
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.keys import get_key

app = endpoint(get_key, answer=ApiKey, capability="read_keys")
handler = buffered(app)
