"""The operator's own providers: what their file may say, how a mistake in it is told, and that they are asked."""

import json
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from tests.builders import a_chat_request, an_entry
from tests.upstream import Upstream, a_client, a_completion, json_reply
from tollgate.catalogue.custom import read_entries
from tollgate.errors import NoProviderAvailable, UpstreamRejected
from tollgate.operator_files import BadFile
from tollgate.providers.custom import read_providers
from tollgate.providers.registry import PROVIDERS, Provider
from tollgate.resources import Resources
from tollgate.settings import Settings
from tollgate_cli.template import ROOT

TAKEN: Final = frozenset({"claude", "openai"})
ROW: Final = {"id": "lab", "name": "The lab", "base_url": "http://lab.internal:8000/v1"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the providers are."""
    return tmp_path / "providers.json"


def read(file: Path, *entries: Any) -> dict[str, Provider]:
    """The providers, read from the file."""
    file.write_text(json.dumps({"providers": entries}), encoding="utf-8")
    return read_providers(file, taken=TAKEN)


def test_a_provider_needs_a_name_and_an_address_alone(file: Path) -> None:
    assert read(file, ROW) == {
        "lab": Provider(
            id="lab",
            name="The lab",
            base_url="http://lab.internal:8000/v1",
            base_url_setting="LAB_BASE_URL",
            key_setting="",
            can={
                "chat": "rows:RowChat",
                "embed": "rows_embeddings:RowEmbeddings",
                "draw": "row_images:RowImages",
                "speech": "rows_audio:RowSpeech",
                "transcription": "rows_audio:RowTranscription",
            },
            is_key_needed=False,
            dialect="open",
        )
    }


def test_a_provider_can_have_a_key_headers_and_flags(file: Path) -> None:
    flags = {"json": "object", "n_max": 1, "effort_levels": ["low", "high"], "temperature_max": 1}

    row = read(
        file,
        {
            **ROW,
            "id": "lab-2.eu",
            "base_url": "https://[::1]/v1/",
            "key_setting": "LAB_KEY",
            "headers": {"X-Team": "gateway"},
            "flags": flags,
        },
    )["lab-2.eu"]

    assert (row.base_url, row.base_url_setting) == ("https://[::1]/v1", "LAB_2_EU_BASE_URL")
    assert (row.key_setting, row.is_key_needed) == ("LAB_KEY", True)
    assert (row.headers, row.flags) == ({"x-team": "gateway"}, flags)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"nope", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", 'expected an object with a list under "providers"'),
        (b"{}", 'expected an object with a list under "providers"'),
        (b'{"providers":{}}', 'expected an object with a list under "providers"'),
        (b'{"providers":[1]}', "providers[0]: expected an object"),
        (b'{"providers":[{}]}', "providers[0]: id: "),
        (b'{"providers":[{"id":5}]}', "providers[0]: id: "),
    ],
)
def test_a_file_that_holds_no_providers_is_refused_by_its_name(file: Path, content: bytes, complaint: str) -> None:
    file.write_bytes(content)

    with pytest.raises(BadFile) as caught:
        read_providers(file, taken=TAKEN)

    assert str(caught.value).startswith(f"{file}: {complaint}")


def test_a_file_that_does_not_exist_is_told_as_such(file: Path) -> None:
    with pytest.raises(BadFile, match=r"providers\.json: No such file"):
        read_providers(file, taken=TAKEN)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"base_url": "lab.internal/v1"}, "base_url"),
        ({"base_url": "ftp://lab.internal"}, "base_url"),
        ({"base_url": "https://"}, "base_url"),
        ({"base_url": "https://user:secret@lab.internal/v1"}, "base_url"),
        ({"base_url": "https://lab.internal/v1?key=1"}, "base_url"),
        ({"base_url": "https://lab internal/v1"}, "base_url"),
        ({"key_setting": ""}, "key_setting"),
        ({"key_setting": "LAB KEY"}, "key_setting"),
        ({"key_setting": 5}, "key_setting"),
        ({"headers": ["X-Team"]}, "headers"),
        ({"headers": {"X Team": "a"}}, "headers.X Team.[key]"),
        ({"headers": {"X-Team": "größe"}}, "headers.X-Team"),
        ({"headers": {"X-Team": "a\nb"}}, "headers.X-Team"),
        ({"headers": {"X-Team": 5}}, "headers.X-Team"),
        ({"flags": {"cap_field": "num_predict"}}, "flags.cap_field"),
        ({"flags": {"json": True}}, "flags.json"),
        ({"flags": {"n_max": 0}}, "flags.n_max"),
        ({"flags": {"tools": "yes"}}, "flags.tools"),
        ({"flags": {"effort_levels": ["huge"]}}, "flags.effort_levels.0"),
        ({"flags": {"tool": True}}, "flags.tool"),
        ({"models": []}, "models"),
    ],
)
def test_a_mistake_is_told_by_entry_and_field(file: Path, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFile) as caught:
        read(file, ROW, {**ROW, "id": "mine", **changes})

    assert str(caught.value).startswith(f"{file}: providers[1] (mine): {field}: ")


def test_a_mistake_is_told_without_what_was_written(file: Path) -> None:
    with pytest.raises(BadFile) as caught:
        read(file, {**ROW, "headers": {"X-Token": "sécret-of-the-lab"}})

    assert "of-the-lab" not in str(caught.value)


@pytest.mark.parametrize("taken", ["openai", "claude", "lab"])
def test_no_two_providers_have_one_name(file: Path, taken: str) -> None:
    with pytest.raises(BadFile) as caught:
        read(file, ROW, {**ROW, "id": taken})

    assert str(caught.value) == f"{file}: providers[1] ({taken}): id: that name is taken"


@pytest.mark.parametrize("name", ["", "Lab", "lab/x", "-lab", "l" * 33, "lab\n"])
def test_a_name_can_be_the_first_part_of_a_model_s_id(file: Path, name: str) -> None:
    with pytest.raises(BadFile, match=r"id: "):
        read(file, {**ROW, "id": name})


async def test_a_provider_s_models_come_from_the_catalogue_and_are_answered_by_it(tmp_path: Path) -> None:
    async with Upstream(json_reply(a_completion("From the lab."))) as upstream, a_client() as http:
        resources = deployed(tmp_path, http, upstream.url, {"X-Team": "gateway"}, LAB_KEY="lab-key-0123456789")
        model = resources.catalogue.find("lab/our-model")

        completion = await resources.chat(model).complete(a_chat_request(model=model))

        received = upstream.requests[0]
    assert completion.choices[0]["message"]["content"] == "From the lab."
    assert received.path == "/v1/chat/completions"
    assert (received.headers["authorization"], received.headers["x-team"]) == ("Bearer lab-key-0123456789", "gateway")
    assert received.json["model"] == "our-model"
    assert received.json["max_tokens"] == 1000


async def test_what_its_flags_say_holds_for_its_models_unless_they_say_otherwise(tmp_path: Path) -> None:
    async with a_client() as http:
        resources = deployed(tmp_path, http, "http://lab.internal", {})
        model = resources.catalogue.find("lab/our-model")
        body = {"messages": [{"role": "user", "content": "Hello"}], "temperature": 1.5, "n": 2}

        plan = resources.chat(model).plan(body, model, is_strict=False)

    assert (plan.body["temperature"], plan.calls) == (0.5, 2)


async def test_no_error_repeats_its_address_or_its_headers(tmp_path: Path) -> None:
    body = {"error": {"message": "Team 'gateway-team' is unknown at 127.0.0.1, or has no model."}}

    async with Upstream(json_reply(body, 400)) as upstream, a_client() as http:
        resources = deployed(tmp_path, http, upstream.url, {"X-Team": "gateway-team"}, LAB_KEY="lab-key-0123456789")
        model = resources.catalogue.find("lab/our-model")
        with pytest.raises(UpstreamRejected) as caught:
            await resources.chat(model).complete(a_chat_request(model=model))

    assert caught.value.message == "Team '[removed]' is unknown at [address], or has no model."


async def test_a_provider_without_its_key_is_not_asked(tmp_path: Path) -> None:
    async with Upstream() as upstream, a_client() as http:
        resources = deployed(tmp_path, http, upstream.url, {})
        model = resources.catalogue.find("lab/our-model")
        with pytest.raises(NoProviderAvailable):
            await resources.chat(model).complete(a_chat_request(model=model))

        assert upstream.requests == []


@pytest.mark.parametrize("taken", ["openai", "gemini", "puqai"])
async def test_the_names_of_this_release_their_aliases_and_the_namespace_are_taken(tmp_path: Path, taken: str) -> None:
    path = tmp_path / "providers.json"
    path.write_text(json.dumps({"providers": [{**ROW, "id": taken}]}))

    async with a_client() as http:
        with pytest.raises(BadFile, match="taken"):
            _ = Resources(Settings(providers_path=str(path)), http).providers


async def test_without_a_file_the_providers_are_those_of_this_release() -> None:
    async with a_client() as http:
        assert Resources(Settings(), http).providers is PROVIDERS


def deployed(
    folder: Path, http: httpx2.AsyncClient, url: str, headers: dict[str, str], **environment: str
) -> Resources:
    """A deployment with a provider and a model of its own."""
    providers, catalogue = folder / "providers.json", folder / "catalogue.json"
    flags = {"temperature_max": 1.0, "n_max": 1}
    row = {**ROW, "base_url": f"{url}/v1", "key_setting": "LAB_KEY", "headers": headers, "flags": flags}
    providers.write_text(json.dumps({"providers": [row]}))
    catalogue.write_text(json.dumps({"models": [an_entry(id="lab/our-model", temperature_max=0.5)]}))
    settings = Settings(catalogue_path=str(catalogue), providers_path=str(providers), environment=environment)
    return Resources(settings, http)


def test_the_files_that_the_docs_show_are_read(tmp_path: Path) -> None:
    section = (ROOT / "docs/operating.md").read_text(encoding="utf-8").partition("### Providers of your own")[2]
    providers, catalogue = section.split("```")[1].strip().split("\n\n")
    (tmp_path / "providers.json").write_text(providers)
    (tmp_path / "catalogue.json").write_text(catalogue)

    found = read_providers(tmp_path / "providers.json", taken=PROVIDERS)
    entries = read_entries(tmp_path / "catalogue.json", providers=frozenset(found))

    assert list(found) == ["lab"]
    assert [entry["id"] for entry in entries] == ["lab/our-model", "lab/our-voice", "lab/our-ear"]
