"""GET /aipkit/v1/logs: conversations with the account's chatbots, a page at a time."""

from tollgate.contracts.aipuffer.logs import LogRow, LogsQuery
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.services.aipuffer.conversations import list_logs

app = puffer_endpoint(list_logs, query=LogsQuery, answer=list[LogRow], capability="read_logs")
