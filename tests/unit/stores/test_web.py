"""What is fetched from the internet, and what is not. The internet is on loopback here."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.upstream import Reply, Upstream, raw_reply, silence
from tollgate.errors import BadRequest
from tollgate.stores.addresses import is_public
from tollgate.stores.web import Fetched, FetchedTooLarge, ReceiverPorts, Resolve, Web, image_type

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 16
_ANYTHING = frozenset({"http", "https"})


def _names(**addresses: str) -> Resolve:
    """A resolver that knows these hosts, by the first word of their names."""

    async def resolve(host: str, _port: int) -> Sequence[str]:
        found = addresses.get(host.partition(".")[0])
        if found is None:
            raise OSError("no such name")
        return found.split()

    return resolve


def _web(*upstreams: Upstream, resolve: Resolve | None = None, **changes: Any) -> Web:
    """The internet where `cdn.example` and `other.example` are on loopback, at the ports of these servers."""
    return Web(
        **{
            "tls": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            "resolve": resolve or _names(cdn="127.0.0.1", other="127.0.0.1"),
            "may_reach": lambda address: str(address) == "127.0.0.1",
            "ports": frozenset({upstream.port for upstream in upstreams} | {443}),
            **changes,
        }
    )


async def _fetch(web: Web, url: str, **changes: Any) -> Fetched:
    return await web.fetch(
        url, **{"param": "image", "limit_bytes": 1_000, "timeout_s": 5, "schemes": _ANYTHING, **changes}
    )


async def _refusal(web: Web, url: str, **changes: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        await _fetch(web, url, **changes)
    assert caught.value.param == "image"
    return caught.value.message


async def test_a_body_comes_with_the_type_that_its_first_bytes_say() -> None:
    async with Upstream(raw_reply(PNG, "text/plain; charset=utf-8")) as upstream:
        fetched = await _fetch(_web(upstream), f"http://cdn.example:{upstream.port}/a/b.png?size=1#part")

    assert fetched == (PNG, "image/png")
    assert (upstream.requests[0].method, upstream.requests[0].path) == ("GET", "/a/b.png?size=1")


async def test_what_is_no_image_has_the_type_that_the_server_says() -> None:
    async with Upstream(raw_reply(b"RIFF....WAVE", "Audio/WAV; x=1")) as upstream:
        fetched = await _fetch(_web(upstream), f"http://cdn.example:{upstream.port}/")

    assert fetched.media_type == "audio/wav"


async def test_the_server_learns_the_host_and_nothing_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with Upstream(raw_reply(PNG)) as upstream:
        await _fetch(_web(upstream), f"http://cdn.example:{upstream.port}/")

        assert dict(upstream.requests[0].headers) == {
            "host": f"cdn.example:{upstream.port}",
            "accept": "*/*",
            "accept-encoding": "identity",
            "user-agent": "Mozilla/5.0 (compatible)",
            "connection": "close",
        }


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://cdn.example/", "has to be an address with https"),
        ("ftp://cdn.example/", "has to be an address with https"),
        ("file:///etc/passwd", "has to be an address with https"),
        ("https:///nowhere", "has to be an address with https"),
        ("//cdn.example/", "has to be an address with https"),
        ("https://user:secret@cdn.example/", "must not have a name or password"),
        ("https://user@cdn.example/", "must not have a name or password"),
        ("https://cdn.example:22/", "must not name another port"),
        ("https://cdn.example:0/", "must not name another port"),
        ("https://cdn.example:99999/", "must not name another port"),
        ("https://[::1/", "is no address that can be read"),
        ("https://cdn.example/\x00", "is no address that can be read"),
        ("https://cdn.example/" + "x" * 5_000, "is longer than 4096 characters"),
        ("https://nobody.example/", "its host has no public address"),
    ],
)
async def test_an_address_of_a_wrong_kind_is_refused_before_anything_is_sent(url: str, told: str) -> None:
    assert told in await _refusal(_web(), url, schemes=frozenset({"https"}))


_URLS = st.one_of(
    st.text(max_size=60),
    st.builds("{}://{}{}{}".format, st.sampled_from(["http", "https", "HTTPS"]), *[st.text(max_size=20)] * 3),
)


@given(_URLS, _URLS)
def test_whatever_is_given_for_an_address_is_refused_in_words_or_looked_up(url: str, location: str) -> None:
    looked_up = []

    async def look(host: str, _port: int) -> Sequence[str]:
        looked_up.append(host)
        return ["10.0.0.1"]

    async def fetch() -> None:
        with pytest.raises(BadRequest):
            await _fetch(_web(resolve=look), url)
        with pytest.raises(BadRequest):
            await _fetch(_web(resolve=look), str(httpx2.URL("https://cdn.example/").join(location)))

    with suppress(httpx2.InvalidURL):
        asyncio.run(fetch())
    assert all(host and host.isascii() for host in looked_up)


async def test_an_address_of_ipv6_is_connected_to_by_its_number() -> None:
    resolve = _names(cdn="::1")
    server = await asyncio.start_server(_png_over_http, "::1", 0)
    port = server.sockets[0].getsockname()[1]

    fetched = await _fetch(
        _web(resolve=resolve, may_reach=lambda _: True, ports=frozenset({port})), f"http://cdn.example:{port}/"
    )

    server.close()
    await server.wait_closed()
    assert fetched.content == PNG


async def _png_over_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(PNG) + PNG)
    writer.close()


@pytest.mark.parametrize(
    "addresses",
    ["10.0.0.1", "169.254.169.254", "127.0.0.1", "::1", "::ffff:10.0.0.1", "fd00:ec2::254", "8.8.8.8 10.0.0.1", ""],
)
async def test_a_host_with_one_address_inside_is_not_connected_to_and_told_like_an_unknown_one(addresses: str) -> None:
    async with Upstream(raw_reply(PNG)) as upstream:
        web = Web(
            tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            resolve=_names(cdn=addresses),
            ports=frozenset({upstream.port}),
        )
        url = f"http://{{}}.example:{upstream.port}/"

        told = await _refusal(web, url.format("cdn"))

        assert told == await _refusal(web, url.format("nobody"))
        assert upstream.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0", "[::1]"])
async def test_this_machine_is_not_reached_however_it_is_written(host: str) -> None:
    async with Upstream(raw_reply(PNG)) as upstream:
        web = Web(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ports=frozenset({upstream.port}))

        await _refusal(web, f"http://{host}:{upstream.port}/")

        assert upstream.connections == 0


async def test_a_name_is_looked_up_once_and_the_address_that_was_looked_at_is_connected_to() -> None:
    lookups = 0

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        nonlocal lookups
        lookups += 1
        return ["127.0.0.1"] if lookups == 1 else ["169.254.169.254"]

    async with Upstream(raw_reply(PNG)) as upstream:
        fetched = await _fetch(_web(upstream, resolve=rebinding), f"http://cdn.example:{upstream.port}/")

    assert (fetched.content, lookups) == (PNG, 1)


async def test_the_next_address_is_tried_when_the_first_does_not_answer() -> None:
    async with Upstream(raw_reply(PNG)) as upstream:
        web = _web(upstream, resolve=_names(cdn="127.0.0.2 127.0.0.1"), may_reach=lambda _: True)

        assert (await _fetch(web, f"http://cdn.example:{upstream.port}/")).content == PNG


async def test_a_server_that_is_not_there_is_told() -> None:
    async with Upstream() as upstream:
        port = upstream.port
        web = _web(upstream)

    assert "its server cannot be reached" in await _refusal(web, f"http://cdn.example:{port}/")


def _redirect(to: str, status: int = 302) -> Reply:
    return Reply(status, {"location": to})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/there", "http://other.example:{port}/there", "//other.example:{port}/there"])
async def test_a_redirect_is_followed(status: int, location: str) -> None:
    async with Upstream(Reply(), raw_reply(PNG)) as upstream:
        upstream.replies[0] = _redirect(location.format(port=upstream.port), status)

        fetched = await _fetch(_web(upstream), f"http://cdn.example:{upstream.port}/here")

    assert fetched.content == PNG
    assert [request.path for request in upstream.requests] == ["/here", "/there"]


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("http://inside.example:{port}/", "its host has no public address"),
        ("http://169.254.169.254/latest/meta-data/", "must not name another port"),
        ("http://169.254.169.254:443/latest/meta-data/", "its host has no public address"),
        ("http://cdn.example:1/", "must not name another port"),
        ("http://user:word@cdn.example:{port}/", "must not have a name or password"),
        ("gopher://cdn.example:{port}/", "has to be an address with http or https"),
        ("http://[::1/", "leads to an address that cannot be read"),
    ],
)
async def test_where_a_redirect_leads_is_looked_at_like_the_first_address(location: str, told: str) -> None:
    async with Upstream(Reply()) as upstream:
        upstream.replies[0] = _redirect(location.format(port=upstream.port))
        resolve = _names(**{"cdn": "127.0.0.1", "inside": "10.0.0.1", "169": "169.254.169.254"})

        assert told in await _refusal(_web(upstream, resolve=resolve), f"http://cdn.example:{upstream.port}/")

        assert len(upstream.requests) == 1


async def test_a_redirect_does_not_lead_from_https_to_http() -> None:
    key, certificate = _certificate("cdn.example")
    async with Upstream(Reply(), tls=_server_tls(key, certificate)) as upstream:
        upstream.replies[0] = _redirect(f"http://cdn.example:{upstream.port}/")
        web = _web(upstream, tls=_trusting(certificate))

        told = await _refusal(web, f"https://cdn.example:{upstream.port}/", schemes=frozenset({"https"}))

    assert "has to be an address with https" in told


@pytest.mark.parametrize(("redirects", "arrives"), [(3, True), (4, False)])
async def test_three_redirects_are_followed_and_no_more(redirects: int, arrives: bool) -> None:
    async with Upstream(*[_redirect("/next")] * redirects, raw_reply(PNG)) as upstream:
        web, url = _web(upstream), f"http://cdn.example:{upstream.port}/"
        if arrives:
            assert (await _fetch(web, url)).content == PNG
        else:
            assert "is redirected more than 3 times" in await _refusal(web, url)


@pytest.mark.parametrize("status", [204, 206, 304, 404, 500])
async def test_another_status_than_200_is_told(status: int) -> None:
    async with Upstream(raw_reply(b"" if status in {204, 304} else PNG, status=status)) as upstream:
        told = await _refusal(_web(upstream), f"http://cdn.example:{upstream.port}/")

    assert f"its server answered {status}" in told


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {}, tuple([b"x" * 100] * 11)),
        Reply(200, {"content-length": "1001"}, (b"x",)),
        Reply(200, {}, (b"x" * 1001,)),
    ],
)
async def test_what_is_larger_than_the_limit_is_refused_whatever_the_server_says_of_it(reply: Reply) -> None:
    async with Upstream(reply) as upstream:
        with pytest.raises(FetchedTooLarge) as caught:
            await _fetch(_web(upstream), f"http://cdn.example:{upstream.port}/")

    assert caught.value.metadata == {"limit_bytes": 1_000}


async def test_what_is_as_large_as_the_limit_is_taken() -> None:
    async with Upstream(raw_reply(b"x" * 1_000)) as upstream:
        assert len((await _fetch(_web(upstream), f"http://cdn.example:{upstream.port}/")).content) == 1_000


async def test_what_comes_packed_is_refused() -> None:
    async with Upstream(Reply(200, {"content-encoding": "gzip"}, (b"\x1f\x8b",))) as upstream:
        assert "packs" in await _refusal(_web(upstream), f"http://cdn.example:{upstream.port}/")


async def test_each_piece_is_spent_as_it_comes() -> None:
    spent: list[int] = []
    async with Upstream(Reply(200, {}, (b"x" * 10, b"y" * 5), between=lambda _: asyncio.sleep(0.02))) as upstream:
        await _fetch(_web(upstream), f"http://cdn.example:{upstream.port}/", spend=spent.append)

    assert sum(spent) == 15


@pytest.mark.parametrize(
    "reply",
    [
        Reply(before=silence),
        Reply(200, {}, (b"x", b"y"), between=silence),
        Reply(200, {}, (b"x",) * 100, between=lambda _: asyncio.sleep(0.05)),
        Reply(302, {"location": "/again"}, before=lambda: asyncio.sleep(0.15)),
    ],
)
async def test_time_is_limited_for_the_whole(reply: Reply) -> None:
    async with Upstream(reply) as upstream:
        told = await _refusal(_web(upstream), f"http://cdn.example:{upstream.port}/", timeout_s=0.3)

    assert "took longer than 0.3 s" in told


async def test_a_lookup_that_does_not_end_is_given_up() -> None:
    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    assert "took longer" in await _refusal(_web(resolve=never), "https://cdn.example/", timeout_s=0.1)


async def test_a_server_that_breaks_off_is_told() -> None:
    async with Upstream(Reply(200, {}, (PNG,), is_cut=True)) as upstream:
        assert "broke off" in await _refusal(_web(upstream), f"http://cdn.example:{upstream.port}/")


async def test_a_server_that_speaks_no_http_is_told() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail ready\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    told = await _refusal(_web(ports=frozenset({port})), f"http://cdn.example:{port}/")

    server.close()
    await server.wait_closed()
    assert "does not answer" in told


async def test_the_certificate_is_checked_for_the_host_and_not_for_its_address() -> None:
    key, certificate = _certificate("cdn.example")
    context, asked = _server_tls(key, certificate), []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with Upstream(raw_reply(PNG), tls=context) as upstream:
        web = _web(upstream, tls=_trusting(certificate))

        fetched = await _fetch(web, f"https://cdn.example:{upstream.port}/")
        told = await _refusal(web, f"https://other.example:{upstream.port}/")

    assert (fetched.media_type, asked) == ("image/png", ["cdn.example", "other.example"])
    assert "its server cannot be reached" in told


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF87arest", "image/gif"),
        (b"GIF89arest", "image/gif"),
        (b"RIFF\n\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"....\x00\x00\x00\x00WEBP", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<!doctype html>", None),
        (b"\x89PNG", None),
        (b"", None),
    ],
)
def test_an_image_is_known_by_its_first_bytes(content: bytes, media_type: str | None) -> None:
    assert image_type(content) == media_type


async def _post(web: Web, url: str, **changes: Any) -> int:
    headers = {"content-type": "application/json", "user-agent": "Test/1"}
    return await web.post(url, b"{}", headers, **{"param": "url", "timeout_s": 5, "schemes": _ANYTHING, **changes})


async def test_a_body_is_sent_with_its_headers_and_the_status_is_all_that_comes_back() -> None:
    async with Upstream(raw_reply(b"x" * 100_000, status=202)) as upstream:
        host = f"cdn.example:{upstream.port}"

        assert await _post(_web(upstream), f"http://{host}/a?b=c") == 202

    (request,) = upstream.requests
    assert (request.method, request.path, request.body) == ("POST", "/a?b=c", b"{}")
    assert request.headers == {
        "host": host,
        "content-type": "application/json",
        "user-agent": "Test/1",
        "connection": "close",
        "content-length": "2",
    }


async def test_what_is_sent_follows_no_redirect() -> None:
    async with Upstream(raw_reply("")) as upstream:
        upstream.replies[0] = _redirect(f"http://cdn.example:{upstream.port}/there", 307)

        assert await _post(_web(upstream), f"http://cdn.example:{upstream.port}/here") == 307

    assert [request.path for request in upstream.requests] == ["/here"]


@pytest.mark.parametrize(
    "addresses",
    ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "100.64.0.1", "224.0.0.1", "127.0.0.1 192.168.0.1", ""],
)
async def test_nothing_is_sent_to_a_name_that_stands_for_an_address_inside(addresses: str) -> None:
    async with Upstream(raw_reply("")) as upstream:
        web = _web(upstream, resolve=_names(inside=addresses))

        with pytest.raises(BadRequest, match="its host has no public address"):
            await _post(web, f"http://inside.example:{upstream.port}/")

    assert upstream.connections == 0


async def test_a_name_that_changes_its_address_is_connected_to_the_one_that_was_looked_at() -> None:
    answers = ["127.0.0.1", "169.254.169.254"]

    async def rebind(_host: str, _port: int) -> Sequence[str]:
        return [answers.pop(0)]

    async with Upstream(raw_reply("")) as upstream:
        web = _web(upstream, resolve=rebind)

        assert await _post(web, f"http://cdn.example:{upstream.port}/") == 200
        with pytest.raises(BadRequest, match="its host has no public address"):
            await _post(web, f"http://cdn.example:{upstream.port}/")

    assert len(upstream.requests) == 1


@pytest.mark.parametrize("reply", [Reply(before=silence), Reply(before=lambda: asyncio.sleep(0.4))])
async def test_a_receiver_that_takes_too_long_is_given_up(reply: Reply) -> None:
    async with Upstream(reply) as upstream:
        with pytest.raises(BadRequest, match=r"took longer than 0\.2 s to answer"):
            await _post(_web(upstream), f"http://cdn.example:{upstream.port}/", timeout_s=0.2)


async def test_an_answer_whose_body_never_ends_is_an_answer() -> None:
    async with Upstream(Reply(200, {}, (b"x", b"y"), between=silence)) as upstream:
        assert await _post(_web(upstream), f"http://cdn.example:{upstream.port}/", timeout_s=2) == 200


@pytest.mark.parametrize(("port", "is_one"), [(443, True), (1_024, True), (65_535, True), (80, False), (1_023, False)])
def test_a_receiver_has_the_port_of_https_or_one_of_nobodys(port: int, is_one: bool) -> None:
    assert (port in ReceiverPorts()) is is_one


@given(st.ip_addresses())
def test_an_address_inside_is_refused_without_asking_anybody(address: Any) -> None:
    web = Web(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    url = f"https://[{address}]/" if address.version == 6 else f"https://{address}/"

    if is_public(address):
        assert web.check(url, param="url").host == str(address)
    else:
        with pytest.raises(BadRequest):
            web.check(url, param="url")


@given(st.ip_addresses(v=4), st.sampled_from(["{0}", "0x{0:x}", "0{0:o}"]))
def test_an_address_is_known_in_every_spelling(address: Any, spelling: str) -> None:
    web = Web(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    if not is_public(address):
        with pytest.raises(BadRequest):
            web.check(f"https://{spelling.format(int(address))}/", param="url")


def _certificate(name: str) -> tuple[bytes, bytes]:
    """A key and a certificate of that name which vouches for itself, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(serialization.Encoding.PEM),
    )


def _server_tls(key: bytes, certificate: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A chain is loaded from a file only.
    with NamedTemporaryFile() as file:
        file.write(key + certificate)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _trusting(certificate: bytes) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificate.decode())
