"""GET /v1/models/{id}: one model that the key may use."""

from tollgate.contracts.router.models import ModelDetails
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.models import get_model

app = endpoint(get_model, answer=ModelDetails, capability="list_ai_models", is_gated=True)
handler = buffered(app)
