"""What the namespaces of WordPress's REST API say about their routes; written by `make generate`."""

import json
import re
from functools import cache
from importlib import resources as files
from typing import Any
from urllib.parse import unquote

_ROOT = "ROOT"


def namespace_index(namespace: str, root: str) -> dict[str, Any]:
    """A namespace and all its routes. `root` is the address of the REST root, with the slash at its end."""
    described = _documents()[namespace]
    routes = {path: _with_root(route["index"], root) for path, route in described.items()}
    return {"namespace": namespace, "routes": routes, "_links": {"up": [{"href": root}]}}


def describe_route(path: str, root: str) -> dict[str, Any] | None:
    """The route that a path leads to, with its schema; None where there is none."""
    trimmed = unquote(path.removeprefix("/wp-json")).rstrip("/")
    for routes in _documents().values():
        for route in routes.values():
            if re.fullmatch(route["pattern"], trimmed):
                found: dict[str, Any] = _with_root(route["options"], root)
                return found
    return None


def _with_root(described: Any, root: str) -> Any:
    text = json.dumps(described)
    return json.loads(text.replace(f'"href": "{_ROOT}/', f'"href": {json.dumps(root)[:-1]}'))


@cache
def _documents() -> dict[str, Any]:
    content = (files.files("tollgate.documents") / "rest.json").read_bytes()
    documents: dict[str, Any] = json.loads(content)
    return documents
