"""Each function may do what it does while it is tested, and nothing else."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest

from tests.aws_calls import SEEN, Call
from tests.repo.test_template import allowed_to
from tollgate_cli.template import Function, read_template

pytestmark = pytest.mark.last

FUNCTIONS: Final = read_template().functions
ALLOWED: Final = {
    Call(function.name, action, *(("", "") if action.startswith("bedrock:") else target))
    for function in FUNCTIONS.values()
    for target, action in allowed_to(function)
}


class Untried(NamedTuple):
    """What some functions are allowed although no test of theirs asks for it: one place does it for all of them."""

    pattern: str
    """Of the action and what it is for."""
    of: Callable[[Function], bool]
    why: str


def calls_models(function: Function) -> bool:
    return function.is_streamed


def settles(function: Function) -> bool:
    return any(call.function == function.name and call.resource == "LedgerTable" for call in ALLOWED)


def names_models(function: Function) -> bool:
    return function.is_streamed or function.folder in {"router/list_models", "wpai/check_support"}


def reads_settings(function: Function) -> bool:
    return function.is_streamed or function.folder.startswith(("workers/", "aipuffer/"))


def takes_posts(function: Function) -> bool:
    return any(route.method == "POST" for route in function.routes)


def publishes(function: Function) -> bool:
    return any(call.function == function.name and call.resource == "EventsQueue" for call in SEEN)


UNTRIED: Final = (
    Untried(r"bedrock:\w+ ", calls_models, "a provider, which tests/unit/providers tries by itself"),
    Untried(
        r"dynamodb:(Update|Delete)Item IdempotencyTable|s3:(Get|Put)Object Bucket/idempotency/\*",
        takes_posts,
        "edge/idempotency.py; tests/functions/test_idempotency.py tries it, tests/repo demands it of every POST",
    ),
    Untried(
        r"dynamodb:(Get|Put)Item ProvidersTable",
        calls_models,
        "stores/cooldowns.py remembers providers that keep failing; the tests of chat completions try it",
    ),
    Untried(
        r"dynamodb:UpdateItem UsageTable|sqs:SendMessage EventsQueue",
        settles,
        "what settling leads to now and then: usage that moves to its table, and a quota that is told of; "
        "tests/gate/test_usage.py and tests/functions/wpllm/test_get_usage.py try it",
    ),
    Untried(
        r"dynamodb:(GetItem|Query) FineTunesTable",
        names_models,
        "services/tuned_models.py looks up models of an account's own; tests/functions/test_tuned_models.py tries it",
    ),
    Untried(
        r"dynamodb:(Get|Update)Item KeysTable|secretsmanager:GetSecretValue PepperSecret",
        lambda function: function.folder.startswith("aipuffer/"),
        "edge/aipuffer.py takes a key in a body; tests/functions/aipuffer/test_generate_text.py tries it",
    ),
    Untried(
        r"dynamodb:GetItem LogsTable",
        calls_models,
        "stores/conversations.py looks for what a request left that died; tests/unit/stores tries it",
    ),
    Untried(
        r"secretsmanager:GetSecretValue ProviderSecret",
        reads_settings,
        "resources.py reads a key that the environment has not; tests/functions/test_provider_credentials.py tries it",
    ),
    Untried(
        r"dynamodb:GetItem AccountsTable",
        calls_models,
        "the gate looks at the balance where a request is refused; tests/functions/test_order_of_checks.py tries it",
    ),
    Untried(
        r"s3:PutObject Bucket/events/\*",
        publishes,
        "services/events.py puts aside what is too large for a queue; tests/unit/services/test_events.py tries it",
    ),
    Untried(
        r"dynamodb:PutItem LedgerTable",
        lambda function: function.folder == "workers/sweep",
        "tests/gate tries it, on another server than moto",
    ),
)


def test_no_function_asks_for_what_its_policy_does_not_allow() -> None:
    missing = sorted(SEEN - ALLOWED)

    assert not missing, "\n".join(["add to Policies in template.yaml:", *map(told, missing)])


@pytest.mark.whole_run
def test_no_function_is_allowed_what_it_never_asks_for() -> None:
    unused = sorted(call for call in ALLOWED - SEEN if not is_explained(call))

    assert not unused, "\n".join(["take out of Policies in template.yaml, or test what needs it:", *map(told, unused)])


@pytest.mark.whole_run
@pytest.mark.parametrize("exception", UNTRIED, ids=lambda exception: exception.pattern)
def test_an_exception_is_still_one(exception: Untried) -> None:
    assert any(is_one(call, exception) for call in ALLOWED - SEEN), "every function tries it by now: take it out"


def is_one(call: Call, exception: Untried) -> bool:
    asked = f"{call.action} {call.resource}{call.part}"
    return bool(re.fullmatch(exception.pattern, asked)) and exception.of(FUNCTIONS[call.function])


def is_explained(call: Call) -> bool:
    return any(is_one(call, exception) for exception in UNTRIED)


def told(call: Call) -> str:
    return f"  {call.function}: {call.action} on {call.resource}{call.part}"
