"""DELETE /keys/{id}: revoke a key for good, effective with the next request."""

from tollgate.contracts.router.keys import DeletedKey
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.keys import delete_key

app = endpoint(delete_key, answer=DeletedKey, capability="manage_keys")
handler = buffered(app)
