"""What a provider refuses with, and what the caller is told of it."""

import re
import string
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tollgate.errors import (
    BadRequest,
    ContentFiltered,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    TooLarge,
    UpstreamError,
    UpstreamInvalid,
    UpstreamRejected,
    UpstreamTimeout,
)
from tollgate.providers.refusals import Refusal, Rule, clean, is_bad_key, read_refusal, status_in, to_error

OPERATORS_FAULTS = (ProviderAuthFailed, ProviderBilling, NoProviderAvailable)


def openai_error(
    message: str = "Something.", kind: str = "invalid_request_error", param: Any = None, code: Any = None
) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def azure_error(message: str = "Something.", code: str = "", **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


def refused(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> TollgateError:
    return to_error(read_refusal("openai", status, headers or {}, body, now=NOW))


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, UpstreamRejected, "upstream_rejected"),
        (422, UpstreamRejected, "upstream_rejected"),
        (401, ProviderAuthFailed, "provider_auth_failed"),
        (403, ProviderAuthFailed, "provider_auth_failed"),
        (402, ProviderBilling, "provider_billing"),
        (404, NoProviderAvailable, "no_provider_available"),
        (410, NoProviderAvailable, "no_provider_available"),
        (408, UpstreamTimeout, "upstream_timeout"),
        (504, UpstreamTimeout, "upstream_timeout"),
        (524, UpstreamTimeout, "upstream_timeout"),
        (409, ProviderOverloaded, "provider_overloaded"),
        (425, ProviderOverloaded, "provider_overloaded"),
        (503, ProviderOverloaded, "provider_overloaded"),
        (529, ProviderOverloaded, "provider_overloaded"),
        (413, TooLarge, "request_too_large"),
        (429, ProviderRateLimited, "rate_limit_exceeded"),
        (500, UpstreamInvalid, "upstream_invalid_response"),
        (502, UpstreamInvalid, "upstream_invalid_response"),
        (520, UpstreamInvalid, "upstream_invalid_response"),
        (599, UpstreamInvalid, "upstream_invalid_response"),
        # A redirect, or a request that this gateway put wrongly: nothing that the client could mend.
        (302, UpstreamInvalid, "upstream_invalid_response"),
        (405, UpstreamInvalid, "upstream_invalid_response"),
        (407, UpstreamInvalid, "upstream_invalid_response"),
        (415, UpstreamInvalid, "upstream_invalid_response"),
        (431, UpstreamInvalid, "upstream_invalid_response"),
        (499, UpstreamInvalid, "upstream_invalid_response"),
    ],
)
@pytest.mark.parametrize("body", [None, "<html>", [], {}, {"error": None}, {"error": {}}, {"error": ""}])
def test_a_status_alone_decides_where_the_body_says_nothing(
    status: int, kind: type[TollgateError], code: str, body: Any
) -> None:
    error = refused(status, body)

    assert type(error) is kind
    assert error.reason == code
    assert error.metadata == {"provider": "openai", "upstream_status": status}


@pytest.mark.parametrize(
    ("status", "body", "kind", "param"),
    [
        pytest.param(401, openai_error(code="invalid_api_key"), ProviderAuthFailed, None, id="key"),
        pytest.param(400, openai_error(code="invalid_api_key"), ProviderAuthFailed, None, id="key under 400"),
        pytest.param(403, openai_error(kind="request_forbidden"), ProviderAuthFailed, None, id="region"),
        pytest.param(
            429,
            openai_error("The quota is used up.", "insufficient_quota", code="insufficient_quota"),
            ProviderBilling,
            None,
            id="money",
        ),
        pytest.param(429, openai_error(code="billing_hard_limit_reached"), ProviderBilling, None, id="hard limit"),
        pytest.param(429, openai_error(code="billing_not_active"), ProviderBilling, None, id="billing off"),
        pytest.param(
            429, openai_error(kind="tokens", code="rate_limit_exceeded"), ProviderRateLimited, None, id="rate limit"
        ),
        pytest.param(404, openai_error(code="model_not_found", param="model"), NoProviderAvailable, None, id="model"),
        pytest.param(
            400,
            openai_error(code="context_length_exceeded", param="messages"),
            ContextLengthExceeded,
            "messages",
            id="context",
        ),
        pytest.param(
            400,
            openai_error("The maximum context length is 8192 tokens."),
            ContextLengthExceeded,
            None,
            id="context by its text",
        ),
        pytest.param(
            400, openai_error(code="content_policy_violation"), ContentFiltered, None, id="filter: content policy"
        ),
        pytest.param(400, openai_error(code="moderation_blocked"), ContentFiltered, None, id="filter: moderation"),
        pytest.param(
            400,
            openai_error(code="unsupported_value", param="temperature"),
            UpstreamRejected,
            "temperature",
            id="bad request",
        ),
        pytest.param(
            400,
            openai_error(code="invalid_type", param="messages[1].content[0].image_url"),
            UpstreamRejected,
            "messages[1].content[0].image_url",
            id="bad request with a path",
        ),
        pytest.param(503, openai_error(kind="server_error"), ProviderOverloaded, None, id="overloaded"),
        pytest.param(500, openai_error(kind="server_error"), UpstreamInvalid, None, id="server error"),
        pytest.param(401, azure_error("Access denied.", "401"), ProviderAuthFailed, None, id="azure: key"),
        pytest.param(
            401, {"statusCode": 401, "message": "Unauthorized."}, ProviderAuthFailed, None, id="azure: gateway"
        ),
        pytest.param(403, azure_error(code="AccessDenied"), ProviderAuthFailed, None, id="azure: network"),
        pytest.param(404, azure_error(code="DeploymentNotFound"), NoProviderAvailable, None, id="azure: deployment"),
        pytest.param(404, azure_error("Resource not found", "404"), NoProviderAvailable, None, id="azure: version"),
        pytest.param(408, azure_error(code="Timeout"), UpstreamTimeout, None, id="azure: time-out"),
        pytest.param(429, azure_error(code="429"), ProviderRateLimited, None, id="azure: rate limit"),
        pytest.param(429, azure_error(code="insufficient_quota"), ProviderBilling, None, id="azure: money"),
        pytest.param(
            400,
            azure_error("Too long.", "context_length_exceeded", param="messages"),
            ContextLengthExceeded,
            "messages",
            id="azure: context",
        ),
        pytest.param(
            400,
            azure_error(code="content_filter", param="prompt", innererror={"code": "ResponsibleAIPolicyViolation"}),
            ContentFiltered,
            None,
            id="azure: filter",
        ),
        pytest.param(
            400,
            azure_error(innererror={"code": "ResponsibleAIPolicyViolation"}),
            ContentFiltered,
            None,
            id="azure: filter by its inner code",
        ),
    ],
)
def test_what_the_body_says_goes_before_the_status(
    status: int, body: Any, kind: type[TollgateError], param: str | None
) -> None:
    error = refused(status, body)

    assert type(error) is kind
    assert error.param == param


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("invalid_api_key", "insufficient_quota"),
        ("insufficient_quota", "context_length_exceeded"),
        ("context_length_exceeded", "content_filter"),
    ],
)
def test_of_two_kinds_the_operators_fault_is_recognised_first(first: str, second: str) -> None:
    assert type(refused(400, openai_error(kind=second, code=first))) is type(refused(400, openai_error(code=first)))
    assert type(refused(400, openai_error(kind=first, code=second))) is type(refused(400, openai_error(code=first)))


def test_a_vendors_own_rules_come_before_the_common_ones() -> None:
    rule = Rule(ProviderOverloaded, frozenset({402}), codes=("in_flight_budget",), texts=("try later",))

    by_code = to_error(Refusal("x", 402, code="billing_error", details=("in_flight_budget",)), (rule,))
    by_text = to_error(Refusal("x", 402, message="Please TRY LATER."), (rule,))
    other = to_error(Refusal("x", 402, message="No credits."), (rule,))

    assert [type(error) for error in (by_code, by_text, other)] == [
        ProviderOverloaded,
        ProviderOverloaded,
        ProviderBilling,
    ]


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("failed_precondition", "Enable BILLING.", ProviderBilling),
        ("invalid_argument", "Enable billing.", UpstreamRejected),
        ("failed_precondition", "Not here.", UpstreamRejected),
    ],
)
def test_a_rule_can_ask_for_a_code_beside_its_texts(code: str, message: str, kind: type[TollgateError]) -> None:
    rule = Rule(ProviderBilling, frozenset({400}), texts=("billing",), only_with="failed_precondition")

    assert type(to_error(Refusal("x", 400, message=message, code=code), (rule,))) is kind


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 407, 410, 415, 429])
@pytest.mark.parametrize("body", [openai_error("Your key sk-abcdefghijkl is bad.", param="temperature"), None])
def test_what_only_the_operator_can_mend_says_nothing_of_the_providers_words(status: int, body: Any) -> None:
    error = refused(status, body)

    assert not isinstance(error, BadRequest)
    assert error.param is None
    assert "sk-" not in error.message
    assert "bad" not in error.message


@pytest.mark.parametrize(
    ("message", "detail"), [("  No\nentry for sk-abcdefghijkl. ", "No entry for [removed]."), ("", None)]
)
def test_the_providers_words_are_kept_for_the_operator(message: str, detail: str | None) -> None:
    error = refused(401, openai_error(message))

    assert isinstance(error, UpstreamError)
    assert error.detail == detail
    assert "entry" not in f"{error.message} {error.metadata}"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("400 invalid_argument", "invalid_argument"),
        ("context_length_exceeded invalid_request_error", "context_length_exceeded"),
        ("402", "402"),
        ("", None),
    ],
)
def test_the_code_that_says_most_is_passed_on(code: str, told: str | None) -> None:
    assert to_error(Refusal("x", 400, code=code)).metadata.get("upstream_code") == told


def test_a_rejection_is_told_in_the_providers_words() -> None:
    body = openai_error("3 is too much for 'temperature'.", param="temperature", code="too_high")

    error = refused(400, body)

    assert error.message == "3 is too much for 'temperature'."
    assert error.metadata == {"provider": "openai", "upstream_status": 400, "upstream_code": "too_high"}


@pytest.mark.parametrize(
    "param",
    ["max_output_tokens", "input[0]", "generationConfig.topK", "sk-abcdefghijkl", "messages and more", "", 7, None],
)
def test_a_param_that_names_no_field_of_the_client_is_not_passed_on(param: Any) -> None:
    assert refused(400, openai_error(param=param)).param is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "not good"}, "not good"),
        ({"code": "Client specified an invalid argument", "error": "not good"}, "not good"),
        ({"message": "not good"}, "not good"),
        ([{"error": {"code": 400, "message": "not good", "status": "INVALID_ARGUMENT"}}], "not good"),
        ({"type": "error", "error": {"type": "invalid_request_error", "message": "not good"}}, "not good"),
        ({"error": {"message": {"detail": ["not good"]}}}, "The provider refused the request."),
        ({"error": {"message": ["not good"]}}, "The provider refused the request."),
        ({"error": ["not good"]}, "The provider refused the request."),
        (["not good"], "The provider refused the request."),
        ("not good", "The provider refused the request."),
        (400, "The provider refused the request."),
    ],
)
def test_the_message_is_found_in_every_form_of_body(body: Any, message: str) -> None:
    assert refused(400, body).message == message


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        ({"error": {"code": "a_b", "type": "C D", "status": "E_F"}}, "a_b c_d e_f", ()),
        ({"error": {"code": 429}}, "429", ()),
        ({"code": "Client specified an invalid argument", "error": "x"}, "client_specified_an_invalid_argument", ()),
        ({"error": {"code": "x", "innererror": {"code": "Deeper"}}}, "x", ("deeper",)),
        ({"error": {"details": [{"reason": "API_KEY_INVALID"}, {"@type": "x"}, "y"]}}, "", ("api_key_invalid",)),
        ({"error": {"code": 402, "metadata": {"limit_source": "in_flight"}}}, "402", ("limit_source", "in_flight")),
        ({"error": {"code": 403, "metadata": {"reasons": ["violence"]}}}, "403", ("reasons",)),
        ({"error": {"code": "\n", "type": "\t \n"}}, "", ()),
        ({"error": {"code": {"a": 1}, "type": ["b"], "innererror": "x", "details": "y", "metadata": "z"}}, "", ()),
    ],
)
def test_codes_are_found_in_every_form_of_body(body: Any, code: str, details: tuple[str, ...]) -> None:
    refusal = read_refusal("x", 400, {}, body, now=NOW)

    assert (refusal.code, refusal.details) == (code, details)


@pytest.mark.parametrize(
    ("status", "headers", "expected_s"),
    [
        (429, {"retry-after": "7"}, 7),
        (503, {"retry-after-ms": "700"}, 0.7),
        (429, {}, 1),
        (529, {}, 1),
        (500, {}, None),
        (401, {}, None),
    ],
)
def test_a_refusal_that_passes_says_when_to_come_back(
    status: int, headers: Mapping[str, str], expected_s: float | None
) -> None:
    assert refused(status, openai_error(), headers).retry_after_s == expected_s


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": {"code": 402, "message": "x"}}, 402),
        ({"error": {"code": "429", "message": "x"}}, 429),
        ({"error": {"type": "overloaded_error", "message": "x"}}, 529),
        ({"error": {"type": "requests", "code": "rate_limit_exceeded"}}, 429),
        ({"error": {"type": "insufficient_quota", "code": "insufficient_quota"}}, 429),
        ({"error": {"type": "invalid_request_error", "code": "context_length_exceeded"}}, 400),
        ([{"error": {"code": 503, "status": "UNAVAILABLE"}}], 503),
        ({"error": {"status": "RESOURCE_EXHAUSTED"}}, 429),
        ({"error": {"type": "server_error"}}, 500),
        ({"error": {"code": 200}}, None),
        ({"error": {"code": True}}, None),
        ({"error": {"code": "9" * 5000}}, None),
        ({"error": {"code": -429}}, None),
        ({"error": "model runner has stopped"}, None),
        ({"choices": []}, None),
    ],
)
def test_an_error_that_came_without_a_status_of_its_own_names_one(body: Any, status: int | None) -> None:
    assert status_in(read_refusal("x", 200, {}, body, now=NOW)) == status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Wrong key: sk-abc***xyz1. See (https://example.com/keys).",
            "Wrong key: [removed]. See ([address]",
        ),
        ("key AIzaInvented-key is bad", "key [removed] is bad"),
        ("Bearer abc.def was refused", "[removed] was refused"),
        ("no arn:aws:bedrock:us-east-1:123456789012:x/y here", "no [address] here"),
        ("dial 10.1.2.3:443 failed at HTTP://HOST/path", "dial [address] failed at [address]"),
        ("two\r\nlines\t and\x00\x1b[31m more", "two lines and[31m more"),
        (
            "The model `claude-3-5-sonnet-20241022` does not exist",
            "The model `claude-3-5-sonnet-20241022` does not exist",
        ),
        ("No call 'call_A1b2C3d4E5f6G7h8I9j0K1l2' before", "No call 'call_A1b2C3d4E5f6G7h8I9j0K1l2' before"),
        ("skipping the skeleton of Asian tgif and pkcs", "skipping the skeleton of Asian tgif and pkcs"),
        ("messages[0].content[12].image_url.url is invalid", "messages[0].content[12].image_url.url is invalid"),
        ("a" * 3000, ""),
        ("word " * 200, ("word " * 200)[:499] + "…"),
    ],
)
def test_a_text_is_cleaned_of_what_nobody_should_see_and_of_nothing_else(text: str, expected: str) -> None:
    assert clean(text) == expected


def shaped(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def some(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most or least).filter(lambda text: any(map(str.isdigit, text)))


alphanumeric = string.ascii_letters + string.digits
keys = st.one_of(
    shaped("sk-", some(alphanumeric, 20, 48)),
    shaped("sk-proj-", some(alphanumeric + "_-", 40, 120)),
    shaped("sk-ant-api03-", some(alphanumeric + "_-", 80, 95)),
    shaped("sk-or-v1-", some("0123456789abcdef", 64)),
    shaped("xai-", some(alphanumeric, 80)),
    shaped("gsk_", some(alphanumeric, 52)),
    shaped("tg-", some(alphanumeric, 43)),
    shaped("AIza", some(alphanumeric + "_-", 35)),
    shaped("AKIA", some(string.ascii_uppercase + string.digits, 16)),
    shaped("Bearer ", some(alphanumeric + "._~+/=-", 10, 60)),
    shaped("eyJ", some(alphanumeric, 20), ".", some(alphanumeric, 40), ".", some(alphanumeric + "_-", 43)),
    some("0123456789abcdef", 32),
    some(alphanumeric, 84),
    some(alphanumeric + "+/", 40),
)
around = st.sampled_from(["", " ", "'", '"', "(", ")", ": ", "=", "`", ", ", "\n", "key ", "[", "<b>", "; and "])


@given(keys, around, around, st.text("aeiouäöü🌍 ,.:/'\"\n", max_size=40))
def test_no_key_survives_in_a_message(key: str, before: str, after: str, text: str) -> None:
    cleaned = clean(f"{text} {before}{key}{after} {text}")

    assert key not in cleaned
    longest = max(re.split(r"[^A-Za-z0-9]", key), key=len)
    assert len(longest) < 8 or longest not in cleaned


@given(
    st.sampled_from(["http", "https", "HTTPS", "wss", "s3", "postgres+psycopg"]),
    st.from_regex(r"\A[a-z0-9.@:-]{1,30}(/[A-Za-z0-9._~%?=&#-]{0,30}){0,3}\Z"),
    around,
    around,
)
def test_no_address_survives_in_a_message(scheme: str, rest: str, before: str, after: str) -> None:
    cleaned = clean(f"see {before}{scheme}://{rest}{after} for more")

    assert "://" not in cleaned
    assert len(rest) < 5 or rest not in cleaned


@given(st.text(max_size=600))
def test_a_cleaned_text_is_one_short_line(text: str) -> None:
    cleaned = clean(text)

    assert len(cleaned) <= 500
    assert cleaned == "" or cleaned.isprintable()


operators_keys = some(alphanumeric + "._~+/=-!@$", 8, 60)


@given(
    operators_keys, st.sampled_from([400, 401, 403, 404, 413, 422, 429, 500, 529]), st.sampled_from(["upper", "lower"])
)
def test_the_operators_own_key_survives_nowhere_whatever_it_looks_like(key: str, status: int, case: str) -> None:
    said = getattr(key, case)() if status == 422 else key
    body = {"error": {"message": f"'{said}' was refused", "code": f"bad {said}", "type": said, "param": said}}

    refusal = read_refusal("x", status, {}, body, secrets=[key], now=NOW)
    error = to_error(refusal)

    told = f"{error} {error.message} {error.param} {error.metadata} {getattr(error, 'upstream_code', '')}".lower()
    told += f"{getattr(error, 'detail', '')}".lower()
    assert key.lower() not in told


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "type", "status", "param", "details", "innererror", "metadata"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(300, 599), json_values)
def test_whatever_the_body_is_a_refusal_becomes_an_error_that_can_be_told(status: int, body: Any) -> None:
    error = refused(status, body)

    assert isinstance(error, BadRequest | TooLarge | UpstreamError)
    assert error.message
    assert isinstance(error.message, str)
    if status in {401, 402, 403, 404, 407}:
        assert not isinstance(error, UpstreamRejected)


@pytest.mark.parametrize(
    ("status", "body", "is_bad"),
    [
        (401, None, True),
        (400, {"error": {"message": "Wrong.", "code": "invalid_api_key"}}, True),
        (403, {"error": {"message": "Wrong.", "type": "authentication_error"}}, True),
        (400, {"error": "The KEY is none of ours."}, True),
        (400, {"error": "The lock is none of ours."}, False),
        (403, None, False),
        (403, {"error": {"message": "Not from here.", "type": "permission_error"}}, False),
        (429, {"error": {"message": "No money.", "code": "insufficient_quota"}}, False),
        (500, {"error": {"message": "Broken.", "code": "invalid_api_key"}}, False),
    ],
)
def test_a_bad_key_is_known_under_whichever_status_it_is_refused(status: int, body: Any, is_bad: bool) -> None:
    rules = (Rule(ProviderAuthFailed, frozenset({400}), texts=("key is none of ours",)),)

    assert is_bad_key(read_refusal("x", status, {}, body), rules) is is_bad


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"x-amzn-errortype": "ThrottlingException"}, {"message": "Slow down."}),
        ({"x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/"}, {"Message": "Slow down."}),
        ({"x-amzn-errortype": "com.amazon.coral#ThrottlingException"}, None),
        ({}, {"__type": "com.amazon.coral#ThrottlingException", "message": "Slow down."}),
    ],
)
def test_aws_names_an_error_in_a_header_or_a_field_of_its_own(headers: dict[str, str], body: Any) -> None:
    refusal = read_refusal("bedrock", 400, headers, body, now=NOW)

    assert refusal.code == "throttlingexception"
    assert refusal.message == ("Slow down." if body else "")
    assert status_in(refusal) == 429
