"""OpenAI's own SDKs against `tollgate up`, with nothing changed but the base URL and the key."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.running import ROOT, SOUND, Running

_FOLDER = Path(__file__).parent
_SDKS = {
    "python 3": ([str(ROOT / ".venv/bin/python"), str(_FOLDER / "python_checks.py")], "3."),
    "python 1": ([str(ROOT / ".venv-openai1/bin/python"), str(_FOLDER / "python_checks.py")], "1.109"),
    "node": (["node", str(_FOLDER / "node_checks.mjs")], "7."),
}


@pytest.fixture(scope="session", params=_SDKS)
def sdk(request: pytest.FixtureRequest) -> str:
    """Each SDK in turn."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def found(sdk: str, running: Running) -> Any:
    """What an SDK found; all of it in one process, because importing one takes a second."""
    command, _ = _SDKS[sdk]
    # Room for one call of a thousand tokens and not for two.
    keys = [running.api_key, running.new_key(balance_usd=0), running.new_key(balance_usd=0.015)]
    command = [*command, running.base_url, *keys]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_sdk_is_the_version_that_is_meant(sdk: str, found: Any) -> None:
    assert found["version"].startswith(_SDKS[sdk][1])


def test_models_are_listed_and_retrieved(found: Any) -> None:
    assert (found["list"], found["list_has"], found["retrieve"]) == (True, True, "openai/gpt-4o")


def test_a_chat_is_answered_with_either_authorization_scheme(found: Any) -> None:
    assert (found["chat"], found["token_header"]) == ("Hello!", "Hello!")


def test_the_cost_and_the_request_id_are_at_hand(found: Any) -> None:
    assert (found["cost"], found["request_id"]) == (0.0001475, "req_")


def test_a_stream_is_read_by_the_loop_that_everybody_writes(found: Any) -> None:
    assert found["stream"] == "Hello!"


def test_with_include_usage_exactly_the_last_chunk_has_it(found: Any) -> None:
    assert found["usage_streamed"] == {"with_usage": 1, "last": [0, 29, 0.0001475]}


def test_parallel_tool_calls_are_streamed_in_fragments_that_add_up(found: Any) -> None:
    assert found["tools_streamed"] == {
        "calls": [
            {"id": "call_a", "name": "get_weather", "arguments": '{"city":"Boston"}'},
            {"id": "call_b", "name": "get_time", "arguments": '{"zone":"EST"}'},
        ],
        "finish": "tool_calls",
    }


def test_the_results_of_tools_go_back(found: Any) -> None:
    assert found["tool_round_trip"] == "Hello!"


@pytest.mark.parametrize("how", ["embeddings", "embeddings_float"])
def test_texts_become_vectors_whether_as_numbers_or_in_base64(found: Any, how: str) -> None:
    assert found[how] == {
        "vectors": [[0, 1, 0, 0], [1, 3, 0, 0]],
        "places": [0, 1],
        "told": ["openai/text-embedding-3-small", 10, 10, 0.0000002],
    }


def test_tokens_become_a_vector(found: Any) -> None:
    assert found["embedding_tokens"]["vectors"] == [[0, 3, 0, 0]]


def test_a_text_that_is_empty_is_a_bad_request(found: Any) -> None:
    error = found["embedding_refused"]

    assert (error["class"], error["code"]) == ("BadRequestError", "invalid_request")


@pytest.mark.parametrize("how", ["dies", "ends_early"])
def test_a_stream_that_breaks_off_is_an_error_with_a_code_and_never_silence(found: Any, how: str) -> None:
    error = found[how]

    assert (error["class"], error["status"]) == ("APIError", None)
    assert (error["code"], error["type"]) == ("upstream_invalid_response", "upstream_error")


def test_an_empty_balance_is_402_with_a_code(found: Any) -> None:
    error = found["empty"]

    assert (error["status"], error["code"], error["type"]) == (402, "insufficient_balance", "insufficient_quota")


def test_a_wrong_key_is_an_authentication_error_with_readable_text(found: Any) -> None:
    error = found["wrong_key"]

    assert (error["class"], error["status"], error["code"]) == ("AuthenticationError", 401, "invalid_api_key")
    assert "Invalid or expired API key" in error["message"]


def test_a_rate_limit_is_a_rate_limit_error_that_says_when_to_come_back(found: Any) -> None:
    error = found["rate_limit"]

    assert (error["class"], error["code"], error["retry_after"]) == ("RateLimitError", "rate_limit_exceeded", "3")


def test_a_bad_request_and_an_unknown_route_are_told_apart(found: Any) -> None:
    assert (found["bad_request"]["class"], found["bad_request"]["code"]) == ("BadRequestError", "invalid_request")
    assert (found["unknown_route"]["class"], found["unknown_route"]["code"]) == ("NotFoundError", "route_not_found")


def test_a_call_that_waits_for_held_money_succeeds_by_itself(found: Any) -> None:
    assert found["reserved_then_free"] == "Hello!"


def test_a_request_that_is_repeated_under_one_key_is_answered_as_the_first_time(found: Any) -> None:
    assert found["repeated"] == {"same_id": True, "streams": ["Hello!", "Hello!"]}
    assert (found["reused"]["status"], found["reused"]["code"]) == (422, "idempotency_key_reused")


def test_what_the_sdk_repeats_by_itself_runs_once(found: Any, running: Running) -> None:
    seed = int(found["version"].partition(".")[0])

    asked = [
        request
        for request in running.upstream.requests
        if request.path.endswith("/chat/completions") and request.json.get("seed") == seed
    ]

    assert (found["retried"], len(asked)) == ("Done", 1)


def test_an_image_is_handed_over_as_data_although_a_gpt_image_model_refuses_to_be_asked_for_it(found: Any) -> None:
    assert (found["image"], found["image_told"]) == ("96x64", ["96x64", "png", 1069])


def test_an_image_is_handed_over_by_an_address_that_anybody_can_read(found: Any) -> None:
    assert found["image_by_address"] == [None, "image/png", "96x64"]


def test_an_image_is_streamed_before_it_is_finished_and_after(found: Any) -> None:
    partial = ["image_generation.partial_image", "64x32"]

    assert found["image_streamed"] == [partial, partial, ["image_generation.completed", "64x32"], 206]


def test_a_stream_of_images_that_breaks_off_is_an_error_with_a_code(found: Any) -> None:
    error = found["image_breaks_off"]

    assert (error["class"], error["code"]) == ("APIError", "upstream_invalid_response")


def test_a_prompt_that_is_filtered_is_a_bad_request(found: Any) -> None:
    error = found["image_filtered"]

    assert (error["class"], error["status"], error["code"]) == ("BadRequestError", 400, "content_filter")


@pytest.mark.parametrize("how", ["speech", "speech_to_file"])
def test_four_megabytes_of_sound_arrive_byte_for_byte(found: Any, how: str) -> None:
    assert found[how] == sha256(SOUND).hexdigest()


def test_four_megabytes_are_transcribed_byte_for_byte_in_every_format(found: Any) -> None:
    text = f"gate.mp3: {found['sent']}"

    assert found["transcripts"] == {
        "json": text,
        "cost": 0.0002,
        "text": f"{text}\n",
        "srt": f"1\n00:00:00,000 --> 00:00:02,000\n{text}\n\n",
        "vtt": f"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n{text}\n\n",
        "verbose_json": [text, 2, "Hello", 2],
        "diarized_json": "A",
        "streamed": [text, text, "transcript.text.done"],
    }


@pytest.mark.parametrize(
    ("call", "code"), [("speech_refused", "invalid_request"), ("transcript_refused", "unsupported_parameter")]
)
def test_what_is_wrong_with_sound_is_a_bad_request_with_a_code(found: Any, call: str, code: str) -> None:
    assert (found[call]["class"], found[call]["code"]) == ("BadRequestError", code)
