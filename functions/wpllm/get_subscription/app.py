"""GET /v1/billing/subscription: the account's plan, its period of 30 days and the tokens used in it."""

from tollgate.contracts.wpllm.billing import Subscription
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.billing import get_subscription

app = endpoint(get_subscription, answer=Subscription, capability="manage_billing")
handler = buffered(app)
