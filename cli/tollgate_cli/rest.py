"""The routes of WordPress's REST API as it describes them itself: to `OPTIONS`, and in the index of a namespace."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from tollgate.edge.event import REST_NAMESPACES
from tollgate.edge.wordpress import RestEndpoint
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.schemas import DescribedFields, Schema
from tollgate_cli.template import Function, Template

_DRAFT: Final = "http://json-schema.org/draft-04/schema#"
# How WordPress calls what is answered; other answers are called like their contracts.
_TITLES: Final[Mapping[str, str]] = {
    "GenerativeAiResult": "ai_generation_result",
    "Supported": "ai_is_supported_response",
    "ProviderMetadata": "ai_provider",
    "ProviderList": "ai_provider",
    "ModelMetadata": "ai_model",
    "ModelList": "ai_model",
}
_LEFT_OUT: Final = frozenset({"title", "discriminator", "$defs"})


def rest_routes(template: Template) -> dict[str, Any]:
    """Each namespace with its routes: a pattern for its paths, what `OPTIONS` answers, and its entry in the index."""
    found: dict[str, dict[str, Any]] = {namespace: {} for namespace in REST_NAMESPACES}
    for function in template.functions.values():
        if not function.routes:
            continue
        endpoint = load_handler(function, "app")
        namespace = next((name for name in found if function.routes[0].path.startswith(f"/{name}")), None)
        if namespace is not None and isinstance(endpoint, RestEndpoint):
            routes = found[namespace]
            place = wordpress_path(function.routes[0].path)
            routes[place] = _merged(routes.get(place), _described(namespace, place, function, endpoint))
    # The index of the namespace stands first, as WordPress has it.
    return {
        name: dict(sorted(routes.items(), key=lambda item: item[0] != f"/{name}")) for name, routes in found.items()
    }


def wordpress_path(path: str) -> str:
    """A path as WordPress writes routes: `/providers/(?P<providerId>[^/]+)`."""
    if path.startswith("/aipkit/"):
        # Its names are no camels, and all are numbers.
        return re.sub(r"\{(\w+)\}", r"(?P<\1>[\\d]+)", path)
    return re.sub(r"\{(\w+)\+?\}", lambda match: f"(?P<{to_camel(match[1])}>[^/]+)", path)


def wordpress_schema(schema: Mapping[str, Any]) -> Schema:
    """A schema in WordPress's dialect: a property says itself that it is required, and nothing is referred to.

    Lists of required names without properties stay as they are.
    """
    definitions = schema.get("$defs", {})
    converted: Schema = _converted(schema, definitions)
    return converted


def _converted(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_converted(one, definitions) for one in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return _converted(
            {**definitions[name], **{key: one for key, one in node.items() if key != "$ref"}}, definitions
        )
    return _converted_object(_without_null(node), definitions)


def _converted_object(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    properties = node.get("properties")
    if not isinstance(properties, Mapping):
        return {name: _converted(one, definitions) for name, one in node.items() if not _is_left_out(name, one)}
    required = node.get("required", ())
    fields = {name: _converted(one, definitions) for name, one in properties.items()}
    rest = {name: one for name, one in node.items() if name not in {"properties", "required"}}
    return {
        **{name: _converted(one, definitions) for name, one in rest.items() if not _is_left_out(name, one)},
        "properties": {name: {**one, "required": True} if name in required else one for name, one in fields.items()},
    }


def _is_left_out(name: str, value: Any) -> bool:
    return name in _LEFT_OUT and isinstance(value, str | Mapping)


def _without_null(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """An optional field, which WordPress leaves out rather than sends as null."""
    options = [option for option in node.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == len(node.get("anyOf", ())):
        return node
    rest = {name: value for name, value in node.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**options[0], **rest} if len(options) == 1 else {**rest, "anyOf": options}


def _described(namespace: str, place: str, function: Function, endpoint: RestEndpoint) -> dict[str, Any]:
    methods = [endpoint.method]
    args = _args(endpoint, place)
    shared = {"namespace": namespace, "methods": methods, "endpoints": [{"methods": methods, "args": args or []}]}
    # Of a route with parameters nobody knows the address.
    links = {} if "(?P" in place else {"_links": {"self": [{"href": f"ROOT{place}"}]}}
    answer = endpoint.answer
    schema = {"schema": _titled(answer)} if isinstance(answer, type) and issubclass(answer, BaseModel) else {}
    last = function.routes[0].path.rpartition("/")[2]
    return {
        "pattern": place.removesuffix("[^/]+)") + ".+)" if last.endswith("+}") else place,
        "options": {**shared, **schema, **links},
        "index": {**shared, **links},
    }


def _args(endpoint: RestEndpoint, place: str) -> dict[str, Any]:
    parameters = re.findall(r"\(\?P<(\w+)>(\[\\d\])?", place)
    named: dict[str, Any] = {
        name: {"type": "integer" if is_number else "string", "required": False} for name, is_number in parameters
    }
    if place.count("/") == 2:
        named = {
            "namespace": {"default": place.strip("/"), "required": False},
            "context": {"default": "view", "required": False},
        }
    asked = endpoint.body or endpoint.query
    if asked is None:
        # WordPress names them where one thing is asked for, and not where it is a list.
        return {} if place.endswith("/models") else named
    schema = wordpress_schema(_schema_of(asked, "validation"))
    fields = schema["properties"].items()
    of_path = named if endpoint.body is None else {}
    return of_path | {name: {**field, "required": field.get("required") is True} for name, field in fields}


def _titled(answer: type[BaseModel]) -> Schema:
    schema = wordpress_schema(_schema_of(answer, "serialization"))
    # Of a list, WordPress describes an item.
    schema = schema.get("items", schema)
    name = answer.__name__
    return {"$schema": _DRAFT, "title": _TITLES.get(name, name.lower()), **schema}


def _schema_of(contract: type[BaseModel], mode: Any) -> Schema:
    return contract.model_json_schema(mode=mode, by_alias=True, schema_generator=DescribedFields)


def _merged(known: dict[str, Any] | None, more: dict[str, Any]) -> dict[str, Any]:
    """One entry for the methods of one path."""
    if known is None:
        return more
    for part in ("options", "index"):
        known[part]["methods"] = [*known[part]["methods"], *more[part]["methods"]]
        known[part]["endpoints"] = [*known[part]["endpoints"], *more[part]["endpoints"]]
    return known
