"""POST /v1/webhooks: make a webhook; the answer is the only place where its secret is ever shown."""

from tollgate.contracts.wpllm.webhooks import CreateWebhookRequest, NewWebhook
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import create_webhook

app = endpoint(
    create_webhook,
    body=CreateWebhookRequest,
    answer=NewWebhook,
    status=201,
    is_private=True,
    capability="manage_webhooks",
)
handler = buffered(app)
