"""A queue of SQS: what is to be done by somebody else, soon or later."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tollgate.stores.aws import AwsClient

LONGEST_DELAY_S: Final = 900
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html"""


class Queue:
    """One queue by its address."""

    def __init__(self, client: AwsClient, url: str) -> None:
        self._client = client
        self._url = url

    async def send(self, message: Mapping[str, Any], *, delay_s: int = 0) -> None:
        """Put a message into the queue, hidden for so many seconds, 900 at most. It may come out more than once.

        Raises AwsError, AwsUnavailable.
        """
        await self._client.call(
            "SendMessage", {"QueueUrl": self._url, "MessageBody": encoded(message), "DelaySeconds": delay_s}
        )

    async def size(self) -> int:
        """About how many messages wait to be taken.

        Raises AwsError, AwsUnavailable.
        """
        name = "ApproximateNumberOfMessages"
        answer = await self._client.call("GetQueueAttributes", {"QueueUrl": self._url, "AttributeNames": [name]})
        return int(answer["Attributes"][name])


def encoded(message: Mapping[str, Any]) -> str:
    """A message as text. It is ASCII, because a queue refuses some characters that JSON may hold."""
    return json.dumps(message, separators=(",", ":"))
