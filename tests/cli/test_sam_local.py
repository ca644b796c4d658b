"""The template that `sam local` is given."""

import json
from typing import Any, Final

import pytest

from tollgate_cli.local.sam import function_variables, wired
from tollgate_cli.permissions import gathered
from tollgate_cli.template import read_template

TEMPLATE: Final = read_template()
ENVIRONMENT: Final = {
    "ACCOUNTS_TABLE": "tollgate-accountstable",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://172.17.0.1:5000",
    "AWS_SECRET_ACCESS_KEY": "of the operator",
    "OPENAI_API_KEY": "sk-operator",
    "OPENAI_BASE_URL": "http://172.17.0.1:8791/v1",
    "PATH": "/usr/bin",
    "PROVIDER_SETTINGS": '{"OLLAMA_HOST":"10.0.0.7:11434"}',
}
LAYERS: Final = {name: f"arn:{name}" for name, _ in TEMPLATE.resources("AWS::Serverless::LayerVersion")}


@pytest.fixture(params=[TEMPLATE.raw, gathered(TEMPLATE.raw)], ids=["sam build", "make build"])
def served(request: pytest.FixtureRequest) -> dict[str, Any]:
    return wired(request.param, TEMPLATE, variables={"ACCOUNTS_TABLE": "accounts"}, layers=LAYERS)


def test_functions_are_told_where_aws_is_and_how_providers_are_reached_and_nothing_else() -> None:
    told = function_variables(TEMPLATE, ENVIRONMENT)

    settings = json.loads(told.pop("PROVIDER_SETTINGS"))
    assert told == {name: ENVIRONMENT[name] for name in ("ACCOUNTS_TABLE", "AWS_ENDPOINT_URL_DYNAMODB")}
    assert settings == {
        "OLLAMA_HOST": "10.0.0.7:11434",
        "OPENAI_API_KEY": "sk-operator",
        "OPENAI_BASE_URL": "http://172.17.0.1:8791/v1",
    }


def test_a_method_that_an_endpoint_takes_leads_nowhere_else(served: dict[str, Any]) -> None:
    paths = served["Resources"]["Gateway"]["Properties"]["DefinitionBody"]["paths"]

    for function in TEMPLATE.functions.values():
        for route in (*function.routes, *function.stand_ins):
            methods = paths[route.path]
            assert "x-amazon-apigateway-any-method" not in methods
            assert f"${{{TEMPLATE.unrouted}.Arn}}" not in json.dumps(methods.get(route.method.lower()))
            assert f"${{{TEMPLATE.unrouted}.Arn}}" in json.dumps(methods["options"])


def test_functions_have_the_layers_that_they_are_deployed_with(served: dict[str, Any]) -> None:
    streamed = next(function for function in TEMPLATE.functions.values() if function.is_streamed)

    assert served["Globals"]["Function"]["Layers"] == [LAYERS["TollgateLayer"]]
    assert LAYERS["RuntimeLayer"] in served["Resources"][streamed.name]["Properties"]["Layers"]
    assert not set(LAYERS) & set(served["Resources"])
