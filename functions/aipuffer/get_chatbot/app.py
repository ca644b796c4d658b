"""GET /aipkit/v1/chatbots/{id}: one chatbot with all its settings."""

from tollgate.contracts.aipuffer.chatbots import ChatbotRecord
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.aipuffer.chatbots import get_chatbot

app = puffer_endpoint(get_chatbot, answer=ChatbotRecord, capability="manage_chatbots")
handler = buffered(app)
