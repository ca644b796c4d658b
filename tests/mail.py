"""Events and their deliveries over a queue whose clock a test turns; tables and bucket are moto's."""

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import httpx2

from tests.builders import NOW
from tests.conftest import World
from tests.upstream import Received
from tollgate.edge.worker import Queued
from tollgate.resources import Resources
from tollgate.services.events import publish
from tollgate.services.jobs.deliver import deliver

HIDDEN_S: Final = 360
"""How long a message is hidden from others by whoever has taken it, as template.yaml says."""


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mail(httpx2.AsyncBaseTransport):
    """The way to AWS: the queue is played here, and everything else is passed on. `kill` may end the process."""

    inner: httpx2.AsyncBaseTransport = field(default_factory=httpx2.AsyncHTTPTransport)
    at: datetime = NOW
    kill: Callable[[str], bool] | None = None
    """Asked before and after each call, by its name with `before` or `after`."""
    calls: list[str] = field(default_factory=list)
    waiting: list[tuple[float, int, str]] = field(default_factory=list)
    """When a message comes out, in Unix seconds, its number, and its body."""
    _numbers: Any = field(default_factory=count)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        target = request.headers.get("x-amz-target", f"S3.{request.method}").rpartition(".")[2]
        self._step(f"before {target}")
        if target == "SendMessage":
            sent = json.loads(request.content)
            self._put(sent["MessageBody"], sent["DelaySeconds"])
            response = httpx2.Response(200, json={"MessageId": "1"})
        else:
            response = await self.inner.handle_async_request(request)
            await response.aread()
        self._step(f"after {target}")
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()

    def _step(self, name: str) -> None:
        self.calls.append(name)
        if self.kill is not None and self.kill(name):
            raise Killed

    def _put(self, body: str, delay_s: float) -> None:
        assert 0 <= delay_s <= 900
        heapq.heappush(self.waiting, (self.at.timestamp() + delay_s, next(self._numbers), body))

    async def deliver_next(self, resources: Resources) -> bool:
        """Wait for the next message and let the worker have it; False where none is left."""
        if not self.waiting:
            return False
        comes_out_at, _, body = heapq.heappop(self.waiting)
        self.at = max(self.at, datetime.fromtimestamp(comes_out_at, self.at.tzinfo))
        try:
            done = await Queued(deliver).work({"Records": [{"messageId": "1", "body": body}]}, resources)
        except Killed:
            self._put(body, HIDDEN_S)
        else:
            if done["batchItemFailures"]:
                self._put(body, HIDDEN_S)
        return True


@dataclass(frozen=True)
class Office:
    """A gateway whose webhooks may be on loopback, an account with a key, and its mail."""

    world: World
    mail: Mail
    account_id: str
    key: str

    @property
    def resources(self) -> Resources:
        """Those of the gateway, by the mail's clock."""
        return self.world.resources

    async def send(self, method: str, path: str, *, key: str | None = None, **rest: Any) -> httpx2.Response:
        """A call of the account's."""
        headers = {"authorization": f"Bearer {key or self.key}", **rest.pop("headers", {})}
        return await self.world.client.request(method, path, headers=headers, **rest)

    async def webhook(self, url: str, *events: str, **fields: Any) -> dict[str, Any]:
        """A new webhook, its secret included; without events, one for the end of an analysis."""
        body = {"url": url, "events": list(events) or ["analysis.completed"], **fields}
        response = await self.send("POST", "/v1/webhooks", json=body)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    async def publish(self, kind: str = "analysis.completed", **data: Any) -> None:
        """Something happens."""
        await publish(self.resources, self.account_id, kind, data)

    async def work_off(self, *, until_s: float = float("inf")) -> None:
        """Let the worker do all that there is to do, or what comes out until then; time passes with it."""
        ends_at = self.mail.at.timestamp() + until_s
        while self.mail.waiting and self.mail.waiting[0][0] <= ends_at:
            await self.mail.deliver_next(self.resources)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        object.__setattr__(self.mail, "at", self.mail.at + timedelta(seconds=seconds))

    async def deliveries(self, webhook: dict[str, Any]) -> list[dict[str, Any]]:
        """What became of the events for a webhook, newest first."""
        response = await self.send("GET", f"/v1/webhooks/{webhook['id']}/deliveries")
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["data"]
        return found

    async def status(self, webhook: dict[str, Any]) -> str:
        """Whether a webhook is active or disabled."""
        shown: str = (await self.send("GET", f"/v1/webhooks/{webhook['id']}")).json()["status"]
        return shown


def bodies(requests: list[Received]) -> set[bytes]:
    """The different bodies of requests."""
    return {request.body for request in requests}
