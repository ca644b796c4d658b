"""The template as CloudFormation gets it, and a stack made of it."""

import io
import json
import subprocess
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from tollgate_cli.permissions import gathered
from tollgate_cli.template import ROOT, read_template

_REGION: Final = "eu-west-1"
_CODE: Final = ("tollgate-code", "package.zip")
UNPLAYED: Final = {"AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"}
"""moto takes no notice of an API's definition, and deploys no API without methods."""
UNKNOWN: Final = {"AWS::SecretsManager::Secret"}
"""moto's CloudFormation goes on without these."""


@dataclass(frozen=True)
class Stack:
    """A stack as it was made."""

    status: str
    resources: Mapping[str, str]
    """The physical id of each resource by its logical one."""
    variables: Mapping[str, Mapping[str, str]]
    """The environment of each function."""
    tables: Mapping[str, Mapping[str, Any]]
    """The description of each table."""


@pytest.fixture(scope="session")
def translated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What aws-sam-translator makes of what is deployed."""
    built = tmp_path_factory.mktemp("built") / "template.yaml"
    built.write_text(json.dumps(gathered(read_template().raw)), encoding="utf-8")
    return translation_of(built)


@pytest.fixture(scope="session")
def stack(translated: dict[str, Any]) -> Stack:
    """A stack of it, with the parameters at their defaults, in moto."""
    with mock_aws(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tried to parse", UserWarning)
        return created(translated)


def translation_of(template: Path) -> dict[str, Any]:
    python = ROOT / ".venv-sam/bin/python"
    if not python.exists():
        pytest.fail("The SAM CLI's environment is not there: run 'make .venv-sam/ready'.")
    ended = subprocess.run(
        [python, ROOT / "tests/deployed/translate.py", template], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def created(translated: Mapping[str, Any]) -> Stack:
    """What a new stack is made of."""
    bucket, key = _CODE
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "")
    played = {name: one for name, one in translated["Resources"].items() if one["Type"] not in UNPLAYED}
    s3, cloudformation, functions, tables = (
        boto3.client(service, region_name=_REGION) for service in ("s3", "cloudformation", "lambda", "dynamodb")
    )
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": _REGION})
    s3.put_object(Bucket=bucket, Key=key, Body=package.getvalue())
    s3.put_object(Bucket=bucket, Key="template.json", Body=json.dumps({**translated, "Resources": played}))
    cloudformation.create_stack(
        StackName="tollgate",
        TemplateURL=f"https://{bucket}.s3.{_REGION}.amazonaws.com/template.json",
        Capabilities=["CAPABILITY_IAM"],
    )
    (told,) = cloudformation.describe_stacks(StackName="tollgate")["Stacks"]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName="tollgate")
    made = [one for page in pages for one in page["StackResourceSummaries"] if one["LogicalResourceId"]]
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in made}

    def of_type(kind: str) -> list[str]:
        return [one["LogicalResourceId"] for one in made if one["ResourceType"] == kind]

    return Stack(
        status=told["StackStatus"],
        resources=names,
        variables={
            name: functions.get_function_configuration(FunctionName=names[name])["Environment"]["Variables"]
            for name in of_type("AWS::Lambda::Function")
        },
        tables={
            name: tables.describe_table(TableName=names[name])["Table"] for name in of_type("AWS::DynamoDB::Table")
        },
    )
