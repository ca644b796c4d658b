"""Which pages may call the gateway from a browser."""

import pytest

from tollgate.edge.cors import cors_headers, preflight_headers, rest_cors_headers, rest_preflight_headers

PAGE = "https://app.example.com"
OTHER_PAGE = "https://evil.example.com"


def test_a_request_that_no_page_makes_gets_no_cors_headers() -> None:
    assert cors_headers(None, ("*",)) == {}


def test_a_gateway_that_is_open_to_all_pages_says_so() -> None:
    headers = cors_headers(PAGE, ("*",))

    assert headers["access-control-allow-origin"] == "*"
    assert "vary" not in headers


def test_a_page_on_the_list_is_named_and_caches_are_told() -> None:
    headers = cors_headers(PAGE, (PAGE, "https://second.example.com"))

    assert (headers["access-control-allow-origin"], headers["vary"]) == (PAGE, "origin")


@pytest.mark.parametrize("origin", [OTHER_PAGE, PAGE + ".evil.com", PAGE.upper(), "null", "https://app.example.co"])
def test_a_page_that_is_not_on_the_list_is_not_allowed(origin: str) -> None:
    assert cors_headers(origin, (PAGE,)) == {"vary": "origin"}


@pytest.mark.parametrize("name", ["x-request-id", "retry-after", "x-tollgate-cost", "x-tollgate-dropped-params"])
def test_a_page_may_read_what_clients_act_on(name: str) -> None:
    exposed = cors_headers(PAGE, (PAGE,))["access-control-expose-headers"]

    assert name in exposed.split(", ")


def test_nobody_may_send_cookies() -> None:
    assert "access-control-allow-credentials" not in cors_headers(PAGE, (PAGE,))


def test_a_preflight_is_told_the_methods_and_may_send_the_headers_that_it_asked_for() -> None:
    asked = {"origin": PAGE, "access-control-request-headers": "authorization,x-stainless-os"}

    headers = preflight_headers(asked, (PAGE,), ["GET", "POST"])

    assert headers["access-control-allow-methods"] == "GET, POST"
    assert headers["access-control-allow-headers"] == "authorization,x-stainless-os"
    assert headers["access-control-allow-origin"] == PAGE


def test_a_preflight_of_a_page_that_is_not_allowed_is_told_nothing() -> None:
    assert preflight_headers({"origin": OTHER_PAGE}, (PAGE,), ["GET"]) == {"vary": "origin"}


class TestWordPress:
    """Its pages send credentials, so an origin is named and never `*`."""

    def test_every_page_is_named_where_all_may_call(self) -> None:
        headers = rest_cors_headers(PAGE, ("*",), is_anonymous=False)

        assert (headers["access-control-allow-origin"], headers["vary"]) == (PAGE, "Origin")
        assert headers["access-control-allow-credentials"] == "true"

    def test_a_page_that_may_not_call_is_given_nothing(self) -> None:
        headers = rest_cors_headers("https://other.example", (PAGE,), is_anonymous=False)

        assert not {"access-control-allow-origin", "access-control-allow-credentials"} & headers.keys()
        assert rest_preflight_headers({"origin": "https://other.example"}, (PAGE,)) == {}

    @pytest.mark.parametrize(("is_anonymous", "expected"), [(True, "Origin"), (False, None)])
    def test_without_a_page_only_what_strangers_are_told_varies(self, is_anonymous: bool, expected: str | None) -> None:
        assert rest_cors_headers(None, ("*",), is_anonymous=is_anonymous).get("vary") == expected

    def test_a_preflight_takes_the_headers_that_are_asked_for_besides_its_own(self) -> None:
        asked = {"origin": PAGE, "access-control-request-headers": "Content-Type, X-Other"}

        taken = rest_preflight_headers(asked, (PAGE,))["access-control-allow-headers"]

        assert taken == "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type, X-Other"
