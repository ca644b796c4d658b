"""GET /v1/webhooks/{webhook_id}/deliveries: what became of the events for a webhook, newest first."""

from tollgate.contracts.wpllm.webhooks import DeliveryListQuery, WebhookDeliveryList
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.webhooks import list_deliveries

app = endpoint(list_deliveries, query=DeliveryListQuery, answer=WebhookDeliveryList, capability="manage_webhooks")
handler = buffered(app)
