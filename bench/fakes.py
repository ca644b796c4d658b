"""DynamoDB and OpenAI on loopback, answering from a script, and knowing how long they took."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from tests.loopback import LoopbackServer


class Fake(LoopbackServer):
    """An HTTP server with one answer for everything. `busy_s` adds up what it kept its callers waiting."""

    def __init__(self, answer: Callable[[str, bytes], list[bytes]], *, media_type: str = "application/json") -> None:
        super().__init__()
        self._answer = answer
        self._media_type = media_type
        self.busy_s = 0.0
        self.calls = 0
        self.open = asyncio.Event()
        """Cleared, it keeps every caller waiting."""
        self.open.set()
        self.sent_at: list[float] = []
        """When each piece of the last answer was handed to the kernel."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Give the answer to each request."""
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
            body = await reader.readexactly(length)
            began = time.perf_counter()
            self.calls += 1
            await self.open.wait()
            await self._send(self._answer(head, body), writer)
            self.busy_s += time.perf_counter() - began

    async def _send(self, pieces: list[bytes], writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {self._media_type}\r\n"
        if len(pieces) == 1:
            writer.write(f"{head}content-length: {len(pieces[0])}\r\n\r\n".encode() + pieces[0])
            await writer.drain()
            return
        writer.write(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
        self.sent_at = []
        for piece in pieces:
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            self.sent_at.append(time.perf_counter())
            # Let the other side have it before the next one, as a provider that is still thinking would.
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()


def dynamodb(head: str, _body: bytes) -> list[bytes]:
    """What the accounts and the ledger answer to a call that goes well."""
    if "updateitem" in head:
        # An account without limits, with the balance that settling finds, under whatever id the entry has.
        entry = json.loads(_body).get("ExpressionAttributeNames", {}).get("#entry", "led_0")
        return [json.dumps({"Attributes": {**_ACCOUNT, "marks": {"M": {entry: {"N": "10"}}}}}).encode()]
    return [b"{}"]


_ACCOUNT: dict[str, Any] = {
    "account_id": {"S": "acct_1"},
    **{name: {"N": "10"} for name in ("balance", "available")},
    "reserved": {"N": "0"},
    **{name: {"M": {}} for name in ("holds", "limits", "spend")},
}


def completion(_head: str, _body: bytes) -> list[bytes]:
    """A short answer of GPT-4o."""
    return [json.dumps(_COMPLETION).encode()]


def stream_of(chunks: int) -> Callable[[str, bytes], list[bytes]]:
    """A streamed answer of so many pieces of text."""

    def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return b"data: " + json.dumps({**_CHUNK, "choices": [choice], "usage": None}).encode() + b"\n\n"

    usage = b"data: " + json.dumps({**_CHUNK, "choices": [], "usage": _COMPLETION["usage"]}).encode() + b"\n\n"
    pieces = [chunk({"role": "assistant", "content": ""}), *[chunk({"content": " word"})] * chunks]
    pieces += [chunk({}, "stop"), usage, b"data: [DONE]\n\n"]
    return lambda _head, _body: pieces


_COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-bench",
    "object": "chat.completion",
    "created": 1790000000,
    "model": "gpt-4o-2024-11-20",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello! How can I help?", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 19,
        "completion_tokens": 10,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    },
}
_CHUNK = {**{name: _COMPLETION[name] for name in ("id", "created", "model")}, "object": "chat.completion.chunk"}
