"""POST /v1/generate: write text for a prompt, WordPress code above all, at once or streamed."""

from tollgate.contracts.wpllm.text import GeneratedText, TextRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.text import write_text

app = endpoint(
    write_text,
    body=TextRequest,
    answer={"application/json": GeneratedText, "application/x-ndjson": str, "text/event-stream": str},
    capability="prompt_ai",
)
