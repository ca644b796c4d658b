"""POST /v1/webhooks/{webhook_id}/deliveries/{event_id}/replay: send an event to a webhook once more."""

from tollgate.contracts.wpllm.webhooks import WebhookDelivery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import replay_delivery

app = endpoint(replay_delivery, answer=WebhookDelivery, status=202, capability="manage_webhooks")
handler = buffered(app)
