"""POST /v1/chat/completions, through routes and authorizer as clients call it."""

from typing import Any

from tests.builders import a_body
from tests.conftest import World


async def test_the_sandbox_answers_and_the_account_is_charged(world: World) -> None:
    account_id = await world.account()
    key = await world.key(account_id)

    response = await world.client.post("/v1/chat/completions", json=a_body(model="sandbox/chat"), headers=bearer(key))

    assert response.status_code == 200
    assert response.json()["choices"][0]["message"]["content"] == "You said: Hello"
    balance, available, reserved = await world.funds(account_id)
    assert balance == available != "10"
    assert float(reserved) == 0


def bearer(key: str) -> dict[str, Any]:
    return {"authorization": f"Bearer {key}"}
