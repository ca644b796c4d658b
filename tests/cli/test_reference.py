"""The reference page: whole, readable without anything else, and small."""

from html.parser import HTMLParser
from typing import Any

import pytest

from tollgate_cli.examples import Exchange
from tollgate_cli.fields import FieldReader
from tollgate_cli.listings import curl, json_listing, prose
from tollgate_cli.openapi import openapi
from tollgate_cli.reference import reference, title_of
from tollgate_cli.template import read_template

TEMPLATE = read_template()
DOCUMENT = openapi(TEMPLATE)
PAGE = reference(TEMPLATE, DOCUMENT)
LIMIT_BYTES = 500_000


class Outline(HTMLParser):
    """The parts of a page that can be wrong without anybody noticing."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(PAGE)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]


OUTLINE = Outline()


def test_the_page_is_small() -> None:
    assert len(PAGE.encode()) < LIMIT_BYTES


def test_it_needs_no_script_and_loads_nothing() -> None:
    assert not OUTLINE.tags & {"script", "img", "iframe", "object", "embed", "video", "audio", "form"}
    assert not [name for name in OUTLINE.attributes if name.startswith("on") or name in {"src", "srcset", "style"}]
    assert "@import" not in PAGE
    assert "url(" not in PAGE


def test_links_lead_to_a_place_on_the_page_or_to_the_document() -> None:
    places = {f"#{name}" for name in OUTLINE.ids}

    others = {link for link in OUTLINE.links if link not in places}

    assert {link for link in others if not link.startswith("data:")} == {"openapi.json"}


def test_no_place_has_the_name_of_another() -> None:
    assert len(OUTLINE.ids) == len(set(OUTLINE.ids))


def test_every_endpoint_has_a_place_of_its_own() -> None:
    names = {
        operation["operationId"]
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        if "x-tollgate-alias-of" not in operation
    }

    assert names <= set(OUTLINE.ids)


def test_every_path_stands_on_it() -> None:
    missing = [path for path in DOCUMENT["paths"] if f"<code>{path}</code>" not in PAGE]

    assert missing == []


def test_every_code_of_an_error_stands_on_it() -> None:
    codes = {
        code
        for response in DOCUMENT["components"]["responses"].values()
        for code in response.get("x-tollgate-codes", ())
    }

    assert [code for code in sorted(codes) if f"<code>{code}</code>" not in PAGE] == []


@pytest.mark.parametrize(
    ("exchange", "method", "command"),
    [
        (
            Exchange("", "/keys", {"page": "2"}, None, "application/json", None),
            "GET",
            'curl <b>"$TOLLGATE_URL/keys?page=2"</b> \\\n  -H <b>"Authorization: Bearer $TOLLGATE_KEY"</b>',
        ),
        (
            Exchange("", "/keys/1", None, None, "application/json", None),
            "DELETE",
            'curl -X DELETE <b>"$TOLLGATE_URL/keys/1"</b> \\\n  -H <b>"Authorization: Bearer $TOLLGATE_KEY"</b>',
        ),
    ],
)
def test_a_command_says_what_curl_does_not_assume(exchange: Exchange, method: str, command: str) -> None:
    assert curl(method, exchange, takes_key=True, is_streamed=False) == command


def test_a_quote_in_a_body_does_not_end_the_command() -> None:
    exchange = Exchange("", "/keys", None, {"name": "Ada's key"}, "application/json", None)

    command = curl("POST", exchange, takes_key=False, is_streamed=False).striptags()

    assert command.endswith("""-d '{"name": "Ada'\\''s key"}'""")


@pytest.mark.parametrize(
    ("value", "html"),
    [
        ({}, "{}"),
        ({"a": None}, '{<i>"a"</i>: <u>null</u>}'),
        (3.6e-06, "<u>0.0000036</u>"),
        (25.0, "<u>25</u>"),
        ("<b>", '<b>"&lt;b&gt;"</b>'),
        ([1, True], "[<u>1</u>, <u>true</u>]"),
    ],
)
def test_json_is_written_as_people_read_it(value: Any, html: str) -> None:
    assert json_listing(value) == html


def test_json_that_does_not_fit_into_a_line_is_broken() -> None:
    text = json_listing({"first": "x" * 40, "second": ["y" * 40]}).striptags()

    assert json_listing({"first": "x" * 40, "second": ["y" * 40]}).count("\n") == 3, text


def test_prose_cannot_bring_markup_along() -> None:
    assert prose("`<key>` & **all**") == "<code>&lt;key&gt;</code> &amp; <strong>all</strong>"


def test_a_title_is_the_name_in_words() -> None:
    assert title_of("create_chat_completion") == "Create chat completion"
    assert title_of("get_openapi") == "Get OpenAPI"


@pytest.mark.parametrize(
    ("schema", "kind", "limits"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 64}, "string", ["up to 64 characters"]),
        ({"type": "integer", "minimum": 1}, "integer", ["1 or more"]),
        ({"type": "number", "minimum": -2, "maximum": 2}, "number", ["\u22122 to 2"]),
        ({"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}, "integer", []),
        (
            {"type": "array", "items": {"type": "string"}, "maxItems": 2048},
            "array of strings",
            ["up to 2\u202f048 items"],
        ),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "map to numbers", []),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {}}]}, "string or array", []),
        ({"type": "string", "format": "date-time"}, "string", ["ISO 8601"]),
        ({"type": "integer", "default": 20}, "integer", ["default <code>20</code>"]),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], kind: str, limits: list[str]) -> None:
    parameter = {"name": "x", "required": False, "schema": schema}

    field = FieldReader({}).parameter(parameter)

    assert (field.type, field.limits) == (kind, limits)


def test_an_object_inside_itself_is_described_once() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}

    fields = FieldReader({"components": {"schemas": {"Tree": tree}}}).fields({"$ref": "#/components/schemas/Tree"})

    assert fields[0].groups[0].fields[0].groups == []


def test_the_forms_of_a_value_are_told_apart_by_the_field_that_differs() -> None:
    forms = [
        {"type": "object", "properties": {"type": {"const": name}, name: {"type": "string"}}}
        for name in ("text", "url")
    ]
    whole = {"type": "object", "properties": {"part": {"oneOf": forms}}}

    (field,) = FieldReader({}).fields(whole)

    assert [group.label.striptags() for group in field.groups] == ['type: "text"', 'type: "url"']
    assert [[inner.name for inner in group.fields] for group in field.groups] == [["text"], ["url"]]
