"""What API Gateway answers by itself says the same, in the same fields, as what the functions answer."""

import json
import re
from typing import Any

import pytest

from tollgate import errors
from tollgate.edge.errors import body_of, headers_of, status_of
from tollgate.errors import TollgateError, Unauthenticated
from tollgate_cli.template import GatewayResponse, read_template

RESPONSES = read_template().gateway_responses
CONTEXT = {
    "requestId": "8c8e4c9e-0000-4000-8000-000000000000",
    "requestTime": "21/Nov/2026:09:00:00 +0000",
    "error.message": "Bad",
    "error.messageString": '"Bad"',
    "authorizer.code": "invalid_api_key",
    "authorizer.outer_code": "invalid_api_key",
    "authorizer.outer_message": "Unauthorized: Invalid or expired API key",
    "authorizer.message": "Unauthorized: Invalid or expired API key",
}
# Without these, API Gateway's own words would reach callers.
NEEDED = {
    "ACCESS_DENIED",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "MISSING_AUTHENTICATION_TOKEN",
    "REQUEST_TOO_LARGE",
    "THROTTLED",
    "UNAUTHORIZED",
}

each_response = pytest.mark.parametrize("kind", list(RESPONSES))


def test_every_answer_that_callers_meet_has_a_body_of_ours() -> None:
    assert set(RESPONSES) >= NEEDED, f"add {sorted(NEEDED - set(RESPONSES))} to GatewayResponses"


@each_response
def test_a_body_has_all_the_fields_that_clients_of_any_family_read(kind: str) -> None:
    expected = body_of(Unauthenticated("…"), family="gateway", request_id="…")

    body = filled(RESPONSES[kind])

    assert set(body) == set(expected), f"{kind}: the fields of tollgate.edge.errors._superset_body, no more and no less"
    assert set(body["error"]) == set(expected["error"])
    assert body["error"]["metadata"]["request_id"] == body["error"]["request_id"] == CONTEXT["requestId"]


@each_response
def test_status_code_and_type_are_those_of_the_error_class(kind: str) -> None:
    response = RESPONSES[kind]
    body = filled(response)
    error = error_like(body["error"]["code"], response.status)

    expected = body_of(error, family="gateway", request_id="…")

    assert body["data"] == {"status": response.status}
    assert (body["code"], body["error"]["code"]) == (expected["code"], expected["error"]["code"])
    assert body["error"]["type"] == expected["error"]["type"], f"{kind}: the type that tollgate.edge.errors gives"


@each_response
def test_clients_are_told_to_try_again_where_the_error_class_says_so(kind: str) -> None:
    response = RESPONSES[kind]
    error = error_like(filled(response)["error"]["code"], response.status)

    advice = response.headers["x-should-retry"].strip("'")

    # API Gateway does not tell which 4xx it is.
    assert advice == headers_of(error)["x-should-retry"], f"{kind}: x-should-retry"


@each_response
def test_pages_can_read_it_and_nobody_keeps_it(kind: str) -> None:
    headers = RESPONSES[kind].headers

    # A browser takes no `*` from a page that sends credentials.
    assert headers["Access-Control-Allow-Origin"] == "method.request.header.origin"
    assert headers["Access-Control-Allow-Credentials"] == "'true'"
    assert headers["Cache-Control"] == "'no-store'"
    assert headers["x-request-id"] == "context.requestId"


def filled(response: GatewayResponse) -> dict[str, Any]:
    """The body as API Gateway would send it."""
    names = sorted(CONTEXT, key=len, reverse=True)
    pattern = r"\$context\.(" + "|".join(re.escape(name) for name in names) + ")"
    text = re.sub(pattern, lambda match: CONTEXT[match[1]], response.body)
    assert "$context" not in text, f"a variable that is not known here: {text}"
    body: dict[str, Any] = json.loads(text)
    return body


def error_like(code: str, status: int) -> TollgateError:
    """An error with that code and that status, as a function would raise it."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TollgateError)]
    for kind in kinds:
        if kind.code == code and status_of(kind("…")) == status:
            return kind("…")
    raise AssertionError(f"no class of tollgate.errors is answered with {status} and the code {code}")
