"""POST /accounts: open an account with a balance of zero."""

from tollgate.contracts.operate.accounts import AccountAnswer, CreateAccountRequest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.operate.accounts import create_account

app = endpoint(create_account, body=CreateAccountRequest, answer=AccountAnswer, status=201, capability="operate")
handler = buffered(app)
