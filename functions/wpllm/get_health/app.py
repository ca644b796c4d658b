"""GET /v1/health: whether the gateway can do its work; a key that is sent is checked."""

from tollgate.contracts.wpllm.health import Health
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.health import get_health

app = endpoint(get_health, answer=Health, capability=None)
handler = buffered(app)
