"""The gate under parallel calls, on a DynamoDB server with atomic writes: is it exact every time, and how fast?"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bench.fakes import Fake, completion
from tests.dynalite import Dynalite
from tollgate.contracts.accounts import Account, Entry, Funds
from tollgate.contracts.caller import Call, Caller
from tollgate.contracts.router.chat import ChatCompletionRequest
from tollgate.errors import TollgateError
from tollgate.resources import Resources
from tollgate.services.router.chat import create_chat_completion
from tollgate_cli.local.state import CREDENTIALS, create_state, physical_name
from tollgate_cli.template import read_template

# What the body below can cost at most at GPT-4o's price: 25 tokens in, 1 000 out.
_HOLD_USD = Decimal("0.0100625")
_BODY = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1000}


@dataclass(frozen=True, slots=True)
class Gate:
    """`exact` of the rounds were right; `pair_s` is the median of a reserved and settled call, one by one."""

    rounds: int
    exact: int
    parallel: int
    pair_s: float
    pairs_per_s: float


async def gate(rounds: int, say: Callable[[str], None]) -> Gate:
    """Rounds of 50 parallel calls with money for 5."""
    with Dynalite() as dynalite:
        create_state(read_template(), lambda service: dynalite.url if service == "dynamodb" else None)
        async with Fake(completion) as provider:
            resources = Resources.from_environment(
                {
                    **CREDENTIALS,
                    "AWS_ENDPOINT_URL_DYNAMODB": dynalite.url,
                    **{
                        f"{name}_TABLE": physical_name(f"{name.title()}Table")
                        for name in ("ACCOUNTS", "KEYS", "LEDGER")
                    },
                    "OPENAI_BASE_URL": provider.url,
                    "OPENAI_API_KEY": "sk-bench",
                }
            )
            exact = 0
            for number in range(rounds):
                exact += await _round(resources, f"acct_{number}", provider)
                say(f"gate: {number + 1} of {rounds} rounds of 50 calls with money for 5")
            pair_s, pairs_per_s = await _pairs(resources, say)
            await resources.close()
    return Gate(rounds, exact, 50, pair_s, pairs_per_s)


async def _round(resources: Resources, account_id: str, provider: Fake) -> bool:
    await _open(resources, account_id, 5 * _HOLD_USD)
    # An answer costs less than was held for it, so none may come before all have asked.
    provider.open.clear()
    calls = [asyncio.create_task(_call(resources, account_id)) for _ in range(50)]
    async with asyncio.timeout(60):
        for refused in itertools.islice(asyncio.as_completed(calls), 45):
            await refused
    provider.open.set()
    outcomes = Counter(await asyncio.gather(*calls))
    account = await resources.accounts.get(account_id)
    entries = await resources.accounts.entries(account_id, limit=100)
    assert account is not None
    return (
        outcomes == {"answered": 5, "balance_reserved": 45}
        and account.funds.balance >= 0
        and account.funds.reserved == 0
        and sum(entry.amount_usd for entry in entries) == account.funds.balance
    )


async def _call(resources: Resources, account_id: str) -> str:
    call = Call(request_id="req_1", caller=Caller(account_id=account_id, key_id="key_1"), body=_BODY)
    try:
        await create_chat_completion(ChatCompletionRequest.model_validate(_BODY), call, resources)
    except TollgateError as exc:
        return exc.reason
    finally:
        for work in call.later:
            await work()
    return "answered"


async def _pairs(resources: Resources, say: Callable[[str], None]) -> tuple[float, float]:
    await _open(resources, "acct_pairs", Decimal(1000))
    times = []
    for number in range(200):
        began = time.perf_counter()
        await _call(resources, "acct_pairs")
        times.append(time.perf_counter() - began)
        if number % 100 == 99:
            say(f"gate: {number + 1} of 200 calls one by one")
    began = time.perf_counter()
    await asyncio.gather(*(_call(resources, "acct_pairs") for _ in range(200)))
    return sorted(times)[100], 200 / (time.perf_counter() - began)


async def _open(resources: Resources, account_id: str, balance_usd: Decimal) -> None:
    now = "2026-11-21T09:00:00Z"
    await resources.accounts.create(Account(account_id, "bench", Funds(), now, now))
    entry = Entry(resources.new_id("led"), account_id, "topup", balance_usd, now, credit_id="first")
    await resources.accounts.credit(entry)
