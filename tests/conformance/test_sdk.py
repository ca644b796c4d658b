"""OpenAI's own SDK against every provider: it must not notice who answers."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel

from tests.builders import an_entry
from tests.conformance.doubles import Called, Double, Said
from tests.conformance.playing import KEY
from tests.conftest import World, WorldMaker
from tests.upstream import Reply, Upstream
from tollgate.providers.registry import PROVIDERS

PNG = "data:image/png;base64,iVBORw0KGgo="
HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
CALLS = (Called("get_weather", {"city": "Köln"}, id="call_1"), Called("get_time", {"zone": "CET"}, id="call_2"))
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": called.name, "parameters": {"type": "object", "properties": {}}}}
    for called in CALLS
]

Serving = Callable[..., AbstractAsyncContextManager[tuple[AsyncOpenAI, Upstream]]]


class City(BaseModel):
    """A structured answer."""

    name: str
    people: int


@pytest.fixture
def serving(double: Double, make_world: WorldMaker, tmp_path: Path) -> Serving:
    """The SDK, with the gateway between it and the double."""

    @asynccontextmanager
    async def serve(*replies: Reply) -> AsyncIterator[tuple[AsyncOpenAI, Upstream]]:
        row = PROVIDERS[double.provider]
        entry = an_entry(id=f"{double.provider}/tested", input_modalities=["text", "image"], **double.flags)
        catalogue = tmp_path / "catalogue.json"
        catalogue.write_text(json.dumps({"models": [entry]}))
        async with Upstream(*replies) as upstream:
            world: World = await make_world(
                **double.settings,
                **({row.key_setting: KEY} if row.key_setting else {}),
                **{row.base_url_setting: upstream.url + double.base_path},
                TOLLGATE_CATALOGUE=str(catalogue),
            )
            key = await world.key(await world.account())
            yield (
                AsyncOpenAI(api_key=key, base_url="http://gateway/v1", http_client=world.client, max_retries=0),
                upstream,
            )

    return serve


async def test_a_text_is_the_same_whole_and_streamed(double: Double, serving: Serving) -> None:
    said = Said()

    async with serving(double.answer(said), double.stream(said)) as (client, _):
        whole = await client.chat.completions.create(model=f"{double.provider}/tested", messages=HELLO, max_tokens=100)
        stream = await client.chat.completions.create(
            model=f"{double.provider}/tested",
            messages=HELLO,
            max_tokens=100,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]

    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert (whole.choices[0].message.content, streamed) == (said.text, said.text)
    assert chunks[-1].usage is not None
    assert whole.usage is not None
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens == 29


async def test_parallel_tools_are_called_and_answered(double: Double, serving: Serving) -> None:
    said = Said(text="", calls=CALLS, finish="tool_calls")

    async with serving(double.answer(said), double.answer(Said(text="12 degrees at noon."))) as (client, _):
        asked = await client.chat.completions.create(
            model=f"{double.provider}/tested", messages=HELLO, tools=TOOLS, max_tokens=100
        )
        message = asked.choices[0].message
        results = [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in message.tool_calls or ()]
        answered = await client.chat.completions.create(
            model=f"{double.provider}/tested",
            messages=[*HELLO, message.model_dump(exclude_none=True), *results],  # type: ignore[list-item]
            tools=TOOLS,
            max_tokens=100,
        )

    calls = [call.function for call in message.tool_calls or () if call.type == "function"]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [(one.name, one.arguments) for one in CALLS]
    assert (asked.choices[0].finish_reason, answered.choices[0].message.content) == (
        "tool_calls",
        "12 degrees at noon.",
    )


async def test_parallel_tools_are_streamed(double: Double, serving: Serving) -> None:
    said = Said(text="", calls=CALLS, finish="tool_calls")

    async with (
        serving(double.stream(said)) as (client, _),
        client.chat.completions.stream(
            model=f"{double.provider}/tested", messages=HELLO, tools=TOOLS, max_tokens=100
        ) as stream,
    ):
        final = await stream.get_final_completion()

    calls = [call.function for call in final.choices[0].message.tool_calls or ()]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [(one.name, one.arguments) for one in CALLS]


async def test_a_structured_answer_is_parsed(double: Double, serving: Serving) -> None:
    async with serving(double.answer(Said(text='{"name":"Köln","people":1087353}'))) as (client, _):
        completion = await client.chat.completions.parse(
            model=f"{double.provider}/tested", messages=HELLO, response_format=City, max_tokens=100
        )

    assert completion.choices[0].message.parsed == City(name="Köln", people=1087353)


async def test_an_image_is_seen(double: Double, serving: Serving) -> None:
    content: list[Any] = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": PNG}}]

    async with serving(double.answer(Said(text="A cat."))) as (client, upstream):
        completion = await client.chat.completions.create(
            model=f"{double.provider}/tested", messages=[{"role": "user", "content": content}], max_tokens=100
        )

    assert completion.choices[0].message.content == "A cat."
    assert double.images_in(upstream.requests[0].json) == [PNG]
