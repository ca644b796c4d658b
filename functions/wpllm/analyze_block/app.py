"""POST /v1/blocks/analyze: find what is wrong with a block's code."""

from tollgate.contracts.wpllm.analysis import AnalyzeBlockRequest, BlockAnalysis, Sarif
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.analysis import analyze_block

app = endpoint(
    analyze_block,
    body=AnalyzeBlockRequest,
    answer={"application/json": BlockAnalysis, "application/sarif+json": Sarif},
    capability="prompt_ai",
    # The rules cost nothing; a model that is named passes the gate by itself.
    is_gated=False,
)
