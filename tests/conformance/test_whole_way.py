"""Every provider behind the whole gateway: from a client's request to the double, and back to the bill."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders import an_entry
from tests.conformance.doubles import Called, Counts, Double, Said
from tests.conformance.playing import KEY
from tests.conftest import WorldMaker
from tests.upstream import Upstream
from tollgate.providers.registry import PROVIDERS

PRICING = {"unit": "token", "per": 1_000_000, "input": 4, "output": 10, "cached_input": 1, "cache_write": 5}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_call_is_answered_and_charged(
    double: Double, is_stream: bool, make_world: WorldMaker, tmp_path: Path
) -> None:
    counts = Counts(prompt=100, completion=50, cached=40 if "cached" in double.reports else 0)
    said = Said(text="", calls=(Called("get_weather", {"city": "Köln"}),), finish="tool_calls", counts=counts)

    # A longer answer may be streamed from a vendor whatever the client asks for.
    answer = await asked(double, said, make_world, tmp_path, is_stream=is_stream, max_completion_tokens=1000)

    assert answer["calls"] == [("get_weather", {"city": "Köln"})]
    assert answer["finish"] == "tool_calls"
    cached = counts.cached * Decimal(1)
    assert answer["charged"] == ((counts.prompt - counts.cached) * 4 + cached + counts.completion * 10) / 1_000_000


async def asked(
    double: Double, said: Said, make_world: WorldMaker, tmp_path: Path, *, is_stream: bool, **fields: Any
) -> dict[str, Any]:
    row = PROVIDERS[double.provider]
    entry = an_entry(
        id=f"{double.provider}/tested", upstream_model="a-model", pricing=PRICING, **{**double.flags, "tools": True}
    )
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"models": [entry]}))
    async with Upstream(double.stream(said) if is_stream else double.answer(said)) as upstream:
        world = await make_world(
            **double.settings,
            **({row.key_setting: KEY} if row.key_setting else {}),
            **{row.base_url_setting: upstream.url + double.base_path},
            TOLLGATE_CATALOGUE=str(catalogue),
        )
        account_id = await world.account()
        response = await world.client.post(
            "/v1/chat/completions",
            headers={"authorization": f"Bearer {await world.key(account_id)}"},
            json={
                "model": entry["id"],
                "messages": [{"role": "user", "content": "Weather?"}],
                "tools": TOOLS,
                "stream": is_stream,
                **fields,
            },
        )
        charges = [each for each in await world.resources.accounts.entries(account_id, limit=9) if each.type == "usage"]
    assert response.status_code == 200, response.text
    (charge,) = charges
    return {**(of_stream(response.text) if is_stream else of_whole(response.json())), "charged": -charge.amount_usd}


def of_whole(answer: dict[str, Any]) -> dict[str, Any]:
    (choice,) = answer["choices"]
    calls = [call["function"] for call in choice["message"]["tool_calls"]]
    return {
        "calls": [(call["name"], json.loads(call["arguments"])) for call in calls],
        "finish": choice["finish_reason"],
    }


def of_stream(text: str) -> dict[str, Any]:
    *events, done = [event.removeprefix("data: ") for event in text.strip().split("\n\n")]
    assert done == "[DONE]"
    choices = [choice for event in events for choice in json.loads(event)["choices"]]
    fragments = [each["function"] for choice in choices for each in choice["delta"].get("tool_calls", ())]
    arguments = "".join(fragment["arguments"] for fragment in fragments)
    return {"calls": [(fragments[0]["name"], json.loads(arguments))], "finish": choices[-1]["finish_reason"]}
