"""POST /v1/fine-tune/{job_id}/cancel: end a training that has not ended."""

from tollgate.contracts.wpllm.fine_tunes import FineTuningJob
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.fine_tunes import cancel_fine_tune

app = endpoint(cancel_fine_tune, answer=FineTuningJob, capability="manage_files")
handler = buffered(app)
