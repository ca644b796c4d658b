"""GET /balance: what the account owns, and how much of it calls in flight hold."""

from tollgate.auth.capabilities import ANY_KEY
from tollgate.contracts.router.balance import Balance
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.router.balance import get_balance

app = endpoint(get_balance, answer=Balance, capability=ANY_KEY)
handler = buffered(app)
