"""A gateway with OpenAI on loopback, Anthropic without a credential, and models that differ in what they can do."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.builders import an_entry
from tests.conftest import World, WorldMaker
from tests.functions.conftest import Site
from tests.upstream import Upstream
from tollgate.catalogue.catalogue import built_entries

TAKEN = ["temperature", "stop", "tools", "tool_choice", "response_format", "top_p", "seed"]


@pytest.fixture
async def site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> Site:
    """A gateway with two models of OpenAI's and the sandbox's, and ten dollars to spend."""
    catalogue = tmp_path / "catalogue.json"
    entries = [
        an_entry(id=f"openai/{name}", enabled=False)
        for name in (
            str(entry["id"]).removeprefix("openai/")
            for entry in built_entries()
            if str(entry["id"]).startswith("openai/")
        )
    ]
    entries += [
        an_entry(id="openai/first", created=2000, supported_parameters=TAKEN, input_modalities=["text"]),
        an_entry(
            id="openai/second", created=1000, supported_parameters=TAKEN, input_modalities=["text", "image", "file"]
        ),
        an_entry(id="openai/pictures", type="image", pricing={"unit": "image", "per": 1, "input": 0.04}),
        an_entry(id="openai/voice", type="speech", pricing={"unit": "character", "per": 1_000_000, "input": 15}),
        an_entry(
            id="openai/aloud",
            created=100,
            supported_parameters=[*TAKEN, "modalities", "audio"],
            output_modalities=["text", "audio"],
            pricing={"unit": "token", "input": 1, "output": 2, "input_audio": 10, "output_audio": 20},
        ),
        an_entry(id="openai/org/deep", created=500, supported_parameters=TAKEN),
    ]
    catalogue.write_text(json.dumps({"models": entries}))
    world: World = await make_world(
        OPENAI_BASE_URL=upstream.url + "/v1", OPENAI_API_KEY="sk-operator", TOLLGATE_CATALOGUE=str(catalogue)
    )
    account_id = await world.account()
    return Site(world, upstream, account_id, await world.key(account_id))


def say(text: str = "Hello", role: str = "user") -> dict[str, Any]:
    """A message of one text."""
    return {"role": role, "parts": [{"channel": "content", "type": "text", "text": text}]}


def parts(*several: dict[str, Any], role: str = "user") -> dict[str, Any]:
    """A message of several parts."""
    return {"role": role, "parts": list(several)}


async def prompt(site: Site, body: Any = None, path: str = "/wp-ai/v1/generate", **changes: Any) -> httpx2.Response:
    """A prompt of one message; `changes` are those of its body."""
    body = {"messages": [say()], **changes} if body is None else body
    content = {"content": body} if isinstance(body, str) else {"json": body}
    return await site.send("POST", path, headers={"content-type": "application/json"}, **content)


async def supports(site: Site, **changes: Any) -> Any:
    """Whether a prompt is said to be supported."""
    response = await prompt(site, path="/wp-ai/v1/is-supported", **changes)
    assert response.status_code == 200, response.text
    return response.json()["supported"]


def told(response: httpx2.Response) -> tuple[int, str]:
    """Status and code of an error."""
    assert response.json()["data"]["status"] == response.status_code
    return response.status_code, response.json()["code"]


def fault(response: httpx2.Response) -> dict[str, str]:
    """What is wrong with each parameter."""
    assert told(response) == (400, "rest_invalid_param")
    return {name: detail["code"] for name, detail in response.json()["data"]["details"].items()}
