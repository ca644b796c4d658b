"""GET /keys: the keys of the account, a page at a time."""

from tollgate.contracts.router.keys import KeyList, KeyListQuery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.keys import list_keys

app = endpoint(list_keys, query=KeyListQuery, answer=KeyList, capability="read_keys")
handler = buffered(app)
