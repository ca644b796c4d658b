"""POST /aipkit/v1/embeddings."""

from array import array
from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import WorldMaker
from tests.functions.aipuffer.conftest import BASE, faults, make_site, told
from tests.functions.conftest import Site
from tests.upstream import Upstream, an_embedding_answer, json_reply

PATH = f"{BASE}/embeddings"


async def embed(site: Site, **changes: Any) -> httpx2.Response:
    """Two texts for the sandbox's model; `changes` are those of the body."""
    body = {"provider": "sandbox", "model": "embedding", "input": ["first text", "second text"], **changes}
    return await site.send("POST", PATH, json={name: value for name, value in body.items() if value is not ...})


async def test_vectors_come_in_the_order_of_the_texts(site: Site) -> None:
    response = await embed(site, dimensions=8)

    answer = response.json()
    assert response.status_code == 200
    assert [len(vector) for vector in answer["embeddings"]] == [8, 8]
    assert answer["embeddings"][0] != answer["embeddings"][1]
    assert answer["usage"].keys() == {"input_tokens", "total_tokens"}
    assert (answer["provider"], answer["model"]) == ("Sandbox", "embedding")
    assert len(await site.ledger()) == 1


async def test_one_text_is_a_list_of_one_vector(site: Site) -> None:
    one, many = await embed(site, input="first text"), await embed(site)

    assert one.json()["embeddings"] == many.json()["embeddings"][:1]


async def test_base64_holds_the_same_numbers(site: Site) -> None:
    numbers, encoded = await embed(site), await embed(site, encoding_format="base64")

    for vector, text in zip(numbers.json()["embeddings"], encoded.json()["embeddings"], strict=True):
        assert list(array("f", b64decode(text))) == pytest.approx(vector, rel=1e-6)


async def test_usage_that_a_provider_does_not_tell_is_null(site: Site) -> None:
    assert (await embed(site, model="embedding-no-usage")).json()["usage"] is None


@pytest.mark.parametrize("dimensions", [0, -5, "16", None])
async def test_a_length_that_makes_no_sense_has_no_effect(site: Site, dimensions: Any) -> None:
    response = await embed(site, dimensions=dimensions)

    assert len(response.json()["embeddings"][0]) == (16 if dimensions == "16" else 64)


async def test_openai_is_sent_the_length_and_a_hash_of_the_user(make_world: WorldMaker, tmp_path: Path) -> None:
    async with Upstream(answer=lambda received: json_reply(an_embedding_answer(received.json))) as upstream:
        site = await make_site(make_world, upstream, tmp_path)

        answer = await embed(
            site,
            provider="openai",
            model="text-embedding-3-small",
            dimensions=4,
            output_dimensionality=8,
            task_type="RETRIEVAL_QUERY",
            user="ada",
        )

        sent = upstream.requests[-1].json
        assert answer.json()["provider"] == "OpenAI"
        assert (sent["dimensions"], sent["input"]) == (4, ["first text", "second text"])
        assert "task_type" not in sent
        assert sent["user"] not in {"", "ada"}


async def test_google_is_asked_in_its_own_words_and_tells_no_usage(make_world: WorldMaker, tmp_path: Path) -> None:
    vectors = {"embeddings": [{"values": [0.1] * 768}, {"values": [0.2] * 768}]}
    async with Upstream(json_reply(vectors)) as upstream:
        site = await make_site(
            make_world, upstream, tmp_path, GEMINI_BASE_URL=f"{upstream.url}/v1beta", GEMINI_API_KEY="key"
        )

        answer = await embed(
            site,
            provider="google",
            model="gemini-embedding-001",
            dimensions=4,
            output_dimensionality=768,
            task_type="RETRIEVAL_QUERY",
        )

        (first, _) = upstream.requests[0].json["requests"]
        assert (first["taskType"], first["outputDimensionality"]) == ("RETRIEVAL_QUERY", 768)
        assert (answer.json()["provider"], answer.json()["usage"]) == ("Google", None)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"provider": "claude"}, {"provider": "rest_not_in_enum"}),
        ({"provider": "Sandbox"}, {"provider": "rest_not_in_enum"}),
        ({"task_type": "clustering"}, {"task_type": "rest_not_in_enum"}),
        ({"encoding_format": "hex"}, {"encoding_format": "rest_not_in_enum"}),
        ({"input": ["text", " "]}, {"input": "rest_too_short"}),
        ({"input": "  "}, {"input": "rest_too_short"}),
        ({"input": ["text", 5]}, {"input": "rest_invalid_type"}),
        ({"input": {"a": "b"}}, {"input": "rest_invalid_type"}),
        ({"dimensions": "many"}, {"dimensions": "rest_invalid_type"}),
    ],
)
async def test_what_cannot_be_is_told_by_its_name(site: Site, changes: dict[str, Any], found: dict[str, str]) -> None:
    assert faults(await embed(site, **changes)) == found
    assert await site.ledger() == []


@pytest.mark.parametrize("changes", [{"input": ""}, {"input": []}, {"input": "0"}, {"model": ""}, {"model": "0"}])
async def test_what_is_empty_is_missing(site: Site, changes: dict[str, Any]) -> None:
    assert told(await embed(site, **changes)) == (400, "rest_aipkit_missing_param")


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("embedding-error-401", 502, "sandbox_embedding_api_error_logic"),
        ("embedding-error-400", 400, "sandbox_embedding_api_error_logic"),
        ("embedding-error-timeout", 504, "sandbox_embedding_http_error_logic"),
        ("embedding-short", 500, "sandbox_embedding_no_data_logic"),
        ("unheard-of", 404, "sandbox_embedding_api_error_logic"),
    ],
)
async def test_a_provider_that_fails_has_the_plugins_code(site: Site, model: str, status: int, code: str) -> None:
    assert told(await embed(site, model=model)) == (status, code)
