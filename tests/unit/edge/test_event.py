"""What API Gateway says about a request beside HTTP."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_caller, an_event
from tollgate.auth.capabilities import CAPABILITIES
from tollgate.contracts.caller import Caller, SpendLimit
from tollgate.edge.event import caller_of, context_of, path_parameters_of

NAMES = st.text(min_size=1, max_size=30)

CALLERS = st.builds(
    Caller,
    account_id=NAMES,
    key_id=NAMES,
    capabilities=st.frozensets(st.sampled_from(CAPABILITIES)),
    scope=st.none() | st.lists(NAMES, max_size=5).map(tuple),
    spend_limit=st.builds(
        SpendLimit,
        st.none() | st.decimals(min_value=0, max_value=10**9, places=9),
        st.sampled_from((None, "daily", "weekly", "monthly")),
    ),
    limits=st.dictionaries(st.sampled_from(("requests_per_minute", "tokens_per_minute")), st.integers(1, 10**9)),
    requests_made=st.none() | st.integers(1, 10**9),
)


def a_scope(context: dict[str, str] | None) -> dict[str, Any]:
    return {"aws.event": an_event(context=context)}


@given(CALLERS)
def test_a_caller_survives_the_way_through_api_gateway(caller: Caller) -> None:
    assert caller_of(a_scope(context_of(caller))) == caller


@given(CALLERS)
def test_the_context_of_a_caller_is_flat_text_that_json_carries(caller: Caller) -> None:
    context = context_of(caller)

    assert all(isinstance(value, str) for value in context.values())
    assert json.loads(json.dumps(context)) == context


def test_a_limit_of_nothing_is_not_the_same_as_no_limit() -> None:
    nothing = a_caller(spend_limit=SpendLimit(Decimal(0), "daily"))

    assert caller_of(a_scope(context_of(nothing))).spend_limit == SpendLimit(Decimal(0), "daily")


def test_a_scope_of_no_model_is_not_the_same_as_no_scope() -> None:
    assert caller_of(a_scope(context_of(a_caller(scope=())))).scope == ()
    assert caller_of(a_scope(context_of(a_caller(scope=None)))).scope is None


def test_a_limit_is_handed_on_without_an_exponent() -> None:
    caller = a_caller(spend_limit=SpendLimit(Decimal("1E-9")))

    assert context_of(caller)["spend_limit"] == "0.000000001"


@pytest.mark.parametrize(
    "scope",
    [
        {},
        {"aws.event": {}},
        {"aws.event": {"requestContext": {}}},
        {"aws.event": {"requestContext": {"authorizer": None}}},
        a_scope({}),
        a_scope({"principalId": "anonymous", "key_id": ""}),
        a_scope(context_of(Caller())),
    ],
    ids=str,
)
def test_a_request_that_nobody_was_found_for_is_anonymous(scope: dict[str, Any]) -> None:
    assert caller_of(scope).is_anonymous


@pytest.mark.parametrize(
    ("resource", "path", "parameters"),
    [
        ("/keys/{key_id}", "/keys/key_1", {"key_id": "key_1"}),
        ("/keys/{key_id}", "/keys/key_1/", {"key_id": "key_1"}),
        ("/v1/keys/{key_id}", "/v1/keys/key_1", {"key_id": "key_1"}),
        ("/keys/{key_id}", "/live/keys/key_1", {"key_id": "key_1"}),
        ("/keys/{key_id}", "/keys/keys/key_1", {"key_id": "key_1"}),
        ("/accounts/{account_id}/credits", "/accounts/acct_1/credits", {"account_id": "acct_1"}),
        ("/accounts/{account_id}/credits", "/base/path/accounts/acct_1/credits/", {"account_id": "acct_1"}),
        ("/bots/{bot_id}/logs/{log_id}", "/bots/1/logs/2", {"bot_id": "1", "log_id": "2"}),
        ("/v1/models/{model_id+}", "/v1/models/openai/gpt-4o", {"model_id": "openai/gpt-4o"}),
        ("/v1/models/{model_id+}", "/v1/models/openai/gpt-4o/", {"model_id": "openai/gpt-4o"}),
        ("/v1/models/{model_id+}", "/v1/models/openai%2Fgpt-4o", {"model_id": "openai/gpt-4o"}),
        ("/v1/models/{model_id+}", "/ai/v1/models/openai/gpt-4o", {"model_id": "openai/gpt-4o"}),
        ("/v1/models/{model_id+}", "/v1/models/a/b/c:d@e", {"model_id": "a/b/c:d@e"}),
        ("/v1/models/{model_id+}", "/v1/models/a%2Fb%252Fc", {"model_id": "a/b%2Fc"}),
        ("/keys/{key_id}", "/keys/a%20b+c", {"key_id": "a b+c"}),
        ("/keys/{key_id}", "/keys/%C3%A4", {"key_id": "ä"}),
        ("/keys/{key_id}", "/keys/%ff", {"key_id": "\N{REPLACEMENT CHARACTER}"}),
        ("/keys/{key_id}", "/keys/a%0Ab", {"key_id": "a\nb"}),
        ("/v1/models", "/v1/models", {}),
        ("/a.b/{id}", "/a.b/1", {"id": "1"}),
        ("/a.b/{id}", "/axb/1", {}),
    ],
)
def test_a_parameter_in_the_path_is_found_behind_any_base_path_and_decoded_once(
    resource: str, path: str, parameters: dict[str, str]
) -> None:
    scope = {"path": "/of/no/account", "aws.event": an_event(path=path, resource=resource)}

    assert path_parameters_of(scope) == parameters


@given(st.text(min_size=1))
def test_whatever_is_encoded_into_a_path_comes_out_of_it(name: str) -> None:
    scope = {"aws.event": an_event(path=f"/keys/{quote(name, safe='')}", resource="/keys/{key_id}")}

    assert path_parameters_of(scope) == {"key_id": name}


def test_a_request_without_an_event_has_no_parameters() -> None:
    assert path_parameters_of({"path": "/keys/key_1"}) == {}
