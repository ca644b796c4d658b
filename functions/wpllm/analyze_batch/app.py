"""POST /v1/analyze/batch: find what is wrong with several files."""

from tollgate.contracts.wpllm.analysis import AnalyzeBatchRequest, BatchAnalysis, Sarif
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.analysis import analyze_batch

app = endpoint(
    analyze_batch,
    body=AnalyzeBatchRequest,
    answer={"application/json": BatchAnalysis, "application/sarif+json": Sarif},
    capability="prompt_ai",
    # The rules cost nothing; a model that is named passes the gate by itself.
    is_gated=False,
)
