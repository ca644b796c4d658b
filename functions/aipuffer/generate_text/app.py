"""POST /aipkit/v1/generate: answer a conversation by the provider and model that it names."""

from tollgate.contracts.aipuffer.generation import GeneratedText, GenerateTextRequest
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.services.aipuffer.generation import generate_text

app = puffer_endpoint(generate_text, body=GenerateTextRequest, answer=GeneratedText, capability="prompt_ai")
