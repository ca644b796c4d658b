"""A way to the store on which something may happen to a request or its answer."""

from types import TracebackType
from typing import Self

from tests.dynalite import Dynalite
from tests.upstream import Received, Reply, a_client


class Passage:
    """A way to a DynamoDB server, open as long as the `with` block lasts."""

    def __init__(self, dynalite: Dynalite) -> None:
        self._dynalite = dynalite
        self._http = a_client()

    async def pass_on(self, request: Received) -> Reply:
        """The store's answer to a request."""
        kept = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
        address = self._dynalite.url + request.path
        answer = await self._http.request(request.method, address, headers=kept, content=request.body)
        return Reply(answer.status_code, {"content-type": "application/x-amz-json-1.0"}, (answer.content,))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
