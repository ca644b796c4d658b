"""POST /v1/plugins/scaffold: write a plugin to begin with, which no model is asked about."""

from tollgate.contracts.wpllm.artifacts import Archive, ScaffoldedPlugin, ScaffoldPluginRequest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.scaffolds import scaffold_plugin

app = endpoint(
    scaffold_plugin,
    body=ScaffoldPluginRequest,
    answer={"application/json": ScaffoldedPlugin, "application/zip": Archive},
    capability="prompt_ai",
    # It costs nothing.
    is_gated=False,
)
handler = buffered(app)
