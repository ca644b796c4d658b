"""POST /v1/analyze: find what is wrong with a piece of WordPress code."""

from tollgate.contracts.wpllm.analysis import AnalyzeCodeRequest, CodeAnalysis, Sarif
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.analysis import analyze_code

app = endpoint(
    analyze_code,
    body=AnalyzeCodeRequest,
    answer={"application/json": CodeAnalysis, "application/sarif+json": Sarif},
    capability="prompt_ai",
    # The rules cost nothing; a model that is named passes the gate by itself.
    is_gated=False,
)
