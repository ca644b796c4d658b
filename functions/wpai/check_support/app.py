"""POST /wp-ai/v1/is-supported: whether a model can answer a prompt, without asking it."""

from tollgate.contracts.wpai.prompts import PromptRequest, Supported
from tollgate.edge.lambdas import buffered
from tollgate.edge.wordpress import rest_endpoint
from tollgate.services.wpai.support import check_support

app = rest_endpoint(check_support, body=PromptRequest, answer=Supported, capability="prompt_ai", is_gated=False)
handler = buffered(app)
