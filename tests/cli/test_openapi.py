"""The OpenAPI document: whole, valid, and true to the endpoints."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tollgate.auth import capabilities
from tollgate_cli.openapi import CAPABILITIES, FAMILIES, openapi
from tollgate_cli.template import Template, read_template

DOCUMENT = openapi(read_template())

Operation = tuple[str, str, Mapping[str, Any]]


def operations() -> Iterator[Operation]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


each_operation = pytest.mark.parametrize(
    "operation", [operation for _, _, operation in operations()], ids=lambda operation: operation["operationId"]
)


def test_the_document_is_valid_openapi_3_1() -> None:
    problems = [problem.message for problem in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()]

    assert DOCUMENT["openapi"].startswith("3.1.")
    assert problems == []


def test_the_same_endpoints_give_the_same_document(template: Template) -> None:
    assert json.dumps(openapi(template)) == json.dumps(DOCUMENT)


def test_every_route_of_the_template_is_in_it_and_nothing_else(template: Template) -> None:
    routes = {
        (route.path.replace("+}", "}"), route.method.lower())
        for function in template.functions.values()
        for route in function.routes
    }

    assert {(path, method) for path, method, _ in operations()} == routes


def test_operations_are_called_like_their_services_and_each_by_its_own_name() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(names) == len(set(names))
    assert DOCUMENT["paths"]["/v1/chat/completions"]["post"]["operationId"] == "create_chat_completion"


def test_an_alias_says_what_it_is_the_same_as() -> None:
    alias = DOCUMENT["paths"]["/chat/completions"]["post"]

    assert alias["operationId"] == "create_chat_completion_alias"
    assert alias["x-tollgate-alias-of"] == "create_chat_completion"
    assert alias["description"] == "Same as `POST /v1/chat/completions`."
    assert alias["deprecated"] is False


def test_a_greedy_parameter_is_one_that_may_hold_slashes() -> None:
    (parameter,) = DOCUMENT["paths"]["/v1/models/{model_id}"]["get"]["parameters"]

    assert (parameter["name"], parameter["in"], parameter["required"]) == ("model_id", "path", True)
    assert "slashes" in parameter["description"]


def test_what_takes_an_idempotency_key_says_so() -> None:
    taking = {
        (path, method)
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
    }

    posts = {(path, "post") for path, operations in DOCUMENT["paths"].items() if "post" in operations}
    # What a page sends for its visitors carries a token of its own, and is no API for clients that try again.
    from_pages = {one for one in posts if one[0].endswith("/widget-messages")}
    # The same function takes a change by POST, as the API's first clients send it.
    assert taking == posts - from_pages | {("/v1/webhooks/{webhook_id}", "patch")}


def test_parameters_of_the_query_come_from_its_contract() -> None:
    parameters = {one["name"]: one for one in DOCUMENT["paths"]["/keys"]["get"]["parameters"]}

    assert list(parameters) == ["page", "limit", "status"]
    assert parameters["limit"]["schema"] == {"default": 20, "minimum": 1, "maximum": 100, "type": "integer"}
    assert parameters["status"]["schema"] == {"minimum": 0, "maximum": 1, "type": "integer"}
    assert parameters["limit"]["required"] is False


def test_chat_is_answered_as_json_or_as_events() -> None:
    content = resolved(DOCUMENT["paths"]["/v1/chat/completions"]["post"]["responses"]["200"])["content"]

    assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/ChatCompletion"}
    assert content["text/event-stream"]["examples"]["streamed"]["value"].endswith("data: [DONE]\n\n")


def test_only_endpoints_that_call_a_model_name_it_in_a_header() -> None:
    chat = resolved(DOCUMENT["paths"]["/v1/chat/completions"]["post"]["responses"]["200"])["headers"]
    keys = resolved(DOCUMENT["paths"]["/keys"]["get"]["responses"]["200"])["headers"]

    assert {"x-request-id", "x-tollgate-model", "x-tollgate-cost"} <= set(chat)
    assert "x-request-id" in keys
    assert not [name for name in keys if name.startswith("x-tollgate-")]


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/v1/chat/completions", "post", {400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503, 504}),
        ("/v1/models", "get", {400, 401, 402, 403, 429, 500, 503}),
        ("/v1/models/{model_id}", "get", {401, 402, 403, 404, 429, 500, 503}),
        ("/keys", "post", {400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503}),
        ("/keys/{key_id}", "delete", {401, 403, 404, 422, 429, 500, 503}),
        ("/balance", "get", {401, 404, 429, 500, 503}),
        ("/v1/health", "get", {401, 429, 500, 503}),
        ("/docs", "get", {500}),
    ],
)
def test_errors_follow_from_what_an_endpoint_takes_needs_and_raises(path: str, method: str, expected: set[int]) -> None:
    responses = DOCUMENT["paths"][path][method]["responses"]

    assert {int(status) for status in responses if status >= "300"} == expected


def test_every_code_of_a_status_is_told() -> None:
    responses = DOCUMENT["paths"]["/v1/chat/completions"]["post"]["responses"]

    payment = resolved(responses["402"])
    assert list(payment["x-tollgate-codes"]) == [
        "insufficient_balance",
        "request_exceeds_balance",
        "balance_reserved",
        "key_limit_reached",
        "quota_exceeded",
    ]
    assert set(resolved(responses["404"])["x-tollgate-codes"]) == {"model_not_found"}
    assert {"retry-after", "x-should-retry"} <= set(payment["headers"])


@each_operation
def test_an_operation_says_who_may_call_it_what_it_does_and_where_it_belongs(operation: Mapping[str, Any]) -> None:
    assert "x-tollgate-capability" in operation
    assert operation["summary"][0].isupper()
    assert not operation["summary"].endswith(".")
    assert "Raises" not in operation["description"]
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}


def test_no_key_is_asked_for_where_none_is_needed() -> None:
    assert DOCUMENT["paths"]["/docs"]["get"]["security"] == []
    assert DOCUMENT["paths"]["/v1/health"]["get"]["security"][0] == {}
    assert "security" not in DOCUMENT["paths"]["/balance"]["get"]
    assert DOCUMENT["security"] == [{"bearer": []}, {"api_key": []}]


@each_operation
def test_every_example_fits_its_schema(operation: Mapping[str, Any]) -> None:
    for schema, value in examples_of(operation):
        problems = [problem.message for problem in validator(schema).iter_errors(value)]
        assert problems == [], f"{operation['operationId']}: mend the event, or the file in cli/tollgate_cli/samples"


@each_operation
def test_an_error_body_fits_the_schema_of_its_family(operation: Mapping[str, Any]) -> None:
    for response in operation["responses"].values():
        whole = resolved(response)
        if "x-tollgate-codes" in whole:
            content = whole["content"]["application/json"]
            assert validator(content["schema"]).is_valid(content["example"])


def test_money_is_a_number_and_its_bounds_are_told() -> None:
    limit = DOCUMENT["components"]["schemas"]["CreateKeyRequest"]["properties"]["limit"]

    assert limit["anyOf"][0] == {"minimum": 0, "type": "number"}


def test_fields_are_described_by_what_stands_below_them() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    assert schemas["NewApiKey"]["properties"]["key"]["description"].startswith("The key itself.")
    assert schemas["NewApiKey"]["properties"]["hint"] == schemas["ApiKey"]["properties"]["hint"]
    assert schemas["JsonSchema"]["properties"]["schema"]["description"]


def test_what_is_always_answered_is_required_and_what_may_be_missing_is_not() -> None:
    message = DOCUMENT["components"]["schemas"]["AnswerMessage"]
    key = DOCUMENT["components"]["schemas"]["ApiKey"]

    assert "tool_calls" not in message["required"]
    assert "object" in key["required"]


def test_every_capability_has_a_sentence() -> None:
    assert set(CAPABILITIES) == set(capabilities.CAPABILITIES), "tollgate_cli.openapi.CAPABILITIES"


def test_every_family_has_a_sentence(template: Template) -> None:
    families = {function.folder.partition("/")[0] for function in template.functions.values() if function.routes}

    assert families <= set(FAMILIES), "tollgate_cli.openapi.FAMILIES"


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    target: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    whole: Mapping[str, Any] = target
    return whole


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def examples_of(operation: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    success = next(iter(operation["responses"].values()))
    contents = [resolved(operation.get("requestBody", {})).get("content", {}), resolved(success).get("content", {})]
    for content in contents:
        for of_type in content.values():
            for example in of_type.get("examples", {}).values():
                yield of_type["schema"], example["value"]
