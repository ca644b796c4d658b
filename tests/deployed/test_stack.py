"""The template is one that AWS can translate and create, within its limits, and wires what it says."""

import json
import re
from collections import defaultdict
from typing import Any, Final

import pytest

from tests.deployed.conftest import UNKNOWN, UNPLAYED, Stack, translation_of
from tollgate_cli.template import ROOT, Function, Route, read_template

TEMPLATE: Final = read_template()
FUNCTIONS: Final = tuple(TEMPLATE.functions.values())
ROUTES: Final = [(function, route) for function in FUNCTIONS for route in (*function.routes, *function.stand_ins)]
MOST_RESOURCES: Final = 450
"""CloudFormation creates 500; the rest is room for what a release may have to add before it can take away."""
MANAGED: Final = {
    "AWSLambdaBasicExecutionRole": "writing log lines; SAM gives it to every function",
    "AWSLambdaSQSQueueExecutionRole": "taking messages off a queue; SAM gives it to functions behind one",
    "AWSXrayWriteOnlyAccess": "sending traces; SAM gives it to functions that are traced",
}
WIDE: Final = {"cloudwatch:GetMetricData": "metrics have no ARN that a policy could name"}
"""Actions that are allowed of everything, and why."""

each_route = pytest.mark.parametrize(
    ("function", "route"), ROUTES, ids=[f"{route.method} {route.path}" for _, route in ROUTES]
)


def test_a_stack_is_created_of_it(translated: dict[str, Any], stack: Stack) -> None:
    left_out = UNPLAYED | UNKNOWN
    expected = {
        name
        for name, resource in translated["Resources"].items()
        # What stands behind a parameter is not there unless it is asked for.
        if resource["Type"] not in left_out and not resource.get("Condition", "").startswith("Has")
    }

    assert stack.status == "CREATE_COMPLETE"
    assert set(stack.resources) == expected


def test_there_are_fewer_resources_than_cloudformation_takes(translated: dict[str, Any]) -> None:
    count = len(translated["Resources"])

    assert count < MOST_RESOURCES, f"{count} of 500"


def test_the_api_is_the_one_that_the_template_describes(translated: dict[str, Any]) -> None:
    described = translation_of(ROOT / "template.yaml")

    paths, expected = (
        json.dumps(one["Resources"]["Gateway"]["Properties"]["Body"]["paths"], sort_keys=True)
        for one in (translated, described)
    )

    # SAM writes the partition that it translates for.
    assert paths.replace("${AWS::Partition}", "aws") == expected.replace("${AWS::Partition}", "aws")


def test_functions_are_told_the_names_of_what_was_created(stack: Stack) -> None:
    for function in FUNCTIONS:
        wanted = {
            name: stack.resources[value["Ref"]]
            for name, value in function.environment.items()
            if isinstance(value, dict) and stack.resources.get(value.get("Ref", ""))
        }
        assert wanted
        assert wanted.items() <= stack.variables[function.name].items(), function.name


def test_tables_have_their_keys_and_indexes(stack: Stack) -> None:
    for name, properties in TEMPLATE.resources("AWS::DynamoDB::Table"):
        indexes = {index["IndexName"] for index in stack.tables[name].get("GlobalSecondaryIndexes", ())}
        assert stack.tables[name]["KeySchema"] == properties["KeySchema"], name
        assert indexes == {index["IndexName"] for index in properties.get("GlobalSecondaryIndexes", ())}, name


@each_route
def test_a_route_of_the_api_leads_to_its_function(translated: dict[str, Any], function: Function, route: Route) -> None:
    method = translated["Resources"]["Gateway"]["Properties"]["Body"]["paths"][route.path][route.method.lower()]

    integration = method["x-amazon-apigateway-integration"]
    asked = [name for one in method.get("security", ()) for name in one]
    assert f"${{{function.name}.Arn}}" in integration["uri"]["Fn::Sub"]
    assert integration.get("responseTransferMode") == ("STREAM" if function.is_streamed else None)
    assert ("response-streaming" in integration["uri"]["Fn::Sub"]) == function.is_streamed
    assert asked == (["Keys"] if route.needs_authorizer else ["NONE"])


@each_route
def test_the_api_may_call_the_function_of_a_route(translated: dict[str, Any], function: Function, route: Route) -> None:
    called = re.sub(r"\{\w+\+?\}", "*", f"{route.method}{route.path}")

    assert any(covers(arn, called) for arn in permissions(translated)[function.name])


def test_nobody_else_may_call_a_function(translated: dict[str, Any]) -> None:
    for name, resource in translated["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Permission":
            properties = resource["Properties"]
            assert properties["Principal"] in {"apigateway.amazonaws.com", "events.amazonaws.com"}, name
            assert properties["SourceArn"], name


def test_roles_have_only_the_policies_that_every_function_needs_beside_its_own(translated: dict[str, Any]) -> None:
    for name, resource in translated["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            managed = {str(arn).rpartition("/")[2].strip("'}]") for arn in resource["Properties"]["ManagedPolicyArns"]}
            assert managed <= set(MANAGED), name


def test_no_policy_is_for_everything(translated: dict[str, Any]) -> None:
    for name, resource in translated["Resources"].items():
        for policy in resource.get("Properties", {}).get("Policies", ()):
            statements = policy["PolicyDocument"]["Statement"]
            wide = [one["Action"] for one in statements if "*" in (one.get("Resource"), one.get("Action"))]
            assert set(wide) <= set(WIDE), name


def permissions(translated: dict[str, Any]) -> dict[str, list[str]]:
    """What of the API may call each function: the ends of the ARNs, from the stage on."""
    found: dict[str, list[str]] = defaultdict(list)
    for resource in translated["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Permission":
            target = resource["Properties"]["FunctionName"]
            source = resource["Properties"]["SourceArn"].get("Fn::Sub", "")
            text = source if isinstance(source, str) else source[0]
            if "execute-api" in text:
                name = target.get("Ref") or target["Fn::GetAtt"][0]
                found[name].append(text.rpartition("execute-api")[2].partition("/")[2])
    return found


def covers(arn: str, called: str) -> bool:
    """Whether an ARN, from the stage on, is of a call of a method and path."""
    return arn == "*" or arn.partition("/")[2] == called
