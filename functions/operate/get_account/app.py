"""GET /accounts/{id}: one account and its money."""

from tollgate.contracts.operate.accounts import AccountAnswer
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.operate.accounts import get_account

app = endpoint(get_account, answer=AccountAnswer, capability="operate")
handler = buffered(app)
