"""Requests made up from the OpenAPI document, good and bad: one JSON object of findings on standard output.

Runs in an environment of its own (`.venv-fuzz`), against a gateway that is up. A finding is a 500, a status or a media
type that the document does not name, or a body that is not as it says.
"""

import json
import sys
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

_SEED = 20261121
_TIMEOUT_S = 60
_MOST_SHOWN = 600


def main(base_url: str, key: str, examples: int) -> dict[str, Any]:
    """Ask for everything, and say what was not as it should be."""
    document = requests.get(f"{base_url}/openapi.json", timeout=_TIMEOUT_S).json()
    schema = schemathesis.openapi.from_dict(document)
    findings: list[dict[str, str]] = []
    count = 0
    operations = [found.ok() for found in schema.get_all_operations()]
    paths = {operation.path for operation in operations}
    for operation in operations:
        is_alias = operation.path.startswith("/wp-json") or f"/v1{operation.path}" in paths
        if is_alias:
            continue
        count += 1
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            findings += _tried(operation, mode, base_url, key, examples)
    return {"operations": count, "findings": findings}


def _tried(operation: Any, mode: GenerationMode, base_url: str, key: str, examples: int) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}

    @seed(_SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        headers = {"authorization": f"Bearer {key}"}
        response = case.call(base_url=base_url, headers=headers, timeout=_TIMEOUT_S)
        problem = _problem(case, response)
        if problem:
            told = {
                "call": operation.label,
                "problem": problem[:_MOST_SHOWN],
                "as": case.as_curl_command()[:_MOST_SHOWN],
            }
            found.setdefault(problem[:60], told)

    try:
        ask()
    except Exception as exc:  # noqa: BLE001 - an operation that nothing can be made up for is a finding as well
        if type(exc).__name__ not in {"Unsatisfiable", "SkipTest"}:
            found["raised"] = {"call": operation.label, "problem": f"{type(exc).__name__}: {exc}"[:_MOST_SHOWN]}
    return list(found.values())


def _problem(case: Any, response: Any) -> str | None:
    if response.status_code == requests.codes.server_error:
        return f"500: {response.text}"
    try:
        case.validate_response(
            response, checks=[status_code_conformance, content_type_conformance, response_schema_conformance]
        )
    except FailureGroup as exc:
        return "; ".join(f"{type(failure).__name__}: {failure}" for failure in exc.exceptions)
    return None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
