"""A server of the operator's own that speaks OpenAI's language: a few lines of a file open every endpoint to it."""

import json
from base64 import b64encode
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.builders import an_entry
from tests.conftest import WorldMaker
from tests.functions.conftest import Site
from tests.recordings import FORM, a_form, a_wav
from tests.upstream import (
    Received,
    Reply,
    Upstream,
    a_completion,
    an_embedding_answer,
    json_reply,
    streamed_reply,
)
from tollgate.contracts.shapes import Form
from tollgate.edge.forms import parse_form
from tollgate.providers.sandbox_images import draw_stripes

_SOUND = b"\xff\xfb\x90d" + bytes(4_000)
_ENTRIES = [
    an_entry(id="lab/talk"),
    an_entry(id="lab/vector", type="embedding", pricing={"input": 0.1}),
    an_entry(id="lab/voice", type="speech", pricing={"unit": "character", "per": 1000, "input": 0.015}),
    an_entry(id="lab/ear", type="transcription", pricing={"unit": "minute", "per": 1, "input": 0.006}),
    an_entry(id="lab/brush", type="image", pricing={"unit": "image", "per": 1, "output": 0.04}),
]


def answer(request: Received) -> Reply:
    """What the lab says."""
    match request.path:
        case "/v1/chat/completions":
            return json_reply(a_completion("From the lab."))
        case "/v1/embeddings":
            return json_reply(an_embedding_answer(request.json, length=4))
        case "/v1/audio/speech":
            return streamed_reply([_SOUND], "audio/mpeg")
        case "/v1/audio/transcriptions":
            return json_reply({"text": "Hello, lab!", "duration": 30.0, "language": "english", "segments": []})
        case "/v1/images/generations":
            return json_reply({"created": 1, "data": [{"b64_json": b64encode(draw_stripes("lab", 64, 64)).decode()}]})
    return json_reply({"error": {"message": "Not here"}}, 404)


@pytest.fixture
async def lab(make_world: WorldMaker, tmp_path: Path) -> Any:
    """A gateway whose operator has one, and a customer of it."""
    providers, catalogue = tmp_path / "providers.json", tmp_path / "catalogue.json"
    catalogue.write_text(json.dumps({"models": _ENTRIES}))
    async with Upstream(answer=answer) as upstream:
        row = {
            "id": "lab",
            "name": "The lab",
            "base_url": f"{upstream.url}/v1",
            "key_setting": "LAB_KEY",
            "headers": {"X-Team": "gateway"},
        }
        providers.write_text(json.dumps({"providers": [row]}))
        world = await make_world(
            TOLLGATE_PROVIDERS=str(providers), TOLLGATE_CATALOGUE=str(catalogue), LAB_KEY="lab-key-0123456789"
        )
        account_id = await world.account()
        yield Site(world, upstream, account_id, await world.key(account_id))


async def _charged(site: Site) -> Decimal:
    (charge,) = await site.ledger()
    amount: Decimal = -charge.amount_usd
    return amount


def _is_sent_as_the_file_says(site: Site) -> Received:
    (request,) = site.upstream.requests
    assert (request.headers["authorization"], request.headers["x-team"]) == ("Bearer lab-key-0123456789", "gateway")
    return request


async def _post(site: Site, path: str, body: dict[str, Any]) -> httpx2.Response:
    response = await site.send("POST", path, json=body)
    assert response.status_code == 200, response.text
    return response


async def test_it_talks(lab: Site) -> None:
    response = await lab.chat(model="lab/talk", max_completion_tokens=100)

    assert response.json()["choices"][0]["message"]["content"] == "From the lab."
    assert _is_sent_as_the_file_says(lab).json["model"] == "talk"
    assert await _charged(lab) == Decimal("0.0001475")


async def test_it_makes_vectors(lab: Site) -> None:
    response = await _post(lab, "/v1/embeddings", {"model": "lab/vector", "input": ["one", "two"]})

    assert [len(one["embedding"]) for one in response.json()["data"]] == [4, 4]
    assert _is_sent_as_the_file_says(lab).json["model"] == "vector"
    assert await _charged(lab) > 0


async def test_it_speaks(lab: Site) -> None:
    response = await _post(lab, "/v1/audio/speech", {"model": "lab/voice", "input": "Hello", "voice": "anna"})

    assert (response.headers["content-type"], response.content) == ("audio/mpeg", _SOUND)
    assert _is_sent_as_the_file_says(lab).json | {"response_format": ...} == {
        "model": "voice",
        "input": "Hello",
        "voice": "anna",
        "response_format": ...,
    }
    assert await _charged(lab) == Decimal("0.000075")


async def test_it_listens(lab: Site) -> None:
    form = a_form(("model", "lab/ear"), ("file", ("a.wav", a_wav(30))))

    response = await lab.send("POST", "/v1/audio/transcriptions", content=form, headers=FORM)

    assert (response.status_code, response.json()["text"]) == (200, "Hello, lab!")
    request = _is_sent_as_the_file_says(lab)
    sent = parse_form(request.body, request.headers["content-type"], Form)
    assert (sent["model"], sent["file"].content) == ("ear", a_wav(30))
    assert await _charged(lab) == Decimal("0.003")


async def test_it_draws(lab: Site) -> None:
    body = {"model": "lab/brush", "prompt": "A lighthouse", "response_format": "b64_json"}

    response = await _post(lab, "/v1/images/generations", body)

    assert response.json()["data"][0]["b64_json"]
    assert _is_sent_as_the_file_says(lab).json["model"] == "brush"
    assert await _charged(lab) == Decimal("0.04")
