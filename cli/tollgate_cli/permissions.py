"""One permission for each function in place of one for each route: `make build` does it to what `sam build` made.

SAM makes a permission of every event of an API, and CloudFormation takes 500 resources in a stack. So the routes go
from the functions' events into the API's own definition, where SAM would put them itself, and each function that the
API calls has one permission for this API.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tollgate_cli.template import ROOT, read_template

_BUILT: Final = ROOT / ".aws-sam" / "build" / "template.yaml"
_INVOCATION: Final = (
    "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/{version}/functions/${{{function}.Arn}}/{action}"
)
_CALLER: Final = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Gateway}/*"


def gathered(template: Mapping[str, Any]) -> dict[str, Any]:
    """The same template, with its routes in the API's definition."""
    resources = dict(template["Resources"])
    properties = resources["Gateway"]["Properties"]
    definition = properties["DefinitionBody"]
    paths = {path: dict(methods) for path, methods in definition["paths"].items()}
    for name, function in template["Resources"].items():
        events = function.get("Properties", {}).get("Events", {})
        rest = {event: one for event, one in events.items() if one["Type"] != "Api"}
        if len(rest) == len(events):
            continue
        for route in _routes(events):
            paths[route["Path"]][route["Method"].lower()] = _method(name, route)
        own = {key: value for key, value in function["Properties"].items() if key != "Events"}
        resources[name] = {**function, "Properties": {**own, **({"Events": rest} if rest else {})}}
        resources[name.removesuffix("Function") + "Permission"] = _permission(name)
    gateway = {**properties, "DefinitionBody": {**definition, "paths": paths}}
    resources["Gateway"] = {**resources["Gateway"], "Properties": gateway}
    return {**template, "Resources": resources}


def _routes(events: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (event["Properties"] for event in events.values() if event["Type"] == "Api")


def _method(function: str, route: Mapping[str, Any]) -> dict[str, Any]:
    """A method of a path as SAM writes it. What says nothing of its authorizer gets the one of the API."""
    is_streamed = route.get("ResponseTransferMode") == "RESPONSE_STREAM"
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/response-streaming-lambda-configure.html
    version, action = ("2021-11-15", "response-streaming-invocations") if is_streamed else ("2015-03-31", "invocations")
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": {"Fn::Sub": _INVOCATION.format(version=version, function=function, action=action)},
        **({"responseTransferMode": "STREAM"} if is_streamed else {}),
    }
    is_open = route.get("Auth", {}).get("Authorizer") == "NONE"
    return {
        **({"security": [{"NONE": []}]} if is_open else {}),
        "responses": {},
        "x-amazon-apigateway-integration": integration,
    }


def _permission(function: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": function},
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": _CALLER},
        },
    }


def main() -> None:
    """Change the template that was built."""
    # JSON is YAML, and SAM reads either.
    _BUILT.write_text(json.dumps(gathered(read_template(_BUILT).raw), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
