"""How a provider is reached: its address, the operator's credential, and what can go wrong on the way."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, TypeVar

import httpx2
from pydantic_core import from_json, to_json

from tollgate.errors import ConnectFailed, NoProviderAvailable, TollgateError, UpstreamInvalid, UpstreamTimeout
from tollgate.providers.refusals import Rule, read_refusal, to_error
from tollgate.providers.registry import Provider

CONNECT_S: Final = 10.0
FIRST_BYTE_S: Final = 120.0
"""Of a stream."""
WHOLE_ANSWER_S: Final = 280.0
"""To the first byte of an answer that is not streamed."""
IDLE_S: Final = 120.0
"""Between two events of a stream that carry something: comments and blank lines do not count."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Credential = Callable[[bool], Awaitable[str | None]]
"""Gives the operator's credential, read afresh when asked to; None where there is none."""


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
        self, provider: Provider, *, http: httpx2.AsyncClient, environment: Mapping[str, str], credential: Credential
    ) -> None:
        self.provider = provider
        self.base_url = (environment.get(provider.base_url_setting) or provider.base_url).rstrip("/")
        self.environment = environment
        self._http = http
        self._credential = credential

    async def key(self, *, fresh: bool = False) -> str:
        """The operator's credential; empty for a provider that needs none.

        Raises NoProviderAvailable.
        """
        key = await self._credential(fresh)
        if not key and self.provider.is_key_needed:
            raise NoProviderAvailable(
                f"The provider '{self.provider.id}' is not configured on this gateway.", provider=self.provider.id
            )
        return key or ""

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Callable[[str], Mapping[str, str]],
        rules: tuple[Rule, ...] = (),
        timeout_s: float = WHOLE_ANSWER_S,
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Send a JSON body and read a JSON object: the object, and the headers that came with it.

        `headers` makes the provider's own headers from the credential.

        Raises UpstreamError, BadRequest.
        """
        async with self._open(path, body, headers=headers, timeout_s=timeout_s) as response:
            content = await self._read(response)
            answer = _parsed(content)
            if response.status_code >= 400:
                raise self._refusal(response.status_code, response.headers, answer, rules)
            if not isinstance(answer, dict):
                raise self._invalid("The provider's answer cannot be read.", response.status_code)
            return answer, response.headers

    async def events(
        self,
        path: str,
        body: Mapping[str, Any],
        reader: Reader[T],
        *,
        headers: Callable[[str], Mapping[str, str]],
        rules: tuple[Rule, ...] = (),
        first_byte_s: float = FIRST_BYTE_S,
        idle_s: float = IDLE_S,
    ) -> AsyncGenerator[T, None]:
        """Send a JSON body and read a stream. Closing the generator closes the connection, which stops the provider.

        Raises UpstreamError, BadRequest.
        """
        async with self._open(path, body, headers=headers, timeout_s=first_byte_s) as response:
            if response.status_code >= 400:
                content = await self._read(response)
                raise self._refusal(response.status_code, response.headers, _parsed(content), rules)
            if response.headers.get("content-type", "").startswith("application/json"):
                # Some answer an error, or all at once, under the status of a stream.
                raise self.error_in(_parsed(await self._read(response)), 502, rules)
            loop = asyncio.get_running_loop()
            patience_ends = loop.time() + idle_s
            pieces = response.aiter_bytes()
            while True:
                try:
                    async with asyncio.timeout_at(patience_ends):
                        received = await anext(pieces, None)
                except TimeoutError as exc:
                    raise self._too_slow() from exc
                except httpx2.TimeoutException as exc:
                    raise self._too_slow() from exc
                except httpx2.TransportError as exc:
                    raise self._invalid("The provider closed the stream before finishing.") from exc
                found = reader.close() if received is None else reader.feed(received)
                for event in found:
                    yield event
                if received is None:
                    return
                if found:
                    patience_ends = loop.time() + idle_s

    def error_in(self, body: Any, status: int, rules: tuple[Rule, ...] = ()) -> TollgateError:
        """The error in a body that came under a status of success."""
        error = body.get("error") if isinstance(body, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        inner = int(code) if isinstance(code, int | str) and str(code).isdecimal() else status
        return self._refusal(inner if 400 <= inner < 600 else 502, {}, body, rules)

    def invalid(self, message: str) -> UpstreamInvalid:
        """An answer that makes no sense."""
        return self._invalid(message)

    @asynccontextmanager
    async def _open(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        headers: Callable[[str], Mapping[str, str]],
        timeout_s: float,
    ) -> AsyncGenerator[httpx2.Response, None]:
        content = to_json(body)
        key = await self.key()
        response = await self._send(path, content, headers(key), timeout_s)
        if response.status_code == 401:
            # The operator may have changed the secret since it was read.
            fresh = await self.key(fresh=True)
            if fresh != key:
                await response.aclose()
                response = await self._send(path, content, headers(fresh), timeout_s)
        try:
            yield response
        finally:
            await response.aclose()

    async def _send(self, path: str, content: bytes, headers: Mapping[str, str], timeout_s: float) -> httpx2.Response:
        request = self._http.build_request(
            "POST",
            self.base_url + path,
            content=content,
            headers={"content-type": "application/json", "accept-encoding": "identity", **headers},
            timeout=httpx2.Timeout(timeout_s, connect=CONNECT_S),
        )
        try:
            return await self._http.send(request, stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as exc:
            raise ConnectFailed("The provider cannot be reached.", provider=self.provider.id) from exc
        except httpx2.TimeoutException as exc:
            raise self._too_slow() from exc
        except httpx2.TransportError as exc:
            raise self._invalid("The provider closed the connection without an answer.") from exc

    async def _read(self, response: httpx2.Response) -> bytes:
        try:
            return await response.aread()
        except httpx2.TimeoutException as exc:
            raise self._too_slow() from exc
        except httpx2.TransportError as exc:
            raise self._invalid("The provider closed the connection before its answer was whole.") from exc

    def _refusal(self, status: int, headers: Mapping[str, str], body: Any, rules: tuple[Rule, ...]) -> TollgateError:
        return to_error(read_refusal(self.provider.id, status, headers, body), rules)

    def _invalid(self, message: str, status: int | None = None) -> UpstreamInvalid:
        return UpstreamInvalid(
            message,
            provider=self.provider.id,
            upstream_status=status,
            metadata={"provider": self.provider.id},
        )

    def _too_slow(self) -> UpstreamTimeout:
        return UpstreamTimeout(
            "The provider took too long to answer.",
            provider=self.provider.id,
            metadata={"provider": self.provider.id},
        )


def _parsed(content: bytes) -> Any:
    try:
        return from_json(content.strip())
    except ValueError:
        return None
