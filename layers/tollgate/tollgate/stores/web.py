"""What a caller names by its address, fetched from the internet or sent to it, and nowhere else.

A caller's address is the one thing that makes the gateway knock at a door of somebody else's choosing, so every door is
looked at first: the scheme, the port, and each address that the host's name stands for, at every redirect anew. The
connection then goes to an address that was looked at, not to the name, which may stand for another one by then.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Container, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import IPv4Address, ip_address
from typing import Final, NamedTuple

import httpx2

from tollgate.errors import BadRequest
from tollgate.stores.addresses import Address, is_public

_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
# A host has a few addresses at most; whoever names more wants something else.
_MOST_ADDRESSES: Final = 4
_LONGEST_URL: Final = 4_096
# https://www.iana.org/assignments/special-use-domain-names, and what clouds call their own machines
_INSIDE: Final = (".local", ".localdomain", ".internal", ".home.arpa")
_CONNECT_S: Final = 5.0
# Nothing that tells the gateway or its caller. Many hosts refuse whoever does not name an agent at all.
_HEADERS: Final = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "Mozilla/5.0 (compatible)"}
# The length of a WebP stands between its two words.
_MAGIC: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives every address of a host; raises OSError where there is none."""


class ReceiverPorts:
    """Where a webhook may be: at the port of HTTPS, or at one that no service of the machine has."""

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and (port == _PORTS["https"] or 1_024 <= port <= 65_535)


class Fetched(NamedTuple):
    """What was found at an address."""

    content: bytes
    media_type: str
    """What the first bytes say of an image, else what the server says; without parameters, in lower case."""


class FetchedTooLarge(BadRequest):
    """What is at the address is longer than the limit; `metadata.limit_bytes` says how long it may be."""


class Web:
    """The public internet.

    `may_reach` decides about addresses and `ports` about ports.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext,
        resolve: Resolve | None = None,
        may_reach: Callable[[Address], bool] = is_public,
        ports: Container[int] = frozenset(_PORTS.values()),
    ) -> None:
        self._tls = tls
        self._resolve = resolve or _resolve
        self._may_reach = may_reach
        self._ports = ports

    async def fetch(
        self,
        url: str,
        *,
        param: str,
        limit_bytes: int,
        timeout_s: float,
        schemes: frozenset[str] = frozenset({"https"}),
        spend: Callable[[int], None] | None = None,
    ) -> Fetched:
        """Fetch a whole body. `timeout_s` is for all of it, redirects included; `param` names the caller's field.

        `spend` is told how many bytes came, as they come, and may raise: for a limit on several bodies together.

        Raises BadRequest.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(url, _Wish(param, schemes, limit_bytes, spend))
        except TimeoutError as exc:
            raise BadRequest(f"'{param}' took longer than {timeout_s:g} s to fetch.", param=param) from exc

    async def post(
        self,
        url: str,
        content: bytes,
        headers: Mapping[str, str],
        *,
        param: str,
        timeout_s: float,
        schemes: frozenset[str] = frozenset({"https"}),
    ) -> int:
        """Send a body and give the status of the answer, be it a redirect; what else is in the answer is not read.

        Raises BadRequest.
        """
        wish = _Wish(param, schemes, purpose="reached", method="POST", headers=headers, content=content)
        try:
            async with asyncio.timeout(timeout_s), self._open(self._checked(url, wish), wish) as response:
                return response.status_code
        except TimeoutError as exc:
            raise BadRequest(f"'{param}' took longer than {timeout_s:g} s to answer.", param=param) from exc

    def check(self, url: str, *, param: str, schemes: frozenset[str] = frozenset({"https"})) -> httpx2.URL:
        """Look at an address as far as it can be done without asking anybody about its host.

        A name is looked up when something is sent to it, and is not looked up here: nobody shall learn from outside
        which names there are inside.

        Raises BadRequest.
        """
        wish = _Wish(param, schemes, purpose="reached")
        target = self._checked(url, wish)
        host = target.raw_host.decode("ascii")
        literal = _literal(host)
        if _is_inside(host) if literal is None else not self._may_reach(literal):
            raise wish.refused("cannot be reached: its host has no public address")
        return target

    async def _follow(self, url: str, wish: "_Wish") -> Fetched:
        for _ in range(_MOST_REDIRECTS + 1):
            target = self._checked(url, wish)
            async with self._open(target, wish) as response:
                location = response.headers.get("location")
                if response.status_code not in _REDIRECTS or location is None:
                    return await _read(response, wish)
            try:
                url = str(target.join(location))
            except httpx2.InvalidURL as exc:
                raise wish.refused("leads to an address that cannot be read") from exc
        raise wish.refused(f"is redirected more than {_MOST_REDIRECTS} times")

    def _checked(self, text: str, wish: "_Wish") -> httpx2.URL:
        if len(text) > _LONGEST_URL:
            raise wish.refused(f"is longer than {_LONGEST_URL} characters")
        try:
            url = httpx2.URL(text)
        except httpx2.InvalidURL as exc:
            raise wish.refused("is no address that can be read") from exc
        if url.scheme not in wish.schemes or not url.host:
            raise wish.refused(f"has to be an address with {' or '.join(sorted(wish.schemes))}")
        if url.userinfo:
            raise wish.refused("must not have a name or password in its address")
        if _port(url) not in self._ports:
            raise wish.refused("must not name another port than the usual one")
        return url

    @asynccontextmanager
    async def _open(self, url: httpx2.URL, wish: "_Wish") -> AsyncGenerator[httpx2.Response, None]:
        addresses = await self._addresses(url, wish)
        failure: Exception | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            # One for each connection: a pool would take a connection for another host's because the address is the
            # same, and with it the certificate that was checked for the other name.
            async with httpx2.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport:
                try:
                    response = await transport.handle_async_request(_request(url, address, wish))
                except (httpx2.ConnectError, httpx2.ConnectTimeout) as exc:
                    failure = exc
                    continue
                except httpx2.TransportError as exc:
                    raise wish.refused(f"cannot be {wish.purpose}: its server does not answer") from exc
                try:
                    yield response
                except httpx2.TransportError as exc:
                    raise wish.refused("cannot be fetched: its server broke off") from exc
                else:
                    return
                finally:
                    await response.aclose()
        raise wish.refused(f"cannot be {wish.purpose}: its server cannot be reached") from failure

    async def _addresses(self, url: httpx2.URL, wish: "_Wish") -> list[Address]:
        # A name that does not exist and one that stands for a private address are told in the same words: nobody shall
        # learn from outside which names there are inside.
        try:
            found = await self._resolve(url.raw_host.decode("ascii"), _port(url))
            addresses = [ip_address(text) for text in found]
        except (OSError, ValueError) as exc:
            raise wish.refused(f"cannot be {wish.purpose}: its host has no public address") from exc
        if not addresses or not all(map(self._may_reach, addresses)):
            raise wish.refused(f"cannot be {wish.purpose}: its host has no public address")
        return addresses


class _Wish(NamedTuple):
    param: str
    schemes: frozenset[str]
    limit_bytes: int = 0
    spend: Callable[[int], None] | None = None
    purpose: str = "fetched"
    method: str = "GET"
    headers: Mapping[str, str] = _HEADERS
    content: bytes = b""

    def refused(self, why: str) -> BadRequest:
        return BadRequest(f"'{self.param}' {why}.", param=self.param)

    def too_large(self) -> FetchedTooLarge:
        return FetchedTooLarge(
            f"What '{self.param}' leads to is larger than {self.limit_bytes} bytes.",
            param=self.param,
            metadata={"limit_bytes": self.limit_bytes},
        )


def image_type(content: bytes) -> str | None:
    """The media type of a PNG, JPEG, GIF or WebP by its first bytes; None for anything else."""
    return next((media_type for magic, media_type in _MAGIC if magic.match(content)), None)


def _literal(host: str) -> Address | None:
    """The address that a host is by itself; None for a name."""
    if f".{host.rstrip('.').lower()}".endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    with suppress(ValueError):
        return ip_address(host)
    # As the system reads it: `127.1`, `0x7f000001` and `2130706433` are addresses too.
    with suppress(OSError, ValueError):
        return IPv4Address(socket.inet_aton(host))
    return None


def _is_inside(host: str) -> bool:
    """Whether a name is one that no name server of the internet knows."""
    name = f".{host.rstrip('.').lower()}"
    return name.count(".") == 1 or name.endswith(_INSIDE)


def _port(url: httpx2.URL) -> int:
    return _PORTS[url.scheme] if url.port is None else url.port


def _request(url: httpx2.URL, address: Address, wish: _Wish) -> httpx2.Request:
    """A request to an address in the name of a host."""
    return httpx2.Request(
        wish.method,
        url.copy_with(host=str(address), fragment=None),
        headers={"host": url.netloc.decode("ascii"), **wish.headers, "connection": "close"},
        content=wish.content or None,
        extensions={
            "sni_hostname": url.raw_host.decode("ascii"),
            # The whole has a time limit of its own.
            "timeout": {"connect": _CONNECT_S, "read": None, "write": None, "pool": None},
        },
    )


async def _read(response: httpx2.Response, wish: _Wish) -> Fetched:
    if response.status_code != 200:
        raise wish.refused(f"cannot be fetched: its server answered {response.status_code}")
    # What was packed although nobody asked for it could become any size.
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise wish.refused("cannot be fetched: its server packs what it sends")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > wish.limit_bytes:
        raise wish.too_large()
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > wish.limit_bytes:
            raise wish.too_large()
        if wish.spend is not None:
            wish.spend(len(piece))
        pieces.append(piece)
    content = b"".join(pieces)
    said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(content, image_type(content) or said or "application/octet-stream")


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
