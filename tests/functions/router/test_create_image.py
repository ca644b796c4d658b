"""POST /v1/images/generations, through routes and authorizer as clients call it."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.builders import an_entry
from tests.conftest import World, WorldMaker
from tests.functions.conftest import Site
from tests.upstream import Reply, Upstream, event_reply, json_reply
from tollgate.providers.sandbox_images import draw_stripes
from tollgate.services.image_headers import read_header

_PNG = draw_stripes("A lighthouse", 96, 64)
_USAGE = {
    "input_tokens": 13,
    "output_tokens": 1056,
    "total_tokens": 1069,
    "input_tokens_details": {"text_tokens": 13, "image_tokens": 0},
    "output_tokens_details": {"image_tokens": 1056, "text_tokens": 0},
}
_PATH = "/v1/images/generations"
_PRICING = {"unit": "token", "input": 5, "output": 32}


def _text(content: bytes = _PNG) -> str:
    return b64encode(content).decode()


def _answer(*contents: bytes, **changes: Any) -> dict[str, Any]:
    data = [{"b64_json": _text(content)} for content in contents or (_PNG,)]
    return {
        "created": 1790000000,
        "data": data,
        "background": "opaque",
        "quality": "medium",
        "usage": _USAGE,
        **changes,
    }


def _event(kind: str, **more: Any) -> bytes:
    body = {"type": f"image_generation.{kind}", "b64_json": _text(), "background": "opaque", "quality": "low", **more}
    return f"event: image_generation.{kind}\ndata: {json.dumps(body)}\n\n".encode()


def events_of(text: str) -> list[tuple[str, Any]]:
    """Name and body of each event."""
    found = []
    for part in text.strip().split("\n\n"):
        if not part.startswith(":"):
            name, _, data = part.partition("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@pytest.fixture
async def site(make_world: WorldMaker, upstream: Upstream, tmp_path: Path) -> Site:
    """A gateway with a GPT image model on loopback and ten dollars to spend."""
    catalogue = tmp_path / "catalogue.json"
    image = {"type": "image", "max_output_tokens": 6240, "pricing": _PRICING, "output_modalities": ["image"]}
    per_one = {"per": 1, "output": 0.01}
    entries = [
        an_entry(id="openai/gpt-image-1.5", sizes=["1024x1024", "1536x1024"], **image),
        an_entry(id="openai/by-megapixel", **{**image, "pricing": {**per_one, "unit": "megapixel"}}),
        an_entry(id="openai/by-request", **{**image, "n_max": 1, "pricing": {**per_one, "unit": "request"}}),
        an_entry(id="openai/by-minute", **{**image, "pricing": {**per_one, "unit": "minute"}}),
        an_entry(),
    ]
    for entry in entries[:-1]:
        entry["supported_parameters"] = None
    catalogue.write_text(json.dumps({"models": entries}))
    upstream.replies = [json_reply(_answer())]
    world: World = await make_world(
        OPENAI_BASE_URL=upstream.url + "/v1", OPENAI_API_KEY="sk-operator", TOLLGATE_CATALOGUE=str(catalogue)
    )
    account_id = await world.account()
    return Site(world, upstream, account_id, await world.key(account_id))


async def _draw(site: Site, key: str | None = None, **changes: Any) -> httpx2.Response:
    body = {"model": "openai/gpt-image-1.5", "prompt": "A lighthouse at dusk", **changes}
    return await site.send("POST", _PATH, key=key, json=body)


async def _funds(site: Site, account_id: str | None = None) -> list[Decimal]:
    """Balance, available and reserved."""
    return [Decimal(amount) for amount in await site.world.funds(account_id or site.account_id)]


def _told(response: httpx2.Response) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["param"]


class TestWholeAnswers:
    async def test_the_answer_is_openais_with_what_the_image_really_is_and_its_cost(self, site: Site) -> None:
        response = await _draw(site, size="1024x1024", quality="medium")

        answer = response.json()
        assert b64decode(answer["data"][0].pop("b64_json")) == _PNG
        assert answer | {"created": 0} == {
            "created": 0,
            "data": [{}],
            "background": "opaque",
            "output_format": "png",
            "size": "96x64",
            "quality": "medium",
            "usage": {**_USAGE, "cost": 0.033857},
        }

    async def test_headers_tell_who_drew_it_and_at_what_cost(self, site: Site) -> None:
        response = await _draw(site, seed=3)

        told = {name: value for name, value in response.headers.items() if name.startswith("x-tollgate")}
        assert told == {
            "x-tollgate-model": "openai/gpt-image-1.5",
            "x-tollgate-provider": "openai",
            "x-tollgate-attempts": "1",
            "x-tollgate-dropped-params": "seed",
            "x-tollgate-cost": "0.033857",
        }

    async def test_the_older_path_answers_too(self, site: Site) -> None:
        response = await site.send("POST", "/images/generations", json={"model": "sandbox/image", "prompt": "x"})

        assert response.json()["size"] == "1024x1024"

    @pytest.mark.parametrize("response_format", [None, "b64_json"])
    async def test_a_gpt_image_model_is_never_asked_for_data_which_it_always_sends(
        self, site: Site, response_format: str | None
    ) -> None:
        await _draw(site, n=2, output_format="webp", background="transparent", response_format=response_format)

        (request,) = site.upstream.requests
        assert request.path == _PATH
        assert request.json == {
            "model": "gpt-image-1.5",
            "prompt": "A lighthouse at dusk",
            "n": 2,
            "output_format": "webp",
            "background": "transparent",
        }

    async def test_an_end_user_is_known_upstream_by_a_hash(self, site: Site) -> None:
        await _draw(site, user="somebody@example.com")

        assert len(site.upstream.requests[0].json["user"]) == 48

    async def test_images_that_are_wanted_by_address_are_lent_from_the_bucket(self, site: Site) -> None:
        answer = (await _draw(site, response_format="url")).json()

        (image,) = answer["data"]
        assert f"/images/{site.account_id}/img_" in image["url"]
        assert "X-Amz-Expires=3600" in image["url"]
        fetched = await site.world.resources.http.get(image["url"])
        assert (fetched.content, fetched.headers["content-type"]) == (_PNG, "image/png")

    async def test_images_that_are_too_large_for_an_answer_are_lent_and_a_header_says_so(self, site: Site) -> None:
        site.upstream.replies = [json_reply(_answer(_PNG + bytes(2_000_000), _PNG + bytes(2_000_000)))]

        response = await _draw(site, n=2)

        assert response.headers["x-tollgate-large-response"] == "url"
        assert [list(image) for image in response.json()["data"]] == [["url"], ["url"]]

    async def test_without_a_bucket_large_images_stay_data_and_addresses_are_refused(
        self, make_world: WorldMaker, site: Site
    ) -> None:
        environment = {**site.world.resources.settings.environment, "BUCKET": ""}
        site = Site(await make_world(**environment), site.upstream, site.account_id, site.key)
        site.upstream.replies = [json_reply(_answer(_PNG + bytes(4_000_000)))]

        assert "b64_json" in (await _draw(site)).json()["data"][0]
        assert _told(await _draw(site, response_format="url")) == (400, "unsupported_parameter", "response_format")

    async def test_an_address_that_a_provider_gives_is_no_way_into_the_gateways_own_network(self, site: Site) -> None:
        site.upstream.replies = [json_reply(_answer() | {"data": [{"url": f"{site.upstream.url}/image.png"}]})]

        assert _told(await _draw(site)) == (502, "upstream_invalid_response", None)
        assert await site.ledger() == []


class TestMoney:
    async def test_the_ledger_says_what_was_charged(self, site: Site) -> None:
        await _draw(site)

        (entry,) = await site.ledger()
        assert entry.amount_usd == Decimal("-0.033857")
        assert (entry.model, entry.outcome, entry.is_estimated) == ("openai/gpt-image-1.5", "completed", False)
        assert (entry.usage["prompt_tokens"], entry.usage["completion_tokens"]) == (13, 1056)

    async def test_an_account_that_covers_fewer_images_than_were_asked_for_is_refused_before_any_is_drawn(
        self, site: Site
    ) -> None:
        # One image is at most 6240 tokens, and so 0.2 dollars.
        poor = await site.world.key(await site.world.account(balance_usd=0.5))

        assert _told(await _draw(site, poor, n=3))[:2] == (402, "request_exceeds_balance")
        assert site.upstream.requests == []
        assert (await _draw(site, poor, n=2)).status_code == 200

    async def test_fewer_images_than_asked_for_are_charged_as_they_came(self, site: Site) -> None:
        response = await _draw(site, model="sandbox/image-fewer", n=3)

        assert (len(response.json()["data"]), response.headers["x-tollgate-cost"]) == (2, "0.04")
        assert (await site.ledger())[0].usage == {"images": 2}

    async def test_none_at_all_costs_nothing(self, site: Site) -> None:
        assert _told(await _draw(site, model="sandbox/image-fewer"))[:2] == (502, "upstream_invalid_response")
        assert await _funds(site) == [10, 10, 0]

    async def test_n_beyond_what_a_provider_draws_at_once_becomes_several_calls(self, site: Site) -> None:
        answer = (await _draw(site, model="sandbox/image", n=7, size="64x32")).json()

        assert (len(answer["data"]), answer["usage"]["cost"]) == (7, 0.14)

    async def test_megapixels_are_those_of_the_image_and_not_of_the_request(self, site: Site) -> None:
        response = await _draw(site, model="openai/by-megapixel", size="1024x1024")

        assert response.headers["x-tollgate-cost"] == "0.00006144"

    async def test_requests_are_counted_by_the_calls_that_they_take(self, site: Site) -> None:
        response = await _draw(site, model="openai/by-request", n=3)

        assert (len(site.upstream.requests), response.headers["x-tollgate-cost"]) == (3, "0.03")

    async def test_a_unit_that_images_have_not_is_no_price(self, site: Site) -> None:
        assert _told(await _draw(site, model="openai/by-minute"))[:2] == (503, "model_unpriced")

    async def test_an_answer_without_usage_is_charged_as_the_dearest_image_and_says_so(self, site: Site) -> None:
        answer = _answer()
        del answer["usage"]
        site.upstream.replies = [json_reply(answer)]

        assert (await _draw(site)).json()["usage"]["output_tokens"] == 6240
        assert (await site.ledger())[0].is_estimated

    async def test_tokens_of_nothing_are_not_believed(self, site: Site) -> None:
        site.upstream.replies = [json_reply(_answer(usage={"input_tokens": 0, "output_tokens": 0}))]

        assert (await _draw(site)).json()["usage"]["output_tokens"] == 6240

    async def test_parallel_calls_never_spend_more_than_there_is(self, site: Site) -> None:
        account = await site.world.account(balance_usd=0.1)
        key = await site.world.key(account)

        responses = await asyncio.gather(*(_draw(site, key, model="sandbox/image-slow") for _ in range(20)))

        assert sorted(response.status_code for response in responses) == [200] * 5 + [402] * 15
        assert await _funds(site, account) == [0, 0, 0]


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"prompt": ""}, (400, "invalid_request", "prompt")),
            ({"prompt": "x" * 32_001}, (400, "invalid_request", "prompt")),
            ({"n": 11}, (400, "invalid_request", "n")),
            ({"n": "2"}, (400, "invalid_request", "n")),
            ({"size": "large"}, (400, "invalid_request", "size")),
            ({"size": "640x480"}, (400, "invalid_request", "size")),
            ({"quality": "hd"}, (400, "invalid_request", "quality")),
            ({"background": "transparent", "output_format": "jpeg"}, (400, "invalid_request", "background")),
            ({"partial_images": 2}, (400, "invalid_request", "partial_images")),
            ({"stream": True, "response_format": "url"}, (400, "invalid_request", "response_format")),
            ({"model": "openai/gpt-4o"}, (400, "wrong_endpoint", "model")),
            ({"model": "openai/nope"}, (404, "model_not_found", "model")),
            ({"seed": 1, "drop_params": False}, (400, "unsupported_parameter", "seed")),
            (
                {"model": "sandbox/image", "background": "transparent"},
                (400, "unsupported_parameter", "background"),
            ),
            (
                {"model": "sandbox/image", "output_format": "jpeg"},
                (400, "unsupported_parameter", "output_format"),
            ),
        ],
    )
    async def test_what_cannot_be_drawn_is_refused_by_its_field_and_costs_nothing(
        self, site: Site, changes: Mapping[str, Any], expected: tuple[int, str, str]
    ) -> None:
        assert _told(await _draw(site, **changes)) == expected
        assert site.upstream.requests == []
        assert await _funds(site) == [10, 10, 0]

    @pytest.mark.parametrize("body", ["{", {"model": "openai/gpt-image-1.5"}, {"model": "openai/nope", "prompt": "x"}])
    async def test_an_empty_balance_comes_before_anything_that_is_wrong_with_the_body(
        self, site: Site, body: Any
    ) -> None:
        key = await site.world.key(await site.world.account(balance_usd=None))
        content = {"content": body} if isinstance(body, str) else {"json": body}

        response = await site.send("POST", _PATH, key=key, headers={"content-type": "application/json"}, **content)

        assert _told(response)[:2] == (402, "insufficient_balance")

    async def test_a_model_outside_the_keys_scope_is_refused(self, site: Site) -> None:
        key = await site.world.key(site.account_id, "inference", models=["openai/gpt-4o"])

        assert _told(await _draw(site, key)) == (403, "model_not_allowed", "model")

    async def test_a_refusal_of_the_filter_is_a_bad_request_that_costs_nothing(self, site: Site) -> None:
        error = {"message": "Rejected by the safety system.", "code": "moderation_blocked", "type": "image_error"}
        site.upstream.replies = [json_reply({"error": error}, 400)]

        assert _told(await _draw(site))[:2] == (400, "content_filter")
        assert await _funds(site) == [10, 10, 0]

    @pytest.mark.parametrize(
        ("model", "expected"),
        [
            ("image-error-400", (400, "upstream_rejected")),
            ("image-error-401", (502, "provider_auth_failed")),
            ("image-error-429", (429, "rate_limit_exceeded")),
            ("image-error-500", (502, "upstream_invalid_response")),
            ("image-error-503", (503, "provider_overloaded")),
            ("image-error-billing", (502, "provider_billing")),
            ("image-error-connect", (502, "upstream_invalid_response")),
            ("image-error-timeout", (504, "upstream_timeout")),
            ("image-filter", (400, "content_filter")),
            ("image-garbage", (502, "upstream_invalid_response")),
        ],
    )
    @pytest.mark.parametrize("stream", [False, True])
    async def test_the_sandbox_fails_on_purpose_and_a_failure_costs_nothing(
        self, site: Site, model: str, expected: tuple[int, str], stream: bool
    ) -> None:
        assert _told(await _draw(site, model=f"sandbox/{model}", stream=stream))[:2] == expected
        assert await _funds(site) == [10, 10, 0]


class TestStreams:
    async def test_images_are_shown_before_they_are_finished_and_after(self, site: Site) -> None:
        shown = [_event("partial_image", partial_image_index=number) for number in (0, 1)]
        site.upstream.replies = [event_reply([*shown, _event("completed", usage=_USAGE)], done=False)]

        response = await _draw(site, stream=True, partial_images=2)

        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        events = events_of(response.text)
        assert [name for name, _ in events] == [
            "image_generation.partial_image",
            "image_generation.partial_image",
            "image_generation.completed",
        ]
        assert [body.get("partial_image_index") for _, body in events] == [0, 1, None]
        last = events[-1][1]
        assert (b64decode(last["b64_json"]), last["size"], last["output_format"]) == (_PNG, "96x64", "png")
        assert (last["type"], last["quality"], last["usage"]["cost"]) == (events[-1][0], "low", 0.033857)
        request = site.upstream.requests[0].json
        assert (request["stream"], request["partial_images"]) == (True, 2)
        assert (await site.ledger())[0].amount_usd == Decimal("-0.033857")

    async def test_a_provider_without_streams_sends_each_image_when_it_is_finished(self, site: Site) -> None:
        response = await _draw(site, model="sandbox/image", n=2, stream=True, partial_images=1)

        assert response.headers["x-tollgate-dropped-params"] == "partial_images"
        bodies = [body for _, body in events_of(response.text)]
        assert [body["type"] for body in bodies] == ["image_generation.completed"] * 2
        assert sum(body["usage"]["cost"] for body in bodies) == 0.04

    @pytest.mark.parametrize("is_cut", [False, True])
    async def test_a_stream_that_breaks_off_is_an_error_and_what_was_shown_is_paid_for(
        self, site: Site, is_cut: bool
    ) -> None:
        shown = _event("partial_image", partial_image_index=0)
        site.upstream.replies = [event_reply([shown], done=False, is_cut=is_cut)]

        name, body = events_of((await _draw(site, stream=True, partial_images=1)).text)[-1]

        assert (name, body["error"]["code"]) == ("error", "upstream_invalid_response")
        (entry,) = await site.ledger()
        assert (entry.usage["completion_tokens"], entry.outcome, entry.is_estimated) == (100, "upstream_error", True)

    async def test_a_model_of_the_sandbox_breaks_off_on_purpose(self, site: Site) -> None:
        names = [name for name, _ in events_of((await _draw(site, model="sandbox/image-cut", stream=True)).text)]

        assert names == ["image_generation.partial_image", "error"]

    async def test_an_error_that_comes_first_is_told_by_a_status(self, site: Site) -> None:
        site.upstream.replies = [json_reply({"error": {"message": "slow down"}}, 429, retry_after="3")]

        response = await _draw(site, stream=True)

        assert (response.status_code, response.headers["retry-after"]) == (429, "3")

    async def test_a_client_that_goes_away_pays_for_the_image_that_is_drawn_all_the_same(self, site: Site) -> None:
        events = [_event("partial_image", partial_image_index=0), _event("completed", usage=_USAGE)]
        site.upstream.replies = [
            Reply(200, {"content-type": "text/event-stream"}, tuple(events), between=lambda _: asyncio.sleep(0.2))
        ]

        await _hang_up_after_the_first_piece(site)

        (entry,) = await site.ledger()
        assert (entry.amount_usd, entry.outcome) == (Decimal("-0.033857"), "client_disconnected")


async def _hang_up_after_the_first_piece(site: Site) -> None:
    """Call the gateway as a server does whose client goes away."""
    body = {"model": "openai/gpt-image-1.5", "prompt": "x", "stream": True, "partial_images": 1}
    request = site.world.client.build_request("POST", _PATH, json=body, headers={"authorization": f"Bearer {site.key}"})
    scope = {
        "type": "http",
        "method": "POST",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("gateway", 80),
        "scheme": "http",
    }
    messages = [{"type": "http.request", "body": request.content, "more_body": False}]
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        if message.get("body"):
            gone.set()

    transport = site.world.client._transport
    await transport.app(scope, receive, send)  # type: ignore[attr-defined]


def test_the_sandbox_draws_what_it_says() -> None:
    header = read_header(draw_stripes("A lighthouse", 640, 480))

    assert header == ("png", 640, 480)
