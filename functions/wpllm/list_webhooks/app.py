"""GET /v1/webhooks: the webhooks of the account, newest first."""

from tollgate.contracts.wpllm.webhooks import WebhookList, WebhookListQuery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import list_webhooks

app = endpoint(list_webhooks, query=WebhookListQuery, answer=WebhookList, capability="manage_webhooks")
handler = buffered(app)
