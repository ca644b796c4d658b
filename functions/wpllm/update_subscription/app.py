"""POST /v1/billing/subscription: choose a plan, paid by a card where payments are set up."""

from tollgate.contracts.wpllm.billing import ChangedSubscription, UpdateSubscriptionRequest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.billing import update_subscription

app = endpoint(
    update_subscription, body=UpdateSubscriptionRequest, answer=ChangedSubscription, capability="manage_billing"
)
handler = buffered(app)
