"""GET /v1/billing/subscription."""

from tests.builders import NOW
from tests.functions.conftest import Clock, Site
from tests.upstream import a_completion, json_reply

_PATH = "/v1/billing/subscription"
_DAYS_30 = 2_592_000
_START = int(NOW.timestamp())


async def test_an_account_that_never_chose_pays_for_no_plan_and_has_no_quota(still: Site) -> None:
    response = await still.send("GET", _PATH)

    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert response.json() == {
        "object": "subscription",
        "id": f"sub_{still.account_id.removeprefix('acct_')}",
        "status": "active",
        "current_period_start": _START,
        "current_period_end": _START + _DAYS_30,
        "plan": {"id": "free", "name": "Free", "price": 0.0, "currency": "usd", "interval": "month"},
        "usage": {"tokens_used": 0, "tokens_limit": 9_007_199_254_740_991},
    }


async def test_tokens_are_those_of_the_calls_of_the_period_whoever_made_them(still: Site) -> None:
    usage = {"prompt_tokens": 40, "completion_tokens": 60, "total_tokens": 100}
    still.upstream.replies = [json_reply(a_completion(usage=usage)) for _ in range(3)]
    other = await still.world.key(still.account_id)

    for key in (still.key, other, other):
        await still.chat(key)

    assert (await still.send("GET", _PATH)).json()["usage"]["tokens_used"] == 300


async def test_a_period_has_thirty_days_and_the_next_one_begins_where_it_ends(still: Site, clock: Clock) -> None:
    await still.chat()
    clock.pass_by(days=30, seconds=-1)
    last = (await still.send("GET", _PATH)).json()
    clock.pass_by(seconds=1)
    first = (await still.send("GET", _PATH)).json()
    clock.pass_by(days=75)
    much_later = (await still.send("GET", _PATH)).json()

    assert (last["current_period_start"], first["current_period_start"]) == (_START, _START + _DAYS_30)
    assert last["usage"]["tokens_used"] > 0
    assert first["usage"]["tokens_used"] == 0
    assert much_later["current_period_start"] == _START + 3 * _DAYS_30
    assert much_later["current_period_end"] - much_later["current_period_start"] == _DAYS_30
