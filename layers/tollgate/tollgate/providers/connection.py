"""How a provider is reached: its address, the operator's credential, and what can go wrong on the way."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Final, Protocol, TypeVar

import httpx2
from msgspec import Struct
from msgspec.structs import replace
from pydantic_core import from_json, to_json

from tollgate.errors import (
    ConnectFailed,
    NoProviderAvailable,
    ProviderAuthFailed,
    TollgateError,
    UpstreamInvalid,
    UpstreamTimeout,
)
from tollgate.providers.forms import FormBody
from tollgate.providers.refusals import Rule, is_bad_key, read_refusal, status_in, to_error
from tollgate.providers.registry import Provider

# An error that came in place of a stream is not longer than this.
_LONGEST_ERROR_BYTES: Final = 64 * 1024
# Media types that say nothing about what it is.
_UNTOLD: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Credential = Callable[[bool], Awaitable[str | None]]
"""Gives the operator's credential, read afresh when asked to; None where there is none."""
Body = Mapping[str, Any] | FormBody
"""JSON, or a form with a file."""
Headers = Callable[[str], Mapping[str, str]]
"""Makes a provider's own headers from the credential."""


class Patience(Struct, frozen=True):
    """How long a provider is waited for, in seconds."""

    connect_s: float = 10.0
    first_byte_s: float = 120.0
    """Of a stream."""
    whole_answer_s: float = 280.0
    """For an answer that is not streamed, all of it: blank lines that keep the connection open do not count."""
    idle_s: float = 120.0
    """Between two events of a stream that carry something: comments and blank lines do not count."""
    last_bytes_s: float = 0.1
    """For the end of the body, once the stream has said that it is over."""


class Reader(Protocol[T_co]):
    """Cuts the bytes of a stream into what they carry."""

    def feed(self, received: bytes) -> Sequence[T_co]:
        """What is complete with these bytes."""
        ...

    def close(self) -> Sequence[T_co]:
        """What the stream ended in."""
        ...


class Connection:
    """One provider as this deployment reaches it."""

    def __init__(
        self,
        provider: Provider,
        *,
        http: httpx2.AsyncClient,
        environment: Mapping[str, str],
        credential: Credential,
        patience: Patience | None = None,
    ) -> None:
        self.provider = provider
        self.region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
        self.base_url = provider.address(environment).replace("{region}", self.region)
        self.environment = environment
        self._http = http
        self._credential = credential
        self._patience = patience or Patience(first_byte_s=provider.first_byte_s)
        # What no error may show: the host, which can be the operator's alone, what its proxies are told, and the keys.
        self._secrets = {self.base_url.partition("://")[2].partition("/")[0], *provider.headers.values()}

    @property
    def http(self) -> httpx2.AsyncClient:
        """The client that reaches it, for an SDK that needs one."""
        return self._http

    async def key(self, *, fresh: bool = False) -> str:
        """The operator's credential; empty for a provider that needs none.

        Raises NoProviderAvailable.
        """
        # A secret that was pasted together with its line ending is meant without it.
        key = (await self._credential(fresh) or "").strip()
        if not key and self.provider.needs_key(self.environment):
            raise self.not_configured(self.provider.key_setting)
        self._secrets.add(key)
        return key

    async def post(
        self, path: str, body: Body, *, headers: Headers, rules: tuple[Rule, ...] = ()
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Send a body and read a JSON object: the object, and the headers that came with it.

        Raises UpstreamError, BadRequest.
        """
        content, answered = await self.fetch(path, body, headers=headers, rules=rules)
        answer = _parsed(content)
        if not isinstance(answer, dict):
            raise self.invalid("The provider's answer cannot be read.", 200)
        return answer, answered

    async def fetch(
        self, path: str, body: Body, *, headers: Headers, rules: tuple[Rule, ...] = ()
    ) -> tuple[bytes, Mapping[str, str]]:
        """Send a body and read whatever is answered: its bytes, and the headers that came with them.

        Raises UpstreamError, BadRequest.
        """
        try:
            async with (
                asyncio.timeout(self._patience.whole_answer_s),
                self._open(
                    path, body, headers=headers, rules=rules, timeout_s=self._patience.whole_answer_s
                ) as response,
            ):
                content = await self._read(response)
        except TimeoutError as exc:
            raise self.too_slow() from exc
        if not response.is_success:
            raise self.refusal(response.status_code, response.headers, _parsed(content), rules)
        return content, response.headers

    async def events(
        self,
        path: str,
        body: Body,
        reader: Reader[T],
        *,
        headers: Headers,
        rules: tuple[Rule, ...] = (),
        is_end: Callable[[T], bool] = lambda _: False,
        patience: Patience | None = None,
    ) -> AsyncGenerator[T, None]:
        """Send a JSON body and read a stream. Closing the generator closes the connection, which stops the provider.

        `is_end` knows the event that only says that the stream is over; it is not passed on. `patience` is for a
        kind of stream that takes longer than others.

        Raises UpstreamError, BadRequest.
        """
        patience = patience or self._patience
        timeout_s = patience.first_byte_s
        async with self._open(path, body, headers=headers, rules=rules, timeout_s=timeout_s) as response:
            if not response.is_success:
                content = await self._read(response)
                raise self.refusal(response.status_code, response.headers, _parsed(content), rules)
            async with aclosing(response.aiter_bytes()) as pieces:
                clock = asyncio.get_running_loop().time
                patience_ends = clock() + patience.idle_s
                before_first = b""
                has_begun = False
                received: bytes | None = b""
                while received is not None:
                    received = await self._next(pieces, patience_ends)
                    found = reader.close() if received is None else reader.feed(received)
                    for event in found:
                        if is_end(event):
                            await self._read_out(pieces)
                            return
                        yield event
                    if found:
                        has_begun = True
                        patience_ends = clock() + patience.idle_s
                    elif received and not has_begun and len(before_first) < _LONGEST_ERROR_BYTES:
                        before_first += received
                if not has_begun and (instead := _parsed(before_first)) is not None:
                    raise self.error_in(instead, rules)

    async def pieces(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Headers,
        rules: tuple[Rule, ...] = (),
        takes: tuple[str, ...] = ("audio",),
    ) -> AsyncGenerator[tuple[str, bytes], None]:
        """Send a JSON body and read what comes as it comes, each piece with the media type; at the end, an empty one.

        `takes` are the media types that are an answer, or the first words of them; anything else under a status of
        success is an error. Closing the generator closes the connection, which stops the provider.

        Raises UpstreamError, BadRequest.
        """
        timeout_s = self._patience.whole_answer_s
        async with self._open(path, body, headers=headers, rules=rules, timeout_s=timeout_s) as response:
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            is_answer = media_type in _UNTOLD or media_type in takes or media_type.partition("/")[0] in takes
            if not response.is_success or not is_answer:
                content = _parsed(await self._read(response))
                if not response.is_success:
                    raise self.refusal(response.status_code, response.headers, content, rules)
                raise self.error_in(content, rules) if content else self.invalid("The provider's answer is no sound.")
            async with aclosing(response.aiter_bytes()) as received:
                clock = asyncio.get_running_loop().time
                patience_s = self._patience.whole_answer_s
                while (piece := await self._next(received, clock() + patience_s)) is not None:
                    if piece:
                        yield media_type, piece
                        patience_s = self._patience.idle_s
            yield media_type, b""

    def error_in(self, body: Any, rules: tuple[Rule, ...] = ()) -> TollgateError:
        """The error in a body, or in an event of a stream, that came under a status of success."""
        refusal = read_refusal(self.provider.id, 502, {}, body, secrets=self._secrets)
        return to_error(replace(refusal, status=status_in(refusal) or refusal.status), rules)

    def invalid(self, message: str, status: int | None = None) -> UpstreamInvalid:
        """An answer that makes no sense."""
        return UpstreamInvalid(message, upstream_status=status, **self._facts)

    def not_configured(self, setting: str, problem: str = "is not set") -> NoProviderAvailable:
        """A provider that the operator has not set up, or not well enough to be called; the operator is told why."""
        return NoProviderAvailable(
            f"The provider '{self.provider.id}' is not configured on this gateway.",
            detail=f"{setting} {problem}.",
            **self._facts,
        )

    def refusal(self, status: int, headers: Mapping[str, str], body: Any, rules: tuple[Rule, ...]) -> TollgateError:
        """The error in an answer that says by its status that it is one."""
        return to_error(read_refusal(self.provider.id, status, headers, body, secrets=self._secrets), rules)

    def too_slow(self) -> UpstreamTimeout:
        """No answer in time."""
        return UpstreamTimeout("The provider took too long to answer.", **self._facts)

    @asynccontextmanager
    async def _open(
        self, path: str, body: Body, *, headers: Headers, rules: tuple[Rule, ...], timeout_s: float
    ) -> AsyncGenerator[httpx2.Response, None]:
        if not self.base_url:
            raise self.not_configured(self.provider.address_setting)
        content, kind = body.encode() if isinstance(body, FormBody) else (to_json(body), "application/json")
        key = await self.key()
        response = await self._send(path, content, {"content-type": kind, **headers(key)}, timeout_s)
        try:
            # The operator may have changed the secret since it was read.
            if await self._refuses_the_key(response, rules) and (fresh := await self.key(fresh=True)) != key:
                await response.aclose()
                response = await self._send(path, content, {"content-type": kind, **headers(fresh)}, timeout_s)
            yield response
        finally:
            await response.aclose()

    async def _send(self, path: str, content: bytes, headers: Mapping[str, str], timeout_s: float) -> httpx2.Response:
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise ProviderAuthFailed(
                "The gateway's own credential cannot be sent to the provider.",
                detail=f"{self.provider.key_setting} has characters that no header can have.",
                **self._facts,
            )
        try:
            request = self._http.build_request(
                "POST",
                self.base_url + path,
                content=content,
                headers={"accept-encoding": "identity", **headers},
                timeout=httpx2.Timeout(timeout_s, connect=self._patience.connect_s),
            )
            # A redirect would take the credential along.
            return await self._http.send(request, stream=True, follow_redirects=False)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as exc:
            host = self.base_url.partition("://")[2].partition("/")[0].rpartition("@")[2]
            raise ConnectFailed(
                "The provider cannot be reached.", detail=f"{host}: {str(exc) or type(exc).__name__}", **self._facts
            ) from exc
        except httpx2.TimeoutException as exc:
            raise self.too_slow() from exc
        except httpx2.RequestError as exc:
            raise self.invalid("The provider closed the connection without an answer.") from exc

    async def _refuses_the_key(self, response: httpx2.Response, rules: tuple[Rule, ...]) -> bool:
        if response.status_code == 401 or not response.is_client_error:
            return response.status_code == 401
        body = _parsed(await self._read(response))
        return is_bad_key(read_refusal(self.provider.id, response.status_code, response.headers, body), rules)

    async def _read(self, response: httpx2.Response) -> bytes:
        try:
            return await response.aread()
        except httpx2.TimeoutException as exc:
            raise self.too_slow() from exc
        except httpx2.RequestError as exc:
            raise self.invalid("The provider closed the connection before its answer was whole.") from exc

    async def _next(self, pieces: AsyncIterator[bytes], patience_ends: float) -> bytes | None:
        try:
            async with asyncio.timeout_at(patience_ends):
                return await anext(pieces, None)
        except (TimeoutError, httpx2.TimeoutException) as exc:
            raise self.too_slow() from exc
        except httpx2.RequestError as exc:
            raise self.invalid("The provider closed the stream before finishing.") from exc

    async def _read_out(self, pieces: AsyncIterator[bytes]) -> None:
        """Read what follows the end of a stream, which is next to nothing, so that the connection can be used again."""
        with suppress(TimeoutError, httpx2.RequestError):
            async with asyncio.timeout(self._patience.last_bytes_s):
                async for _ in pieces:
                    pass

    @property
    def _facts(self) -> dict[str, Any]:
        return {"provider": self.provider.id, "metadata": {"provider": self.provider.id}}


def _parsed(content: bytes) -> Any:
    try:
        return from_json(content.strip())
    except ValueError:
        return None
