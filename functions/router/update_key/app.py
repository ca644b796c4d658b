"""PATCH /keys/{id}: rename a key, change its models or limits, switch it off or on."""

from tollgate.contracts.router.keys import ApiKey, UpdateKeyRequest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.keys import update_key

app = endpoint(update_key, body=UpdateKeyRequest, answer=ApiKey, capability="manage_keys")
handler = buffered(app)
