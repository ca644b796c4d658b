"""GET /v1/webhooks/{webhook_id}: one webhook of the account."""

from tollgate.contracts.wpllm.webhooks import Webhook
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import get_webhook

app = endpoint(get_webhook, answer=Webhook, capability="manage_webhooks")
handler = buffered(app)
