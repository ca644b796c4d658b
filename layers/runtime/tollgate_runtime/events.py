"""Requests and responses between API Gateway's words and ASGI's. Everything here is pure.

Sources: "Lambda proxy integrations in API Gateway" and "Set up a Lambda proxy integration with payload response
streaming in API Gateway" in AWS's API Gateway developer guide; the ASGI specification, HTTP, 2.4.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from tollgate_runtime.context import Context

DELIMITER: Final = b"\0" * 8
"""What stands between the metadata of a streamed response and its payload."""
_MAX_PRELUDE_BYTES: Final = 16 * 1024
"""API Gateway looks for the delimiter so far and no farther."""
# What may stand in a path as it is, and the sign of what is encoded already.
_PATH: Final = "/%:@!$&'()*+,;=~"
_TEXT: Final = ("text/", "application/json", "application/xml", "application/javascript", "application/x-ndjson")


class NotARequest(Exception):
    """The event is not that of a REST API's proxy integration."""


def scope_of(event: Mapping[str, Any], context: Context | None) -> dict[str, Any]:
    """The ASGI scope of a request, with `aws.event` and `aws.context`. Raises NotARequest."""
    try:
        method, path = event["httpMethod"], event["path"]
    except (KeyError, TypeError) as exc:
        raise NotARequest("The event has no 'httpMethod' and 'path': it is not that of a REST API.") from exc
    request = event.get("requestContext") or {}
    headers = _headers_of(event)
    host, _, port = next((value for name, value in headers if name == b"host"), b"").decode("latin-1").partition(":")
    scheme = next((value.decode("latin-1") for name, value in headers if name == b"x-forwarded-proto"), "https")
    address = (request.get("identity") or {}).get("sourceIp")
    return {
        "type": "http",
        # 2.4: sending to a client that has gone raises OSError.
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": (request.get("protocol") or "HTTP/1.1").partition("/")[2],
        "method": method.upper(),
        "scheme": scheme,
        # A REST API hands the path on as it was sent, still percent-encoded; `sam local` decodes it first.
        "path": unquote(path),
        "raw_path": quote(path, safe=_PATH).encode("ascii"),
        "root_path": "",
        "query_string": _query_string_of(event),
        "headers": headers,
        "client": (address, 0) if address else None,
        "server": (host, int(port) if port.isdecimal() else 443) if host else None,
        "aws.event": event,
        "aws.context": context,
    }


def body_of(event: Mapping[str, Any]) -> bytes:
    """The body of a request."""
    body: str = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")


def prelude_of(start: Mapping[str, Any]) -> bytes:
    """What comes before the payload of a streamed response, made of `http.response.start`.

    Raises ValueError when its headers are more than API Gateway reads.
    """
    single, multiple, cookies = _response_headers_of(start.get("headers") or ())
    metadata = {"statusCode": start["status"], "headers": single, "multiValueHeaders": multiple, "cookies": cookies}
    prelude = json.dumps(metadata, separators=(",", ":")).encode() + DELIMITER
    if len(prelude) > _MAX_PRELUDE_BYTES:
        raise ValueError(f"The response's headers take {len(prelude)} bytes; API Gateway reads {_MAX_PRELUDE_BYTES}.")
    return prelude


def proxy_response_of(start: Mapping[str, Any], body: bytes) -> bytes:
    """A whole response as the buffered kind of integration takes it: one JSON document, binary content in base64."""
    single, multiple, cookies = _response_headers_of(start.get("headers") or ())
    if cookies:
        multiple["set-cookie"] = cookies
    text = _text_of(body, single)
    response = {
        "statusCode": start["status"],
        "headers": single,
        "multiValueHeaders": multiple,
        "body": base64.b64encode(body).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }
    return json.dumps(response, separators=(",", ":")).encode()


def _headers_of(event: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), _header(value)) for name, value in _pairs(event, "Headers", "headers")]


def _query_string_of(event: Mapping[str, Any]) -> bytes:
    # A REST API hands parameters on decoded.
    pairs = _pairs(event, "QueryStringParameters", "queryStringParameters")
    return urlencode(list(pairs), quote_via=quote).encode("ascii")


def _pairs(event: Mapping[str, Any], name: str, single: str) -> Iterable[tuple[str, str]]:
    """Every name with each of its values, in their order. Both kinds of field may be null."""
    if multiple := event.get(f"multiValue{name}"):
        return [(key, value) for key, values in multiple.items() for value in values or ()]
    return (event.get(single) or {}).items()


def _header(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


def _response_headers_of(
    headers: Iterable[tuple[bytes, bytes]],
) -> tuple[dict[str, str], dict[str, list[str]], list[str]]:
    """Headers with one value, those with several, and cookies."""
    values: dict[str, list[str]] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        # How the body is framed is nothing that an application can know.
        if name not in {"transfer-encoding", "connection"}:
            values.setdefault(name, []).append(raw_value.decode("latin-1"))
    cookies = values.pop("set-cookie", [])
    single = {name: items[0] for name, items in values.items() if len(items) == 1}
    return single, {name: items for name, items in values.items() if len(items) > 1}, cookies


def _text_of(body: bytes, headers: Mapping[str, str]) -> str | None:
    """A body as text where it is text, else None."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and ("content-encoding" in headers or not (media_type.startswith(_TEXT) or media_type.endswith("+json"))):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
