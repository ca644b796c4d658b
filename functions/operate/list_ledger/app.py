"""GET /accounts/{id}/ledger: every change of a balance, newest first."""

from tollgate.contracts.operate.accounts import LedgerPage, LedgerQuery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.operate.accounts import list_ledger

app = endpoint(list_ledger, query=LedgerQuery, answer=LedgerPage, capability="operate")
handler = buffered(app)
