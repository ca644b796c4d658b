"""What CloudWatch has counted of the gateway's requests.

The functions write CloudWatch's embedded metrics with their log lines (`tollgate.edge.observe`), among them a set that
has the stack as its only dimension: that is what is read here.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from tollgate.contracts.figures import WINDOW_S, WINDOWS, Figures, Window
from tollgate.stores.aws import AwsClient
from tollgate.stores.pulse import window_number

NAMESPACE: Final = "Tollgate"
_METRICS: Final = ("Requests", "Errors", "Duration")


class Counted(Protocol):
    """Somebody who has counted."""

    async def read(self, now: datetime) -> Figures:
        """The figures of the last day.

        Raises AwsError, AwsUnavailable.
        """
        ...


class CloudWatch:
    """The requests of all functions of a stack."""

    def __init__(self, client: AwsClient, stack: str) -> None:
        self._client = client
        self._stack = stack

    async def read(self, now: datetime) -> Figures:
        """See `Counted`. What is in progress is an average: what requests took together, by the time that they had."""
        current = window_number(now)
        first = current - WINDOWS + 1
        answer = await self._client.call(
            "GetMetricData",
            {
                "MetricDataQueries": [self._query(name) for name in _METRICS],
                "StartTime": first * WINDOW_S,
                "EndTime": (current + 1) * WINDOW_S,
                "ScanBy": "TimestampDescending",
            },
        )
        found = {result["Id"]: _by_window(result) for result in answer.get("MetricDataResults", ())}
        requests, errors, busy = (found.get(name.lower(), {}) for name in _METRICS)
        windows = tuple(
            Window(int(requests.get(number, 0)), int(errors.get(number, 0)), float(busy.get(number, 0.0)))
            for number in range(first, current + 1)
        )
        return Figures(windows, round(_average(windows, int(now.timestamp()) - current * WINDOW_S)))

    def _query(self, name: str) -> dict[str, Any]:
        metric = {
            "Namespace": NAMESPACE,
            "MetricName": name,
            "Dimensions": [{"Name": "stack", "Value": self._stack}],
        }
        return {"Id": name.lower(), "MetricStat": {"Metric": metric, "Period": WINDOW_S, "Stat": "Sum"}}


class Remembered:
    """Figures that are asked for once a minute at most."""

    def __init__(self, counted: Counted, *, lifetime_s: float = 60.0) -> None:
        self._counted = counted
        self._lifetime_s = lifetime_s
        self._last: tuple[datetime, Figures] | None = None

    async def read(self, now: datetime) -> Figures:
        """See `Counted`."""
        if self._last is None or (now - self._last[0]).total_seconds() >= self._lifetime_s:
            self._last = (now, await self._counted.read(now))
        return self._last[1]


def _average(windows: Sequence[Window], seconds: int) -> float:
    """How many requests were in progress on average, in the last window that is over and the present one together."""
    return sum(window.busy_ms for window in windows[-2:]) / 1000 / (WINDOW_S + seconds)


def _by_window(result: Mapping[str, Any]) -> dict[int, float]:
    return {int(at) // WINDOW_S: float(value) for at, value in zip(result["Timestamps"], result["Values"], strict=True)}
