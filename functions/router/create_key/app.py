"""POST /keys: make a key; the answer is the only place where its text is ever shown."""

from tollgate.contracts.router.keys import CreateKeyRequest, NewApiKey
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.keys import create_key

app = endpoint(
    create_key, body=CreateKeyRequest, answer=NewApiKey, status=201, capability="manage_keys", is_private=True
)
handler = buffered(app)
