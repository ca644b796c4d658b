"""Calls to AWS: tried again where that may help, and not where it cannot."""

from collections.abc import Callable

import httpx2
import pytest

from tollgate.signature import AwsCredentials, NoCredentials
from tollgate.stores.aws import AwsBusy, AwsClient, AwsError, AwsUnavailable
from tollgate.stores.table import ConditionFailed, Table

Answer = Callable[[httpx2.Request], httpx2.Response]


class Aws:
    """AWS, giving the next answer and keeping each request; the last answer is given again."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def _call(
    aws: Aws, credentials: Callable[[], AwsCredentials] = lambda: AwsCredentials("key", "secret")
) -> dict[str, object]:
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(aws)) as http:
        return await _client(http, credentials).call("GetItem", {"TableName": "t"})


def _client(
    http: httpx2.AsyncClient, credentials: Callable[[], AwsCredentials] = lambda: AwsCredentials("key", "secret")
) -> AwsClient:
    return AwsClient(
        http,
        service="dynamodb",
        target="DynamoDB_20120810",
        region="eu-west-1",
        endpoint=None,
        credentials=credentials,
    )


def _error(code: str, status: int = 400) -> httpx2.Response:
    return httpx2.Response(status, json={"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"})


async def test_a_call_is_a_signed_post_to_the_regions_address() -> None:
    aws = Aws(httpx2.Response(200, json={"Item": {}}))

    answer = await _call(aws)

    (request,) = aws.requests
    assert answer == {"Item": {}}
    assert (request.method, str(request.url)) == ("POST", "https://dynamodb.eu-west-1.amazonaws.com/")
    assert request.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")


@pytest.mark.parametrize(
    "passing",
    [
        _error("ThrottlingException"),
        _error("ProvisionedThroughputExceededException"),
        _error("InternalServerError", 500),
        httpx2.Response(503, text="busy"),
        httpx2.ConnectError("refused"),
        httpx2.ReadError("cut"),
        httpx2.ReadTimeout("late"),
    ],
)
async def test_a_passing_trouble_is_tried_again(passing: httpx2.Response | Exception) -> None:
    aws = Aws(passing, httpx2.Response(200, json={}))

    assert await _call(aws) == {}
    assert len(aws.requests) == 2


async def test_a_refusal_is_not_tried_again() -> None:
    aws = Aws(_error("ResourceNotFoundException"))

    with pytest.raises(AwsError) as refused:
        await _call(aws)

    assert refused.value.code == "ResourceNotFoundException"
    assert len(aws.requests) == 1


@pytest.mark.parametrize(
    ("lasting", "expected"),
    [(_error("ThrottlingException"), AwsBusy), (httpx2.ConnectError("refused"), AwsUnavailable)],
)
async def test_a_lasting_trouble_ends_as_what_it_is(
    lasting: httpx2.Response | Exception, expected: type[Exception]
) -> None:
    aws = Aws(lasting)

    with pytest.raises(expected):
        await _call(aws)

    assert 2 < len(aws.requests) < 10


async def test_without_anybody_to_sign_as_aws_is_out_of_reach() -> None:
    def nobody() -> AwsCredentials:
        raise NoCredentials("No AWS credentials were found.")

    aws = Aws(httpx2.Response(200, json={}))

    with pytest.raises(AwsUnavailable):
        await _call(aws, nobody)

    assert aws.requests == []


async def test_what_aws_leaves_out_of_a_failed_condition_is_not_there_and_is_not_asked_for_again() -> None:
    aws = Aws(httpx2.Response(400, json={"__type": "com.amazonaws#ConditionalCheckFailedException", "message": ""}))
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(aws)) as http:
        with pytest.raises(ConditionFailed) as failed:
            await Table(_client(http), "accounts").update(
                {"account_id": "acct_1"}, "SET a = :a", values={":a": 1}, condition="b"
            )

    assert (failed.value.item, len(aws.requests)) == (None, 1)


@pytest.mark.parametrize("answer", [httpx2.Response(404), httpx2.ConnectError("no route")])
async def test_a_connection_is_opened_by_asking_for_nothing(answer: httpx2.Response | Exception) -> None:
    aws = Aws(answer)
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(aws)) as http:
        await _client(http).connect()

    (request,) = aws.requests
    assert (request.method, str(request.url)) == ("GET", "https://dynamodb.eu-west-1.amazonaws.com/")
    assert "authorization" not in request.headers
