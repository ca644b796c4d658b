"""Whatever is analysed: a model that is named looks as well, and is paid for."""

import json

import pytest

from tests.functions.conftest import Site
from tests.upstream import a_completion, json_reply
from tollgate_cli.examples import read_event

ANALYSES = ("analyze_batch", "analyze_block", "analyze_code", "analyze_theme")


@pytest.mark.parametrize("name", ANALYSES)
async def test_a_model_that_finds_nothing_is_paid_for_having_looked(site: Site, name: str) -> None:
    event = read_event(f"wpllm/{name}")
    site.upstream.replies[:] = [json_reply(a_completion(json.dumps({"findings": []})))] * 5
    body = {**json.loads(event["body"]), "model": "openai/gpt-4o"}

    response = await site.send("POST", event["path"], json=body)

    assert response.status_code == 200, response.text
    assert site.upstream.requests
    assert len(await site.ledger()) == len(site.upstream.requests)
