"""POST /v1/files/uploads."""

import time
from typing import Any

import httpx2
import pytest

from tests.functions.wpllm.training import Trainer


async def _start(trainer: Trainer, **changes: Any) -> httpx2.Response:
    body = {"filename": "large.jsonl", "purpose": "fine-tune", "bytes": 20_000_000, **changes}
    return await trainer.send("POST", "/v1/files/uploads", json=body)


async def test_an_upload_is_an_address_that_says_what_it_takes(trainer: Trainer) -> None:
    response = await _start(trainer)

    made = response.json()
    assert response.status_code == 201
    assert (made["object"], made["method"]) == ("file_upload", "PUT")
    assert made["headers"] == {"content-length": "20000000", "content-type": "application/octet-stream"}
    assert "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost" in made["url"]
    assert 3_500 < made["expires_at"] - time.time() <= 3_600
    assert made["id"].startswith("file_")


async def test_a_file_that_was_not_sent_yet_is_none(trainer: Trainer) -> None:
    made = (await _start(trainer)).json()

    assert (await trainer.send("GET", f"/v1/files/{made['id']}")).status_code == 404
    assert (await trainer.train(made["id"])).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bytes": 0}, "bytes"),
        ({"bytes": 512 * 1_048_576 + 1}, "bytes"),
        ({"bytes": "5"}, "bytes"),
        ({"filename": "a.csv"}, "filename"),
        ({"purpose": "batch"}, "purpose"),
    ],
)
async def test_a_bad_field_is_named(trainer: Trainer, changes: Any, field: str) -> None:
    response = await _start(trainer, **changes)

    assert (response.status_code, response.json()["error"]["param"]) == (400, field)
