"""`tollgate up` in a process of its own, as a client finds it, and OpenAI on loopback behind it."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2
import pytest

from tests.upstream import (
    Received,
    Reply,
    Upstream,
    a_completion,
    a_usage,
    an_embedding_answer,
    chunks_of,
    event_reply,
    json_reply,
    raw_reply,
    streamed_reply,
)
from tollgate.contracts.shapes import Form
from tollgate.edge.forms import parse_form
from tollgate.providers.sandbox_images import draw_stripes

ROOT: Final = Path(__file__).resolve().parents[1]
_PATIENCE_S: Final = 60
SOUND: Final = Random(5).randbytes(4_000_000)
"""What OpenAI answers when it is asked to speak."""


@dataclass(frozen=True)
class Running:
    """A gateway that is up."""

    base_url: str
    api_key: str
    operator_key: str
    account_id: str
    upstream: Upstream
    home: Path
    """The folder that it was started in."""

    def operate(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the operator."""
        headers = {"authorization": f"Bearer {self.operator_key}"}
        return httpx2.request(method, self.base_url + path, headers=headers, json=body, trust_env=False).json()

    def new_key(self, balance_usd: float, *scopes: str) -> str:
        """A key of a new account with that balance; without scopes, one for calling models."""
        account = self.operate("POST", "/accounts", {"name": "client"})
        if balance_usd:
            self.operate("POST", f"/accounts/{account['id']}/credits", {"amount": balance_usd, "id": "first"})
        body = {"name": "client", "account_id": account["id"], "scopes": list(scopes) or ["inference"]}
        key: str = self.operate("POST", "/keys", body)["key"]
        return key


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The gateway, for all tests."""
    home = tmp_path_factory.mktemp("gateway")
    with _UpstreamThread() as upstream:
        environment = {
            **os.environ,
            "PORT": "0",
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "OPENAI_API_KEY": "sk-operator",
        }
        log = (home / "log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "tollgate_cli.main", "up", "--allow-loopback-webhooks"],
            cwd=home,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            access = _wait_for(home / ".tollgate" / "local.json", process, home / "log")
            yield Running(**access, upstream=upstream, home=home)
        finally:
            process.terminate()
            process.wait(timeout=_PATIENCE_S)
            log.close()
        assert not list((home / ".tollgate").iterdir()), "the files go when the gateway goes"


def _wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    gives_up_at = time.monotonic() + _PATIENCE_S
    while not file.exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < gives_up_at, log.read_text()
        time.sleep(0.05)
    access: dict[str, str] = json.loads(file.read_text())
    return access


class _UpstreamThread:
    """An upstream with an event loop of its own, so that tests that are not asynchronous can have one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._upstream = Upstream(answer=_answer)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Upstream:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._upstream.__aenter__(), self._loop).result()

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._upstream.__aexit__(None, None, None), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _answer(request: Received) -> Reply:
    """What OpenAI says to what the last message asks for."""
    if request.path.endswith("/audio/transcriptions"):
        return _transcript(parse_form(request.body, request.headers["content-type"], Form))
    body = request.json
    for path, answer in _ANSWERS.items():
        if request.path.endswith(path):
            return answer(body)
    wish = str(body["messages"][-1]["content"])
    streamed = bool(body.get("stream"))
    match wish:
        case "tools":
            return event_reply(_tool_chunks()) if streamed else json_reply(_tool_answer())
        case "die in the middle":
            return event_reply(chunks_of("Hello", finish=None), done=False, is_cut=True)
        case "end early":
            return event_reply(chunks_of("Hello", finish=None), done=False)
        case "429":
            return json_reply({"error": {"message": "slow down"}}, 429, retry_after="3")
        case "take a second":
            return replace(json_reply(a_completion("Done")), before=lambda: asyncio.sleep(1))
    if streamed:
        return event_reply(chunks_of("Hel", "lo", "!", usage=a_usage()))
    return json_reply(a_completion("Hello!"))


def _image(body: Mapping[str, Any]) -> Reply:
    """A GPT image model's answer, and its refusal to be asked for what it does anyway."""
    if "response_format" in body:
        return json_reply({"error": {"message": "Unknown parameter: 'response_format'."}}, 400)
    usage = {"input_tokens": 13, "output_tokens": 1056, "total_tokens": 1069}
    data = [{"b64_json": b64encode(draw_stripes(body["prompt"], 96, 64)).decode()}]
    return json_reply({"created": 1790000000, "data": data, "usage": usage})


def _sound(body: dict[str, Any]) -> Reply:
    if body.get("stream_format") == "sse":
        delta = {"type": "speech.audio.delta", "audio": b64encode(SOUND[:1000]).decode()}
        usage = {"input_tokens": 14, "output_tokens": 101, "total_tokens": 115}
        return event_reply([delta, {"type": "speech.audio.done", "usage": usage}], done=False)
    return streamed_reply([SOUND[at : at + 65_537] for at in range(0, len(SOUND), 65_537)], "audio/mpeg")


def _transcript(form: dict[str, Any]) -> Reply:
    text = f"{form['file'].name}: {sha256(form['file'].content).hexdigest()}"
    segment = {"id": 0, "start": 0.0, "end": 2.0, "text": text, "speaker": "A"}
    match form["response_format"]:
        case "srt":
            return raw_reply(f"1\n00:00:00,000 --> 00:00:02,000\n{text}\n\n", "text/plain")
        case "vtt":
            return raw_reply(f"WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n{text}\n\n", "text/plain")
        case _ if form.get("stream"):
            usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 4, "total_tokens": 18}
            delta = {"type": "transcript.text.delta", "delta": text}
            return event_reply([delta, {"type": "transcript.text.done", "text": text, "usage": usage}])
    words = [{"word": "Hello", "start": 0.0, "end": 2.0}] if form.get("timestamp_granularities") else None
    told = {"text": text, "language": "english", "duration": 2.0, "words": words, "segments": [segment]}
    return json_reply({**told, "usage": {"type": "duration", "seconds": 2}})


_CALLS: Final = (("call_a", "get_weather", '{"city":"Boston"}'), ("call_b", "get_time", '{"zone":"EST"}'))


def _tool_answer() -> dict[str, Any]:
    answer = a_completion()
    calls = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments in _CALLS
    ]
    answer["choices"][0] |= {
        "message": {"role": "assistant", "content": None, "refusal": None, "tool_calls": calls},
        "finish_reason": "tool_calls",
    }
    return answer


def _tool_chunks() -> list[dict[str, Any]]:
    first, *_, last = chunks_of(finish="tool_calls")
    fragments: list[dict[str, Any]] = []
    for index, (call_id, name, arguments) in enumerate(_CALLS):
        begun = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        fragments.append(begun)
        fragments += [
            {"index": index, "function": {"arguments": arguments[cut : cut + 4]}} for cut in range(0, len(arguments), 4)
        ]
    middle = [
        {
            **first,
            "choices": [{"index": 0, "delta": {"tool_calls": [fragment]}, "logprobs": None, "finish_reason": None}],
        }
        for fragment in fragments
    ]
    return [first, *middle, last]


_ANSWERS: Final[Mapping[str, Callable[[Any], Reply]]] = {
    "/embeddings": lambda body: json_reply(an_embedding_answer(body)),
    "/images/generations": _image,
    "/audio/speech": _sound,
}
