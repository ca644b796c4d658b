"""Before every request: API Gateway's question in, a policy out. Who may call what is in `test_authorization`."""

from typing import Any

from tests.conftest import World
from tollgate.edge.authorizer import WPLLM, authorize
from tollgate.edge.event import caller_of
from tollgate_cli.examples import read_event
from tollgate_cli.template import read_template


async def test_a_key_that_nobody_has_is_denied_with_what_the_caller_is_told(world: World) -> None:
    policy = await authorize(read_event("authorizer"), world.resources)

    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert policy["context"] == {
        "code": "invalid_api_key",
        "message": "Unauthorized: Invalid or expired API key",
        "outer_code": "invalid_api_key",
        "outer_message": "Unauthorized: Invalid or expired API key",
    }


async def test_a_key_that_exists_is_let_through_to_this_one_method_as_its_owner(world: World) -> None:
    account_id = await world.account()
    event = with_key(await world.key(account_id, "inference", models=["sandbox/*"]))

    policy = await authorize(event, world.resources)

    (statement,) = policy["policyDocument"]["Statement"]
    caller = caller_of({"aws.event": {"requestContext": {"authorizer": policy["context"]}}})
    assert (statement["Effect"], statement["Resource"]) == ("Allow", event["methodArn"])
    assert (caller.account_id, caller.scope) == (account_id, ("sandbox/*",))
    assert "prompt_ai" in caller.capabilities
    assert policy["principalId"] == caller.key_id


async def test_what_is_handed_on_is_flat_text_as_api_gateway_wants_it(world: World) -> None:
    event = with_key(await world.key(await world.account(), limits={"requests_per_minute": 5}, limit=2.5))

    policy = await authorize(event, world.resources)

    assert all(isinstance(value, str) for value in policy["context"].values())


async def test_wordpress_clients_find_the_code_that_they_know_outermost(world: World) -> None:
    event = {**read_event("authorizer"), "resource": "/wp-ai/v1/models", "path": "/wp-ai/v1/models"}

    policy = await authorize(event, world.resources)

    assert policy["context"]["outer_code"] == "rest_forbidden"


def with_key(key: str) -> dict[str, Any]:
    event = read_event("authorizer")
    value = f"Bearer {key}"
    event["headers"]["Authorization"] = value
    event["multiValueHeaders"]["Authorization"] = [value]
    return event


async def test_wp_llm_clients_find_one_of_the_two_codes_that_they_know(world: World) -> None:
    event = {**read_event("authorizer"), "resource": "/v1/generate", "path": "/v1/generate", "headers": {}}

    policy = await authorize({**event, "multiValueHeaders": {}}, world.resources)

    assert policy["context"]["code"] == policy["context"]["outer_code"] == "invalid_api_key"


def test_the_authorizer_knows_the_routes_of_wp_llm() -> None:
    functions = [one for one in read_template().functions.values() if one.folder.startswith("wpllm/")]
    closed = {route.path for one in functions for route in one.routes if route.needs_authorizer}
    others = [one for one in read_template().functions.values() if not one.folder.startswith("wpllm/")]

    assert closed == {path for path in closed if path.startswith(WPLLM)}
    assert not {route.path for one in others for route in one.routes if route.path.startswith(WPLLM)}
