"""POST /v1/generate/stream: write text for a prompt, one JSON object on a line for each piece as it is written."""

from tollgate.contracts.wpllm.text import TextRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.wpllm.text import stream_text

app = endpoint(
    stream_text,
    body=TextRequest,
    answer={"application/x-ndjson": str, "text/event-stream": str},
    capability="prompt_ai",
)
