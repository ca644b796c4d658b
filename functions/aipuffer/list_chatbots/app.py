"""GET /aipkit/v1/chatbots: the account's chatbots, a page at a time."""

from tollgate.contracts.aipuffer.chatbots import ChatbotList, ChatbotsQuery
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.aipuffer.chatbots import list_chatbots

app = puffer_endpoint(list_chatbots, query=ChatbotsQuery, answer=ChatbotList, capability="manage_chatbots")
handler = buffered(app)
