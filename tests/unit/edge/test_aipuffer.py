"""What a service gets of a request of AI Puffer's."""

import json
from typing import Any

from tests.builders import A_KEY, an_event
from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.contracts.rest import RestShape
from tollgate.edge.aipuffer import PufferEndpoint
from tollgate.resources import Resources

CONTEXT = {"account_id": "acct_1", "key_id": "key_1", "capabilities": "prompt_ai"}


class Anything(RestShape):
    """A body of which nothing is asked."""

    bot_id: Any = None


async def show(request: Anything, call: Call, bot_id: str = "") -> Answer:
    return Answer(content={"body": dict(call.body), "bot_id": bot_id, "address": call.address})


async def shown(resources: Resources, *, query: str = "", body: Any = None, path: str = "/aipkit/v1/x/7") -> Any:
    """What comes of a request to an endpoint that shows what it was given."""
    endpoint = PufferEndpoint(
        show,
        method="POST",
        capability="prompt_ai",
        body=Anything,
        query=None,
        answer=None,
        status=200,
        is_gated=False,
        family="aipuffer",
        resources=resources,
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(body or {}).encode()}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(b"content-type", b"application/json; charset=utf-8")],
        "query_string": query.encode(),
        "aws.event": an_event("POST", path, resource="/aipkit/v1/x/{bot_id}", context=CONTEXT),
    }
    await endpoint(scope, receive, send)
    return json.loads(b"".join(message.get("body", b"") for message in sent))


async def test_a_key_reaches_no_service_and_so_no_log(resources: Resources) -> None:
    answer = await shown(resources, query=f"aipkit_api_key={A_KEY}&a=1", body={"aipkit_api_key": A_KEY, "b": 2})

    assert answer["body"] == {"a": "1", "b": 2}


async def test_a_body_counts_before_the_query_and_the_path_before_both(resources: Resources) -> None:
    answer = await shown(resources, query="bot_id=5&a[]=1", body={"bot_id": 6})

    assert (answer["bot_id"], answer["body"]) == ("7", {"bot_id": 6, "a": ["1"]})


async def test_a_service_knows_the_address_that_api_gateway_saw(resources: Resources) -> None:
    assert (await shown(resources))["address"] == "192.0.2.1"


async def test_what_is_no_number_is_no_bot(resources: Resources) -> None:
    assert (await shown(resources, path="/aipkit/v1/x/seven"))["code"] == "rest_no_route"
