"""POST /v1/webhooks/{webhook_id}/secret: give a webhook another secret, and keep the present one for a while."""

from tollgate.contracts.wpllm.webhooks import RotatedWebhook, RotateWebhookSecretRequest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import rotate_webhook_secret

app = endpoint(
    rotate_webhook_secret,
    body=RotateWebhookSecretRequest,
    answer=RotatedWebhook,
    is_private=True,
    capability="manage_webhooks",
)
handler = buffered(app)
