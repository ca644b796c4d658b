"""Things that tests need, each with sensible contents: a test spells out only what it is about."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tollgate.contracts.accounts import Account, Funds, Hold, SpendWindow
from tollgate.contracts.caller import Call, Caller
from tollgate.contracts.catalogue import Model, Price, Rates
from tollgate.contracts.chat import ChatRequest

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
A_KEY = "tg-" + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"


def a_model(**changes: Any) -> Model:
    """GPT-4o at its list price."""
    model = Model(
        id="openai/gpt-4o",
        provider="openai",
        upstream_model="gpt-4o",
        context_length=128_000,
        max_output_tokens=16_384,
        input_modalities=("text", "image"),
        price=Price(rates=Rates(input=Decimal("2.5"), output=Decimal(10), cached_input=Decimal("1.25"))),
    )
    return replace(model, **changes)


def an_entry(**changes: Any) -> dict[str, Any]:
    """A catalogue entry for a model of one's own."""
    return {
        "id": "openai/gpt-4o",
        "name": "GPT-4o",
        "type": "chat",
        "context_length": 128_000,
        "max_output_tokens": 16_384,
        "pricing": {
            "unit": "token",
            "per": 1_000_000,
            "currency": "USD",
            "input": 2.5,
            "output": 10,
            "cached_input": 1.25,
        },
        **changes,
    }


def a_body(**changes: Any) -> dict[str, Any]:
    """A chat completion request."""
    return {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hello"}], **changes}


def a_chat_request(**changes: Any) -> ChatRequest:
    """A request as an adapter gets it; `body` holds changes of the body."""
    body = {name: value for name, value in a_body(**changes.pop("body", {})).items() if name != "model"}
    return replace(ChatRequest(model=a_model(), body=body, max_output_tokens=1000), **changes)


def a_caller(**changes: Any) -> Caller:
    """A key that may do everything but operate."""
    caller = Caller(account_id="acct_1", key_id="key_1", capabilities=frozenset({"prompt_ai", "list_ai_models"}))
    return replace(caller, **changes)


def a_call(**changes: Any) -> Call:
    """One request of such a key."""
    return Call(**{"request_id": "req_1", "caller": a_caller(), **changes})


def an_account(**changes: Any) -> Account:
    """An account without money."""
    account = Account(
        id="acct_1", name="test", funds=Funds(), created_at="2026-11-21T09:00:00Z", updated_at="2026-11-21T09:00:00Z"
    )
    return replace(account, **changes)


def a_hold(**changes: Any) -> Hold:
    """A dollar held for a call."""
    hold = Hold(
        id="hold_1",
        account_id="acct_1",
        amount_usd=Decimal(1),
        expires_at=NOW,
        request_id="req_1",
        key_id="key_1",
        model="openai/gpt-4o",
        window="key_1|ever",
    )
    return replace(hold, **changes)


EVER = SpendWindow("key_1|ever")


def an_event(
    method: str = "GET",
    path: str = "/v1/models",
    *,
    resource: str | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: Any = None,
    context: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A REST proxy event as API Gateway makes it; `context` is what the authorizer found."""
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    given = {"Content-Type": "application/json", **(headers or {})}
    return {
        "resource": resource or path,
        "path": path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource or path,
            "httpMethod": method,
            "path": f"/live{path}",
            "stage": "live",
            "requestId": "8c8e4c9e-0000-4000-8000-000000000000",
            "identity": {"sourceIp": "192.0.2.1"},
            "authorizer": dict(context or {}),
        },
        "body": text,
        "isBase64Encoded": False,
    }
