"""GET /v1/usage: what the account was charged, by day and by model, key or endpoint."""

from tollgate.contracts.wpllm.usage import UsageQuery, UsageReport
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.usage import get_usage

app = endpoint(get_usage, query=UsageQuery, answer=UsageReport, capability="read_usage")
handler = buffered(app)
