"""The functions for sound under the runtime: bodies come in base64, and answers leave as they are."""

from base64 import b64encode
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from tests.conftest import World
from tests.recordings import FORM, a_form
from tests.runtime.builders import an_event
from tests.runtime.process import ROOT, Start
from tests.runtime.runtime_api_server import RuntimeApiServer
from tests.upstream import Reply, Upstream, json_reply, streamed_reply
from tollgate.contracts.shapes import Form
from tollgate.edge.forms import parse_form

_BYTES = Random(4).randbytes(4_000_000)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server


async def start_function(name: str, start: Start, environment: dict[str, str], upstream: Upstream) -> None:
    packages = f"{ROOT / 'layers/runtime'}:{ROOT / 'layers/tollgate'}"
    openai = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": "sk-operator"}
    folder = str(ROOT / "functions/router" / name)
    await start("app.app", **{**environment, **openai, "LAMBDA_TASK_ROOT": folder, "PYTHONPATH": packages})


def an_audio_event(path: str, account_id: str, body: bytes, content_type: str) -> dict[str, Any]:
    event = an_event("POST", path, body=b64encode(body).decode(), isBase64Encoded=True, resource=path)
    event["pathParameters"] = None
    event["multiValueHeaders"]["Content-Type"] = [content_type]
    event["requestContext"]["authorizer"] = {
        "account_id": account_id,
        "key_id": "key_1",
        "capabilities": "prompt_ai",
    }
    return event


async def test_four_megabytes_in_base64_reach_the_provider_byte_for_byte(
    api: RuntimeApiServer, start: Start, environment: dict[str, str], upstream: Upstream, world: World
) -> None:
    upstream.replies = [json_reply({"text": "Hello", "usage": {"type": "duration", "seconds": 2}})]
    await start_function("create_transcription", start, environment, upstream)
    form = a_form(("file", ("a.mp3", _BYTES)), ("model", "openai/whisper-1"))

    path = "/v1/audio/transcriptions"
    invocation = await api.answer(an_audio_event(path, await world.account(), form, FORM["content-type"]))

    assert invocation.prelude["statusCode"] == 200, invocation.payload
    (request,) = upstream.requests
    assert parse_form(request.body, request.headers["content-type"], Form)["file"].content == _BYTES


async def test_four_megabytes_of_sound_are_streamed_byte_for_byte(
    api: RuntimeApiServer, start: Start, environment: dict[str, str], upstream: Upstream, world: World
) -> None:
    pieces = [_BYTES[at : at + 65_537] for at in range(0, len(_BYTES), 65_537)]
    upstream.replies = [streamed_reply(pieces, "audio/mpeg")]
    await start_function("create_speech", start, environment, upstream)
    body = b'{"model":"openai/tts-1","input":"Hello"}'

    invocation = await api.answer(an_audio_event("/v1/audio/speech", await world.account(), body, "application/json"))

    assert invocation.prelude["statusCode"] == 200
    assert invocation.prelude["headers"]["content-type"] == "audio/mpeg"
    assert invocation.payload == _BYTES


async def test_sound_that_breaks_off_is_no_whole_answer(
    api: RuntimeApiServer, start: Start, environment: dict[str, str], upstream: Upstream, world: World
) -> None:
    upstream.replies = [Reply(200, {"content-type": "audio/mpeg"}, (_BYTES[:100_000],), is_cut=True)]
    await start_function("create_speech", start, environment, upstream)
    body = b'{"model":"openai/tts-1","input":"Hello"}'

    invocation = await api.answer(an_audio_event("/v1/audio/speech", await world.account(), body, "application/json"))

    assert invocation.trailers["lambda-runtime-function-error-type"]
