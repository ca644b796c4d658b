"""Each function may do what it does while it is tested, and nothing else."""

import re
from typing import Final

import pytest

from tests.aws_calls import SEEN, Call
from tests.repo.test_template import allowed_to
from tollgate_cli.template import read_template

pytestmark = pytest.mark.last

ALLOWED: Final = {
    Call(function.name, action, *(("", "") if action.startswith("bedrock:") else target))
    for function in read_template().functions.values()
    for target, action in allowed_to(function)
}
UNTRIED: Final = {
    r"bedrock:.*": "its models are tried by tests/unit/providers, and by no function's own tests",
}
"""What no test of a function asks for, by a pattern of the action and what it is for, and why it is allowed."""


def test_no_function_asks_for_what_its_policy_does_not_allow() -> None:
    missing = sorted(SEEN - ALLOWED)

    assert not missing, "\n".join(["add to Policies in template.yaml:", *map(told, missing)])


@pytest.mark.whole_run
def test_no_function_is_allowed_what_it_never_asks_for() -> None:
    unused = sorted(call for call in ALLOWED - SEEN if not is_explained(call))

    assert not unused, "\n".join(["take out of Policies in template.yaml, or test what needs it:", *map(told, unused)])


@pytest.mark.whole_run
@pytest.mark.parametrize("pattern", UNTRIED)
def test_an_exception_is_still_one(pattern: str) -> None:
    untried = [call for call in ALLOWED - SEEN if re.fullmatch(pattern, f"{call.action} {call.resource}{call.part}")]

    assert untried, f"every function that may {pattern} is tried: take the exception out"


def is_explained(call: Call) -> bool:
    return any(re.fullmatch(pattern, f"{call.action} {call.resource}{call.part}") for pattern in UNTRIED)


def told(call: Call) -> str:
    return f"  {call.function}: {call.action} on {call.resource}{call.part}"
