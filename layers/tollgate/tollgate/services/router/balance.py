"""The balance, for whoever was refused for it."""

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.router.balance import Balance
from tollgate.errors import AccountNotFound
from tollgate.ledger.money import shown, text
from tollgate.resources import Resources
from tollgate.services.gate import iso


async def get_balance(call: Call, resources: Resources) -> Answer:
    """What the account owns now, strongly consistent; a balance of zero or below is an answer like any other.

    Raises AccountNotFound.
    """
    account = await resources.accounts.get(call.caller.account_id)
    if account is None:
        raise AccountNotFound("The account of this key no longer exists.")
    content = Balance(
        balance=shown(account.funds.balance),
        available=shown(account.funds.available),
        reserved=shown(account.funds.reserved),
        balance_exact=text(account.funds.balance),
        updated_at=iso(resources.now()),
    )
    return Answer(content=content, headers={"cache-control": "no-store"})
