"""What an operator is told of: metrics of the stack, in a deployment."""

import json
from decimal import Decimal
from typing import Any, get_args

import pytest

from tests.builders import a_hold
from tollgate import incidents
from tollgate.incidents import Incident
from tollgate.resources import Resources
from tollgate.services.gate import Bill, settle
from tollgate_cli.template import read_template


def told(output: str) -> list[tuple[str, Any, Any]]:
    """Name, number and dimensions of each metric that was written."""
    found = []
    for line in output.splitlines():
        body = json.loads(line)
        (written,) = body["_aws"]["CloudWatchMetrics"]
        assert written["Namespace"] == "Tollgate"
        for metric in written["Metrics"]:
            value = body[metric["Name"]]
            found.append((metric["Name"], value[0] if isinstance(value, list) else value, written["Dimensions"]))
    return found


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function of a stack."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "chat")
    monkeypatch.setenv("STACK", "gateway")
    monkeypatch.delenv("POWERTOOLS_SERVICE_NAME", raising=False)


@pytest.mark.parametrize("incident", get_args(Incident))
@pytest.mark.usefixtures("deployed")
def test_an_incident_is_a_metric_of_the_stack(incident: Any, capsys: pytest.CaptureFixture[str]) -> None:
    incidents.count(incident, 3)

    ((name, number, dimensions),) = told(capsys.readouterr().out)
    assert (name, number, dimensions) == (incident, 3, [["stack"]])


def test_on_a_laptop_nothing_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    incidents.count("SettleOverruns")

    assert capsys.readouterr().out == ""


def test_each_incident_has_an_alarm() -> None:
    resources = read_template().raw["Resources"].values()
    alarms = [one["Properties"] for one in resources if one["Type"] == "AWS::CloudWatch::Alarm"]
    watched = {alarm.get("MetricName") for alarm in alarms if alarm.get("Namespace") == incidents.NAMESPACE}

    assert watched == set(get_args(Incident))


def test_every_worker_and_every_queue_of_dead_letters_is_watched() -> None:
    resources = read_template().raw["Resources"]
    watched = json.dumps([one for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"])
    workers = [
        name for name, one in resources.items() if "functions/workers/" in str(one.get("Properties", {}).get("CodeUri"))
    ]
    letters = {
        json.dumps(one["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0])
        for one in resources.values()
        if one["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in one["Properties"]
    }

    assert not [name for name in workers if f'"{name}"' not in watched]
    assert not [name for name in letters if name not in watched]


@pytest.mark.usefixtures("deployed")
async def test_a_bill_above_its_hold_is_told(frozen: Resources, capsys: pytest.CaptureFixture[str]) -> None:
    bill = Bill(a_hold().amount_usd + Decimal(1), {}, "completed", "openai/gpt-4o", is_estimated=False, details={})

    await settle(a_hold(), bill, frozen)

    assert [name for name, _, _ in told(capsys.readouterr().out)] == ["SettleOverruns"]
