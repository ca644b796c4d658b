"""One name, six places: the template, the folders, the services, the contracts, the events and the tests agree.

To add an endpoint, add each of them; to remove one, remove each of them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from mangum import Mangum
from pydantic import BaseModel

from tollgate.auth.capabilities import ANY_KEY, CAPABILITIES, may
from tollgate.contracts.shapes import Form
from tollgate.edge.authorizer import Authorizer
from tollgate.edge.endpoint import Endpoint
from tollgate.edge.event import caller_of, path_parameters_of
from tollgate.edge.forms import parse_form
from tollgate.edge.validation import parse_body, validate
from tollgate_cli.examples import read_event
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.template import ROOT, Function, read_template
from tollgate_runtime.events import body_of

TEMPLATE = read_template()
FUNCTIONS = tuple(TEMPLATE.functions.values())
ROUTED = tuple(function for function in FUNCTIONS if function.routes)
ENDPOINTS = (*ROUTED, TEMPLATE.functions[TEMPLATE.unrouted])

each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.folder)
each_endpoint = pytest.mark.parametrize("function", ENDPOINTS, ids=lambda function: function.folder)
each_routed = pytest.mark.parametrize("function", ROUTED, ids=lambda function: function.folder)


@each_function
def test_a_function_has_its_app(function: Function) -> None:
    app = ROOT / "functions" / function.folder / "app.py"

    assert app.is_file(), f"{function.name} of template.yaml has no {shown(app)}. Write it, or take the function out."


def test_no_folder_is_left_over() -> None:
    folders = {str(app.parent.relative_to(ROOT / "functions")) for app in (ROOT / "functions").rglob("app.py")}

    left_over = folders - {function.folder for function in FUNCTIONS}

    assert not left_over, f"no function of template.yaml has the folders {sorted(left_over)}: add blocks or delete them"


@each_function
def test_a_function_is_named_like_its_folder(function: Function) -> None:
    expected = "".join(word.capitalize() for word in name_of(function).split("_")) + "Function"

    assert function.name == expected, f"call the function of functions/{function.folder} {expected} in template.yaml"


@each_endpoint
async def test_an_app_begins_with_its_route_and_what_comes_of_it(function: Function) -> None:
    first_line = docstring(function).partition("\n")[0]
    route = next((f"{route.method} {route.path}" for route in function.routes), "ANY /{proxy+}")

    said, _, outcome = first_line.partition(": ")

    assert without_names(said) == without_names(route), (
        f"begin the docstring of functions/{function.folder}/app.py with '{route}: …', its first route in template.yaml"
    )
    assert re.fullmatch(r"\S.*\.", outcome), f"say after '{said}: ' what comes of it, with a full stop"


@each_function
async def test_a_function_is_called_as_its_app_allows(function: Function) -> None:
    module, _, attribute = function.handler.partition(".")
    handler = load_handler(function, attribute)

    assert module == "app"
    if function.is_streamed:
        assert isinstance(handler, Endpoint), f"{function.name} streams: its Handler is app.app, an endpoint"
        with pytest.raises(AttributeError):
            load_handler(function, "handler")
    elif function in ENDPOINTS:
        assert isinstance(handler, Mangum), (
            f"{function.name} is buffered: its Handler is app.handler, made by `buffered`"
        )
        assert isinstance(load_handler(function, "app"), Endpoint)
    else:
        assert isinstance(handler, Authorizer) or hasattr(handler, "job")


@each_endpoint
async def test_a_service_is_named_like_its_folder_and_lives_in_its_family(function: Function) -> None:
    endpoint = load_handler(function, "app")
    rooms = (f"tollgate.services.{family_of(function)}.", "tollgate.edge.unrouted")

    assert endpoint.name == name_of(function), f"call the service of functions/{function.folder} {name_of(function)}"
    assert endpoint.family == family_of(function)
    assert endpoint.service.__module__.startswith(rooms), f"{endpoint.name} belongs into {rooms[0]}…"


@each_routed
async def test_contracts_live_in_their_family(function: Function) -> None:
    endpoint = load_handler(function, "app")
    room = f"tollgate.contracts.{family_of(function)}."

    strangers = [shape.__name__ for shape in contracts_of(endpoint) if not shape.__module__.startswith(room)]

    assert not strangers, f"functions/{function.folder}/app.py: {strangers} belong into {room}…"


@each_routed
async def test_an_answer_with_a_secret_in_it_is_kept_for_nobody(function: Function) -> None:
    endpoint = load_handler(function, "app")
    told = {name for shape in _answers_of(endpoint) for name in shape.model_fields}

    secrets = told & {"key", "secret", "signing_secret", "token", "password"}

    assert endpoint.is_private == bool(secrets), (
        f"functions/{function.folder}/app.py: `is_private` says so of {secrets}"
    )


@each_routed
async def test_an_endpoint_needs_a_capability_that_exists(function: Function) -> None:
    capability = load_handler(function, "app").capability

    assert capability in {None, ANY_KEY, *CAPABILITIES}, f"functions/{function.folder}/app.py: {capability!r}"


@each_routed
async def test_an_endpoint_that_needs_a_key_is_behind_the_authorizer(function: Function) -> None:
    needs_key = load_handler(function, "app").capability is not None

    open_routes = [route.path for route in function.routes if not route.needs_authorizer]

    assert not (needs_key and open_routes), f"{function.name}: take `Auth: {{Authorizer: NONE}}` off {open_routes}"


@each_function
def test_a_function_has_its_event(function: Function) -> None:
    event = ROOT / "events" / f"{function.folder}.json"

    assert event.is_file(), f"write {shown(event)}: one event that {function.name} can be tried with"


def test_no_event_is_left_over() -> None:
    events = {str(file.relative_to(ROOT / "events").with_suffix("")) for file in (ROOT / "events").rglob("*.json")}

    left_over = events - {function.folder for function in FUNCTIONS}

    assert not left_over, f"no function of template.yaml has the events {sorted(left_over)}: delete them"


@each_function
def test_a_function_has_its_tests(function: Function) -> None:
    tests = ROOT / "tests" / "functions" / f"{function.folder}.py"
    tests = tests.with_name(f"test_{tests.name}")

    assert tests.is_file(), f"write {shown(tests)}: the request in, the answer out"


def test_no_tests_of_a_family_are_left_over() -> None:
    root = ROOT / "tests" / "functions"
    files = [file.relative_to(root) for file in root.glob("*/**/test_*.py")]
    tested = {str(file.with_name(file.stem.removeprefix("test_"))) for file in files}

    left_over = tested - {function.folder for function in FUNCTIONS}

    assert not left_over, f"no function of template.yaml has the tests of {sorted(left_over)}: move or delete them"


@each_routed
async def test_an_event_is_one_that_its_endpoint_takes(function: Function) -> None:
    event = read_event(function.folder)
    endpoint = load_handler(function, "app")
    route = function.routes[0]

    caller = caller_of({"aws.event": event})

    assert (event["httpMethod"], event["resource"]) == (route.method, route.path)
    assert event["requestContext"]["path"] == f"/live{event['path']}"
    assert (event["pathParameters"] or {}) == path_parameters_of({"aws.event": event})
    assert ("authorizer" in event["requestContext"]) == route.needs_authorizer
    assert endpoint.capability is None or may(caller.capabilities, endpoint.capability), (
        f"events/{function.folder}.json: add {endpoint.capability} to requestContext.authorizer.capabilities"
    )


@each_routed
async def test_an_event_holds_what_its_contracts_ask_for(function: Function) -> None:
    event = read_event(function.folder)
    endpoint = load_handler(function, "app")

    if endpoint.body is not None:
        content, content_type = body_of(event), event["headers"]["Content-Type"]
        if issubclass(endpoint.body, Form):
            validate(endpoint.body, parse_form(content, content_type, endpoint.body))
        else:
            validate(endpoint.body, parse_body(content, content_type))
    if endpoint.query is not None:
        validate(endpoint.query, event["queryStringParameters"] or {})


@each_routed
def test_an_event_says_the_same_once_and_many_times(function: Function) -> None:
    event = read_event(function.folder)

    for once, many in (("headers", "multiValueHeaders"), ("queryStringParameters", "multiValueQueryStringParameters")):
        assert (event[once] or {}) == {name: values[-1] for name, values in (event[many] or {}).items()}


def name_of(function: Function) -> str:
    return function.folder.rpartition("/")[2]


def family_of(function: Function) -> str:
    return function.folder.partition("/")[0]


def docstring(function: Function) -> str:
    source = (ROOT / "functions" / function.folder / "app.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


def without_names(route: str) -> str:
    """A route in which a parameter may be called as people call it: `{id}` for `{key_id}`."""
    return re.sub(r"\{\w+\+?\}", "{}", route)


def contracts_of(endpoint: Endpoint) -> Iterator[type[BaseModel]]:
    for shape in (endpoint.body, endpoint.query):
        yield from _models_in(shape)
    yield from _answers_of(endpoint)


def _answers_of(endpoint: Endpoint) -> Iterator[type[BaseModel]]:
    answer = endpoint.answer
    for shape in list(answer.values()) if isinstance(answer, dict) else [answer]:
        yield from _models_in(shape)


def _models_in(shape: Any) -> Iterator[type[BaseModel]]:
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        yield shape
    for inner in get_args(shape):
        yield from _models_in(inner)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
