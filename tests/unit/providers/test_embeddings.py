"""Embeddings: what is sent to each vendor, and what is made of its answers."""

import json
from array import array
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from importlib import import_module
from math import inf, isclose, nan, sqrt
from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import a_model
from tests.upstream import Reply, Upstream, a_client, json_reply, raw_reply
from tests.wire import read
from tollgate.contracts.catalogue import Model
from tollgate.contracts.embeddings import EmbeddingRequest
from tollgate.contracts.usage import Usage
from tollgate.errors import (
    BadRequest,
    ContextLengthExceeded,
    NoProviderAvailable,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    UnsupportedParameter,
    UpstreamInvalid,
)
from tollgate.providers.compatible_embeddings import vectors_from
from tollgate.providers.connection import Connection
from tollgate.providers.embeddings import Traits, plan, read_vector, unit
from tollgate.providers.registry import PROVIDERS
from tollgate.providers.sandbox_embeddings import vector_of

KEY = "key-0123456789"
TEXTS = ("A toll gate", "Ein Brückenzoll")
VECTORS = [[0.6, 0.8, 0.0], [0.0, 0.6, -0.8]]
VENDORS = sorted(row.id for row in PROVIDERS.values() if "embed" in row.can and row.is_elsewhere)
OPENAIS = ["azure", "fireworks", "mistral", "openai", "openrouter", "together", "vllm"]
PATHS = {
    "azure": "/openai/v1/embeddings",
    "bedrock": "/model/a-model/invoke",
    "google": "/models/a-model:batchEmbedContents",
    "ollama": "/embed",
}
COHERE = {"upstream_model": "cohere.embed-v4:0"}


def a_request(vendor: str, inputs: Any = TEXTS, *, model: dict[str, Any] | None = None, **fields: Any) -> Any:
    """A request for a model of the vendor whose vectors have three dimensions of six."""
    changes = {"id": f"{vendor}/a-model", "provider": vendor, "upstream_model": "a-model", "flags": {"dimensions": 6}}
    return EmbeddingRequest(model=a_model(**{**changes, **(model or {})}), inputs=inputs, **{"dimensions": 3, **fields})


def a_full_request(vendor: str) -> Any:
    """One with every option, as a client can send it."""
    inputs = TEXTS[:1] if vendor == "bedrock" else TEXTS
    return a_request(vendor, inputs, user="u", task_type="RETRIEVAL_DOCUMENT", title="Tolls", is_compact=True)


@asynccontextmanager
async def upstream(vendor: str, *replies: Reply, **environment: str) -> AsyncIterator[tuple[Any, Upstream]]:
    """A vendor's adapter, over real connections to an upstream with these replies."""

    async def credential(_fresh: bool) -> str:
        return KEY

    row = PROVIDERS[vendor]
    module, _, name = row.can["embed"].partition(":")
    async with Upstream(*replies) as server, a_client() as http:
        settings = {row.base_url_setting: server.url, **environment}
        connection = Connection(row, http=http, environment=settings, credential=credential)
        yield getattr(import_module(f"tollgate.providers.{module}"), name)(connection), server


async def embedded(vendor: str, *replies: Reply, request: Any = None, **environment: str) -> tuple[Any, Upstream]:
    """What the adapter makes of the replies."""
    async with upstream(vendor, *replies, **environment) as (adapter, server):
        planned = adapter.plan(request or a_full_request(vendor), unknown=(), is_strict=False)
        return await adapter.embed(planned.request), server


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_request_and_an_answer_are_those_of_the_vendor(vendor: str) -> None:
    answer, server = await embedded(vendor, json_reply(read(vendor, "embeddings", "answer.json")))

    (received,) = server.requests
    assert received.path == PATHS.get(vendor, "/embeddings")
    assert received.json == read(vendor, "embeddings", "asked.json")
    assert any(value.endswith(KEY) for value in received.headers.values())
    assert [pytest.approx(list(vector)) for vector in answer.vectors] == VECTORS[: len(answer.vectors)]
    assert len(answer.vectors) == (1 if vendor == "bedrock" else 2)
    assert replace(answer.usage, upstream_cost_usd=None) == Usage(prompt_tokens=7)


@pytest.mark.parametrize("vendor", ["openai", "azure", "openrouter"])
async def test_numbers_are_asked_for_where_numbers_are_wanted(vendor: str) -> None:
    reply = json_reply(read("together", "embeddings", "answer.json"))

    answer, server = await embedded(vendor, reply, request=a_request(vendor))

    assert server.requests[0].json["encoding_format"] == "float"
    assert answer.vectors == VECTORS


@pytest.mark.parametrize("vendor", VENDORS)
async def test_the_length_is_named_only_where_the_client_names_it(vendor: str) -> None:
    request = a_request(vendor, TEXTS[:1], dimensions=None)

    _, server = await embedded(vendor, json_reply(read(vendor, "embeddings", "answer.json")), request=request)

    sent = json.dumps(server.requests[0].json)
    assert "imension" not in sent


@pytest.mark.parametrize("vendor", ["openai", "azure", "openrouter", "vllm"])
@pytest.mark.parametrize("tokens", [((1, 2, 3),), ((1, 2, 3), (4,))])
async def test_tokens_go_to_those_who_take_them(vendor: str, tokens: Any) -> None:
    reply = json_reply(read(vendor, "embeddings", "answer.json"))

    _, server = await embedded(vendor, reply, request=a_request(vendor, tokens))

    assert server.requests[0].json["input"] == [list(one) for one in tokens]


@pytest.mark.parametrize("vendor", ["google", "ollama", "bedrock", "mistral", "together", "fireworks"])
async def test_tokens_are_refused_for_those_who_do_not(vendor: str) -> None:
    with pytest.raises(UnsupportedParameter, match="not tokens") as caught:
        await embedded(vendor, json_reply({}), request=a_request(vendor, ([1, 2],)))

    assert caught.value.param == "input"


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None, "embeddings": None, "embedding": None},
        {"data": {}, "embeddings": 7, "embedding": 7},
        {"data": [7], "embeddings": [7], "embedding": [[7]]},
        {"data": [{"index": 0}], "embeddings": [{}], "embedding": []},
        {"data": [{"embedding": []}], "embeddings": [[]], "embedding": []},
        {"data": [{"embedding": [None]}], "embeddings": [{"values": [None]}], "embedding": [None]},
        {"data": [{"embedding": "x"}], "embeddings": [{"values": "x"}], "embedding": "x"},
        {"data": [{"embedding": [1], "index": 1}], "embeddings": [{"values": [True]}], "embedding": [True]},
    ],
)
async def test_an_answer_that_cannot_be_read_is_no_answer(vendor: str, answer: Any) -> None:
    with pytest.raises(UpstreamInvalid):
        await embedded(vendor, json_reply(answer))


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_answer_of_not_a_number_is_no_answer(vendor: str) -> None:
    nonsense = '{"data":[{"embedding":[NaN,1]}],"embeddings":[{"values":[NaN,1]}],"embedding":[NaN,1]}'

    with pytest.raises(UpstreamInvalid):
        await embedded(vendor, raw_reply(nonsense, "application/json"))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ProviderAuthFailed), (402, ProviderBilling), (404, NoProviderAvailable), (503, ProviderOverloaded)],
)
async def test_a_refusal_is_told_by_its_status_and_without_the_key(
    vendor: str, status: int, kind: type[TollgateError]
) -> None:
    body = {"error": {"message": f"no: {KEY}"}, "message": f"no: {KEY}"}

    with pytest.raises(kind) as caught:
        await embedded(vendor, json_reply(body, status))

    assert KEY not in f"{caught.value.message} {caught.value.metadata} {getattr(caught.value, 'detail', '')}"


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_rate_limit_says_when_to_come_back(vendor: str) -> None:
    with pytest.raises(ProviderRateLimited) as caught:
        await embedded(vendor, json_reply({"error": {"message": "slow down"}}, 429, retry_after="7"))

    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("vendor", "status", "body"),
    [
        ("openai", 400, {"error": {"message": "This model's maximum context length is 8192 tokens, however …"}}),
        ("ollama", 400, {"error": "the input length exceeds the context length"}),
        ("bedrock", 400, {"message": "400 Bad Request: Too many input tokens. Max input tokens: 8192, request …"}),
        ("google", 400, {"error": {"code": 400, "message": "The input token count exceeds the maximum"}}),
    ],
)
async def test_a_text_that_is_too_long_is_told_as_such(vendor: str, status: int, body: Any) -> None:
    with pytest.raises(ContextLengthExceeded):
        await embedded(vendor, json_reply(body, status))


@pytest.mark.parametrize("vendor", [*OPENAIS, "google", "ollama"])
async def test_an_error_under_a_status_of_success_is_an_error(vendor: str) -> None:
    error: Any = {"error": {"message": "No.", "code": 429}}

    with pytest.raises(TollgateError) as caught:
        await embedded(vendor, json_reply(error if vendor != "ollama" else {"error": "No."}))

    assert isinstance(caught.value, UpstreamInvalid if vendor == "ollama" else ProviderRateLimited)


@pytest.mark.parametrize("usage", [None, 7, {}, {"prompt_tokens": -1}, {"prompt_tokens": "7"}, {"prompt_tokens": True}])
async def test_a_usage_that_makes_no_sense_is_none(usage: Any) -> None:
    answer = {**read("openai", "embeddings", "answer.json"), "usage": usage}

    assert (await embedded("openai", json_reply(answer)))[0].usage is None


async def test_openrouter_says_what_it_took_and_asks_whom_the_operator_lets_it() -> None:
    reply = json_reply(read("openrouter", "embeddings", "answer.json"))

    answer, server = await embedded("openrouter", reply, OPENROUTER_PROVIDER='{"zdr":true}', OPENROUTER_TITLE="Ours")

    assert answer.usage.upstream_cost_usd == Decimal("0.0000014")
    assert server.requests[0].json["provider"] == {"zdr": True}
    assert server.requests[0].headers["x-title"] == "Ours"


async def test_openai_acts_for_the_organization_that_the_operator_names() -> None:
    reply = json_reply(read("openai", "embeddings", "answer.json"))

    _, server = await embedded("openai", reply, OPENAI_ORG_ID="org-1", OPENAI_PROJECT_ID="proj-1")

    headers = server.requests[0].headers
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj-1")


async def test_azures_older_form_has_the_deployment_in_its_path() -> None:
    reply = json_reply(read("azure", "embeddings", "answer.json"))
    request = a_request("azure", model={"flags": {"deployment": "our one", "dimensions": 6}})

    _, server = await embedded("azure", reply, request=request, AZURE_OPENAI_API_VERSION="2024-10-21")

    assert server.requests[0].path == "/openai/deployments/our%20one/embeddings?api-version=2024-10-21"
    assert server.requests[0].json["model"] == "our one"


class TestGoogle:
    async def test_tokens_are_counted_where_the_answer_does_not_tell(self) -> None:
        answer = {"embeddings": read("google", "embeddings", "answer.json")["embeddings"]}
        replies = json_reply(answer), json_reply(read("google", "embeddings", "counted.json"))

        made, server = await embedded("google", *replies)

        assert made.usage == Usage(prompt_tokens=7)
        assert server.requests[1].path == "/models/a-model:countTokens"
        assert server.requests[1].json == {"contents": [{"parts": [{"text": text}]} for text in TEXTS]}

    @pytest.mark.parametrize("counted", [json_reply({}, 500), json_reply({"totalTokens": -1}), json_reply([])])
    async def test_vectors_are_worth_having_without_a_count(self, counted: Reply) -> None:
        answer = {"embeddings": read("google", "embeddings", "answer.json")["embeddings"]}

        made, _ = await embedded("google", json_reply(answer), counted)

        assert made.usage is None
        assert len(made.vectors) == 2

    async def test_vectors_in_full_are_left_as_they_are(self) -> None:
        reply = json_reply(read("google", "embeddings", "answer.json"))

        made, _ = await embedded("google", reply, request=a_request("google", dimensions=None))

        assert made.vectors == [[1.2, 1.6, 0.0], [0.0, 3.0, -4.0]]

    @pytest.mark.parametrize(
        ("fields", "param"),
        [
            ({"task_type": "GUESSING"}, "task_type"),
            ({"title": "Tolls"}, "title"),
            ({"title": "Tolls", "task_type": "RETRIEVAL_QUERY"}, "title"),
        ],
    )
    async def test_tasks_that_there_are_not_are_refused(self, fields: dict[str, Any], param: str) -> None:
        with pytest.raises(BadRequest) as caught:
            await embedded("google", json_reply({}), request=a_request("google", **fields))

        assert caught.value.param == param


class TestBedrock:
    @pytest.mark.parametrize("form", [lambda floats: {"float": floats}, lambda floats: floats])
    async def test_cohere_is_asked_in_its_own_words(self, form: Any) -> None:
        answer = read("bedrock", "embeddings", "answer_of_cohere.json")
        answer["embeddings"] = form(answer["embeddings"]["float"])
        reply = json_reply(answer, x_amzn_bedrock_input_token_count="7")

        made, server = await embedded("bedrock", reply, request=a_request("bedrock", model=COHERE))

        assert server.requests[0].path == "/model/cohere.embed-v4%3A0/invoke"
        assert server.requests[0].json == read("bedrock", "embeddings", "asked_of_cohere.json")
        assert (made.vectors, made.usage) == (VECTORS, Usage(prompt_tokens=7))

    @pytest.mark.parametrize(("task", "word"), [("RETRIEVAL_QUERY", "search_query"), ("CLUSTERING", "clustering")])
    async def test_cohere_is_told_what_a_vector_is_for(self, task: str, word: str) -> None:
        reply = json_reply(read("bedrock", "embeddings", "answer_of_cohere.json"))

        _, server = await embedded("bedrock", reply, request=a_request("bedrock", model=COHERE, task_type=task))

        assert server.requests[0].json["input_type"] == word

    async def test_a_task_that_cohere_does_not_know_is_refused(self) -> None:
        request = a_request("bedrock", model=COHERE, task_type="FACT_VERIFICATION")

        with pytest.raises(BadRequest, match="task_type"):
            await embedded("bedrock", json_reply({}), request=request)

    async def test_titan_takes_one_text_at_a_time_and_cohere_many(self) -> None:
        async with upstream("bedrock", json_reply({})) as (adapter, _):
            titan = adapter.plan(a_request("bedrock"), unknown=(), is_strict=False)
            cohere = adapter.plan(a_request("bedrock", model=COHERE), unknown=(), is_strict=False)

        assert (titan.batch, cohere.batch) == (1, 96)

    async def test_a_request_without_a_key_is_signed_as_the_function_s_role(self) -> None:
        reply = json_reply(read("bedrock", "embeddings", "answer.json"))
        role = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret/key", "BEDROCK": "on"}

        async def no_key(_fresh: bool) -> None:
            return None

        async with upstream("bedrock", reply, **role) as (adapter, server):
            adapter._connection._credential = no_key
            await adapter.embed(a_request("bedrock", TEXTS[:1]))

        assert server.requests[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/")


async def test_ollama_keeps_a_model_loaded_as_long_as_the_operator_wants() -> None:
    reply = json_reply(read("ollama", "embeddings", "answer.json"))

    _, server = await embedded("ollama", reply, OLLAMA_KEEP_ALIVE="10m")

    assert server.requests[0].json["keep_alive"] == "10m"


@pytest.mark.parametrize(
    ("vendor", "most"), [("openai", 2048), ("azure", 2048), ("google", 100), ("ollama", 64), ("bedrock", 1)]
)
async def test_a_call_has_no_more_texts_than_the_vendor_takes(vendor: str, most: int) -> None:
    async with upstream(vendor, json_reply({})) as (adapter, _):
        assert adapter.plan(a_request(vendor), unknown=(), is_strict=False).batch == most


class TestPlans:
    def test_what_a_vendor_lacks_and_what_nobody_knows_is_dropped_by_name(self) -> None:
        request = a_request("openai", user="u", task_type="CLUSTERING", title="T")

        planned = plan(request, Traits(), unknown=("models",), is_strict=False)

        assert planned.dropped == ("user", "task_type", "title", "models")
        assert planned.request == a_request("openai")

    @pytest.mark.parametrize(("fields", "unknown"), [({"user": "u"}, ()), ({}, ("models",))])
    def test_a_strict_request_refuses_what_would_be_dropped(
        self, fields: dict[str, Any], unknown: tuple[str, ...]
    ) -> None:
        with pytest.raises(UnsupportedParameter):
            plan(a_request("openai", **fields), Traits(), unknown=unknown, is_strict=True)

    @pytest.mark.parametrize(
        ("flags", "wanted", "sent", "length", "cut_to"),
        [
            ({"dimensions": 6}, None, None, 6, None),
            ({"dimensions": 6}, 6, None, 6, None),
            ({"dimensions": 6}, 1, 1, 1, None),
            ({"dimensions": 6, "dimensions_min": 3}, 3, 3, 3, None),
            ({"dimensions": [6, 3]}, None, None, 6, None),
            ({"dimensions": [6, 3]}, 3, 3, 3, None),
            ({"dimensions": [6, 3], "truncatable": True}, 3, None, 6, 3),
            ({}, None, None, None, None),
            ({}, 9, 9, 9, None),
        ],
    )
    def test_lengths_that_a_model_has(
        self, flags: Any, wanted: int | None, sent: int | None, length: int | None, cut_to: int | None
    ) -> None:
        request = a_request("openai", model={"flags": flags}, dimensions=wanted)

        planned = plan(request, Traits(), unknown=(), is_strict=True)

        assert (planned.request.dimensions, planned.length, planned.cut_to) == (sent, length, cut_to)

    @pytest.mark.parametrize(
        ("flags", "wanted"),
        [
            ({"dimensions": 6}, 7),
            ({"dimensions": 6, "dimensions_min": 3}, 2),
            ({"dimensions": [6, 3]}, 4),
            ({"dimensions": [6, 3], "truncatable": True}, 4),
            ({"dimensions": 6, "truncatable": True}, 7),
        ],
    )
    def test_lengths_that_a_model_has_not_are_refused(self, flags: Any, wanted: int) -> None:
        with pytest.raises(BadRequest, match=rf"received {wanted}") as caught:
            plan(a_request("openai", model={"flags": flags}, dimensions=wanted), Traits(), unknown=(), is_strict=False)

        assert caught.value.param == "dimensions"

    @pytest.mark.parametrize(
        ("traits", "model"),
        [
            (Traits(takes=frozenset()), {}),
            (Traits(), {"supported_parameters": ("encoding_format",)}),
        ],
    )
    def test_a_model_with_vectors_of_one_length_takes_no_other(self, traits: Traits, model: dict[str, Any]) -> None:
        with pytest.raises(UnsupportedParameter, match="6 dimensions"):
            plan(a_request("openai", model=model), traits, unknown=(), is_strict=False)


_FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["embedding", "index", "x"]), inner),
    max_leaves=12,
)


class TestVectors:
    @given(_FLOATS)
    def test_numbers_and_their_bytes_are_the_same_vector(self, floats: list[float]) -> None:
        text = b64encode(pack(f"<{len(floats)}f", *floats)).decode()

        as_bytes = read_vector(text)

        assert isinstance(as_bytes, array)
        assert as_bytes.tolist() == floats == read_vector(floats)

    @given(_JSON)
    def test_whatever_comes_is_a_vector_or_nothing(self, value: Any) -> None:
        vector = read_vector(value)

        assert vector is None or all(abs(number) < 3.5e38 for number in vector)

    @given(_JSON)
    def test_whatever_comes_as_a_list_of_vectors_is_one_or_nothing(self, data: Any) -> None:
        vectors = vectors_from(data)

        assert vectors is None or len(vectors) == len(data)

    @pytest.mark.parametrize(
        "value", [[nan], [inf], [1.0, -inf], [1e39], [10**400], [True], ["1"], [[1.0]], [], "", "AAA=", "AAAAAAA=", "ä"]
    )
    def test_what_is_no_vector(self, value: Any) -> None:
        assert read_vector(value) is None

    @pytest.mark.parametrize("value", [nan, inf, -inf])
    def test_bytes_that_are_no_numbers_are_no_vector(self, value: float) -> None:
        assert read_vector(b64encode(pack("<2f", 1.0, value)).decode()) is None

    def test_vectors_come_in_the_order_of_the_texts(self) -> None:
        data = [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]

        assert vectors_from(data) == [[1.0], [2.0]]

    @pytest.mark.parametrize("indexes", [(0, 0), (1, 2), (0, "1"), (0, None)])
    def test_places_that_make_no_sense_are_no_order(self, indexes: tuple[Any, Any]) -> None:
        assert vectors_from([{"index": index, "embedding": [1.0]} for index in indexes]) is None

    @given(st.lists(st.floats(-1e6, 1e6), min_size=1).filter(lambda floats: any(abs(one) > 1e-3 for one in floats)))
    def test_a_unit_vector_has_the_length_one_and_the_same_direction(self, floats: list[float]) -> None:
        made = unit(floats)

        assert isclose(sqrt(sum(one * one for one in made)), 1, rel_tol=1e-9)
        length = sqrt(sum(one * one for one in floats))
        assert [one * length for one in made] == pytest.approx(floats)

    def test_a_vector_of_zeros_stays(self) -> None:
        assert unit([0.0, 0.0]) == [0.0, 0.0]


def a_sandbox_model(name: str = "embedding", **changes: Any) -> Model:
    """A model of the sandbox."""
    return a_model(id=f"sandbox/{name}", provider="sandbox", upstream_model=name, flags={"dimensions": 64}, **changes)


def _nearness(one: Any, other: Any) -> float:
    return float(sum(left * right for left, right in zip(one, other, strict=True)))


class TestSandbox:
    async def _vectors(self, *texts: Any, name: str = "embedding", **fields: Any) -> Any:
        async with upstream("sandbox", json_reply({})) as (adapter, server):
            made = await adapter.embed(EmbeddingRequest(a_sandbox_model(name), texts, **fields))
        assert server.requests == []
        return made

    async def test_the_same_text_has_the_same_vector_of_length_one(self) -> None:
        one, other = (await self._vectors("A gate.", "A gate.")).vectors

        assert one == other
        assert len(one) == 64
        assert isclose(_nearness(one, one), 1)

    async def test_similar_texts_are_nearer_than_others(self) -> None:
        texts = "The toll gate is closed today.", "Today the toll gates are closed.", "Bananas ripen in autumn."

        one, near, far = (await self._vectors(*texts, dimensions=256)).vectors

        assert _nearness(one, near) > 0.3 > _nearness(one, far)

    @given(st.text(min_size=1), st.integers(1, 100))
    def test_every_text_has_a_direction(self, text: str, length: int) -> None:
        assert isclose(_nearness(vector_of(text, length), vector_of(text, length)), 1)

    async def test_tokens_are_counted_and_can_be_sent_instead(self) -> None:
        assert (await self._vectors("Hello world")).usage == Usage(prompt_tokens=4)
        assert (await self._vectors([1, 2, 3])).usage == Usage(prompt_tokens=3)

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("embedding-error-429", "rate_limit_exceeded"),
            ("embedding-error-500", "upstream_invalid_response"),
            ("embedding-error-billing", "provider_billing"),
            ("embedding-error-timeout", "upstream_timeout"),
            ("embedding-filter", "content_filter"),
        ],
    )
    async def test_models_that_fail_on_purpose(self, name: str, code: str) -> None:
        with pytest.raises(TollgateError) as caught:
            await self._vectors("Hi", name=name)

        assert caught.value.reason == code

    async def test_a_text_beyond_the_window_is_refused(self) -> None:
        async with upstream("sandbox", json_reply({})) as (adapter, _):
            with pytest.raises(ContextLengthExceeded):
                await adapter.embed(EmbeddingRequest(a_sandbox_model(context_length=2), ("one two three",)))
