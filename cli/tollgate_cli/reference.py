"""The reference page, from the OpenAPI document: one HTML file that needs nothing but itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tollgate_cli.examples import JSON, Exchange, exchanges_of
from tollgate_cli.failures import phrase_of
from tollgate_cli.fields import Field, FieldReader
from tollgate_cli.listings import curl, json_listing, listing, prose
from tollgate_cli.openapi import ABOUT, CAPABILITIES, EVENTS
from tollgate_cli.template import Template

_TEMPLATES: Final = Path(__file__).with_name("templates")
_WORDS: Final = {"openapi": "OpenAPI"}

_PYTHON: Final = """\
from openai import OpenAI

client = OpenAI(
    base_url="http://127.0.0.1:3000/v1",
    api_key="tg-…",
)
answer = client.chat.completions.create(
    model="sandbox/chat",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(answer.choices[0].message.content)"""

_ERROR: Final = {
    "error": {
        "message": "Payment Required: account balance is 0 or below.",
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_balance",
        "metadata": {"balance": 0, "request_id": "req_01M7YNA1B2C3D4E5F6G7H8J9K0"},
    }
}

Document = Mapping[str, Any]
Error = tuple[str, str]
"""A status and a code."""


@dataclass(frozen=True, slots=True)
class Example:
    """One exchange, ready to be read."""

    title: str
    request: Markup
    answer: Markup
    status: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint on the page."""

    id: str
    title: str
    method: str
    path: str
    aliases: list[str]
    summary: Markup
    description: Markup
    capability: str | None
    is_key_optional: bool
    is_streamed: bool
    path_parameters: list[Field]
    query_parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    same_answer_as: tuple[str, str] | None
    """Id and title of an endpoint above with the same answer."""
    errors: dict[str, list[str]]
    """The codes of each status, without those that every endpoint with a key has."""
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Section:
    """A family of endpoints."""

    id: str
    title: str
    description: Markup
    operations: list[Operation]


def reference(template: Template, document: Document) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    contents = _Contents(template, document)
    page = environment.get_template("reference.html.jinja").render(
        document=document,
        about={name: prose(text) for name, text in ABOUT.items()},
        capabilities={name: prose(meaning) for name, meaning in CAPABILITIES.items()},
        headers={name: prose(header["description"]) for name, header in document["components"]["headers"].items()},
        statuses=contents.statuses(),
        common=contents.common,
        sections=list(contents.sections()),
        python=_PYTHON,
        error=json_listing(_ERROR),
    )
    # Blank lines and indentation are for whoever reads the template.
    parts = re.split(r"(<pre.*?</pre>)", page, flags=re.DOTALL)
    parts[::2] = [re.sub(r"\n\s*", "\n", part) for part in parts[::2]]
    return "".join(parts)


class _Contents:
    """The document in the order and the words of the page."""

    def __init__(self, template: Template, document: Document) -> None:
        self._document = document
        self._reader = FieldReader(document)
        self._exchanges = {
            (function.routes[0].path.replace("+}", "}"), function.routes[0].method.lower()): exchanges_of(function)
            for function in template.functions.values()
            if function.routes
        }
        self._aliases: dict[str, list[str]] = {}
        for path, _, operation in self._operations():
            if original := operation.get("x-tollgate-alias-of"):
                self._aliases.setdefault(original, []).append(path)
        self._answered: dict[str, tuple[str, str]] = {}
        """Where each answer was described first."""
        self.common = frozenset.intersection(
            *(
                frozenset(self._errors(operation))
                for _, _, operation in self._operations()
                if operation["x-tollgate-capability"] is not None
            )
        )

    def sections(self) -> Iterator[Section]:
        """The families with their endpoints."""
        for tag in self._document["tags"]:
            yield Section(
                id=re.sub(r"\W+", "-", tag["name"].lower()),
                title=tag["name"],
                description=prose(tag["description"]),
                operations=[
                    self._operation(path, method, operation)
                    for path, method, operation in self._operations()
                    if tag["name"] in operation["tags"] and "x-tollgate-alias-of" not in operation
                ],
            )

    def statuses(self) -> dict[str, dict[str, Markup]]:
        """Every code of every status, and when it is answered."""
        found: dict[str, dict[str, Markup]] = {}
        for _, _, operation in self._operations():
            for status, response in operation["responses"].items():
                codes = self._reader.resolve(response).get("x-tollgate-codes", {})
                if codes:
                    found.setdefault(status, {}).update({code: prose(when) for code, when in codes.items()})
        return dict(sorted(found.items()))

    def _operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for path, methods in self._document["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def _operation(self, path: str, method: str, operation: Mapping[str, Any]) -> Operation:
        status = next(iter(operation["responses"]))
        content = self._reader.resolve(operation["responses"][status]).get("content", {})
        body = self._reader.resolve(operation.get("requestBody", {})).get("content", {}).get(JSON, {})
        answer = content.get(JSON, {}).get("schema", {})
        here = (operation["operationId"], title_of(operation["operationId"]))
        first = self._answered.setdefault(answer.get("$ref", here[0]), here)
        return Operation(
            id=here[0],
            title=here[1],
            method=method.upper(),
            path=path,
            aliases=self._aliases.get(here[0], []),
            summary=prose(operation["summary"]),
            description=prose(_beyond(operation["summary"], operation["description"])),
            capability=operation["x-tollgate-capability"],
            is_key_optional={} in operation.get("security", ()),
            is_streamed=EVENTS in content,
            path_parameters=self._parameters(operation, "path"),
            query_parameters=self._parameters(operation, "query"),
            body=self._reader.fields(body.get("schema", {})),
            answer=self._reader.fields(answer) if first == here else [],
            same_answer_as=None if first == here else first,
            errors=self._own_errors(operation),
            examples=[
                _example(method.upper(), exchange, status, content, operation)
                for exchange in self._exchanges[path, method]
            ],
        )

    def _parameters(self, operation: Mapping[str, Any], place: str) -> list[Field]:
        return [self._reader.parameter(one) for one in operation["parameters"] if one["in"] == place]

    def _errors(self, operation: Mapping[str, Any]) -> Iterator[Error]:
        for status, response in operation["responses"].items():
            for code in self._reader.resolve(response).get("x-tollgate-codes", ()):
                yield status, code

    def _own_errors(self, operation: Mapping[str, Any]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for status, code in self._errors(operation):
            if (status, code) not in self.common:
                found.setdefault(status, []).append(code)
        return found


def title_of(operation_id: str) -> str:
    """`create_chat_completion` as a title."""
    words = [_WORDS.get(word, word) for word in operation_id.split("_")]
    return " ".join([words[0].capitalize(), *words[1:]])


def _example(
    method: str, exchange: Exchange, status: str, content: Mapping[str, Any], operation: Mapping[str, Any]
) -> Example:
    answer = exchange.answer
    if answer is None:
        examples = content.get(exchange.media_type, {}).get("examples", {})
        answer = next((example["value"] for example in examples.values()), None)
    return Example(
        title=exchange.title,
        request=curl(
            method,
            exchange,
            takes_key=operation["x-tollgate-capability"] is not None,
            is_streamed=exchange.media_type == EVENTS,
        ),
        answer=Markup() if answer is None else listing(answer),
        status=f"{status} {phrase_of(int(status))}",
    )


def _beyond(summary: str, description: str) -> str:
    """The sentences of a description that say more than the summary above it."""
    known = _long_words(summary)
    sentences = re.split(r"(?<=\.)\s+", description)
    return " ".join(one for one in sentences if len(_long_words(one) & known) < 0.6 * len(_long_words(one)))


def _long_words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"\w{4,}", text.lower())}
