"""Files and trainings as a customer sees them, over a clock that the test moves."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import httpx2
from msgspec.structs import replace

from tests.conftest import World
from tests.recordings import FORM, a_form
from tollgate.resources import Resources
from tollgate.services.file_contents import sweep_files
from tollgate.services.jobs.follow_fine_tunes import follow_fine_tunes
from tollgate_cli.local.state import REGION

EXAMPLES = 12


def some_examples(count: int = EXAMPLES, *, words: str = "a book post type") -> bytes:
    """So many good lines, all different."""
    lines = [{"prompt": f"Register {words} {number}", "completion": "<?php // done"} for number in range(count)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@dataclass
class Trainer:
    """An account of a gateway, and the workers behind it."""

    world: World
    account_id: str
    key: str
    ahead_s: float = 0.0
    """How far the workers' clock is ahead."""

    async def send(self, method: str, path: str, *, key: str | None = None, **rest: Any) -> httpx2.Response:
        """A call with the account's key."""
        headers = {"authorization": f"Bearer {key or self.key}", **rest.pop("headers", {})}
        return await self.world.client.request(method, path, headers=headers, **rest)

    async def upload(self, content: bytes, *, name: str = "pairs.jsonl", purpose: str = "fine-tune") -> httpx2.Response:
        """Upload a file in a form."""
        body = a_form(("purpose", purpose), ("file", (name, content)))
        return await self.send("POST", "/v1/files", headers=FORM, content=body)

    async def a_file(self, content: bytes | None = None) -> str:
        """The id of an uploaded file."""
        response = await self.upload(some_examples() if content is None else content)
        assert response.status_code == 201, response.text
        file_id: str = response.json()["id"]
        return file_id

    async def a_large_file(self, content: bytes) -> str:
        """The id of a file that was sent to the bucket directly."""
        body = {"filename": "large.jsonl", "purpose": "fine-tune", "bytes": len(content)}
        started = (await self.send("POST", "/v1/files/uploads", json=body)).json()
        async with httpx2.AsyncClient(trust_env=False) as anybody:
            sent = await anybody.request(started["method"], started["url"], headers=started["headers"], content=content)
        assert sent.status_code == 200, sent.text
        finished = await self.send("POST", f"/v1/files/{started['id']}/complete")
        assert finished.status_code == 200, finished.text
        file_id: str = finished.json()["id"]
        return file_id

    async def content(self, file_id: str) -> bytes:
        """What is in a file, from wherever the answer says that it is."""
        response = await self.send("GET", f"/v1/files/{file_id}/content")
        if response.status_code != 302:
            return response.content
        async with httpx2.AsyncClient(trust_env=False) as anybody:
            return (await anybody.get(response.headers["location"])).content

    async def train(self, file_id: str | None = None, **changes: Any) -> httpx2.Response:
        """Begin a training."""
        body = {"training_file": file_id or await self.a_file(), "model": "wp-llm-13b", **changes}
        return await self.send("POST", "/v1/fine-tune", json=body)

    async def a_job(self, **changes: Any) -> str:
        """The id of a training that has begun."""
        response = await self.train(**changes)
        assert response.status_code == 202, response.text
        job_id: str = response.json()["id"]
        return job_id

    async def job(self, job_id: str) -> Any:
        """A training as it is now."""
        return (await self.send("GET", f"/v1/fine-tune/{job_id}")).json()

    @property
    def resources(self) -> Resources:
        """What the workers have: the clock is ahead."""
        own = self.world.resources
        return replace(own, now=lambda: own.now() + timedelta(seconds=self.ahead_s))

    async def work(self, *, ahead_s: float = 0.0) -> dict[str, int]:
        """Let so much time pass, then have the workers do a round."""
        self.ahead_s += ahead_s
        await sweep_files(self.resources)
        return await follow_fine_tunes(self.resources)

    async def finish(self, job_id: str) -> Any:
        """Let a training of the sandbox end; the job then."""
        await self.work()
        await self.work(ahead_s=60)
        return await self.job(job_id)

    async def chat(self, model: str, *, key: str | None = None) -> httpx2.Response:
        """A call of a model."""
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 50}
        return await self.send("POST", "/v1/chat/completions", key=key, json=body)

    async def tuned_models(self, *, key: str | None = None) -> list[Any]:
        """The models of the account's own, as they are listed."""
        listed = (await self.send("GET", "/v1/models", key=key)).json()["data"]
        return [model for model in listed if ":ft-" in model["id"]]

    def before(self, operation: str, words: bytes, act: Callable[[], Awaitable[object]]) -> None:
        """Have something happen right before the store is first asked for an operation with these words in it."""
        hooks = self.world.resources.http.event_hooks["request"]

        async def hook(request: httpx2.Request) -> None:
            if request.headers.get("x-amz-target", "").endswith(operation) and words in request.content:
                hooks.remove(hook)
                await act()

        hooks.append(hook)

    def queued(self) -> list[str]:
        """The messages that wait for the worker that looks through files."""
        settings = self.world.resources.settings
        client = boto3.client(
            "sqs",
            endpoint_url=settings.endpoint_of("sqs"),
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        found = client.receive_message(QueueUrl=settings.files_queue, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", ())]

    async def charges(self) -> list[Any]:
        """What was charged, newest first."""
        entries = await self.world.resources.accounts.entries(self.account_id, limit=50)
        return [entry for entry in entries if entry.type == "usage"]


async def a_trainer(world: World, *, balance_usd: float = 10) -> Trainer:
    """A new account."""
    account_id = await world.account(balance_usd)
    return Trainer(world, account_id, await world.key(account_id))
