"""What Lambda does between a queue and a function: it asks for messages, calls the function, deletes what is done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from tollgate.resources import Resources
from tollgate.stores.aws import AwsClient, AwsError, AwsUnavailable

BATCH: Final = 10
_PAUSE_S: Final = 0.25
_log: Final = logging.getLogger(__name__)

Work = Callable[[Mapping[str, Any], Resources], Awaitable[Mapping[str, Any]]]
"""A function's `work`: given an event, it names the messages that it failed with."""


class Messages:
    """One queue and the function behind it."""

    def __init__(self, sqs: AwsClient, url: str, work: Work, resources: Resources) -> None:
        self._sqs = sqs
        self._url = url
        self._work = work
        self._resources = resources
        self._working: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Call the function with whatever comes, until cancelled; messages that come later wait for nobody."""
        try:
            while True:
                if records := await self._received():
                    task = asyncio.create_task(self._call(records))
                    self._working.add(task)
                    task.add_done_callback(self._working.discard)
                else:
                    await asyncio.sleep(_PAUSE_S)
        finally:
            for task in self._working:
                task.cancel()
            await asyncio.gather(*self._working, return_exceptions=True)

    async def work_off(self) -> int:
        """Call the function until no message is to be seen; how many there were."""
        count = 0
        while records := await self._received():
            await self._call(records)
            count += len(records)
        return count

    async def _received(self) -> list[dict[str, Any]]:
        try:
            answer = await self._sqs.call("ReceiveMessage", {"QueueUrl": self._url, "MaxNumberOfMessages": BATCH})
        except (AwsError, AwsUnavailable):
            _log.exception("the queue cannot be read")
            return []
        return list(answer.get("Messages", ()))

    async def _call(self, messages: list[dict[str, Any]]) -> None:
        records = [
            {"messageId": one["MessageId"], "receiptHandle": one["ReceiptHandle"], "body": one["Body"]}
            for one in messages
        ]
        answer = await self._work({"Records": records}, self._resources)
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in failed:
                handle = {"QueueUrl": self._url, "ReceiptHandle": record["receiptHandle"]}
                await self._sqs.call("DeleteMessage", handle)
