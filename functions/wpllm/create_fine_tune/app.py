"""POST /v1/fine-tune: have a model trained with the account's own examples."""

from tollgate.contracts.wpllm.fine_tunes import CreateFineTuneRequest, FineTuningJob
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.fine_tunes import create_fine_tune

app = endpoint(
    create_fine_tune,
    body=CreateFineTuneRequest,
    answer=FineTuningJob,
    status=202,
    capability="manage_files",
    is_gated=True,
)
handler = buffered(app)
