"""AWS services that speak JSON, called directly.

boto3 takes longer to import than all the rest of a chat call's start together (docs/performance.md), and four
operations of DynamoDB and one of Secrets Manager are all that the hot path needs. Those are a signed POST each. Where a
function needs more of AWS than that, it imports boto3.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import httpx2

from tollgate.attempts import Attempts
from tollgate.signature import AwsCredentials, NoCredentials, sign

T = TypeVar("T")

_ATTEMPTS: Final = 5
_TIMEOUT: Final = httpx2.Timeout(5, connect=2)
_GREETING_TIMEOUT: Final = httpx2.Timeout(1)

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_WORTH_ANOTHER_TRY: Final = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "InternalServiceError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
    }
)


class AwsError(Exception):
    """A refusal of AWS. `code` is its short name; `body` what came with it."""

    def __init__(self, code: str, message: str, body: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.body = body


class AwsUnavailable(Exception):
    """AWS could not be reached, or kept failing. What was asked for may have happened or not."""


class AwsBusy(AwsUnavailable):
    """AWS was reached and kept throttling: nothing happened."""


async def patiently(service: str, send: Callable[[], Awaitable[T]]) -> T:
    """Send a request, again where AWS says that it may work the next time.

    Raises AwsError for a refusal, AwsBusy and AwsUnavailable when trying again did not help.
    """
    failure: Exception | None = None
    async for _ in Attempts(_ATTEMPTS):
        try:
            return await send()
        except httpx2.TransportError as exc:
            failure = AwsUnavailable(f"{service}: {type(exc).__name__}")
            failure.__cause__ = exc
        except AwsError as exc:
            if exc.code not in _WORTH_ANOTHER_TRY:
                raise
            failure = AwsBusy(f"{service}: {exc.code}")
    raise failure or AwsUnavailable(service)


def address_of(service: str, region: str, endpoint: str | None) -> httpx2.URL:
    """Where a service is: at AWS, or at an endpoint in its place."""
    suffix = ".cn" if region.startswith("cn-") else ""
    return httpx2.URL(endpoint or f"https://{service}.{region}.amazonaws.com{suffix}").copy_with(path="/")


class AwsClient:
    """A client for one service."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        service: str,
        target: str,
        region: str,
        endpoint: str | None,
        credentials: Callable[[], AwsCredentials],
        json_version: str = "1.0",
    ) -> None:
        self._http = http
        self.is_stand_in = endpoint is not None
        self._url = address_of(service, region, endpoint)
        self._host = self._url.netloc.decode()
        self._service = service
        self._target = target
        self._region = region
        self._credentials = credentials
        self._content_type = f"application/x-amz-json-{json_version}"

    async def connect(self) -> None:
        """Open a connection for the next call, if that can be done; whatever is answered to a plain GET will do."""
        with suppress(httpx2.TransportError):
            await self._http.get(self._url, timeout=_GREETING_TIMEOUT)

    async def call(self, operation: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Make one call, again where AWS says that it may work the next time.

        A call may be made twice although the first time succeeded, its answer being lost: writes have to be idempotent.

        Raises AwsError for a refusal, AwsBusy and AwsUnavailable when trying again did not help.
        """
        body = json.dumps(payload, separators=(",", ":")).encode()
        return await patiently(self._service, lambda: self._send(operation, body))

    async def _send(self, operation: str, body: bytes) -> dict[str, Any]:
        try:
            credentials = self._credentials()
        except NoCredentials as exc:
            raise AwsUnavailable(str(exc)) from exc
        headers = sign(
            host=self._host,
            headers={"content-type": self._content_type, "x-amz-target": f"{self._target}.{operation}"},
            body=body,
            region=self._region,
            service=self._service,
            credentials=credentials,
            now=datetime.now(UTC),
        )
        response = await self._http.post(self._url, content=body, headers=headers, timeout=_TIMEOUT)
        try:
            answer: dict[str, Any] = json.loads(response.content or b"{}")
        except ValueError:
            answer = {}
        if response.status_code == 200:
            return answer
        code = str(answer.get("__type", "")).rpartition("#")[2]
        if not code:
            code = "InternalServerError" if response.status_code >= 500 else f"Http{response.status_code}"
        raise AwsError(code, str(answer.get("message", answer.get("Message", ""))), answer)
