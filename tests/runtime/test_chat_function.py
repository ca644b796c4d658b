"""The function of a chat completion under the runtime, as Lambda starts it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import World
from tests.runtime.builders import an_event
from tests.runtime.process import ROOT, Start
from tests.runtime.runtime_api_server import RuntimeApiServer

FUNCTION = ROOT / "functions/router/create_chat_completion"


@pytest.fixture
async def account_id(world: World) -> str:
    return await world.account(balance_usd=1)


@pytest.fixture
async def function(start: Start, environment: dict[str, str]) -> None:
    packages = f"{ROOT / 'layers/runtime'}:{ROOT / 'layers/tollgate'}"
    await start("app.app", **{**environment, "LAMBDA_TASK_ROOT": str(FUNCTION), "PYTHONPATH": packages})


def a_chat_event(account_id: str, **fields: Any) -> dict[str, Any]:
    body = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hello"}], **fields}
    event = an_event("POST", "/v1/chat/completions", body=json.dumps(body))
    event["resource"] = "/v1/chat/completions"
    event["pathParameters"] = None
    event["multiValueHeaders"]["Content-Type"] = ["application/json"]
    event["requestContext"]["authorizer"] = {
        "account_id": account_id,
        "key_id": "key_1",
        "capabilities": "prompt_ai",
    }
    return event


@pytest.mark.usefixtures("function")
async def test_a_conversation_is_streamed_and_settled_before_the_next_poll(
    api: RuntimeApiServer, world: World, account_id: str
) -> None:
    invocation = await api.answer(a_chat_event(account_id, stream=True, stream_options={"include_usage": True}))
    await api.polled(2)

    events = [line.removeprefix("data: ") for line in invocation.payload.decode().split("\n\n") if line]
    chunks = [json.loads(event) for event in events[:-1]]
    said = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])
    assert (events[-1], said) == ("[DONE]", "You said: Hello")
    assert [Decimal(amount) for amount in await world.funds(account_id)] == [Decimal("0.999985")] * 2 + [Decimal(0)]
    assert chunks[-1]["usage"]["cost"] == pytest.approx(0.000015)


@pytest.mark.usefixtures("function")
async def test_a_refusal_is_one_json_object_under_its_status(api: RuntimeApiServer, account_id: str) -> None:
    invocation = await api.answer(a_chat_event(account_id, model="sandbox/nothing"))

    assert invocation.prelude["statusCode"] == 404
    assert json.loads(invocation.payload)["error"]["code"] == "model_not_found"
