"""GET /aipkit/v1/logs: conversations with the account's chatbots, a page at a time."""

from tollgate.contracts.aipuffer.logs import LogRows, LogsQuery
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.services.aipuffer.conversations import list_logs

app = puffer_endpoint(list_logs, query=LogsQuery, answer=LogRows, capability="read_logs")
