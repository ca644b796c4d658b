"""POST /v1/blocks/generate: write a block, as files that run without a build step."""

from tollgate.contracts.wpllm.artifacts import Archive, GenerateBlockRequest, GeneratedBlock
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.blocks import generate_block

app = endpoint(
    generate_block,
    body=GenerateBlockRequest,
    answer={"application/json": GeneratedBlock, "application/zip": Archive},
    capability="prompt_ai",
)
