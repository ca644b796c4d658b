"""DELETE /aipkit/v1/chatbots/{id}: delete a chatbot for good."""

from tollgate.contracts.aipuffer.chatbots import DeletedChatbot
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.aipuffer.chatbots import delete_chatbot

app = puffer_endpoint(delete_chatbot, method="DELETE", answer=DeletedChatbot, capability="manage_chatbots")
handler = buffered(app)
