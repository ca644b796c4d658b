"""POST /v1/webhooks/{webhook_id}/test: send an event to a webhook, once, and say what its receiver answered."""

from tollgate.contracts.wpllm.webhooks import TryWebhookRequest, WebhookTest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import try_webhook

app = endpoint(try_webhook, body=TryWebhookRequest, answer=WebhookTest, capability="manage_webhooks")
handler = buffered(app)
