"""What a client sees of a gateway in containers: who is let in, streams, bytes, and answers of the gateway itself."""

import json
import time

import httpx2
import pytest

from tests.sam_local.conftest import Deployed
from tollgate_cli.examples import read_event

QUESTION = {"model": "sandbox/chat", "messages": [{"role": "user", "content": "Hello"}]}


def test_a_key_is_let_in(deployed: Deployed) -> None:
    answer = deployed.send("GET", "/balance")

    assert answer.status_code == 200
    assert answer.json()["object"] == "balance"


@pytest.mark.parametrize("key", ["", "tg-" + "0" * 43])
def test_nobody_else_is(deployed: Deployed, key: str) -> None:
    answer = deployed.send("POST", "/v1/chat/completions", key=key, json=QUESTION)

    # API Gateway makes a 401 with our body of it; `sam local` has no answers of the gateway's own.
    assert (answer.status_code, answer.json()) == (403, {"message": "User is not authorized to access this resource"})


def test_a_route_that_is_open_needs_no_key(deployed: Deployed) -> None:
    assert deployed.send("GET", "/v1/health", key="").status_code == 200


def test_who_brings_no_key_in_a_header_is_let_through_where_the_function_reads_it_in_the_body(
    deployed: Deployed,
) -> None:
    body = json.loads(read_event("aipuffer/create_chatbot")["body"])

    named = deployed.send("POST", "/aipkit/v1/chatbots", key="", json={**body, "aipkit_api_key": deployed.api_key})
    nobody = deployed.send("POST", "/aipkit/v1/chatbots", key="", json=body)

    assert named.status_code == 201, named.text
    assert (nobody.status_code, nobody.json()["data"]["status"]) == (401, 401)


def test_a_deleted_key_stops_at_once(deployed: Deployed) -> None:
    made = deployed.new_key()
    before = deployed.send("GET", "/balance", key=made["key"])

    deployed.send("DELETE", f"/keys/{made['id']}", key=deployed.operator_key)

    assert before.status_code == 200
    assert deployed.send("GET", "/balance", key=made["key"]).status_code == 403


def test_what_a_key_may_not_do_is_refused_by_the_function_in_its_familys_shape(deployed: Deployed) -> None:
    reader = deployed.new_key(scopes=["read"])["key"]

    answer = deployed.send("POST", "/v1/chat/completions", key=reader, json=QUESTION)

    assert answer.status_code == 403
    assert answer.json()["error"]["type"] == "permission_error"


def test_a_stream_arrives_whole_and_is_charged_after_its_last_byte(deployed: Deployed) -> None:
    before = balance_of(deployed)

    answer = deployed.send("POST", "/v1/chat/completions", json={**QUESTION, "stream": True})

    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    pieces = [json.loads(event)["choices"][0]["delta"].get("content", "") for event in events[:-1]]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert ("".join(pieces), events[-1]) == ("You said: Hello", "[DONE]")
    assert eventually_below(deployed, before)


def test_bytes_are_taken_as_they_were_sent(deployed: Deployed) -> None:
    form = {"model": "sandbox/transcription", "response_format": "verbose_json"}
    sound = spoken(deployed).content

    answer = deployed.send("POST", "/v1/audio/transcriptions", data=form, files={"file": ("a.wav", sound, "audio/wav")})

    assert answer.status_code == 200, answer.text
    assert answer.json()["duration"] > 0


def test_bytes_are_answered_as_they_are(deployed: Deployed) -> None:
    answer = spoken(deployed)

    assert answer.headers["content-type"] == "audio/wav"
    assert answer.content[:4] == b"RIFF"
    assert int.from_bytes(answer.content[4:8], "little") == len(answer.content) - 8


def test_a_request_that_is_sent_again_under_its_key_has_the_same_answer(deployed: Deployed) -> None:
    headers = {"idempotency-key": "sam-local"}

    first, second = (deployed.send("POST", "/v1/chat/completions", json=QUESTION, headers=headers) for _ in range(2))

    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"


def test_an_unknown_route_is_answered_by_the_function_for_those(deployed: Deployed) -> None:
    event = read_event("gateway/answer_unrouted")

    answer = deployed.send(event["httpMethod"], event["path"])

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "route_not_found"


def test_a_method_that_a_path_does_not_take_is_told_with_those_that_it_takes(deployed: Deployed) -> None:
    answer = deployed.send("DELETE", "/v1/chat/completions")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_browser_may_ask_first(deployed: Deployed) -> None:
    headers = {"origin": "https://page.example", "access-control-request-method": "POST"}

    answer = deployed.send("OPTIONS", "/v1/chat/completions", key="", headers=headers)

    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_a_key_over_its_limit_is_told_when_to_come_again(deployed: Deployed) -> None:
    limited = deployed.new_key(limits={"requests_per_minute": 1})["key"]

    answers = [deployed.send("POST", "/v1/chat/completions", key=limited, json=QUESTION) for _ in range(3)]

    # A minute may begin between two of them.
    assert answers[-1].status_code == 429 or answers[-2].status_code == 429
    told = next(answer for answer in answers if answer.status_code == 429)
    assert told.json()["error"]["type"] == "rate_limit_error"
    assert float(told.headers["retry-after"]) > 0


def spoken(deployed: Deployed) -> httpx2.Response:
    body = {"model": "sandbox/speech", "input": "The gate opens.", "voice": "alloy", "response_format": "wav"}
    return deployed.send("POST", "/v1/audio/speech", json=body)


def balance_of(deployed: Deployed) -> float:
    balance: float = deployed.send("GET", f"/accounts/{deployed.account_id}", key=deployed.operator_key).json()[
        "balance_exact"
    ]
    return float(balance)


def eventually_below(deployed: Deployed, before: float) -> bool:
    gives_up_at = time.monotonic() + 10
    while time.monotonic() < gives_up_at:
        if balance_of(deployed) < before:
            return True
        time.sleep(0.1)
    return False
