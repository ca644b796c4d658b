"""GET /v1/files/{file_id}/content."""

import httpx2
import pytest

from tests.functions.wpllm.training import Trainer, a_trainer


async def test_the_bytes_come_back_as_they_were_sent(trainer: Trainer) -> None:
    content = "\ufeff{}\r\n\tünï\x00\n\n\r".encode()
    file_id = await trainer.a_file(content)

    response = await trainer.send("GET", f"/v1/files/{file_id}/content")

    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("content", [b"0123456789" * 100_001, bytes(range(256)), b"\xff"], ids=["large", "all", "one"])
async def test_a_large_file_and_one_that_is_no_text_are_read_from_the_bucket(trainer: Trainer, content: bytes) -> None:
    file_id = await trainer.a_large_file(content)

    response = await trainer.send("GET", f"/v1/files/{file_id}/content")

    assert (response.status_code, response.content) == (302, b"")
    async with httpx2.AsyncClient(trust_env=False) as anybody:
        assert (await anybody.get(response.headers["location"])).content == content


async def test_the_content_of_anothers_file_is_404(trainer: Trainer) -> None:
    theirs = await (await a_trainer(trainer.world)).a_file()

    response = await trainer.send("GET", f"/v1/files/{theirs}/content")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "file_not_found")
