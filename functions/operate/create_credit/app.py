"""POST /accounts/{id}/credits: add to a balance, once for each credit id."""

from tollgate.contracts.operate.accounts import CreateCreditRequest, Credit
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.operate.accounts import create_credit

app = endpoint(create_credit, body=CreateCreditRequest, answer=Credit, capability="operate")
handler = buffered(app)
