"""POST /v1/generate/stream, and /v1/generate with `stream`."""

import json
from typing import Any

import httpx2
import pytest

from tests.functions.conftest import Site
from tests.upstream import a_completion, a_usage, chunks_of, event_reply, json_reply

_MODEL = "openai/gpt-4o"


async def stream(
    site: Site, path: str = "/v1/generate/stream", accept: str | None = None, **changes: Any
) -> httpx2.Response:
    body = {"model": _MODEL, "prompt": "Register a book post type", **changes}
    headers = {"accept": accept} if accept else {}
    return await site.send("POST", path, json=body, headers=headers)


def written(*texts: str, usage: Any = None, finish: str | None = "stop", is_cut: bool = False) -> Any:
    chunks = chunks_of(*texts, usage=usage or a_usage(), finish=finish)
    return event_reply(chunks, is_cut=is_cut, done=not is_cut)


def lines_of(response: httpx2.Response) -> list[Any]:
    assert response.text.endswith("\n")
    return [json.loads(line) for line in response.text.splitlines()]


def text_of(lines: list[Any]) -> str:
    return "".join(line["choices"][0]["delta"].get("text", "") for line in lines if line["choices"])


class TestLines:
    @pytest.mark.parametrize(
        ("path", "changes"),
        [("/v1/generate/stream", {}), ("/v1/generate/stream", {"stream": False}), ("/v1/generate", {"stream": True})],
    )
    async def test_each_line_is_an_object_and_the_last_one_says_why_it_ends(
        self, site: Site, path: str, changes: dict[str, Any]
    ) -> None:
        site.upstream.replies = [written("<?php\n", "echo 1;")]

        response = await stream(site, path, **changes)

        assert response.headers["content-type"] == "application/x-ndjson; charset=utf-8"
        assert (response.headers["cache-control"], response.headers["x-accel-buffering"]) == ("no-cache", "no")
        lines = lines_of(response)
        assert [line["choices"] for line in lines] == [
            [{"index": 0, "delta": {"text": "<?php\n"}, "finish_reason": None}],
            [{"index": 0, "delta": {"text": "echo 1;"}, "finish_reason": None}],
            [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        ]
        heads = [{name: line[name] for name in ("id", "object", "created", "model")} for line in lines]
        assert heads[0] == heads[1] == heads[2]
        assert heads[0]["id"].startswith("gen_")
        assert (heads[0]["object"], heads[0]["model"]) == ("text_generation", _MODEL)

    async def test_usage_comes_last_for_who_asks_for_it(self, site: Site) -> None:
        site.upstream.replies = [written("a")]

        lines = lines_of(await stream(site, stream_options={"include_usage": True}))

        assert lines[-1]["choices"] == []
        assert lines[-1]["usage"] == {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}
        assert "usage" not in lines[0]

    async def test_it_is_charged_like_the_whole_answer(self, site: Site) -> None:
        site.upstream.replies = [json_reply(a_completion("Hello!")), written("Hel", "lo!")]

        await stream(site, "/v1/generate")
        await stream(site)

        streamed, whole = await site.ledger()
        assert streamed.amount_usd == whole.amount_usd < 0


@pytest.mark.parametrize(
    "texts",
    [
        ["```", "php\n<?p", "hp\necho 1;\n", "``", "`"],
        ["``", "`php\nx\n```\nmore"],
        ["Sure:\n``", "`\nx\n```"],
        ["`a", "`"],
        ["~~~\nx\n~~~\n\n"],
        ["ü", "é\u2028\n"],
    ],
)
async def test_the_pieces_make_the_text_of_the_whole_answer(site: Site, texts: list[str]) -> None:
    site.upstream.replies = [json_reply(a_completion("".join(texts))), written(*texts)]

    whole = (await stream(site, "/v1/generate")).json()["choices"][0]["text"]
    response = await stream(site)

    assert text_of([json.loads(line) for line in response.content.split(b"\n") if line]) == whole


class TestEvents:
    @pytest.mark.parametrize(
        ("accept", "are_events"),
        [
            ("text/event-stream", True),
            ("text/event-stream, application/x-ndjson", True),
            ("application/x-ndjson, text/event-stream", False),
            ("*/*", False),
        ],
    )
    async def test_who_would_rather_have_events_gets_them(self, site: Site, accept: str, are_events: bool) -> None:
        site.upstream.replies = [written("a", "b")]

        response = await stream(site, accept=accept)

        assert response.headers["content-type"].startswith("text/event-stream") is are_events
        if are_events:
            *events, done, end = response.text.split("\n\n")
            assert (done, end) == ("data: [DONE]", "")
            assert text_of([json.loads(event.removeprefix("data: ")) for event in events]) == "ab"
        else:
            assert "[DONE]" not in response.text


class TestErrors:
    async def test_before_the_first_piece_it_is_an_ordinary_error(self, site: Site) -> None:
        site.upstream.replies = [json_reply({"error": {"message": "no"}}, 500)] * 3

        response = await stream(site)

        assert (response.status_code, response.json()["error"]["code"]) == (502, "bad_gateway")

    @pytest.mark.parametrize("accept", ["application/x-ndjson", "text/event-stream"])
    async def test_in_the_middle_it_is_the_last_piece_after_all_that_came(self, site: Site, accept: str) -> None:
        site.upstream.replies = [written("```php\n", "half", finish=None, is_cut=True)]

        response = await stream(site, accept=accept)

        pieces = [piece.removeprefix("data: ") for piece in response.text.split("\n") if piece]
        *before, last = map(json.loads, pieces)
        assert text_of(before) == "```php\nhalf"
        assert last["error"]["type"] == "server_error"
        assert {"request_id", "timestamp"} <= set(last["error"])
        assert not any(piece["choices"][0]["finish_reason"] for piece in before)
        (entry,) = await site.ledger()
        assert (entry.outcome, entry.amount_usd < 0) == ("upstream_error", True)

    async def test_a_bad_field_is_refused_like_on_the_other_route(self, site: Site) -> None:
        response = await stream(site, max_tokens=True)

        assert response.json()["error"]["details"]["field"] == "max_tokens"


async def test_the_accounts_webhooks_get_the_whole_text(site: Site) -> None:
    site.upstream.replies = [written("```php\n", "echo 1;\n", "```")]

    lines = lines_of(await stream(site))

    started, done = await site.world.events()
    assert (started["type"], done["type"]) == ("generation.started", "generation.completed")
    assert (done["data"]["id"], done["data"]["completion"]) == (lines[0]["id"], "echo 1;\n")
    assert done["data"]["finish_reason"] == "stop"
