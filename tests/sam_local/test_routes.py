"""Every route of the template, in a container: the function that it names answers, with the layers that it has."""

import re
from typing import Final

import pytest

from tests.sam_local.conftest import Deployed
from tollgate_cli.examples import read_event
from tollgate_cli.template import ROOT, Function, Route, read_template

FUNCTIONS: Final = tuple(read_template().functions.values())
ROUTES: Final = [(function, route) for function in FUNCTIONS for route in (*function.routes, *function.stand_ins)]
WORKERS: Final = [function for function in FUNCTIONS if function.folder.startswith("workers/")]
THERE: Final = {"account_id", "model_id", "provider_id"}
"""What is there is named by these; any other id of an event is that of nothing."""
INVENTED: Final = re.compile(r"\b[a-z]+[_-]01[0-9A-Z]{20,}\b")


@pytest.mark.parametrize(("function", "route"), ROUTES, ids=[f"{route.method} {route.path}" for _, route in ROUTES])
def test_a_route_leads_to_its_function_which_answers(deployed: Deployed, function: Function, route: Route) -> None:
    event = read_event(function.folder)

    answer = deployed.call_of(function, route, event)

    names_nothing = not THERE.issuperset(event["pathParameters"] or ()) or INVENTED.search(event["body"] or "")
    expected = {200, 201, 202, 204} | ({404} if names_nothing else set())
    # Some samples name a provider, and no provider has a key here.
    assert answer.status_code in expected or "missing_api_key" in answer.text, answer.text
    assert deployed.answered(answer) == function.folder


@pytest.mark.parametrize("worker", WORKERS, ids=lambda worker: worker.folder)
def test_a_worker_does_its_job(deployed: Deployed, worker: Function) -> None:
    done = deployed.invoke(worker, ROOT / f"events/{worker.folder}.json")

    assert "errorMessage" not in (done or {}), done
