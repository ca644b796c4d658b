"""GET /v1/fine-tune/{job_id}: show one training."""

from tollgate.contracts.wpllm.fine_tunes import FineTuningJob
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.fine_tunes import get_fine_tune

app = endpoint(get_fine_tune, answer=FineTuningJob, capability="manage_files")
handler = buffered(app)
