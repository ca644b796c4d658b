"""What a connection knows of its provider before anything is sent. What happens on the way: tests/conformance."""

from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from tests.upstream import a_client
from tollgate.errors import (
    ConnectFailed,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderOverloaded,
    ProviderRateLimited,
    UpstreamInvalid,
)
from tollgate.providers.connection import Connection
from tollgate.providers.events import LineReader
from tollgate.providers.refusals import Rule
from tollgate.providers.registry import Provider


def a_connection(
    base_url: str = "https://api.example/v1", *, key: str | None = "sk-0123456789", **environment: str
) -> Connection:
    provider = Provider(
        id="vendor", name="Vendor", base_url=base_url, base_url_setting="VENDOR_BASE_URL", key_setting="VENDOR_API_KEY"
    )

    async def credential(_fresh: bool) -> str | None:
        return key

    return Connection(provider, http=a_client(), environment=environment, credential=credential)


def no_headers(_key: str) -> dict[str, str]:
    return {}


def test_the_operators_address_goes_before_the_vendors() -> None:
    assert a_connection().base_url == "https://api.example/v1"
    assert a_connection(VENDOR_BASE_URL="http://127.0.0.1:8791/v1/").base_url == "http://127.0.0.1:8791/v1"
    assert a_connection(VENDOR_BASE_URL="").base_url == "https://api.example/v1"


async def test_a_vendor_that_is_slow_to_begin_is_given_the_time_that_its_row_says() -> None:
    asked: list[float] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.extensions["timeout"]["read"])
        return httpx2.Response(200, content=b"")

    async def credential(_fresh: bool) -> str:
        return "sk-0123456789"

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        for provider in (a_connection().provider, replace(a_connection().provider, first_byte_s=280.0)):
            connection = Connection(provider, http=http, environment={}, credential=credential)
            async for _ in connection.events("/chat", {}, LineReader(), headers=no_headers):
                raise AssertionError

    assert asked == [120, 280]


async def test_a_provider_without_an_address_is_not_configured() -> None:
    connection = a_connection("")

    with pytest.raises(NoProviderAvailable) as caught:
        await connection.post("/chat", {}, headers=no_headers)

    assert caught.value.detail == "VENDOR_BASE_URL is not set."


@pytest.mark.parametrize("key", [None, "", " \n"])
async def test_a_provider_without_its_key_is_not_configured(key: str | None) -> None:
    with pytest.raises(NoProviderAvailable) as caught:
        await a_connection(key=key).key()

    assert caught.value.metadata == {"provider": "vendor"}
    assert caught.value.detail == "VENDOR_API_KEY is not set."


async def test_a_key_that_cannot_be_sent_is_named_by_its_setting() -> None:
    with pytest.raises(ProviderAuthFailed) as caught:
        await a_connection().post("/chat", {}, headers=lambda _: {"authorization": "Bearer sk-\u2026"})

    assert caught.value.detail == "VENDOR_API_KEY has characters that no header can have."


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("http://operator:word@127.0.0.1:9/v1", "127.0.0.1:9: All connection attempts failed"),
        ("nowhere", "Request URL is missing an 'http://' or 'https://' protocol."),
    ],
)
async def test_where_nobody_was_reached_is_kept_for_the_operator(address: str, detail: str) -> None:
    with pytest.raises(ConnectFailed) as caught:
        await a_connection(address).post("/chat", {}, headers=no_headers)

    assert detail in (caught.value.detail or "")
    assert "word" not in f"{caught.value.detail} {caught.value.message} {caught.value.metadata}"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": 429}}, ProviderRateLimited),
        ([{"error": {"code": 503, "status": "UNAVAILABLE"}}], ProviderOverloaded),
        ({"type": "error", "error": {"type": "overloaded_error"}}, ProviderOverloaded),
        ({"error": "the runner has stopped"}, UpstreamInvalid),
        ({"choices": []}, UpstreamInvalid),
        (None, UpstreamInvalid),
    ],
)
def test_an_error_without_a_status_is_what_it_says_it_is(body: Any, kind: type[Exception]) -> None:
    assert type(a_connection().error_in(body)) is kind


def test_a_vendors_rules_know_errors_without_a_status_too() -> None:
    rule = Rule(ProviderOverloaded, frozenset({502}), texts=("runner has stopped",))

    assert type(a_connection().error_in({"error": "the runner has stopped"}, (rule,))) is ProviderOverloaded


async def test_keys_and_the_host_are_taken_out_of_what_a_provider_says() -> None:
    connection = a_connection("https://my-resource.example/v1", key="plainlookingsecret")
    await connection.key()

    error = connection.error_in(
        {"error": {"code": 400, "message": "plainlookingsecret is unknown to my-resource.example"}}
    )

    assert error.message == "[removed] is unknown to [removed]"


async def test_a_client_of_any_kind_follows_no_redirect() -> None:
    asked: list[str] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(307, headers={"location": "https://elsewhere.example/"})

    async def credential(_fresh: bool) -> str:
        return "sk-0123456789"

    provider = a_connection().provider
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), follow_redirects=True) as http:
        connection = Connection(provider, http=http, environment={}, credential=credential)
        with pytest.raises(UpstreamInvalid):
            await connection.post("/chat", {}, headers=no_headers)

    assert asked == ["https://api.example/v1/chat"]
