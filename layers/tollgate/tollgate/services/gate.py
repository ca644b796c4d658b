"""The balance gate: money is set aside before a provider is called, and the bill is settled after the answer."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from tollgate import incidents
from tollgate.attempts import Attempts
from tollgate.contracts.accounts import Entry, Funds, Hold, SpendWindow
from tollgate.contracts.caller import Call, SpendLimit
from tollgate.contracts.rates import PER_MINUTE, REQUESTS, RateClaim, minute_of
from tollgate.errors import GateBusy, RateLimited
from tollgate.ledger.money import ZERO
from tollgate.ledger.quota import check_quota
from tollgate.ledger.rates import Standing, check_rates, notice_of, rate_headers, standings, used_up, window_headers
from tollgate.ledger.refusals import gate_a, refusal
from tollgate.ledger.windows import window_of
from tollgate.ledger.worst_case import SMALLEST_OUTPUT, WorstCase
from tollgate.resources import Resources
from tollgate.services.quota import follow_up, has_begun_period, tell_of_limit
from tollgate.stores.accounts import Refused
from tollgate.stores.aws import AwsError, AwsUnavailable

HOLD_LIFETIME: Final = timedelta(minutes=20)
"""Longer than any call can last: a hold that is older belongs to a function that died."""

_RESERVE_ATTEMPTS: Final = 10
_SETTLE_PAUSES_S: Final = (0.2, 1.0, 3.0, 10.0)

_log: Final = logging.getLogger(__name__)


class Bill(Struct, frozen=True):
    """What a call comes to, once it is over."""

    cost_usd: Decimal
    usage: Mapping[str, Any]
    outcome: str
    """`completed`, `upstream_error`, `client_disconnected` or `expired`."""
    model: str
    is_estimated: bool
    details: Mapping[str, Any]


def check_requests(call: Call, resources: Resources) -> None:
    """Refuse a request that calls no model where its key has made too many of them in this minute.

    Raises RateLimited.
    """
    made, limit = call.caller.requests_made, call.caller.limits.get(PER_MINUTE[REQUESTS])
    if made is None or limit is None:
        return
    now = resources.now()
    found = [Standing("key", PER_MINUTE[REQUESTS], limit, made)]
    headers_of = window_headers if call.operation.startswith("wpllm/") else rate_headers
    call.answer_headers.update(headers_of(found, now))
    if made > limit:
        check_rates(found, now)


async def check_balance(call: Call, resources: Resources) -> None:
    """Gate A: nothing at all for an account that owns nothing, or whose rate limits or quota are used up.

    Raises RateLimited, QuotaExceeded, InsufficientBalance.
    """
    account = await resources.accounts.get(call.caller.account_id)
    funds = account.funds if account else Funds()
    _check_rates(_rate_claim(call, resources.now()), funds, call, resources)
    if not await has_begun_period(call.caller.account_id, funds.period, resources):
        check_quota(funds.period)
    gate_a(funds)


async def reserve(
    worst: WorstCase, *, model: str, call: Call, resources: Resources, prompt_tokens: int = 0
) -> tuple[Hold, int]:
    """Gate B: hold the worst case of a call; the hold, and the output cap that makes it the worst case.

    The same write counts the call towards the rate limits, with about as many tokens as its prompt has.

    An account that covers the model's longest answer takes one write. One that does not takes another for every time
    that its funds change in between, with the cap that they afford, unless the client named the cap itself.

    Raises RateLimited, PaymentRequired, GateBusy, GateUnavailable.
    """
    now = resources.now()
    claim = _rate_claim(call, now, prompt_tokens)
    spend = spend_window(call.caller.key_id, call.caller.spend_limit, now)
    hold_id = resources.new_id("hold")
    tokens = worst.max_output_tokens
    # The second knows what there is and comes at once; who loses after that is one of many.
    async for _ in Attempts(_RESERVE_ATTEMPTS, at_once=2):
        hold = Hold(
            id=hold_id,
            account_id=call.caller.account_id,
            amount_usd=worst.hold_usd(tokens),
            expires_at=now + HOLD_LIFETIME,
            request_id=call.request_id,
            key_id=call.caller.key_id,
            model=model,
            window=spend.name,
            operation=call.operation,
        )
        try:
            held, funds = await resources.accounts.reserve(hold, spend, claim)
        except asyncio.CancelledError:
            # It may have been written all the same, and nobody else would know of it.
            call.later.append(partial(_release_if_held, hold, resources))
            raise
        except Refused as exc:
            _check_rates(claim, exc.funds, call, resources)
            if await has_begun_period(call.caller.account_id, exc.funds.period, resources):
                continue
            check_quota(exc.funds.period)
            tokens = _smaller(worst, exc.funds)
        else:
            if funds is not None:
                _tell_rates(claim, funds, call, now)
            return held, tokens
    raise GateBusy("The balance changes too fast to reserve from it. Try again.", retry_after_s=1)


def _rate_claim(call: Call, now: datetime, tokens: int = 0) -> RateClaim:
    return RateClaim(call.caller.key_id, call.caller.limits, minute_of(now), tokens, int(now.timestamp()))


def _tell_rates(claim: RateClaim, funds: Funds, call: Call, now: datetime) -> list[Standing]:
    """Where the call's key and account stand; the answer will tell."""
    found = standings(claim, funds.limits, funds.rates, funds.open_holds, plan_limits=funds.plan_limits)
    headers_of = window_headers if call.operation.startswith("wpllm/") else rate_headers
    call.answer_headers.update(headers_of(found, now))
    return found


def _check_rates(claim: RateClaim, funds: Funds, call: Call, resources: Resources) -> None:
    """Refuse a call where a limit is used up; its owner is told of that once in a window.

    Raises RateLimited.
    """
    now = resources.now()
    found = _tell_rates(claim, funds, call, now)
    try:
        check_rates(found, now)
    except RateLimited as exc:
        limit = used_up(found)
        if limit is not None and (notice := notice_of(limit, claim)) not in funds.rates:
            call.later.append(partial(tell_of_limit, call.caller.account_id, notice, limit, exc, resources))
        raise


def _smaller(worst: WorstCase, funds: Funds) -> int:
    affordable = worst.affordable_tokens(funds.spendable)
    needed = worst.max_output_tokens if worst.is_capped_by_client else min(worst.max_output_tokens, SMALLEST_OUTPUT)
    if affordable < needed or funds.balance <= ZERO:
        ceiling = funds.balance if funds.key_room is None else min(funds.balance, funds.key_room)
        # A call that writes no tokens has no cap that could be lowered.
        tokens = worst.affordable_tokens(ceiling) if worst.max_output_tokens else None
        raise refusal(funds, worst.smallest_usd, tokens)
    return min(affordable, worst.max_output_tokens)


async def settle(hold: Hold, bill: Bill, resources: Resources) -> bool:
    """Charge a call and give back the rest of its hold. Never more than the hold: the operator bears an overrun.

    Kept up for a while when the store does not answer; should that not help, the bill is logged in full, the answer is
    False, and the sweeper closes the hold. What is known of a call is worth less than the charge for it, and left out
    where the store does not take it.
    """
    charge = min(max(bill.cost_usd, ZERO), hold.amount_usd)
    if bill.cost_usd > hold.amount_usd:
        _log.warning(
            "settle_overrun",
            extra={"hold_id": hold.id, "model": bill.model, "overrun_usd": str(bill.cost_usd - charge)},
        )
        incidents.count("SettleOverruns")
    entry = Entry(
        id=resources.new_id("led"),
        account_id=hold.account_id,
        type="usage",
        amount_usd=-charge,
        created_at=iso(resources.now()),
        hold_id=hold.id,
        request_id=hold.request_id,
        key_id=hold.key_id,
        model=bill.model,
        outcome=bill.outcome,
        operation=hold.operation,
        is_estimated=bill.is_estimated,
        usage=bill.usage,
        details=bill.details,
    )
    try:
        return await _settle_patiently(hold, entry, resources)
    except (AwsError, TypeError):
        # Something that a provider or a client said cannot be stored, or not beside the calls in flight.
        _log.exception("settled_without_details", extra={"hold_id": hold.id, "model": bill.model})
        return await _settle_patiently(hold, replace(entry, usage={}, details={}), resources)


async def _settle_patiently(hold: Hold, entry: Entry, resources: Resources) -> bool:
    for pause_s in (*_SETTLE_PAUSES_S, None):
        try:
            settled = await resources.accounts.charge(hold, entry)
        except AwsUnavailable:
            if pause_s is None:
                _log.exception(
                    "settle_failed",
                    extra={
                        "hold_id": hold.id,
                        "account_id": hold.account_id,
                        "charge_usd": str(-entry.amount_usd),
                        "model": entry.model,
                    },
                )
                incidents.count("ChargesNotWritten")
                return False
            await asyncio.sleep(pause_s)
        else:
            if settled is not None:
                await follow_up(hold.account_id, settled, resources)
            return True
    return False


async def release(hold: Hold, resources: Resources) -> bool:
    """Give a hold back: the call came to nothing. False where the store does not answer."""
    try:
        await resources.accounts.release(hold, now=resources.now())
    except AwsUnavailable:
        _log.warning("release_failed", extra={"hold_id": hold.id, "account_id": hold.account_id}, exc_info=True)
        return False
    return True


async def _release_if_held(hold: Hold, resources: Resources) -> None:
    """Give back a hold of which it is not known whether it was made, with all that it was counted in."""
    made = await resources.accounts.held(hold.account_id, hold.id)
    if made is not None:
        await release(made, resources)


def iso(moment: datetime) -> str:
    """A time as answers and stores carry it: ISO 8601, UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def spend_window(key_id: str, limit: SpendLimit, now: datetime) -> SpendWindow:
    """The window of a key's spending that `now` falls into."""
    return SpendWindow(f"{key_id}|{window_of(limit.reset, now)}", limit.limit_usd)
