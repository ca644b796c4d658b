"""GET /v1/fine-tune: list the account's trainings."""

from tollgate.contracts.wpllm.fine_tunes import FineTuningJobList
from tollgate.contracts.wpllm.listing import PageQuery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.fine_tunes import list_fine_tunes

app = endpoint(list_fine_tunes, query=PageQuery, answer=FineTuningJobList, capability="manage_files")
handler = buffered(app)
