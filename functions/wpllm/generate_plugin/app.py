"""POST /v1/plugins/generate: write a plugin."""

from tollgate.contracts.wpllm.artifacts import Archive, GeneratedPlugin, GeneratePluginRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.plugins import generate_plugin

app = endpoint(
    generate_plugin,
    body=GeneratePluginRequest,
    answer={"application/json": GeneratedPlugin, "application/zip": Archive},
    capability="prompt_ai",
)
