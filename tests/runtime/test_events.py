"""Between API Gateway's words and ASGI's."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.builders import an_event
from tollgate_runtime.events import NotARequest, body_of, prelude_of, proxy_response_of, scope_of

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
LATIN_1 = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=12)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True)


def a_scope(**changes: Any) -> dict[str, Any]:
    return scope_of(an_event(**changes), None)


def a_start(status: int = 200, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    headers=st.dictionaries(NAMES.map(str.lower), st.lists(LATIN_1, min_size=1, max_size=3), max_size=5),
    query=st.dictionaries(TEXT, st.lists(TEXT, min_size=1, max_size=3), max_size=5),
    body=st.binary(max_size=50),
)
def test_a_request_survives_the_event(
    method: str, headers: dict[str, list[str]], query: dict[str, list[str]], body: bytes
) -> None:
    event = an_event(
        method,
        multiValueHeaders=headers,
        headers={name: values[-1] for name, values in headers.items()},
        multiValueQueryStringParameters=query,
        queryStringParameters={name: values[-1] for name, values in query.items()},
        body=base64.b64encode(body).decode(),
        isBase64Encoded=True,
    )

    scope = scope_of(event, None)

    assert scope["method"] == method
    assert scope["headers"] == [
        (name.encode("latin-1"), value.encode("latin-1")) for name, values in headers.items() for value in values
    ]
    assert parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, strict_parsing=bool(query)) == [
        (name, value) for name, values in query.items() for value in values
    ]
    assert body_of(event) == body


@settings(deadline=None)
@given(path=TEXT.map(lambda text: f"/{text}"))
def test_an_encoded_path_is_kept_and_decoded_once(path: str) -> None:
    encoded = quote(path)

    scope = a_scope(path=encoded)

    assert (scope["path"], scope["raw_path"]) == (path, encoded.encode("ascii"))


@settings(deadline=None)
@given(
    status=st.integers(200, 599),
    headers=st.lists(st.tuples(NAMES.map(str.lower), LATIN_1), max_size=8),
)
def test_every_header_of_a_response_is_somewhere_in_the_prelude(status: int, headers: list[tuple[str, str]]) -> None:
    start = a_start(status, *((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers))

    metadata, _, payload = prelude_of(start).partition(b"\0" * 8)

    prelude = json.loads(metadata)
    told = [
        *prelude["headers"].items(),
        *((name, value) for name, values in prelude["multiValueHeaders"].items() for value in values),
        *(("set-cookie", value) for value in prelude["cookies"]),
    ]
    framing = {"connection", "transfer-encoding"}
    assert sorted(told) == sorted((name, value) for name, value in headers if name not in framing)
    assert (prelude["statusCode"], payload) == (status, b"")


@settings(deadline=None)
@given(body=st.binary(max_size=50), media_type=st.sampled_from(["text/plain", "application/json", "image/png", ""]))
def test_a_body_survives_the_buffered_response(body: bytes, media_type: str) -> None:
    response = json.loads(proxy_response_of(a_start(200, (b"content-type", media_type.encode())), body))

    told = response["body"]
    assert (base64.b64decode(told) if response["isBase64Encoded"] else told.encode()) == body


def test_null_fields_are_empty_ones() -> None:
    event = an_event(headers=None, multiValueHeaders=None, body=None, requestContext=None)

    scope = scope_of(event, None)

    assert (scope["headers"], scope["query_string"], body_of(event)) == ([], b"", b"")
    assert (scope["client"], scope["server"], scope["scheme"], scope["http_version"]) == (None, None, "https", "1.1")


def test_single_values_serve_where_there_are_no_others() -> None:
    scope = a_scope(
        headers={"Host": "localhost:3000", "X-Forwarded-Proto": "http"},
        multiValueHeaders=None,
        queryStringParameters={"a": "1 2", "b": "ä"},
        multiValueQueryStringParameters={},
    )

    assert scope["headers"] == [(b"host", b"localhost:3000"), (b"x-forwarded-proto", b"http")]
    assert scope["query_string"] == b"a=1%202&b=%C3%A4"
    assert (scope["server"], scope["scheme"]) == (("localhost", 3000), "http")


def test_a_header_that_is_not_latin_1_is_utf_8() -> None:
    scope = a_scope(multiValueHeaders={"X-Title": ["日本"]})

    assert scope["headers"] == [(b"x-title", "日本".encode())]


def test_a_path_that_was_decoded_on_the_way_is_encoded_again() -> None:
    scope = a_scope(path="/v1/models/a b/é")

    assert (scope["path"], scope["raw_path"]) == ("/v1/models/a b/é", b"/v1/models/a%20b/%C3%A9")


def test_a_text_body_is_utf_8() -> None:
    assert body_of(an_event(body='{"a":"ä"}')) == '{"a":"ä"}'.encode()


@pytest.mark.parametrize("event", [None, [], {}, {"httpMethod": "GET"}, {"rawPath": "/", "version": "2.0"}])
def test_what_is_no_request_of_a_rest_api_is_refused(event: Any) -> None:
    with pytest.raises(NotARequest):
        scope_of(event, None)


def test_headers_that_leave_no_room_for_the_delimiter_are_refused() -> None:
    with pytest.raises(ValueError, match="16384"):
        prelude_of(a_start(200, (b"x-long", b"x" * 16_300)))


@pytest.mark.parametrize(
    ("headers", "is_base64"),
    [
        ([(b"content-type", b"text/event-stream")], False),
        ([(b"content-type", b"application/json; charset=utf-8")], False),
        ([(b"content-type", b"application/problem+json")], False),
        ([(b"content-type", b"audio/mpeg")], True),
        ([(b"content-type", b"text/plain"), (b"content-encoding", b"gzip")], True),
        ([], True),
    ],
)
def test_a_buffered_body_is_text_where_its_type_says_so(headers: list[tuple[bytes, bytes]], *, is_base64: bool) -> None:
    response = json.loads(proxy_response_of(a_start(200, *headers), b"text"))

    assert response["isBase64Encoded"] is is_base64


def test_cookies_of_a_buffered_response_are_headers_with_several_values() -> None:
    response = json.loads(proxy_response_of(a_start(204, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")), b""))

    assert response["multiValueHeaders"] == {"set-cookie": ["a=1", "b=2"]}
    assert (response["body"], response["isBase64Encoded"]) == ("", False)
