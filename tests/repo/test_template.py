"""template.yaml is the only wiring: every function is wired in the same way, and may do what it has to and no more."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tollgate.errors import BadRequest
from tollgate.resources import Resources
from tollgate_cli.local.gateway import load_handler
from tollgate_cli.template import ROOT, Function, read_template

TEMPLATE = read_template()
RESOURCES = TEMPLATE.raw["Resources"]
FUNCTIONS = tuple(TEMPLATE.functions.values())
ORDER = ("CodeUri", "Handler", "Timeout", "Layers", "LoggingConfig", "Policies", "Environment", "Events")
FLEETING = {"ProvidersTable", "IdempotencyTable", "VisitsTable"}
"""What remembers nothing for longer than a day."""
HEAVY = ({"Ref": "ParsersLayer"}, {"Ref": "SdksLayer"}, {"Ref": "VectorsLayer"})
"""Layers of the few functions that need what is in them."""
STORES = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::SecretsManager::Secret",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::S3Vectors::Index",
    }
)

each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.folder)


def test_every_route_is_listed_with_the_function_behind_unrouted_methods() -> None:
    paths = definition_paths()
    routes = {route.path for function in FUNCTIONS for route in function.routes}

    missing = routes - paths.keys()

    assert not missing, f"add {sorted(missing)}, each with `*unrouted`, to the paths of the Gateway's DefinitionBody"


def test_no_path_is_listed_that_has_no_route() -> None:
    routes = {route.path for function in FUNCTIONS for route in function.routes}

    left_over = definition_paths().keys() - routes - {"/", "/{proxy+}"}

    assert not left_over, f"take {sorted(left_over)} off the paths of the Gateway's DefinitionBody: no event has them"


@pytest.mark.parametrize("path", TEMPLATE.paths)
def test_every_path_leads_unrouted_methods_to_the_one_function_for_them(path: str) -> None:
    method = definition_paths()[path]["x-amazon-apigateway-any-method"]

    uri = method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    assert f"${{{TEMPLATE.unrouted}.Arn}}" in uri, f"{path}: `*unrouted`, and nothing else"
    assert method["security"] == [{"NONE": []}]


def test_no_method_of_a_path_is_routed_twice() -> None:
    routes = [(route.method, route.path) for function in FUNCTIONS for route in function.routes]

    assert len(routes) == len(set(routes))


@each_function
def test_a_streamed_function_is_wired_to_stream_and_no_other_one_is(function: Function) -> None:
    properties = RESOURCES[function.name]["Properties"]
    modes = {event["Properties"].get("ResponseTransferMode") for event in api_events(properties)}
    own = properties.get("Environment", {}).get("Variables", {})

    wiring = {
        "Handler": properties["Handler"],
        "ResponseTransferMode": modes or {None},
        "Layers": [one for one in properties.get("Layers", []) if one not in HEAVY],
        "AWS_LAMBDA_EXEC_WRAPPER": own.get("AWS_LAMBDA_EXEC_WRAPPER"),
    }
    expected: dict[str, Any] = {
        "Handler": "app.handler",
        "ResponseTransferMode": {None},
        "Layers": [],
        "AWS_LAMBDA_EXEC_WRAPPER": None,
    }
    streamed = {
        "Handler": "app.app",
        "ResponseTransferMode": {"RESPONSE_STREAM"},
        "Layers": [{"Ref": "RuntimeLayer"}],
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/tollgate-runtime",
    }
    assert wiring == (streamed if function.is_streamed else expected), f"{function.name} streams by halves"


@each_function
def test_a_streamed_function_has_fifteen_minutes_and_any_other_endpoint_as_long_as_api_gateway_waits(
    function: Function,
) -> None:
    if function.is_streamed:
        assert function.timeout_s == 900
    elif function.routes:
        assert function.timeout_s == 29


@each_function
def test_a_function_has_a_log_group_named_like_its_folder(function: Function) -> None:
    name = function.name.removesuffix("Function") + "Logs"

    assert RESOURCES[function.name]["Properties"].get("LoggingConfig") == {"LogGroup": {"Ref": name}}
    assert RESOURCES.get(name) == {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": {"Fn::Sub": f"/tollgate/${{AWS::StackName}}/{function.folder}"},
            "RetentionInDays": {"Ref": "LogRetentionDays"},
        },
    }, f"add a log group {name} behind {function.name}, like those of its neighbours"


def test_no_log_group_is_left_over() -> None:
    groups = {name for name, _ in TEMPLATE.resources("AWS::Logs::LogGroup")}

    left_over = groups - {function.name.removesuffix("Function") + "Logs" for function in FUNCTIONS}

    assert not left_over, f"no function writes into {sorted(left_over)}: take them out"


@each_function
def test_blocks_have_the_same_keys_in_the_same_order(function: Function) -> None:
    keys = [key for key in RESOURCES[function.name]["Properties"] if key in ORDER]

    assert keys == sorted(keys, key=ORDER.index), f"{function.name}: the order is {', '.join(ORDER)}"


def test_routes_of_a_family_stand_together() -> None:
    families = [function.folder.partition("/")[0] for function in FUNCTIONS if function.routes]

    changes = [later for earlier, later in pairwise(families) if later != earlier]

    assert len(changes) == len(set(changes)), f"blocks stand under one line for each family; here: {families}"


MODELS_OF_BEDROCK = {
    "arn:${AWS::Partition}:bedrock:*::foundation-model/*",
    "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/*",
    "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:application-inference-profile/*",
}


# Metrics are no resources that a policy could name.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
METRICS = {"Effect": "Allow", "Action": "cloudwatch:GetMetricData", "Resource": "*"}


def test_only_functions_that_stream_may_call_models_and_only_where_the_operator_wants_it() -> None:
    callers = [function for function in FUNCTIONS if any(map(is_for_models, statements(function)))]

    assert callers
    for function in callers:
        assert function.is_streamed
        (condition,) = [
            raw["Fn::If"]
            for policy in RESOURCES[function.name]["Properties"]["Policies"]
            for raw in policy["Statement"]
            if "Fn::If" in raw
        ]
        assert (condition[0], condition[2]) == ("HasBedrock", {"Ref": "AWS::NoValue"})
        assert {resource["Fn::Sub"] for resource in condition[1]["Resource"]} == MODELS_OF_BEDROCK


@each_function
def test_a_function_may_touch_only_stores_that_the_template_makes(function: Function) -> None:
    for statement in statements(function):
        if is_for_models(statement) or statement == METRICS:
            continue
        for resource in as_list(statement["Resource"]):
            name, rest = target_of(resource)
            kind = RESOURCES.get(name, {}).get("Type")
            assert kind in STORES, f"{function.name}: {resource} is no table, secret, bucket or queue of the template"
            assert re.fullmatch(r"|/index/\w+", rest) or (
                kind == "AWS::S3::Bucket" and re.fullmatch(r"/\w+/\*", rest)
            ), f"{function.name}: {resource} is wider than one table, one index or one folder of the bucket"


@each_function
def test_an_index_that_a_function_may_query_exists(function: Function) -> None:
    for statement in statements(function):
        for resource in as_list(statement["Resource"]):
            name, rest = target_of(resource)
            if rest.startswith("/index/"):
                indexes = RESOURCES[name]["Properties"]["GlobalSecondaryIndexes"]
                assert rest.removeprefix("/index/") in {index["IndexName"] for index in indexes}


@each_function
def test_a_function_is_allowed_actions_by_their_names(function: Function) -> None:
    actions = [action for statement in statements(function) for action in as_list(statement["Action"])]

    assert all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in actions), f"{function.name}: {actions}"
    assert all(statement["Effect"] == "Allow" for statement in statements(function))


POSTING = tuple(
    function
    for function in FUNCTIONS
    if any(route.method == "POST" and route.needs_authorizer for route in function.routes)
)


@pytest.mark.parametrize("function", POSTING, ids=lambda function: function.folder)
def test_a_function_that_takes_posts_may_keep_what_it_answered(function: Function) -> None:
    needed = {(("IdempotencyTable", ""), f"dynamodb:{name}Item") for name in ("Update", "Delete")}
    if not load_handler(function, "app").is_private:
        needed |= {(("Bucket", "/idempotency/*"), f"s3:{name}Object") for name in ("Get", "Put")}
    assert needed <= allowed_to(function), (
        f"{function.name}: take over the lines for IdempotencyTable and idempotency/* of others"
    )


PUBLISHING = {
    (("EventsQueue", ""), "sqs:SendMessage"),
    (("Bucket", "/events/*"), "s3:PutObject"),
}


@each_function
def test_a_function_that_publishes_events_may_queue_them(function: Function) -> None:
    if "tollgate.services.events" in services_behind(function):
        assert allowed_to(function) >= PUBLISHING, (
            f"{function.name}: take over the lines for EventsQueue and events/* of others, such as AnalyzeCodeFunction"
        )


def test_a_worker_of_a_queue_names_the_messages_that_failed_and_has_the_time_for_it() -> None:
    workers = [function for function in FUNCTIONS if function.queue is not None]

    assert workers
    for function in workers:
        events = RESOURCES[function.name]["Properties"]["Events"].values()
        (wiring,) = [event["Properties"] for event in events if event["Type"] == "SQS"]
        queue = RESOURCES[function.queue]["Properties"]
        # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        assert queue["VisibilityTimeout"] >= 6 * function.timeout_s, f"{function.queue}: six times {function.name}'s"
        assert wiring["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in RESOURCES


def test_nothing_in_a_deployment_lets_webhooks_be_on_its_own_machine() -> None:
    variables = {name: "on" for function in FUNCTIONS for name in function.environment}
    variables |= {name.upper(): "on" for name in TEMPLATE.raw["Parameters"]}
    variables |= {"PROVIDER_SETTINGS": "{}", "CONVERSATION_DAYS": "90"}
    guesses = {
        f"{prefix}ALLOW{verb}_LOOPBACK{end}": "on"
        for prefix in ("", "TOLLGATE_")
        for verb in ("", "S")
        for end in ("", "_WEBHOOKS")
    }

    deployed = Resources.from_environment({**variables, **guesses})

    assert not deployed.allows_loopback
    with pytest.raises(BadRequest):
        deployed.receivers.check("https://127.0.0.1/", param="url")


def test_only_the_status_reads_metrics() -> None:
    readers = [function.folder for function in FUNCTIONS if METRICS in statements(function)]

    assert readers == ["wpllm/get_status"]


def test_a_function_that_settles_may_move_usage_and_tell_of_quotas() -> None:
    settling = {
        function.folder: allowed_to(function)
        for function in FUNCTIONS
        if (("LedgerTable", ""), "dynamodb:PutItem") in allowed_to(function)
        and not function.folder.startswith("operate/")
    }

    needed = {(("UsageTable", ""), "dynamodb:UpdateItem"), (("EventsQueue", ""), "sqs:SendMessage")}
    forgotten = [folder for folder, allowed in settling.items() if not needed <= allowed]
    assert "router/create_chat_completion" in settling
    assert not forgotten, f"take over the lines for UsageTable and EventsQueue of others: {forgotten}"


@each_function
def test_a_function_that_answers_conversations_may_look_up_models_of_an_accounts_own(function: Function) -> None:
    if any(map(answers_conversations, services_behind(function))):
        assert (("FineTunesTable", ""), "dynamodb:GetItem") in allowed_to(function), (
            f"{function.name}: take over the line for FineTunesTable of others, such as CreateChatCompletionFunction"
        )


def test_what_holds_data_is_kept_when_the_stack_goes() -> None:
    for name, resource in RESOURCES.items():
        if name not in FLEETING and resource["Type"] in {
            "AWS::DynamoDB::Table",
            "AWS::S3::Bucket",
            "AWS::SecretsManager::Secret",
        }:
            assert resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain", name


def test_every_reference_is_to_something_of_the_template() -> None:
    known = {*RESOURCES, *TEMPLATE.raw["Parameters"]}

    names = {name for name in references(TEMPLATE.raw) if not name.startswith("AWS::")}

    assert names <= known, f"nothing is called {sorted(names - known)}"


def definition_paths() -> dict[str, Any]:
    paths: dict[str, Any] = RESOURCES["Gateway"]["Properties"]["DefinitionBody"]["paths"]
    return paths


def api_events(properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (event for event in properties.get("Events", {}).values() if event["Type"] == "Api")


def statements(function: Function) -> list[dict[str, Any]]:
    policies = RESOURCES[function.name]["Properties"].get("Policies", [])
    given = [statement for policy in policies for statement in policy["Statement"]]
    return [statement["Fn::If"][1] if "Fn::If" in statement else statement for statement in given]


def allowed_to(function: Function) -> set[tuple[tuple[str, str], str]]:
    """What a function may do: of each thing of the template, each action."""
    return {
        (target_of(resource), action)
        for statement in statements(function)
        for resource in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }


# It tells of quotas, in a few words that need no bucket: those that settle may, as is seen to above.
BEHIND_EVERY_RESERVATION = "tollgate.services.quota"


def services_behind(function: Function) -> set[str]:
    """The modules of services that a function's own one imports, and that one."""
    app = ROOT / "functions" / function.folder / "app.py"
    found: set[str] = set()
    waiting = list(services_imported_by(app))
    while waiting:
        module = waiting.pop()
        if module not in found and module != BEHIND_EVERY_RESERVATION:
            found.add(module)
            waiting += services_imported_by(ROOT / "layers/tollgate" / f"{module.replace('.', '/')}.py")
    return found


@cache
def answers_conversations(module: str) -> bool:
    """Whether a module has models answer, and does not merely know about it."""
    tree = ast.parse((ROOT / "layers/tollgate" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "tollgate.services.completions"
        and {alias.name for alias in node.names} & {"complete", "open_stream"}
        for node in ast.walk(tree)
    )


@cache
def services_imported_by(path: Path) -> tuple[str, ...]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return tuple(name for name in names if name.startswith("tollgate.services."))


def is_for_models(statement: dict[str, Any]) -> bool:
    return {*as_list(statement["Action"])} <= {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def target_of(resource: Any) -> tuple[str, str]:
    """The logical id that a policy names, and what follows its ARN."""
    match resource:
        case {"Ref": name}:
            return name, ""
        case {"Fn::GetAtt": [name, "Arn"]}:
            return name, ""
        case {"Fn::Sub": str(text)} if match := re.fullmatch(r"\$\{(\w+)\.Arn\}(.*)", text):
            return match[1], match[2]
    return "", str(resource)


def references(node: Any) -> Iterator[str]:
    match node:
        case {"Ref": str(name)}:
            # What SAM makes of a resource is named after it, as in `Gateway.Stage`.
            yield name.partition(".")[0]
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from (name.partition(".")[0] for name in re.findall(r"\$\{([\w:.]+)\}", text))
        case dict():
            for value in node.values():
                yield from references(value)
        case list():
            for value in node:
                yield from references(value)
