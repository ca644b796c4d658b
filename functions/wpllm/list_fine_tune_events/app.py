"""GET /v1/fine-tune/{job_id}/events: list what happened in a training."""

from tollgate.contracts.wpllm.fine_tunes import FineTuningEventList
from tollgate.contracts.wpllm.listing import PageQuery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.fine_tunes import list_fine_tune_events

app = endpoint(list_fine_tune_events, query=PageQuery, answer=FineTuningEventList, capability="manage_files")
handler = buffered(app)
