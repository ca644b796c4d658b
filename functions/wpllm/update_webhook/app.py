"""PATCH /v1/webhooks/{webhook_id}: change where a webhook is or what it is for, switch it off or on."""

from tollgate.contracts.wpllm.webhooks import UpdateWebhookRequest, Webhook
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import update_webhook

app = endpoint(update_webhook, body=UpdateWebhookRequest, answer=Webhook, capability="manage_webhooks")
handler = buffered(app)
