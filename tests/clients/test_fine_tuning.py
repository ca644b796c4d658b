"""Training on `tollgate up`, with the workers that run beside it: by OpenAI's SDK where it speaks of files."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest

from tests.functions.wpllm.training import some_examples
from tests.running import Running

_PATIENCE_S = 60.0


@pytest.fixture
def client(running: Running) -> Iterator[openai.OpenAI]:
    with httpx2.Client(trust_env=False, follow_redirects=True) as http:
        yield openai.OpenAI(api_key=running.api_key, base_url=f"{running.base_url}/v1", http_client=http)


def _until(what: Callable[[], Any], is_so: Callable[[Any], bool]) -> Any:
    ends_at = time.monotonic() + _PATIENCE_S
    while not is_so(found := what()):
        assert time.monotonic() < ends_at, found
        time.sleep(0.2)
    return found


def test_files_of_openais_sdk(client: openai.OpenAI) -> None:
    content = some_examples()

    made = client.files.create(file=("pairs.jsonl", content), purpose="fine-tune")
    listed = [file.id for file in client.files.list(purpose="fine-tune", limit=1)]
    looked_at = _until(lambda: client.files.retrieve(made.id), lambda file: file.status != "uploaded")
    kept = client.files.content(made.id).read()
    gone = client.files.delete(made.id)

    assert (made.bytes, made.status, made.purpose) == (len(content), "uploaded", "fine-tune")
    assert made.id in listed
    assert (looked_at.status, looked_at.status_details) == ("processed", None)
    assert kept == content
    assert (gone.id, gone.deleted) == (made.id, True)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(made.id)


def test_a_model_is_trained_and_answers_while_the_workers_run_by_themselves(
    running: Running, client: openai.OpenAI
) -> None:
    file = client.files.create(file=("pairs.jsonl", some_examples()), purpose="fine-tune")

    def call(method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {running.api_key}"}
        response = httpx2.request(method, running.base_url + path, headers=headers, json=body, trust_env=False)
        assert response.is_success, response.text
        return response.json()

    begun = call("POST", "/v1/fine-tune", {"training_file": file.id, "model": "wp-llm-13b"})
    job = _until(lambda: call("GET", f"/v1/fine-tune/{begun['id']}"), lambda one: one["finished_at"] is not None)

    assert (job["status"], job["error"]) == ("succeeded", None)
    assert job["fine_tuned_model"] in [model.id for model in client.models.list()]
    assert client.models.retrieve(job["fine_tuned_model"]).owned_by == job["organization_id"]
    answer = client.chat.completions.create(
        model=job["fine_tuned_model"], messages=[{"role": "user", "content": "Hi"}], max_tokens=50
    )
    assert answer.model == job["fine_tuned_model"]
    table = client.files.content(job["result_files"][0]).read()
    assert table.startswith(b"step,")
    ledger = _until(lambda: running.operate("GET", f"/accounts/{running.account_id}/ledger?limit=100"), _is_charged)
    assert json.dumps(ledger).count('"trained_tokens"') == 1


def _is_charged(ledger: Any) -> bool:
    return "trained_tokens" in json.dumps(ledger)
