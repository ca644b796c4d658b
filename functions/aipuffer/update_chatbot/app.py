"""PATCH /aipkit/v1/chatbots/{id}: change settings of a chatbot."""

from tollgate.contracts.aipuffer.chatbots import ChatbotRecord, UpdateChatbotRequest
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.aipuffer.chatbots import update_chatbot

app = puffer_endpoint(
    update_chatbot, method="PATCH", body=UpdateChatbotRequest, answer=ChatbotRecord, capability="manage_chatbots"
)
handler = buffered(app)
