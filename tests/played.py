"""AWS, played for tests: what the template makes is made once, and found again empty by every test."""

import asyncio
import copy
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

import httpx2
from moto.backends import get_backend

from tollgate_cli.local.state import MotoServer

_COPIED: Final = ("dynamodb", "s3", "secretsmanager")
_QUEUES: Final = "sqs"
_EMPTY: Final = ("cloudformation",)
"""Nothing of them is there when a test begins."""

_Parts = dict[tuple[str, str, str], dict[str, Any]]


class WayTo(httpx2.AsyncBaseTransport):
    """The way to a WSGI application in this process. A socket and a thread would take a third as long again."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask the application. Others have their turn before and after, as they would with a socket."""
        body = await request.aread()
        await asyncio.sleep(0)
        answer: list[Any] = []
        content = b"".join(self._app(_environ(request, body), lambda *given: answer.extend(given)))
        await asyncio.sleep(0)
        status, headers = answer[:2]
        return httpx2.Response(int(status.partition(" ")[0]), headers=headers, stream=httpx2.ByteStream(content))


def _environ(request: httpx2.Request, body: bytes) -> dict[str, Any]:
    # https://peps.python.org/pep-3333/#environ-variables
    fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    return {
        **fields,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "PATH_INFO": request.url.path,
        "QUERY_STRING": request.url.query.decode(),
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "SERVER_NAME": request.url.host,
        "SERVER_PORT": str(request.url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": None,
        "wsgi.input": BytesIO(body),
        "wsgi.multiprocess": False,
        "wsgi.multithread": False,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }


class PlayedAws(MotoServer):
    """moto that can return to a state that it was in. Making the state anew takes a hundred times as long."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: _Parts | None = None

    @property
    def ways(self) -> Mapping[str, httpx2.AsyncBaseTransport]:
        """The short way to it, for who is in this process too."""
        return {self.url: WayTo(self.app)}

    def reset(self) -> None:
        """Forget everything, what was kept too."""
        self._kept = None
        super().reset()

    def begin(self, make: Callable[[], None]) -> None:
        """Begin with what `make` makes, as it is then."""
        if self._kept is None:
            self.reset()
            make()
            self._kept = _parts()
        else:
            _put_back(self._kept)
            for service in _EMPTY:
                for regions in get_backend(service).values():
                    for backend in regions.values():
                        backend.reset()


def _parts() -> _Parts:
    parts = {}
    for service in (*_COPIED, _QUEUES):
        for account, regions in get_backend(service).items():
            for region, backend in regions.items():
                fields = vars(backend)
                # Queues hold locks, and stay what they are.
                parts[service, account, region] = (
                    dict(fields["queues"]) if service == _QUEUES else copy.deepcopy(fields)
                )
    return parts


def _put_back(kept: _Parts) -> None:
    for (service, account, region), fields in kept.items():
        backend: Any = get_backend(service)[account][region]  # type: ignore[call-overload]
        if service == _QUEUES:
            backend.queues.clear()
            backend.queues.update(fields)
            for name, queue in fields.items():
                # A queue may be purged once a minute.
                queue.last_purged_at = None
                backend.purge_queue(name)
                queue.deleted_messages.clear()
        else:
            vars(backend).clear()
            vars(backend).update(copy.deepcopy(fields))
