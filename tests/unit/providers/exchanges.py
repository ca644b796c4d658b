"""An adapter and the recorded exchanges of its vendor."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

import httpx2

from tests.builders import a_model
from tests.unit.providers.pieces import all_of, answered_in
from tests.upstream import Reply, Upstream, a_client, json_reply
from tests.wire import has, read
from tollgate.contracts.catalogue import Model
from tollgate.contracts.chat import ChatRequest, Delta, Plan
from tollgate.providers.connection import Connection
from tollgate.providers.registry import PROVIDERS

KEY = "sk-0123456789"


class Exchanges:
    """Those of one vendor."""

    def __init__(self, vendor: str, *, environment: Mapping[str, str] | None = None, key: str | None = KEY) -> None:
        self.vendor = vendor
        self._environment = environment or {}
        self._key = key

    def model(self, case: str = "", **changes: Any) -> Model:
        """The model of a case."""
        told = read(self.vendor, case, "model.json") if case and has(self.vendor, case, "model.json") else {}
        changes = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()} | changes
        usual = {"id": f"{self.vendor}/a-model", "provider": self.vendor, "upstream_model": "a-model"}
        return a_model(**{**usual, **changes})

    def plan(self, case: str) -> Plan:
        """What is made of a client's request."""
        plan: Plan = self.adapter().plan(read(self.vendor, case, "client.json"), self.model(case), is_strict=False)
        return plan

    def request(self, case: str = "plain") -> ChatRequest:
        """The request as the adapter gets it, under the cap that was recorded."""
        wire = read(self.vendor, case, "request.json")
        cap = wire.get("max_tokens") or wire["inferenceConfig"]["maxTokens"]
        return ChatRequest(model=self.model(case), body=self.plan(case).body, max_output_tokens=cap)

    def adapter(self, http: httpx2.AsyncClient | None = None, url: str = "http://upstream.test") -> Any:
        """The adapter; without a client it can think, and not send."""

        async def credential(_fresh: bool) -> str | None:
            return self._key

        row = PROVIDERS[self.vendor]
        environment = {row.base_url_setting: url, **self._environment}
        connection = Connection(row, http=http or a_client(), environment=environment, credential=credential)
        module, _, name = row.can["chat"].partition(":")
        return getattr(import_module(f"tollgate.providers.{module}"), name)(connection)

    @asynccontextmanager
    async def upstream(self, *replies: Reply) -> AsyncIterator[tuple[Any, Upstream]]:
        """The adapter, over real connections to an upstream with these replies."""
        async with Upstream(*replies) as server, a_client() as http:
            yield self.adapter(http, server.url), server

    def refusal(self, name: str) -> Reply:
        """A recorded refusal."""
        told = read(self.vendor, "errors", f"{name}.json")
        return json_reply(told["body"], told["status"], **{n.replace("-", "_"): v for n, v in told["headers"].items()})

    async def heard(self, pieces: Iterable[bytes], came: list[Delta] | None = None, case: str = "plain") -> list[Delta]:
        """What is made of a stream in exactly these pieces."""
        async with answered_in(pieces) as http:
            return await all_of(self.adapter(http), self.request(case), came)


def text_of(deltas: Iterable[Delta]) -> str:
    """The text of a stream."""
    return "".join(choice["delta"].get("content") or "" for delta in deltas for choice in delta.choices)
