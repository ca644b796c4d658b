"""POST /v1/files."""

import json
import re
from random import Random
from typing import Any

import pytest

from tests.functions.wpllm.training import Trainer, some_examples
from tests.recordings import FORM, a_form


async def test_a_file_is_kept_and_looked_through_afterwards(trainer: Trainer) -> None:
    content = some_examples()

    response = await trainer.upload(content)

    made = response.json()
    assert response.status_code == 201
    assert re.fullmatch(r"file_[A-Za-z0-9]{26}", made["id"])
    assert made == {
        "id": made["id"],
        "object": "file",
        "bytes": len(content),
        "created_at": made["created_at"],
        "filename": "pairs.jsonl",
        "purpose": "fine-tune",
        "status": "uploaded",
        "status_details": None,
        "dataset": None,
    }
    await trainer.work()
    later = (await trainer.send("GET", f"/v1/files/{made['id']}")).json()
    assert (later["status"], later["status_details"], later["dataset"]["examples"]) == ("processed", None, 12)


@pytest.mark.parametrize("seed", range(8))
async def test_any_bytes_are_kept_as_they_are(trainer: Trainer, seed: int) -> None:
    random = Random(seed)
    content = random.randbytes(random.randrange(1, 200_000)).replace(b"\x00", b"\r\n") + "ünï\r\n--".encode()

    made = (await trainer.upload(content)).json()

    assert (made["bytes"], await trainer.content(made["id"])) == (len(content), content)


async def test_what_is_wrong_with_the_content_never_fails_the_upload(trainer: Trainer) -> None:
    response = await trainer.upload(some_examples(9) + b"{broken\n")

    await trainer.work()

    later = (await trainer.send("GET", f"/v1/files/{response.json()['id']}")).json()
    assert (response.status_code, response.json()["status"]) == (201, "uploaded")
    assert later["status"] == "error"
    assert later["status_details"].startswith("Line 10 is not JSON")
    assert later["dataset"]["problems"][0]["line"] == 10


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([("purpose", "fine-tune")], "file"),
        ([("file", ("a.jsonl", b"{}"))], "purpose"),
        ([("purpose", "assistants"), ("file", ("a.jsonl", b"{}"))], "purpose"),
        ([("purpose", "fine-tune-results"), ("file", ("a.jsonl", b"{}"))], "purpose"),
        ([("purpose", "fine-tune"), ("file", ("a.json", b"{}"))], "file"),
        ([("purpose", "fine-tune"), ("file", ("", b"{}"))], "file"),
        ([("purpose", "fine-tune"), ("file", ("a.jsonl", b""))], "file"),
        ([("purpose", "fine-tune"), ("file", ("x" * 250 + ".jsonl", b"{}"))], "file"),
        ([("purpose", "fine-tune"), ("file", "no file")], "file"),
        ([("purpose", "fine-tune"), ("file", ("a.jsonl", b"{}")), ("file", ("b.jsonl", b"{}"))], "file"),
        ([("purpose", "fine-tune"), ("purpose", "fine-tune"), ("file", ("a.jsonl", b"{}"))], "purpose"),
    ],
)
async def test_a_form_that_is_no_upload_names_its_part(trainer: Trainer, parts: Any, field: str) -> None:
    response = await trainer.send("POST", "/v1/files", headers=FORM, content=a_form(*parts))

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (400, "validation_error", "invalid_parameters")
    assert (error["param"], error["details"]["field"]) == (field, field)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("PAIRS.JSONL", "PAIRS.JSONL"),
        ("/some/folder/a.jsonl", "a.jsonl"),
        ("C:\\me\\ä ö.jsonl", "ä ö.jsonl"),
        ("../../x.jsonl", "x.jsonl"),
    ],
)
async def test_of_a_path_the_name_is_kept(trainer: Trainer, sent: str, kept: str) -> None:
    response = await trainer.upload(b"{}", name=sent.replace("\\", "\\\\"))

    assert response.json()["filename"] == kept


async def test_parts_come_in_any_order_and_others_are_ignored(trainer: Trainer) -> None:
    form = a_form(("file", ("a.jsonl", b"{}")), ("colour", "red"), ("colour", "blue"), ("purpose", "fine-tune"))

    assert (await trainer.send("POST", "/v1/files", headers=FORM, content=form)).status_code == 201


async def test_a_file_of_four_mebibytes_fits_and_one_byte_more_does_not(trainer: Trainer) -> None:
    largest = b"x" * 4_194_304

    fits, refused = await trainer.upload(largest), await trainer.upload(largest + b"x")

    assert (fits.status_code, fits.json()["bytes"]) == (201, 4_194_304)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (413, "payload_too_large")
    assert error["details"] == {"limit_bytes": 4_194_304, "actual_bytes": 4_194_305}
    assert "/v1/files/uploads" in error["message"]


async def test_what_is_no_form_is_415(trainer: Trainer) -> None:
    response = await trainer.send("POST", "/v1/files", json={"purpose": "fine-tune"})

    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")


async def test_a_worker_is_asked_to_look_at_once(trainer: Trainer) -> None:
    file_id = await trainer.a_file()

    (message,) = trainer.queued()
    assert json.loads(message) == {"account_id": trainer.account_id, "file_id": file_id}


async def test_a_repeated_upload_under_one_key_is_one_file(trainer: Trainer) -> None:
    form = a_form(("purpose", "fine-tune"), ("file", ("a.jsonl", b"{}")))
    headers = {**FORM, "idempotency-key": "once"}

    first, second = [await trainer.send("POST", "/v1/files", headers=headers, content=form) for _ in range(2)]

    assert (first.json(), second.headers["idempotent-replayed"]) == (second.json(), "true")
    assert len((await trainer.send("GET", "/v1/files")).json()["data"]) == 1
