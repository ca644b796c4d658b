"""POST /wp-ai/v1/generate: answer a prompt by the model that it names, or by one that can do all that it asks for."""

from tollgate.contracts.wpai.prompts import PromptRequest
from tollgate.contracts.wpai.results import GenerativeAiResult
from tollgate.edge.wordpress import rest_endpoint
from tollgate.services.wpai.prompts import generate_result

app = rest_endpoint(generate_result, body=PromptRequest, answer=GenerativeAiResult, capability="prompt_ai")
