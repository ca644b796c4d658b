"""Accounts, credits and the ledger, for the operator."""

from tollgate.contracts.accounts import Account, Entry, Funds
from tollgate.contracts.answer import Answer
from tollgate.contracts.operate.accounts import (
    AccountAnswer,
    CreateAccountRequest,
    CreateCreditRequest,
    Credit,
    LedgerEntry,
    LedgerPage,
    LedgerQuery,
    UpdateAccountRequest,
)
from tollgate.errors import AccountNotFound, BadRequest, Conflict, PlanChanging
from tollgate.ledger.money import ZERO, shown, text
from tollgate.ledger.plans import PLANS
from tollgate.resources import Resources
from tollgate.services.gate import iso

_MAY_BE_NEGATIVE = frozenset({"adjustment", "subscription"})
_PRIVATE = {"cache-control": "no-store"}


async def create_account(request: CreateAccountRequest, resources: Resources) -> Answer:
    """Open an account with a balance of zero."""
    now = iso(resources.now())
    account = Account(
        id=resources.new_id("acct"),
        name=request.name,
        funds=Funds(),
        created_at=now,
        updated_at=now,
        limits=request.limits.model_dump(),
    )
    await resources.accounts.create(account)
    return Answer(content=_answer(account), status=201, headers=_PRIVATE)


async def get_account(account_id: str, resources: Resources) -> Answer:
    """One account and its money.

    Raises AccountNotFound.
    """
    account = await resources.accounts.get(account_id)
    if account is None:
        raise _unknown(account_id)
    return Answer(content=_answer(account), headers=_PRIVATE)


async def update_account(account_id: str, request: UpdateAccountRequest, resources: Resources) -> Answer:
    """Rename an account, change its limits, or put it on a plan.

    Raises BadRequest, AccountNotFound, PlanChanging.
    """
    changes: dict[str, object] = {}
    if "name" in request.model_fields_set:
        if request.name is None:
            raise BadRequest("'name' cannot be cleared.", param="name")
        changes["name"] = request.name
    if "limits" in request.model_fields_set:
        changes["limits"] = request.limits.model_dump() if request.limits is not None else {}
    if "plan" in request.model_fields_set:
        await _put_on(account_id, request.plan, resources)
    elif not changes:
        raise BadRequest("The body names nothing to change.")
    account = await resources.accounts.update(account_id, changes=changes, now=iso(resources.now()))
    if account is None:
        raise _unknown(account_id)
    return Answer(content=_answer(account), headers=_PRIVATE)


async def _put_on(account_id: str, plan_id: str | None, resources: Resources) -> None:
    found = await resources.subscriptions.get(account_id)
    if found is None:
        raise _unknown(account_id)
    if "subscription" in found.payment:
        raise Conflict("The account pays for its plan. It has to go to the plan 'free' by itself first.")
    if not await resources.subscriptions.choose(account_id, PLANS[plan_id] if plan_id else None):
        raise PlanChanging("A change of the plan is being paid for. Try again in some minutes.", retry_after_s=60)


async def create_credit(account_id: str, request: CreateCreditRequest, resources: Resources) -> Answer:
    """Add to a balance, or take from it, once for each `id`.

    Raises BadRequest, AccountNotFound.
    """
    if request.amount < ZERO and request.type not in _MAY_BE_NEGATIVE:
        raise BadRequest(f"'amount' must not be negative for the type '{request.type}'.", param="amount")
    if request.amount == ZERO:
        raise BadRequest("'amount' must not be zero.", param="amount")
    entry = Entry(
        id=resources.new_id("led"),
        account_id=account_id,
        type=request.type,
        amount_usd=request.amount,
        created_at=iso(resources.now()),
        credit_id=request.id,
    )
    applied = await resources.accounts.credit(entry)
    if applied is None:
        raise _unknown(account_id)
    credit, account = applied
    content = Credit(
        id=request.id,
        type=credit.type,
        amount=shown(credit.amount_usd),
        balance=shown(account.funds.balance),
        balance_exact=text(account.funds.balance),
    )
    return Answer(content=content, headers=_PRIVATE)


async def list_ledger(account_id: str, query: LedgerQuery, resources: Resources) -> Answer:
    """The entries of an account, newest first.

    Raises AccountNotFound.
    """
    entries = await resources.accounts.entries(account_id, limit=query.limit + 1, after=query.after)
    if not entries and await resources.accounts.get(account_id) is None:
        raise _unknown(account_id)
    content = LedgerPage(data=[_entry(entry) for entry in entries[: query.limit]], has_more=len(entries) > query.limit)
    return Answer(content=content, headers=_PRIVATE)


def _answer(account: Account) -> AccountAnswer:
    return AccountAnswer(
        id=account.id,
        name=account.name,
        balance=shown(account.funds.balance),
        available=shown(account.funds.available),
        reserved=shown(account.funds.reserved),
        balance_exact=text(account.funds.balance),
        limits=dict(account.limits),
        plan=account.plan,
        created_at=account.created_at,
        updated_at=account.updated_at,
    )


def _entry(entry: Entry) -> LedgerEntry:
    return LedgerEntry(
        id=entry.id,
        type=entry.type,
        amount=shown(entry.amount_usd),
        amount_exact=text(entry.amount_usd),
        balance_before_exact=text(entry.balance_before_usd or ZERO),
        balance_after_exact=text(entry.balance_after_usd or ZERO),
        hold_id=entry.hold_id,
        request_id=entry.request_id,
        key_id=entry.key_id,
        model=entry.model,
        usage=dict(entry.usage),
        estimated=entry.is_estimated,
        operation=entry.operation or None,
        outcome=entry.outcome,
        credit_id=entry.credit_id,
        details=dict(entry.details),
        created_at=entry.created_at,
    )


def _unknown(account_id: str) -> AccountNotFound:
    return AccountNotFound(f"Unknown account '{account_id[:100]}'.", param="account_id")
