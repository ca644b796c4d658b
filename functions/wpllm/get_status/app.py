"""GET /v1/status: how the gateway has been doing, by its own figures; a key that is sent is checked."""

from tollgate.contracts.wpllm.status import Status
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.status import get_status

app = endpoint(get_status, answer=Status, capability=None)
handler = buffered(app)
