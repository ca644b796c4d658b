"""POST /v1/chat/completions: answer a conversation through the provider of its model, at once or streamed."""

from tollgate.contracts.router.chat import ChatCompletion, ChatCompletionRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.router.chat import create_chat_completion

app = endpoint(
    create_chat_completion,
    body=ChatCompletionRequest,
    answer={"application/json": ChatCompletion, "text/event-stream": str},
    capability="prompt_ai",
)
