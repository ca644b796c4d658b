"""What is OpenRouter's own: who asks, whom it may ask, reasoning with its signatures, and what a call cost."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_body, a_chat_request, a_model
from tests.unit.providers.adapters import KEY
from tests.upstream import Upstream, a_client, a_completion, json_reply
from tollgate.catalogue.catalogue import built_entries
from tollgate.catalogue.entries import to_model
from tollgate.contracts.catalogue import Model
from tollgate.errors import NoProviderAvailable, UpstreamRejected
from tollgate.providers.connection import Connection
from tollgate.providers.openrouter import OpenRouterChat, cost_in, details_for, with_effort
from tollgate.providers.registry import PROVIDERS


def an_adapter(http: Any = None, **environment: str) -> OpenRouterChat:
    async def credential(_fresh: bool) -> str:
        return KEY

    return OpenRouterChat(
        Connection(PROVIDERS["openrouter"], http=http or a_client(), environment=environment, credential=credential)
    )


def a_routed_model(upstream_model: str = "anthropic/claude-sonnet-5", **flags: Any) -> Model:
    return a_model(id=f"openrouter/{upstream_model}", provider="openrouter", upstream_model=upstream_model, flags=flags)


def test_the_operator_s_site_is_named() -> None:
    adapter = an_adapter(OPENROUTER_REFERER="https://site.example", OPENROUTER_TITLE="Café\nGate")

    assert adapter.headers(KEY) == {
        "authorization": f"Bearer {KEY}",
        "http-referer": "https://site.example",
        "x-openrouter-title": "Caf??Gate",
        "x-title": "Caf??Gate",
    }


def test_whom_the_operator_lets_it_ask_goes_with_every_request_and_never_what_a_client_says() -> None:
    adapter = an_adapter(OPENROUTER_PROVIDER='{"data_collection":"deny","sort":"price"}')
    model = a_routed_model()
    plan = adapter.plan(
        a_body(provider={"order": ["openai"]}, models=["openrouter/a/b"], route="fallback"), model, is_strict=True
    )

    body = adapter.to_wire(a_chat_request(model=model, body=dict(plan.body)), is_stream=False)

    assert body["provider"] == {"data_collection": "deny", "sort": "price"}
    assert "models" not in body
    assert "route" not in body


@pytest.mark.parametrize("setting", ["deny", "[]", '"deny"'])
def test_a_setting_that_is_no_object_sends_nothing(setting: str) -> None:
    with pytest.raises(NoProviderAvailable):
        an_adapter(OPENROUTER_PROVIDER=setting).to_wire(a_chat_request(model=a_routed_model()), is_stream=False)


@pytest.mark.parametrize(
    ("reasoning", "expected"),
    [
        (None, {"effort": "high"}),
        ({"exclude": True}, {"exclude": True, "effort": "high"}),
        ({"effort": "low"}, {"effort": "low"}),
        ({"max_tokens": 2000}, {"max_tokens": 2000}),
        ("much", "much"),
    ],
)
def test_an_effort_is_part_of_the_reasoning_unless_that_says_how_much(reasoning: Any, expected: Any) -> None:
    assert with_effort(reasoning, "high") == expected


def test_the_reasoning_of_a_client_is_passed_on() -> None:
    adapter, model = an_adapter(), a_routed_model()
    plan = adapter.plan(a_body(reasoning={"max_tokens": 2000}), model, is_strict=True)

    body = adapter.to_wire(a_chat_request(model=model, body=dict(plan.body)), is_stream=False)

    assert body["reasoning"] == {"max_tokens": 2000}


CLAUDE = {"type": "reasoning.text", "text": "a", "signature": "s", "format": "anthropic-claude-v1"}
GPT = {"type": "reasoning.encrypted", "data": "d", "format": "openai-responses-v1"}
AZURE_GPT = {"type": "reasoning.encrypted", "data": "d", "format": "azure-openai-responses-v1"}
GEMINI = {"type": "reasoning.encrypted", "data": "d", "format": "google-gemini-v1"}
GROK = {"type": "reasoning.encrypted", "data": "d", "format": "xai-responses-v1"}
PLAIN = {"type": "reasoning.text", "text": "a", "format": "unknown"}
BARE = {"type": "reasoning.text", "text": "a"}
ALL = (CLAUDE, GPT, AZURE_GPT, GEMINI, GROK, PLAIN, BARE, "nonsense", None)


@pytest.mark.parametrize(
    ("vendor", "kept"),
    [
        ("anthropic", [CLAUDE]),
        ("openai", [GPT, AZURE_GPT]),
        ("google", [GEMINI]),
        ("x-ai", [GROK]),
        ("deepseek", [PLAIN, BARE]),
        ("z-ai", [PLAIN, BARE]),
    ],
)
def test_a_vendor_gets_back_what_its_own_models_signed(vendor: str, kept: list[Any]) -> None:
    assert details_for(vendor, ALL) == kept


@pytest.mark.parametrize("details", [None, "text", {}, [], [GPT]])
def test_a_message_with_nothing_to_give_back_has_no_details(details: Any) -> None:
    messages = [{"role": "assistant", "content": "Hi.", "reasoning_details": details}]

    body = an_adapter().to_wire(a_chat_request(model=a_routed_model(), body={"messages": messages}), is_stream=False)

    assert body["messages"] == [{"role": "assistant", "content": "Hi."}]


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({"cost": 0.00014}, "0.00014"),
        ({"cost": 1e-7}, "1E-7"),
        ({"cost": 0}, "0"),
        ({"cost": "0.5"}, "0.5"),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}, "0.21"),
        ({"cost": 0.01, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.2}}, "0.01"),
        ({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": None}}, "0.01"),
        ({"cost": 0.01, "is_byok": True, "cost_details": None}, "0.01"),
    ],
)
def test_what_a_call_cost_is_exact(usage: dict[str, Any], cost: str) -> None:
    assert cost_in(usage) == Decimal(cost)


@pytest.mark.parametrize("cost", [None, -1, True, "much", float("nan"), float("inf"), [], {}])
def test_a_cost_that_makes_no_sense_is_none(cost: Any) -> None:
    assert cost_in({"cost": cost}) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_cost_is_an_error(value: Any) -> None:
    cost = cost_in({"cost": value, "is_byok": True, "cost_details": {"upstream_inference_cost": value}})

    assert cost is None or cost >= 0


@pytest.mark.parametrize("raw", ["The prompt of Ann is bad.", {"x": 1}, None, ["y"]])
async def test_what_the_vendor_said_whom_it_asked_is_not_repeated(raw: Any) -> None:
    body = {"error": {"code": 400, "message": "Provider returned error", "metadata": {"raw": raw}}}

    async with Upstream(json_reply(body, 400)) as upstream, a_client() as http:
        with pytest.raises(UpstreamRejected) as caught:
            await an_adapter(http, OPENROUTER_BASE_URL=upstream.url).complete(a_chat_request(model=a_routed_model()))

    assert caught.value.message == "Provider returned error"
    assert "Ann" not in f"{caught.value.metadata}"


async def test_the_generation_s_id_is_that_of_the_header() -> None:
    reply = json_reply(a_completion(), x_generation_id="gen-17")

    async with Upstream(reply) as upstream, a_client() as http:
        completion = await an_adapter(http, OPENROUTER_BASE_URL=upstream.url).complete(
            a_chat_request(model=a_routed_model())
        )

    assert completion.upstream_id == "gen-17"


@pytest.mark.parametrize(
    ("model_id", "bills"),
    [
        ("openrouter/openai/gpt-4o", False),
        ("openrouter/x-ai/grok-4.7", False),
        ("openrouter/openai/gpt-oss-120b", True),
        ("openrouter/google/gemini-2.5-pro", True),
        ("openrouter/anthropic/claude-sonnet-5", True),
    ],
)
def test_a_plan_says_whether_hanging_up_stops_the_bill(model_id: str, bills: bool) -> None:
    model = to_model(next(entry for entry in built_entries() if entry["id"] == model_id))

    assert an_adapter().plan(a_body(), model, is_strict=False).bills_after_disconnect is bills
