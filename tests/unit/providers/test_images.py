"""Images of every vendor that draws: what is sent, what is made of answers, and of everything that goes wrong."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from importlib import import_module
from typing import Any, cast

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.builders import a_model
from tests.upstream import Reply, Upstream, a_client, event_reply, json_reply, raw_reply
from tests.wire import read
from tollgate.contracts.catalogue import Model
from tollgate.contracts.pictures import ImageRequest, PartialPicture, Pictures
from tollgate.contracts.usage import Usage
from tollgate.errors import (
    BadRequest,
    ContentFiltered,
    ProviderAuthFailed,
    ProviderBilling,
    ProviderOverloaded,
    ProviderRateLimited,
    TollgateError,
    UnsupportedParameter,
    UpstreamInvalid,
)
from tollgate.providers.connection import Connection
from tollgate.providers.drawing import Drawing, read_pictures, read_usage
from tollgate.providers.google_images import from_wire
from tollgate.providers.registry import PROVIDERS
from tollgate.providers.row_images import RowImages
from tollgate.providers.sandbox_images import draw_stripes

KEY = "key-0123456789"
PNG = draw_stripes("wire", 4, 3)
PATHS = {
    "azure": "/openai/v1/images/generations",
    "bedrock": "/model/amazon.nova-canvas-v1%3A0/invoke",
    "google": "/models/gemini-3-pro-image:generateContent",
    "openai": "/images/generations",
    "openrouter": "/images",
    "together": "/images/generations",
    "xai": "/images/generations",
}
DROPPED = {"openai": ("style",), "google": ("quality",), "xai": ("style",)}
USAGE = {
    "azure": (Usage(13, 272), 0),
    "bedrock": (None, 0),
    "google": (Usage(6, 1330, reasoning_tokens=200), 210),
    "openai": (Usage(13, 12416), 0),
    "openrouter": (Usage(6, 2240, upstream_cost_usd=Decimal("0.27")), 0),
    "together": (None, 0),
    "xai": (Usage(upstream_cost_usd=Decimal("0.04")), 0),
}
each_vendor = pytest.mark.parametrize("vendor", PATHS)


def recorded(vendor: str, what: str) -> Any:
    """What a client sends, what has to arrive, what is answered, and the model that it is about."""
    return read(vendor, "images", "plain", f"{what}.json")


def model_of(vendor: str, **changes: Any) -> Model:
    told = {name: tuple(v) if isinstance(v, list) else v for name, v in recorded(vendor, "model").items()}
    usual: dict[str, Any] = {
        "id": f"{vendor}/m",
        "provider": vendor,
        "type": "image",
        "flags": {},
        "supported_parameters": None,
    }
    return a_model(**{**usual, **told, **changes})


def an_adapter(vendor: str, http: httpx2.AsyncClient | None = None, url: str = "http://upstream.test") -> Drawing:
    async def credential(_fresh: bool) -> str:
        return KEY

    provider = PROVIDERS[vendor]
    module, _, name = provider.can["draw"].partition(":")
    environment = {provider.base_url_setting: url}
    connection = Connection(provider, http=http or a_client(), environment=environment, credential=credential)
    return cast("Drawing", getattr(import_module(f"tollgate.providers.{module}"), name)(connection))


@asynccontextmanager
async def upstream(vendor: str, *replies: Reply) -> AsyncIterator[tuple[Drawing, Upstream]]:
    async with Upstream(*replies) as server, a_client() as http:
        yield an_adapter(vendor, http, server.url), server


def a_request(vendor: str, n: int | None = None, **changes: Any) -> ImageRequest:
    client = {**recorded(vendor, "client"), **changes}
    model = model_of(vendor)
    plan = an_adapter(vendor).plan(client, model, is_strict=False)
    return ImageRequest(model, plan.body, client.get("n", 1) if n is None else n)


async def drawn(vendor: str, *replies: Reply, **changes: Any) -> Pictures:
    async with upstream(vendor, *replies) as (adapter, _):
        return await adapter.draw(a_request(vendor, **changes))


class TestEveryVendor:
    @each_vendor
    async def test_a_request_is_sent_in_the_vendors_own_words(self, vendor: str) -> None:
        async with upstream(vendor, json_reply(recorded(vendor, "answer"))) as (adapter, server):
            await adapter.draw(a_request(vendor))

        (request,) = server.requests
        assert (request.path, request.json) == (PATHS[vendor], recorded(vendor, "request"))
        assert any(KEY in value for value in request.headers.values())

    @each_vendor
    async def test_an_answer_is_its_images_and_what_they_used(self, vendor: str) -> None:
        answer = await drawn(vendor, json_reply(recorded(vendor, "answer")))

        assert {picture.content for picture in answer.pictures} == {PNG}
        assert len(answer.pictures) == recorded(vendor, "client").get("n", 1)
        assert (answer.usage, answer.text_tokens) == USAGE[vendor]

    @each_vendor
    def test_what_only_tunes_an_image_and_is_not_taken_is_dropped_by_name(self, vendor: str) -> None:
        client = recorded(vendor, "client")
        adapter = an_adapter(vendor)

        assert adapter.plan(client, model_of(vendor), is_strict=False).dropped == DROPPED.get(vendor, ())
        if vendor in DROPPED:
            with pytest.raises(UnsupportedParameter) as refused:
                adapter.plan(client, model_of(vendor), is_strict=True)
            assert refused.value.param == DROPPED[vendor][0]

    @each_vendor
    async def test_one_image_is_wanted_unless_more_are_and_auto_asks_for_nothing(self, vendor: str) -> None:
        async with upstream(vendor, json_reply(recorded(vendor, "answer"))) as (adapter, server):
            body = adapter.plan({"prompt": "x", "size": "auto"}, model_of(vendor), is_strict=True).body
            await adapter.draw(ImageRequest(model_of(vendor), body))

        assert body == {"prompt": "x"}
        assert "n" not in server.requests[0].json

    @each_vendor
    async def test_more_images_than_are_drawn_at_once_take_several_calls(self, vendor: str) -> None:
        model = model_of(vendor, flags={"n_max": 1})
        answer = recorded(vendor, "answer")
        for many in ("data", "images"):
            answer |= {many: answer[many][:1]} if many in answer else {}
        async with upstream(vendor, json_reply(answer)) as (adapter, server):
            plan = adapter.plan({"prompt": "x", "n": 3}, model, is_strict=True)
            answered = await adapter.draw(ImageRequest(model, plan.body, n=3))

        assert (plan.calls, len(server.requests), len(answered.pictures)) == (3, 3, 3)
        usage, text_tokens = USAGE[vendor]
        assert (answered.usage, answered.text_tokens) == (
            None if usage is None else usage + usage + usage,
            text_tokens * 3,
        )

    @each_vendor
    async def test_what_came_of_some_calls_is_kept_when_others_fail(self, vendor: str) -> None:
        model, replies = model_of(vendor, flags={"n_max": 1}), [json_reply({}, 500), json_reply({}, 500)]
        answer = json_reply(recorded(vendor, "answer"))
        async with upstream(vendor, *replies, answer) as (adapter, _):
            answered = await adapter.draw(ImageRequest(model, {"prompt": "x"}, n=3))

        assert len(answered.pictures) == recorded(vendor, "client").get("n", 1)

    @each_vendor
    @pytest.mark.parametrize(
        "reply",
        [
            json_reply({}),
            json_reply({"data": [], "images": [], "candidates": []}),
            json_reply({"data": [{}], "images": ["!"], "candidates": [{"content": {"parts": [{"inlineData": {}}]}}]}),
            json_reply({"data": "no", "images": "no", "candidates": "no"}),
            json_reply([1]),
            raw_reply("<html>Bad gateway</html>"),
            raw_reply(""),
        ],
    )
    async def test_an_answer_without_an_image_is_none(self, vendor: str, reply: Reply) -> None:
        with pytest.raises(UpstreamInvalid):
            await drawn(vendor, reply)

    @each_vendor
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (401, ProviderAuthFailed),
            (402, ProviderBilling),
            (429, ProviderRateLimited),
            (500, UpstreamInvalid),
            (503, ProviderOverloaded),
        ],
    )
    async def test_a_refusal_is_told_as_what_it_is(self, vendor: str, status: int, kind: type[TollgateError]) -> None:
        with pytest.raises(kind) as refused:
            await drawn(vendor, json_reply({"error": {"message": f"No, {KEY}."}}, status))

        assert KEY not in str(refused.value)

    @each_vendor
    def test_a_size_that_the_model_has_not_is_refused_before_it_is_asked(self, vendor: str) -> None:
        for size in ("100x1000", "7:1", "big"):
            with pytest.raises(BadRequest) as refused:
                an_adapter(vendor).plan({"prompt": "x", "size": size}, model_of(vendor), is_strict=False)
            assert refused.value.param == "size"

    @each_vendor
    def test_a_prompt_that_is_too_long_for_the_model_is_refused(self, vendor: str) -> None:
        with pytest.raises(BadRequest) as refused:
            an_adapter(vendor).plan({"prompt": "xyz"}, model_of(vendor, flags={"prompt_max": 2}), is_strict=False)

        assert refused.value.param == "prompt"

    @pytest.mark.parametrize("vendor", ["bedrock", "google", "together", "xai"])
    def test_a_transparent_background_is_never_left_out_in_silence(self, vendor: str) -> None:
        with pytest.raises(UnsupportedParameter) as refused:
            an_adapter(vendor).plan({"prompt": "x", "background": "transparent"}, model_of(vendor), is_strict=False)

        assert refused.value.param == "background"

    @pytest.mark.parametrize(("vendor", "made"), [("bedrock", "png"), ("google", "png"), ("xai", "jpeg")])
    def test_a_format_is_granted_where_it_is_made_anyway_and_else_refused(self, vendor: str, made: str) -> None:
        adapter, model = an_adapter(vendor), model_of(vendor)

        assert adapter.plan({"prompt": "x", "output_format": made}, model, is_strict=True).body == {"prompt": "x"}
        with pytest.raises(UnsupportedParameter):
            adapter.plan({"prompt": "x", "output_format": "webp"}, model, is_strict=False)


class TestOpenAI:
    async def test_an_older_model_is_asked_for_data_where_the_catalogue_says_that_it_can_be(self) -> None:
        model = model_of("openai", supported_parameters=("quality", "response_format", "style"))
        model = a_model(**{**_fields(model), "flags": {"qualities": ["standard", "hd"]}})
        data = {"data": [{"b64_json": b64encode(PNG).decode(), "revised_prompt": "A tall one"}]}
        async with upstream("openai", json_reply(data)) as (adapter, server):
            plan = adapter.plan({"prompt": "x", "quality": "hd", "style": "natural"}, model, is_strict=True)
            answer = await adapter.draw(ImageRequest(model, plan.body))

        assert server.requests[0].json == {
            "model": "gpt-image-1.5",
            "prompt": "x",
            "quality": "hd",
            "style": "natural",
            "response_format": "b64_json",
        }
        assert answer.pictures[0].revised_prompt == "A tall one"

    async def test_a_model_that_cannot_stream_is_asked_for_all_at_once(self) -> None:
        model = model_of("openai", supported_parameters=("size",))
        async with upstream("openai", json_reply(recorded("openai", "answer"))) as (
            adapter,
            server,
        ):
            shown = [one async for one in adapter.stream(ImageRequest(model, {"prompt": "x"}))]

        assert [type(one) for one in shown] == [Pictures]
        assert "stream" not in server.requests[0].json

    @pytest.mark.parametrize("vendor", ["openai", "azure"])
    async def test_a_stream_shows_an_image_before_it_is_finished_and_then(self, vendor: str) -> None:
        data = b64encode(PNG).decode()
        events = [
            {"type": "image_generation.queued"},
            {"type": "image_generation.partial_image", "b64_json": data, "partial_image_index": 0, "quality": "low"},
            {"type": "image_generation.completed", "b64_json": data, "usage": {"input_tokens": 3, "output_tokens": 9}},
        ]
        async with upstream(vendor, event_reply(events)) as (adapter, server):
            request = a_request(vendor)._replace(partial_images=1)
            partial, whole = [one async for one in adapter.stream(request)]

        assert isinstance(partial, PartialPicture)
        assert (partial.picture.content, partial.place, partial.facts) == (PNG, 0, {"quality": "low"})
        assert isinstance(whole, Pictures)
        assert (whole.pictures[0].content, whole.usage) == (PNG, Usage(3, 9))
        assert server.requests[0].json | {"stream": True, "partial_images": 1} == server.requests[0].json

    @pytest.mark.parametrize(
        ("events", "kind"),
        [
            ([], UpstreamInvalid),
            ([b"data: {\n\n"], UpstreamInvalid),
            ([[1]], UpstreamInvalid),
            ([{"type": "image_generation.completed"}], UpstreamInvalid),
            ([{"type": "image_generation.completed", "b64_json": "a"}], UpstreamInvalid),
            ([{"type": "error", "message": "Rejected.", "code": "moderation_blocked"}], UpstreamInvalid),
            ([{"error": {"message": "Slow down.", "type": "rate_limit_error"}}], ProviderRateLimited),
        ],
    )
    async def test_a_stream_without_a_finished_image_is_an_error(
        self, events: list[Any], kind: type[TollgateError]
    ) -> None:
        async with upstream("openai", event_reply(events)) as (adapter, _):
            with pytest.raises(kind):
                _ = [one async for one in adapter.stream(a_request("openai"))]

    def test_any_size_that_is_even_enough_is_passed_on_where_the_catalogue_names_none(self) -> None:
        adapter, model = an_adapter("openai"), model_of("openai")

        for size in ("1024x1024", "3840x2160", "16x48", "2160x3840"):
            assert adapter.plan({"prompt": "x", "size": size}, model, is_strict=True).body["size"] == size
        for size in ("1000x1000", "16x64", "3840x2176", "16:9"):
            with pytest.raises(BadRequest):
                adapter.plan({"prompt": "x", "size": size}, model, is_strict=True)


class TestGoogle:
    @pytest.mark.parametrize(
        "answer",
        [
            {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
            {"candidates": [{"finishReason": "IMAGE_SAFETY"}]},
            {"candidates": [{"finishReason": "PROHIBITED_CONTENT", "content": {}}]},
            {"candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": "I cannot draw that."}]}}]},
        ],
    )
    def test_a_refusal_under_a_status_of_success_is_one_of_the_filter(self, answer: dict[str, Any]) -> None:
        with pytest.raises(ContentFiltered):
            from_wire(answer)

    async def test_an_answer_without_an_image_and_without_a_reason_is_asked_for_once_more(self) -> None:
        silent = json_reply({"candidates": [{"finishReason": "NO_IMAGE"}]})
        async with upstream("google", silent, json_reply(recorded("google", "answer"))) as (
            adapter,
            server,
        ):
            assert len((await adapter.draw(a_request("google"))).pictures) == 1
            assert len(server.requests) == 2

        with pytest.raises(UpstreamInvalid):
            await drawn("google", silent)

    def test_a_model_without_tiers_draws_in_its_own_size_alone(self) -> None:
        adapter, model = an_adapter("google"), model_of("google", flags={"tiers": []})

        plan = adapter.plan({"prompt": "x", "size": "1536x1024"}, model, is_strict=True)
        assert plan.body == {"prompt": "x", "aspectRatio": "3:2"}
        with pytest.raises(BadRequest):
            adapter.plan({"prompt": "x", "size": "2048x2048"}, model, is_strict=True)


class TestBedrock:
    async def test_stability_has_a_form_of_its_own(self) -> None:
        model = model_of("bedrock", upstream_model="us.stability.sd3-5-large-v1:0")
        answer = {"seeds": [1], "finish_reasons": [None], "images": [b64encode(PNG).decode()]}
        async with upstream("bedrock", json_reply(answer)) as (adapter, server):
            wish = {"prompt": "x", "size": "16:9", "output_format": "jpeg"}
            pictures = await adapter.draw(ImageRequest(model, adapter.plan(wish, model, is_strict=True).body))

        assert server.requests[0].json == {
            "prompt": "x",
            "mode": "text-to-image",
            "aspect_ratio": "16:9",
            "output_format": "jpeg",
        }
        assert pictures.pictures[0].content == PNG

    @pytest.mark.parametrize(
        "reply",
        [
            json_reply({"images": [""], "finish_reasons": ["Filter reason: prompt"], "seeds": []}),
            json_reply({"images": [], "error": "All of the generated images were blocked by our filters."}),
            json_reply({"message": "This request has been blocked by our content filters."}, 400),
        ],
    )
    async def test_what_its_filters_took_away_is_told_so(self, reply: Reply) -> None:
        with pytest.raises(ContentFiltered):
            await drawn("bedrock", reply)

    def test_the_models_own_list_of_sizes_goes_before_the_rule(self) -> None:
        adapter, model = an_adapter("bedrock"), model_of("bedrock", flags={"sizes": ["1173x640"]})

        assert adapter.plan({"prompt": "x", "size": "1173x640"}, model, is_strict=True).body == {
            "prompt": "x",
            "width": 1173,
            "height": 640,
        }
        with pytest.raises(BadRequest):
            adapter.plan({"prompt": "x", "size": "1024x1024"}, model, is_strict=True)


async def test_an_azure_deployment_is_in_the_path_where_there_is_a_version_of_the_api() -> None:
    model = model_of("azure", flags={"api_version": "2025-04-01-preview", "deployment": "ours"})
    async with upstream("azure", json_reply(recorded("azure", "answer"))) as (adapter, server):
        await adapter.draw(ImageRequest(model, {"prompt": "x"}))

    assert server.requests[0].path == "/openai/deployments/ours/images/generations?api-version=2025-04-01-preview"
    assert server.requests[0].json["model"] == "ours"


async def test_a_server_of_the_operators_own_is_asked_for_data() -> None:
    async def credential(_fresh: bool) -> str:
        return KEY

    model = a_model(id="ours/m", type="image", supported_parameters=None)
    provider = replace(PROVIDERS["vllm"], id="ours", headers={"x-team": "7"})
    async with Upstream(json_reply(recorded("openai", "answer"))) as server, a_client() as http:
        environment = {provider.base_url_setting: server.url}
        connection = Connection(provider, http=http, environment=environment, credential=credential)
        await RowImages(connection).draw(ImageRequest(model, {"prompt": "x"}))

    (request,) = server.requests
    assert (request.path, request.headers["x-team"]) == ("/images/generations", "7")
    assert request.json["response_format"] == "b64_json"


async def test_moderation_of_xai_is_the_filter() -> None:
    with pytest.raises(ContentFiltered):
        await drawn("xai", json_reply({"code": "Client error", "error": "Rejected by content moderation."}, 400))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "b64_json",
                    "blockReason",
                    "candidates",
                    "candidatesTokensDetails",
                    "content",
                    "data",
                    "finishReason",
                    "inlineData",
                    "input_tokens",
                    "input_tokens_details",
                    "modality",
                    "output_tokens",
                    "output_tokens_details",
                    "parts",
                    "promptFeedback",
                    "text",
                    "text_tokens",
                    "tokenCount",
                    "url",
                    "usageMetadata",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["candidates", "data", "promptFeedback", "usageMetadata"]), JSON))
def test_whatever_a_provider_answers_is_images_or_an_error_of_ours(body: dict[str, Any]) -> None:
    assert all(picture.content or picture.url for picture in read_pictures(body))
    with suppress(ContentFiltered, UpstreamInvalid):
        assert from_wire(body).pictures


@given(JSON)
def test_whatever_a_provider_says_of_usage_can_be_charged(said: Any) -> None:
    usage, text_tokens = read_usage(said)

    if usage is not None:
        assert 0 <= text_tokens <= usage.completion_tokens
        assert 0 <= usage.cached_tokens <= usage.prompt_tokens


def _fields(model: Model) -> dict[str, Any]:
    return {name: getattr(model, name) for name in Model.__struct_fields__}
