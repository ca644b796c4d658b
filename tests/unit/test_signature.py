"""Signatures, against those that botocore makes of the same requests."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, quote

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from tollgate.signature import AwsCredentials, credentials_from, presign, sign

_HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.GetItem"}


@given(
    body=st.binary(max_size=300),
    region=st.sampled_from(["eu-west-1", "us-east-1", "cn-north-1"]),
    service=st.sampled_from(["dynamodb", "secretsmanager", "bedrock"]),
    path=st.sampled_from(["/", "/model/global.anthropic.claude-haiku-4-5%3A0/converse", "/a%2Fb/~c/d-e_f.g"]),
    token=st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60),
    seconds=st.integers(min_value=1_600_000_000, max_value=2_200_000_000),
)
def test_a_signature_is_the_one_that_botocore_makes(
    body: bytes, region: str, service: str, path: str, token: str | None, seconds: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    host = f"{service}.{region}.amazonaws.com"

    ours = sign(
        host=host,
        path=path,
        headers=_HEADERS,
        body=body,
        region=region,
        service=service,
        credentials=AwsCredentials("AKIDEXAMPLE", "secret/key", token),
        now=now,
    )

    assert ours == _botocore(f"https://{host}{path}", body, region, service, token, now)


_KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=20)
_TOKENS = st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@given(
    method=st.sampled_from(["GET", "PUT", "DELETE"]),
    key=_KEYS,
    body=st.binary(max_size=300),
    token=_TOKENS,
    seconds=st.integers(min_value=1_600_000_000, max_value=2_200_000_000),
)
def test_a_request_to_s3_is_signed_as_botocore_signs_it(
    method: str, key: str, body: bytes, token: str | None, seconds: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    host, path = "things.s3.eu-west-1.amazonaws.com", f"/{quote(key, safe='/~')}"
    headers = {"content-type": "image/png"}

    ours = sign(
        method=method,
        host=host,
        path=path,
        headers=headers,
        body=body,
        region="eu-west-1",
        service="s3",
        credentials=AwsCredentials("AKIDEXAMPLE", "secret/key", token),
        now=now,
    )

    request = AWSRequest(method=method, url=f"https://{host}{path}", data=body, headers={**headers, "host": host})
    signer = S3SigV4Auth(Credentials("AKIDEXAMPLE", "secret/key", token), "s3", "eu-west-1")
    _sign_with(signer, request, now)
    theirs = {name.lower(): value for name, value in request.headers.items()}
    assert ours == theirs


@given(
    key=_KEYS,
    token=_TOKENS,
    seconds=st.integers(min_value=1_600_000_000, max_value=2_200_000_000),
    expires_in_s=st.integers(min_value=1, max_value=604_800),
)
def test_an_address_is_lent_as_botocore_lends_it(key: str, token: str | None, seconds: int, expires_in_s: int) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    host, path = "things.s3.eu-west-1.amazonaws.com", f"/{quote(key, safe='/~')}"

    ours = presign(
        host=host,
        path=path,
        region="eu-west-1",
        credentials=AwsCredentials("AKIDEXAMPLE", "secret/key", token),
        now=now,
        expires_in_s=expires_in_s,
    )

    request = AWSRequest(method="GET", url=f"https://{host}{path}")
    signer = S3SigV4QueryAuth(Credentials("AKIDEXAMPLE", "secret/key", token), "s3", "eu-west-1", expires=expires_in_s)
    _sign_with(signer, request, now)
    assert parse_qs(ours, strict_parsing=True) == parse_qs(request.url.partition("?")[2], strict_parsing=True)


def test_credentials_do_not_show_their_secret() -> None:
    shown = repr(AwsCredentials("AKIDEXAMPLE", "very-secret", "token-secret"))

    assert "secret" not in shown


@pytest.mark.parametrize("region", ["eu-west-1", "eu-central-1"])
def test_another_region_gives_another_signature(region: str) -> None:
    arguments = {
        "host": "x",
        "headers": {},
        "body": b"",
        "service": "dynamodb",
        "credentials": AwsCredentials("a", "b"),
        "now": datetime(2026, 11, 21, tzinfo=UTC),
    }

    assert sign(region=region, **arguments) != sign(region="us-west-2", **arguments)  # type: ignore[arg-type]


def test_credentials_of_the_environment_come_first() -> None:
    found = credentials_from(
        {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    )()

    assert found == AwsCredentials("key", "secret", "token")


def _botocore(url: str, body: bytes, region: str, service: str, token: str | None, now: datetime) -> dict[str, str]:
    request = AWSRequest(method="POST", url=url, data=body, headers={**_HEADERS, "host": url.split("/")[2]})
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret/key", token), service, region)
    _sign_with(signer, request, now)
    return {name.lower(): value for name, value in request.headers.items()}


def _sign_with(signer: SigV4Auth, request: AWSRequest, now: datetime) -> None:
    """What `add_auth` does, at a time of our choosing."""
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    string_to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(string_to_sign, request))
