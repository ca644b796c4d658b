"""The OpenAPI 3.1 document, from the declarations that the endpoints are built from.

Routes and streaming are read off template.yaml, everything else off each function's `app` and the docstrings beside it.
What is ours alone stands under `x-tollgate-…`:

| On an operation | |
|---|---|
| `x-tollgate-capability` | what a key needs: a capability, `any` key, or null where no key is needed |
| `x-tollgate-alias-of` | the operation that this one is the same as |
| `x-tollgate-codes` | on an error: its codes, and when each is answered |
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel

from tollgate import VERSION
from tollgate.contracts.shapes import Form
from tollgate.edge.endpoint import Endpoint
from tollgate.edge.event import path_parameters_of
from tollgate.services.authentication import door_of
from tollgate_cli.examples import JSON, Exchange, exchanges_of, made_up
from tollgate_cli.failures import Failure, error_body, error_schema, failures_of, phrase_of
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.schemas import REFERENCE, Schema, Schemas, schemas_of, without_null
from tollgate_cli.template import ROOT, Function, Route, Template

EVENTS: Final = "text/event-stream"
FORM: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Family:
    """A family of endpoints as readers meet it."""

    title: str
    description: str


FAMILIES: Final[Mapping[str, Family]] = {
    "router": Family("AI Router", "Chat in OpenAI's form with any provider; models, keys and balance."),
    "wpllm": Family("WP LLM", "WordPress code, written and analysed, and how the gateway is."),
    "aipuffer": Family("AI Puffer", "Generation, chatbots and their logs for AI Puffer's clients."),
    "wpai": Family("WordPress AI", "The AI client API of WordPress core."),
    "operate": Family("Operator", "Accounts, credits and the ledger, for whoever runs the gateway."),
    "gateway": Family("Gateway", "What the gateway says about itself."),
}

CAPABILITIES: Final[Mapping[str, str]] = {
    "prompt_ai": "Call a model.",
    "list_ai_providers": "List providers.",
    "list_ai_models": "List models.",
    "manage_chatbots": "Make, change and delete chatbots.",
    "read_chatbots": "List chatbots by name. `prompt_ai` and `manage_chatbots` include it.",
    "read_logs": "Read conversations.",
    "write_vectors": "Write into vector stores.",
    "manage_files": "Upload files and fine-tune models.",
    "read_usage": "Read usage.",
    "manage_billing": "Change the subscription.",
    "manage_webhooks": "Set up webhooks.",
    "manage_keys": "Make, change and delete keys of the own account.",
    "read_keys": "Read keys of the own account.",
    "operate": "Open accounts, add credits, and do everything else.",
}

ABOUT: Final[Mapping[str, str]] = {
    "Introduction": "One address for AI models: clients of four existing APIs call it by changing their base URL.",
    "Keys": (
        "Send a key as `Authorization: Bearer <key>`. `Authorization: Token <key>`, `Token: <key>` and "
        "`x-api-key: <key>` are read too. What a key may do is the set of its capabilities."
    ),
    "Money": (
        "All amounts are US dollars. A call of a model is admitted when the account covers the most that it can cost. "
        "That much is held while the call runs; what it did cost is charged after the answer, and the rest is given "
        "back. A call that the account cannot cover is refused with 402 and reaches no provider."
    ),
    "Headers": (
        "Every answer has the gateway's own id of the request. An `X-Request-Id` of yours comes back beside it, as "
        "`x-client-request-id`."
    ),
    "Repeated requests": (
        "A `POST` that is sent again with the same `Idempotency-Key` runs once: within a day the answer is that of the "
        "first time, with `idempotent-replayed: true`, and nothing is charged. While the first one runs the second is "
        "409, and with another body it is 422. A failure that cost nothing leaves the key free."
    ),
    "Errors": (
        "The status says what kind of error it is, and the code in the body which one; codes do not change. "
        "`x-should-retry` says whether the same request can succeed later, and `retry-after` when."
    ),
}
"""What holds for every endpoint."""
_EXTENSIONS: Final = (
    "`x-tollgate-capability` of an operation is the capability that it needs, `any` for every key, or null for none."
)

_IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A text of yours, new for each request: sent again with it, the request runs only once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "x-request-id": ("string", "The gateway's own id of the request."),
    "x-client-request-id": ("string", "The `X-Request-Id` that the client sent."),
    "x-tollgate-model": ("string", "The id of the model that answered."),
    "x-tollgate-provider": ("string", "The provider that answered."),
    "x-tollgate-attempts": ("integer", "How many times a provider was asked."),
    "x-tollgate-max-output-tokens": ("integer", "The longest answer that was allowed."),
    "x-tollgate-dropped-params": ("string", "Parameters that were left out or changed for this model, by comma."),
    "x-tollgate-cost": ("string", "US dollars charged, as a decimal. Not on streams, which end with their cost."),
    **{
        f"x-ratelimit-{name}-{what}": (kind, f"{words} {what} per minute. Only where there is such a limit.")
        for what in ("requests", "tokens")
        for name, kind, words in (
            ("limit", "integer", "The limit of"),
            ("remaining", "integer", "What is left of the"),
            ("reset", "string", "When there is room again, such as `1s` or `6m0s`, for"),
        )
    },
    "idempotent-replayed": ("string", "`true` where the answer is that of an earlier request with the same key."),
    "x-should-retry": ("string", "`true` where the same request can succeed later, else `false`."),
    "retry-after": ("integer", "Seconds to wait before another try."),
    "retry-after-ms": ("integer", "The same in milliseconds."),
    "www-authenticate": ("string", "How to send a key. API Gateway may rename or drop this header."),
}
_ALWAYS: Final = ("x-request-id", "x-client-request-id")
_OF_MODEL_CALL: Final = tuple(name for name in _HEADERS if name.startswith(("x-tollgate-", "x-ratelimit-")))
_WAITING: Final = frozenset(
    {
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Documented:
    """A function with its endpoint, as far as callers are concerned."""

    function: Function
    endpoint: Endpoint
    outcome: str
    """The first line of its `app.py`, without the route."""

    @property
    def takes_key(self) -> bool:
        """Whether a key is looked at."""
        return any(route.needs_authorizer for route in self.function.routes)

    @property
    def is_repeatable(self) -> bool:
        """Whether an idempotency key is looked at."""
        return self.takes_key and any(route.method == "POST" for route in self.function.routes)

    @property
    def calls_model(self) -> bool:
        """Streamed functions are those that call models."""
        return self.function.is_streamed

    @property
    def answers(self) -> Mapping[str, Any]:
        """The contract of the answer for each media type."""
        match self.endpoint.answer:
            case None:
                return {}
            case Mapping() as by_media_type:
                return by_media_type
            case contract:
                return {JSON: contract}


def openapi(template: Template) -> dict[str, Any]:
    """The document."""
    documented = sorted(_documented(template), key=lambda one: list(FAMILIES).index(one.endpoint.family))
    schemas = schemas_of(_contracts(documented))
    errors = _error_schemas(documented)
    queries = {one.endpoint.query.__name__ for one in documented if one.endpoint.query}
    shared = _Shared()
    paths: dict[str, dict[str, Any]] = {}
    for one in documented:
        for path, method, operation in _operations(one, schemas, errors, shared):
            paths.setdefault(path, {})[method] = operation
    components = {name: schema for name, schema in schemas.by_name.items() if name not in queries}
    components |= dict(errors.values())
    families = [family for family in FAMILIES if any(one.endpoint.family == family for one in documented)]
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Tollgate",
            "summary": "A serverless AI gateway that speaks four existing APIs.",
            "description": "\n\n".join(
                [
                    *(text if name == "Introduction" else f"**{name}.** {text}" for name, text in ABOUT.items()),
                    _EXTENSIONS,
                ]
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
            "version": VERSION,
        },
        "servers": [
            {
                "url": "https://{gateway}",
                "description": "A deployment: the output `Url` of its stack.",
                "variables": {"gateway": {"default": "gateway.example.com"}},
            },
            {"url": "http://127.0.0.1:3000", "description": "The gateway that `make up` runs."},
        ],
        "security": _SECURITY,
        "tags": [{"name": FAMILIES[name].title, "description": FAMILIES[name].description} for name in families],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "requestBodies": shared.bodies,
            "responses": shared.responses,
            "headers": {
                name: {"description": description, "schema": {"type": kind}}
                for name, (kind, description) in _HEADERS.items()
            },
            "securitySchemes": _security_schemes(documented),
        },
    }


class _Shared:
    """Requests and answers that several operations have, each under one name."""

    def __init__(self) -> None:
        self.bodies: dict[str, Any] = {}
        self.responses: dict[str, Any] = {}

    def body(self, name: str, body: Any) -> dict[str, str]:
        """A reference to a request body."""
        self.bodies[name] = body
        return {"$ref": f"#/components/requestBodies/{name}"}

    def response(self, name: str, response: Any) -> dict[str, str]:
        """A reference to a response; another one of the same name gets a longer one."""
        while self.responses.setdefault(name, response) != response:
            name += "_"
        return {"$ref": f"#/components/responses/{name}"}


def _documented(template: Template) -> Iterator[Documented]:
    for function in template.functions.values():
        if function.routes:
            yield Documented(function, load_handler(function, "app"), read_outcome(function))


def read_outcome(function: Function) -> str:
    """What the first line of an `app.py` says after the route."""
    source = (ROOT / "functions" / function.folder / "app.py").read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    return first.partition(": ")[2]


def _contracts(documented: list[Documented]) -> Iterator[tuple[type[BaseModel], Any]]:
    for one in documented:
        for contract in (one.endpoint.body, one.endpoint.query):
            if contract is not None:
                yield contract, "validation"
        for contract in one.answers.values():
            if isinstance(contract, type) and issubclass(contract, BaseModel):
                yield contract, "serialization"


def _error_schemas(documented: list[Documented]) -> dict[str, tuple[str, Schema]]:
    """The name and the schema of each family's errors; families with the same errors share them."""
    by_family: dict[str, tuple[str, Schema]] = {}
    for family in dict.fromkeys(one.endpoint.family for one in documented):
        schema = error_schema(family)
        same = next((known for known in by_family.values() if known[1] == schema), None)
        by_family[family] = same or (f"{family.title()}Error", schema)
    return by_family


def _operations(
    one: Documented, schemas: Schemas, errors: Mapping[str, tuple[str, Schema]], shared: _Shared
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    first, *aliases = one.function.routes
    exchanges = exchanges_of(one.function)
    operation = _operation(one, first, exchanges, schemas)
    operation["responses"] |= {
        str(status.value): shared.response(
            _name_of(errors[one.endpoint.family][0], status, failures),
            _refusal(status, failures, one.endpoint, errors[one.endpoint.family][0]),
        )
        for status, failures in _failures(one)
    }
    if aliases:
        status = str(one.endpoint.status)
        operation["responses"][status] = shared.response(one.endpoint.name, operation["responses"][status])
        if "requestBody" in operation:
            operation["requestBody"] = shared.body(one.endpoint.name, operation["requestBody"])
    yield _path(first), first.method.lower(), operation
    for number, alias in enumerate(aliases, 1):
        suffix = "alias" if len(aliases) == 1 else f"alias_{number}"
        yield (
            _path(alias),
            alias.method.lower(),
            {
                **operation,
                "operationId": f"{one.endpoint.name}_{suffix}",
                "description": f"Same as `{first.method} {_path(first)}`.",
                "deprecated": False,
                "x-tollgate-alias-of": one.endpoint.name,
                "parameters": _parameters(one, alias, exchanges[0], schemas),
            },
        )


def _operation(one: Documented, route: Route, exchanges: list[Exchange], schemas: Schemas) -> dict[str, Any]:
    endpoint = one.endpoint
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [FAMILIES[endpoint.family].title],
        "summary": one.outcome[:1].upper() + one.outcome[1:].removesuffix("."),
        "description": description_of(endpoint),
        "x-tollgate-capability": endpoint.capability,
        "parameters": _parameters(one, route, exchanges[0], schemas),
    }
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": not endpoint.body.may_be_absent,
            "content": {
                FORM if issubclass(endpoint.body, Form) else JSON: {
                    "schema": schemas.references[endpoint.body, "validation"],
                    "examples": _named({exchange.title: exchange.body for exchange in exchanges}),
                }
            },
        }
    operation["responses"] = {str(endpoint.status): _success(one, exchanges, schemas)}
    if (security := _security(one)) != _SECURITY:
        operation["security"] = security
    return operation


def description_of(endpoint: Endpoint) -> str:
    """The docstring of a service, without what it raises: callers know that as statuses."""
    lines = "\n".join(line.strip() for line in (endpoint.service.__doc__ or "").strip().splitlines())
    return "\n\n".join(part for part in lines.split("\n\n") if not part.startswith("Raises "))


def _path(route: Route) -> str:
    return route.path.replace("+}", "}")


def _parameters(one: Documented, route: Route, example: Exchange, schemas: Schemas) -> list[dict[str, Any]]:
    first = one.function.routes[0]
    values = path_parameters_of({"aws.event": {"resource": first.path, "path": example.path}})
    found = []
    for name, greedy in re.findall(r"\{(\w+)(\+?)\}", route.path):
        words = f"The id of the {name.removesuffix('_id').replace('_', ' ')}."
        note = " The slashes in it may stand as they are." if greedy else ""
        found.append(
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": words + note,
                "schema": {"type": "string"},
                "example": values[name],
            }
        )
    if one.endpoint.query is not None:
        shape = schemas.resolve(schemas.references[one.endpoint.query, "validation"])
        for name, field in shape["properties"].items():
            schema = without_null(field)
            described = {"description": schema.pop("description")} if "description" in schema else {}
            is_required = name in shape.get("required", ())
            found.append({"name": name, "in": "query", "required": is_required, **described, "schema": schema})
    if one.is_repeatable:
        found.append(_IDEMPOTENCY_KEY)
    return found


def _success(one: Documented, exchanges: list[Exchange], schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    described = ""
    for media_type, contract in one.answers.items():
        schema, words = _answer_schema(contract, media_type, schemas)
        described = described or words
        recorded = {
            exchange.title: exchange.answer
            for exchange in exchanges
            if exchange.media_type == media_type and exchange.answer is not None
        }
        if not recorded and media_type == JSON and "$ref" in schema:
            recorded = {"Example": made_up(schema, schemas)}
        content[media_type] = {"schema": schema, **({"examples": _named(recorded)} if recorded else {})}
    headers = [*_ALWAYS, *(_OF_MODEL_CALL if one.calls_model else ())]
    if one.is_repeatable:
        headers.append("idempotent-replayed")
    return {
        "description": described or phrase_of(one.endpoint.status),
        "headers": _header_references(headers),
        **({"content": content} if content else {}),
    }


def _answer_schema(contract: Any, media_type: str, schemas: Schemas) -> tuple[Schema, str]:
    """The schema of an answer, and what is said about it."""
    if isinstance(contract, type) and issubclass(contract, BaseModel):
        reference = schemas.references[contract, "serialization"]
        return reference, schemas.resolve(reference).get("description", "")
    if contract is bytes:
        return {}, ""
    if contract is str:
        words = "Server-sent events, one JSON object each." if media_type == EVENTS else ""
        return {"type": "string", **({"description": words} if words else {})}, ""
    return {"type": "object"}, ""


def _failures(one: Documented) -> Iterator[tuple[HTTPStatus, list[Failure]]]:
    yield from failures_of(
        one.endpoint,
        takes_key=one.takes_key,
        calls_model=one.calls_model,
        streams=EVENTS in one.answers,
        is_repeatable=one.is_repeatable,
    ).items()


def _name_of(error: str, status: HTTPStatus, failures: list[Failure]) -> str:
    first, *others = (failure.code for failure in failures)
    return f"{error}.{status.value}.{first}" + (f"_and_{len(others)}_more" if others else "")


_MANY_CODES: Final = frozenset({"aipuffer"})


def _refusal(status: HTTPStatus, failures: list[Failure], endpoint: Endpoint, error: str) -> dict[str, Any]:
    codes = {failure.code: failure.when for failure in failures}
    body = error_body(failures[0].kind, endpoint.family)
    # The plugin has a code for almost every occurrence: what is listed is what each status has in common.
    told = {"type": "string", "examples": list(codes)} if endpoint.family in _MANY_CODES else {"enum": list(codes)}
    listed: Schema = {"properties": {"code": told}}
    headers = [*_ALWAYS, "x-should-retry"]
    if status in _WAITING:
        headers += ["retry-after", "retry-after-ms"]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append("www-authenticate")
    return {
        "description": f"{phrase_of(status)}: {', '.join(f'`{code}`' for code in codes)}.",
        "x-tollgate-codes": codes,
        "headers": _header_references(headers),
        "content": {
            JSON: {
                "schema": {
                    "allOf": [
                        {"$ref": REFERENCE + error},
                        {"properties": {"error": listed}} if isinstance(body.get("error"), Mapping) else listed,
                    ]
                },
                "example": body,
            }
        },
    }


def _header_references(names: tuple[str, ...] | list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _named(examples: Mapping[str, Any]) -> dict[str, Any]:
    return {
        re.sub(r"\W+", "_", title.lower()): {"summary": title, "value": value}
        for title, value in examples.items()
        if value is not None
    }


_SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"api_key": []}]


def _security(one: Documented) -> list[dict[str, list[str]]]:
    """The ways to send a key; an empty one where none is needed."""
    if not one.takes_key:
        return []
    door = door_of(one.function.routes[0].path)
    ways = [*_SECURITY]
    if door.basic:
        ways.append({"basic": []})
    if door.in_query:
        ways.append({door.in_query: []})
    return [{}, *ways] if one.endpoint.capability is None else ways


def _security_schemes(documented: list[Documented]) -> dict[str, Any]:
    schemes: dict[str, Any] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "tg- and 43 letters and digits",
            "description": "`Authorization: Bearer <key>`. The word `Token` does as well as `Bearer`.",
        },
        "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "`x-api-key: <key>`."},
    }
    doors = [door_of(route.path) for one in documented for route in one.function.routes if route.needs_authorizer]
    if any(door.basic for door in doors):
        schemes["basic"] = {"type": "http", "scheme": "basic", "description": "Any user name, the key as password."}
    for name in sorted({door.in_query for door in doors if door.in_query}):
        schemes[name] = {"type": "apiKey", "in": "query", "name": name, "description": f"`?{name}=<key>`."}
    return schemes
