"""DELETE /v1/webhooks/{webhook_id}: delete a webhook; what was to be tried again is dropped."""

from tollgate.contracts.wpllm.webhooks import DeletedWebhook
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import delete_webhook

app = endpoint(delete_webhook, answer=DeletedWebhook, capability="manage_webhooks")
handler = buffered(app)
