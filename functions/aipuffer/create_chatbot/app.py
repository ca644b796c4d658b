"""POST /aipkit/v1/chatbots: make a chatbot."""

from tollgate.contracts.aipuffer.chatbots import ChatbotRecord, CreateChatbotRequest
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.aipuffer.chatbots import create_chatbot

app = puffer_endpoint(
    create_chatbot, body=CreateChatbotRequest, answer=ChatbotRecord, status=201, capability="manage_chatbots"
)
handler = buffered(app)
