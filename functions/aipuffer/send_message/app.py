"""POST /aipkit/v1/chat/{bot_id}/message: ask a chatbot, and wait for its answer."""

from tollgate.contracts.aipuffer.chat import ChatReply, SendMessageRequest
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.services.aipuffer.chat import send_message

app = puffer_endpoint(send_message, body=SendMessageRequest, answer=ChatReply, capability="prompt_ai")
