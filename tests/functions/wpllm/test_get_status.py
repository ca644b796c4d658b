"""GET /v1/status."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from tests.builders import NOW
from tests.conftest import World, WorldMaker
from tests.functions.conftest import Clock, Site
from tests.upstream import Received, Reply, Upstream, a_completion, json_reply
from tollgate.services.events import publish


async def _status(site: Site) -> Any:
    return (await site.world.client.get("/v1/status")).json()


async def test_a_gateway_that_has_answered_nobody_is_operational(still: Site) -> None:
    response = await still.world.client.get("/v1/status")

    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert response.json() == {
        "status": "operational",
        "timestamp": int(NOW.timestamp()),
        "uptime": 100.0,
        "response_time": 0.0,
        "active_requests": 0,
        "queue_size": 0,
    }


async def test_a_key_that_is_sent_is_checked(still: Site) -> None:
    statuses = [(await still.send("GET", "/v1/status", key=key)).status_code for key in (None, "tg-wrong")]

    assert statuses == [200, 401]


async def test_requests_in_progress_are_counted_and_the_question_itself_is_not(still: Site) -> None:
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        asked.set()
        await goes_on.wait()

    still.upstream.replies = [replace(json_reply(a_completion()), before=wait)]
    running = asyncio.create_task(still.chat())
    await asked.wait()

    during = await _status(still)
    goes_on.set()
    await running
    afterwards = await _status(still)

    assert (during["active_requests"], during["response_time"]) == (1, 0)
    assert afterwards["active_requests"] == 0
    assert 0 < afterwards["response_time"] < 60_000


async def test_what_failed_lowers_the_uptime_of_its_five_minutes_and_tells_how_things_are(
    still: Site, clock: Clock
) -> None:
    seen = []
    for failed, answered in ((0, 4), (1, 9), (2, 2), (0, 1), (0, 1)):
        still.upstream.replies = [json_reply({"error": {"message": "down"}}, 500)]
        for _ in range(failed):
            await still.chat()
        still.upstream.replies = [json_reply(a_completion())]
        for _ in range(answered):
            await still.chat()
        body = await _status(still)
        seen.append((body["status"], body["uptime"]))
        clock.pass_by(minutes=5)

    clock.pass_by(hours=1)
    assert seen == [
        ("operational", 100.0),
        ("degraded", 100.0),
        ("degraded", 66.667),
        ("degraded", 75.0),
        ("operational", 80.0),
    ]
    assert (await _status(still))["uptime"] == round(100 * 17 / 18, 3)
    clock.pass_by(days=1)
    assert (await _status(still))["uptime"] == 100.0


async def test_events_that_wait_are_the_queue(still: Site) -> None:
    for _ in range(3):
        await publish(still.world.resources, still.account_id, "system.update", {"message": "hello"})

    assert (await _status(still))["queue_size"] == 3


async def test_a_gateway_that_cannot_admit_anybody_is_out(make_world: WorldMaker) -> None:
    world = await make_world(ACCOUNTS_TABLE="no-such-table")

    response = await world.client.get("/v1/status")

    assert (response.status_code, response.json()["status"]) == (200, "outage")


class TestDeployed:
    """On Lambda, CloudWatch knows what all functions did."""

    @pytest.fixture
    async def cloudwatch(self) -> AsyncIterator[Upstream]:
        async with Upstream(answer=_metrics) as server:
            yield server

    @pytest.fixture
    async def deployed(self, make_world: WorldMaker, cloudwatch: Upstream) -> World:
        world: World = await make_world(
            AWS_LAMBDA_FUNCTION_NAME="gateway-GetStatus", AWS_ENDPOINT_URL_CLOUDWATCH=cloudwatch.url, STACK="gateway"
        )
        structs.force_setattr(world.resources, "now", lambda: NOW.replace(minute=2, second=30))
        return world

    async def test_the_figures_are_those_of_cloudwatch(self, deployed: World, cloudwatch: Upstream) -> None:
        body = (await deployed.client.get("/v1/status")).json()

        assert body["status"] == "degraded", "6 of 90 requests of the last minutes failed"
        assert body["uptime"] == round(100 * 287 / 288, 3), "in one window half of all requests failed"
        assert body["response_time"] == 400.0
        assert body["active_requests"] == 80, "36 000 s of work in the 450 s of the last window and the present one"
        (request,) = cloudwatch.requests
        assert request.headers["x-amz-target"] == "GraniteServiceVersion20100801.GetMetricData"
        asked = request.json
        assert (asked["EndTime"] - asked["StartTime"], asked["EndTime"]) == (86_400, int(NOW.timestamp()) + 300)
        assert [one["MetricStat"]["Metric"] for one in asked["MetricDataQueries"]] == [
            {"Namespace": "Tollgate", "MetricName": name, "Dimensions": [{"Name": "stack", "Value": "gateway"}]}
            for name in ("Requests", "Errors", "Duration")
        ]

    async def test_cloudwatch_is_asked_once_a_minute(self, deployed: World, cloudwatch: Upstream) -> None:
        for second in (0, 30, 59, 60):
            at = NOW.replace(minute=second // 60, second=second % 60)
            structs.force_setattr(deployed.resources, "now", lambda at=at: at)
            await deployed.client.get("/v1/status")

        assert len(cloudwatch.requests) == 2

    async def test_without_an_answer_in_time_the_status_is_degraded_and_told_within_a_second(
        self, make_world: WorldMaker
    ) -> None:
        async with Upstream(replace(json_reply({}), before=lambda: asyncio.sleep(3))) as silent:
            world = await make_world(
                AWS_LAMBDA_FUNCTION_NAME="gateway-GetStatus", AWS_ENDPOINT_URL_CLOUDWATCH=silent.url
            )

            async with asyncio.timeout(2):
                body = (await world.client.get("/v1/status")).json()

        assert body["status"] == "degraded"


def _metrics(request: Received) -> Reply:
    """What CloudWatch has of the day: most of it nothing, one bad window, and the last minutes."""
    end = request.json["EndTime"]
    values = {
        "requests": {end - 300: 30, end - 600: 60, end - 3000: 10},
        "errors": {end - 300: 2, end - 600: 4, end - 3000: 5},
        "duration": {end - 300: 12_000, end - 600: 35_988_000, end - 3000: 1_000},
    }
    results = [
        {"Id": name, "Timestamps": [float(at) for at in found], "Values": list(found.values())}
        for name, found in values.items()
    ]
    return Reply(
        200, {"content-type": "application/x-amz-json-1.0"}, (json.dumps({"MetricDataResults": results}).encode(),)
    )


def test_the_answer_of_cloudwatch_is_that_of_its_own_description() -> None:
    """The operation, and the members that are read here, are those that AWS describes."""
    from botocore.loaders import Loader  # noqa: PLC0415 - slow

    service = Loader().load_service_model("cloudwatch", "service-2")
    shapes = service["shapes"]
    asked = shapes[service["operations"]["GetMetricData"]["input"]["shape"]]["members"]

    assert service["metadata"]["targetPrefix"] == "GraniteServiceVersion20100801"
    assert "json" in service["metadata"]["protocols"]
    assert {"MetricDataQueries", "StartTime", "EndTime", "ScanBy"} <= asked.keys()
    assert {"Id", "Timestamps", "Values"} <= shapes["MetricDataResult"]["members"].keys()
