"""Example exchanges: the request of a function's event, and a recorded answer, or one made up from its schema.

`events/<family>/<name>.json` holds the request. `samples/<family>/<name>.json` beside this module may hold a list of
exchanges, each with a `title`, an `answer`, its `media_type` where that is not JSON, and a `path`, `query` or `body`
where they are not the event's.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tollgate.contracts.shapes import Form
from tollgate.contracts.upload import Upload
from tollgate.edge.forms import parse_form
from tollgate_cli.schemas import Schema, Schemas
from tollgate_cli.template import ROOT, Function

JSON: Final = "application/json"
_SAMPLES: Final = Path(__file__).with_name("samples")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what is answered to it. `query` and `body` are None where there are none."""

    title: str
    path: str
    query: Mapping[str, str] | None
    body: Any
    media_type: str
    answer: Any
    """A JSON value, or a text of another media type; None where nothing was recorded."""


def exchanges_of(function: Function) -> list[Exchange]:
    """The exchanges of a function, the main one first."""
    event = read_event(function.folder)
    body = _body_of(event)
    file = _SAMPLES / f"{function.folder}.json"
    recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else [{"title": "Example"}]
    return [
        Exchange(
            title=sample["title"],
            path=sample.get("path", event["path"]),
            query=sample.get("query", event["queryStringParameters"]),
            body=sample.get("body", body),
            media_type=sample.get("media_type", JSON),
            answer=sample.get("answer"),
        )
        for sample in recorded
    ]


def _body_of(event: Mapping[str, Any]) -> Any:
    """The body as a value: a form's fields by their names, its files by theirs."""
    if not event.get("body"):
        return None
    if not event["isBase64Encoded"]:
        return json.loads(event["body"])
    content_type = next(value for name, value in event["headers"].items() if name.lower() == "content-type")
    fields = parse_form(b64decode(event["body"]), content_type, Form)
    return {name: value.name if isinstance(value, Upload) else value for name, value in fields.items()}


def read_event(folder: str, root: Path = ROOT) -> dict[str, Any]:
    """The sample event of a function."""
    event: dict[str, Any] = json.loads((root / "events" / f"{folder}.json").read_text(encoding="utf-8"))
    return event


def made_up(schema: Schema, schemas: Schemas, *, name: str = "") -> Any:
    """A value that fits a schema, for answers that nobody recorded."""
    schema = schemas.resolve(schema)
    options = schema.get("anyOf") or schema.get("oneOf")
    match schema.get("type"):
        case _ if "const" in schema or "default" in schema:
            return schema.get("const", schema.get("default"))
        case _ if options:
            return made_up(options[0], schemas, name=name)
        case "object":
            return {field: made_up(of, schemas, name=field) for field, of in schema.get("properties", {}).items()}
        case "array":
            return [made_up(schema["items"], schemas, name=name)] if "items" in schema else []
        case kind:
            return schema["enum"][0] if "enum" in schema else _scalar(str(kind), name, schema)


def _scalar(kind: str, name: str, schema: Schema) -> Any:
    is_moment = name in _MOMENTS or schema.get("format") == "date-time"
    match kind:
        case "integer" | "number":
            return 1_795_251_600 if is_moment else schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return "2026-11-21T09:00:00Z" if is_moment else _TEXTS.get(name, name)
    return None


_MOMENTS: Final = frozenset({"created", "timestamp", "created_at", "updated_at", "expires_at"})
_TEXTS: Final = {"model": "openai/gpt-4o-mini", "provider": "openai", "url": "https://example.com/file"}
