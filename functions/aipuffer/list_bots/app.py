"""GET /aipkit/v1/chat/list: the account's chatbots by id and name."""

from tollgate.contracts.aipuffer.chatbots import BotList, BotListQuery
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.aipuffer.chatbots import list_bots

app = puffer_endpoint(list_bots, query=BotListQuery, answer=BotList, capability="read_chatbots")
handler = buffered(app)
