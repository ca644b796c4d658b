"""PATCH /accounts/{id}: rename an account or change its limits."""

from tollgate.contracts.operate.accounts import AccountAnswer, UpdateAccountRequest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.operate.accounts import update_account

app = endpoint(update_account, body=UpdateAccountRequest, answer=AccountAnswer, capability="operate")
handler = buffered(app)
