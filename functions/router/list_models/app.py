"""GET /v1/models: the models that the key may use, with what they can do and cost."""

from tollgate.contracts.router.models import ModelList, ModelListQuery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.models import list_models

app = endpoint(list_models, query=ModelListQuery, answer=ModelList, capability="list_ai_models", is_gated=True)
handler = buffered(app)
