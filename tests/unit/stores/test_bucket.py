"""Objects in the bucket, against S3 as moto plays it, and against the refusals that S3 has."""

from collections.abc import Callable

import httpx2
import pytest

from tests.builders import NOW
from tollgate.resources import Resources
from tollgate.signature import AwsCredentials, NoCredentials
from tollgate.stores.aws import AwsError, AwsUnavailable
from tollgate.stores.bucket import Bucket


def _bucket(
    http: httpx2.AsyncClient,
    *,
    region: str = "eu-west-1",
    endpoint: str | None = None,
    credentials: Callable[[], AwsCredentials] = lambda: AwsCredentials("key", "secret"),
) -> Bucket:
    return Bucket(http, "things", region=region, endpoint=endpoint, credentials=credentials, now=lambda: NOW)


def _s3(*answers: httpx2.Response | Exception) -> tuple[httpx2.AsyncClient, list[httpx2.Request]]:
    """A client whose other side gives these answers, and what it was sent."""
    left, requests = list(answers), []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        given = left.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer)), requests


def _refusal(status: int, code: str) -> httpx2.Response:
    return httpx2.Response(status, text=f"<?xml version='1.0'?><Error><Code>{code}</Code><Key>k</Key></Error>")


@pytest.mark.parametrize("key", ["images/acct_1/a.png", "a b/ü+~=&%41.txt"])
async def test_what_was_put_is_got_and_lent_until_it_is_deleted(resources: Resources, key: str) -> None:
    await resources.bucket.put(key, b"\x89PNG", "image/png")

    lent = await resources.http.get(resources.bucket.presigned(key, 3600))
    assert (lent.content, lent.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert await resources.bucket.get(key) == b"\x89PNG"

    await resources.bucket.delete(key)
    assert await resources.bucket.get(key) is None


async def test_at_aws_a_bucket_has_a_host_of_its_own() -> None:
    http, requests = _s3(httpx2.Response(200))

    async with http:
        await _bucket(http).put("files/a b", b"content", "text/plain")

    (request,) = requests
    assert (request.method, str(request.url)) == ("PUT", "https://things.s3.eu-west-1.amazonaws.com/files/a%20b")
    assert request.headers["host"] == "things.s3.eu-west-1.amazonaws.com"
    assert (request.content, request.headers["content-type"]) == (b"content", "text/plain")


async def test_in_china_the_hosts_are_others() -> None:
    http, _ = _s3()

    async with http:
        lent = _bucket(http, region="cn-north-1").presigned("k", 60)

    assert lent.startswith("https://things.s3.cn-north-1.amazonaws.com.cn/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&")


async def test_in_place_of_aws_all_buckets_share_an_address() -> None:
    http, _ = _s3()

    async with http:
        lent = _bucket(http, endpoint="http://127.0.0.1:4566/").presigned("images/a.png", 60)

    assert lent.startswith("http://127.0.0.1:4566/things/images/a.png?")


@pytest.mark.parametrize("code", ["NoSuchKey", "AccessDenied"])
async def test_what_is_not_there_is_none(code: str) -> None:
    http, _ = _s3(_refusal(404 if code == "NoSuchKey" else 403, code))

    async with http:
        assert await _bucket(http).get("k") is None


async def test_a_bucket_that_is_not_there_is_no_missing_object() -> None:
    http, _ = _s3(_refusal(404, "NoSuchBucket"))

    async with http:
        with pytest.raises(AwsError) as refused:
            await _bucket(http).get("k")

    assert refused.value.code == "NoSuchBucket"


@pytest.mark.parametrize(
    "passing",
    [_refusal(503, "SlowDown"), _refusal(500, "InternalError"), httpx2.Response(502), httpx2.ReadTimeout("late")],
)
async def test_a_passing_trouble_is_tried_again(passing: httpx2.Response | Exception) -> None:
    http, requests = _s3(passing, httpx2.Response(200, content=b"there"))

    async with http:
        assert await _bucket(http).get("k") == b"there"

    assert len(requests) == 2


async def test_a_refusal_without_a_word_is_told_by_its_status() -> None:
    http, _ = _s3(httpx2.Response(400))

    async with http:
        with pytest.raises(AwsError, match="Http400"):
            await _bucket(http).put("k", b"", "text/plain")


async def test_without_anybody_to_sign_as_the_bucket_is_out_of_reach() -> None:
    def nobody() -> AwsCredentials:
        raise NoCredentials("No AWS credentials were found.")

    http, requests = _s3()
    async with http:
        with pytest.raises(AwsUnavailable):
            await _bucket(http, credentials=nobody).get("k")
        with pytest.raises(AwsUnavailable):
            _bucket(http, credentials=nobody).presigned("k", 60)

    assert requests == []
