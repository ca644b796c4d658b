"""template.yaml as the rest of this package needs it. It is the only wiring, so everything local is read off it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
ANY: Final = "ANY"


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a path, and the function behind it."""

    method: str
    path: str
    function: str
    needs_authorizer: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the folder that its code is in, below `functions/`, and how it is called."""

    name: str
    folder: str
    handler: str
    timeout_s: int
    is_streamed: bool
    environment: Mapping[str, Any]
    routes: tuple[Route, ...] = ()
    stand_ins: tuple[Route, ...] = ()
    """Methods that stand for the one of a route: HEAD, and POST with the real method beside it."""
    schedule_s: float | None = None
    queue: str | None = None
    """The logical id of the queue whose messages it is called with."""


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """What API Gateway answers by itself: a status, headers, and a body with `$context` in it."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Template:
    """The parsed file. Intrinsic functions stand in it in their long form, as in `{"Ref": "…"}`."""

    raw: Mapping[str, Any]
    functions: Mapping[str, Function]
    unrouted: str
    """The name of the function behind everything that no endpoint is behind."""
    authorizer: str
    """The name of the function that is asked before any other."""
    paths: tuple[str, ...]
    """The paths of the API's own definition."""
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)

    def resources(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The resources of a type: their logical id and their properties."""
        for name, resource in self.raw["Resources"].items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})

    def parameter(self, name: str) -> str:
        """The default of a parameter."""
        return str(self.raw["Parameters"][name]["Default"])


def read_template(path: Path = ROOT / "template.yaml") -> Template:
    """Read the template."""
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    gateway = raw["Resources"]["Gateway"]["Properties"]
    return Template(
        raw=raw,
        functions=dict(_functions(raw)),
        unrouted="AnswerUnroutedFunction",
        authorizer="AuthorizerFunction",
        paths=tuple(gateway["DefinitionBody"]["paths"]),
        gateway_responses={
            kind: GatewayResponse(
                status=int(response.get("StatusCode", 400 if "4XX" in kind else 500)),
                headers=response["ResponseParameters"]["Headers"],
                body=response["ResponseTemplates"]["application/json"],
            )
            for kind, response in gateway["GatewayResponses"].items()
        },
    )


def _functions(raw: Mapping[str, Any]) -> Iterator[tuple[str, Function]]:
    common = raw["Globals"]["Function"]
    for name, resource in raw["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        events = list((properties.get("Events") or {}).values())
        own = properties.get("Environment", {}).get("Variables", {})
        yield (
            name,
            Function(
                name=name,
                folder=properties["CodeUri"].removeprefix("functions/").rstrip("/"),
                handler=properties["Handler"],
                timeout_s=int(properties.get("Timeout", common["Timeout"])),
                is_streamed="AWS_LAMBDA_EXEC_WRAPPER" in own,
                environment={**common["Environment"]["Variables"], **own},
                routes=tuple(_route(name, event) for event in _api_events(properties, are_stand_ins=False)),
                stand_ins=tuple(_route(name, event) for event in _api_events(properties, are_stand_ins=True)),
                schedule_s=next(
                    (_seconds(event["Properties"]) for event in events if event["Type"] == "Schedule"), None
                ),
                queue=next(
                    (event["Properties"]["Queue"]["Fn::GetAtt"][0] for event in events if event["Type"] == "SQS"), None
                ),
            ),
        )


def _api_events(properties: Mapping[str, Any], *, are_stand_ins: bool) -> Iterator[Mapping[str, Any]]:
    for name, event in (properties.get("Events") or {}).items():
        if event["Type"] == "Api" and name.startswith(("Head", "Override")) == are_stand_ins:
            yield event["Properties"]


def _route(function: str, properties: Mapping[str, Any]) -> Route:
    return Route(
        method=properties["Method"].upper(),
        path=properties["Path"],
        function=function,
        needs_authorizer=properties.get("Auth", {}).get("Authorizer") != "NONE",
    )


def _seconds(properties: Mapping[str, Any]) -> float:
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", properties["Schedule"])
    if match is None:
        raise ValueError(f"a schedule that is not understood here: {properties['Schedule']}")
    return int(match[1]) * {"minute": 60, "hour": 3600, "day": 86400}[match[2]]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, each as the mapping that it is short for."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"unexpected node {node}")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)
