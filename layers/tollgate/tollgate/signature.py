"""Signature Version 4, the part of it that JSON services and S3 need, and whose signature it is.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


class AwsCredentials(Struct, frozen=True):
    """An access key of AWS; temporary ones carry a session token."""

    access_key: str
    secret_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"AwsCredentials(access_key={self.access_key!r})"


class NoCredentials(Exception):
    """Nobody to sign as: no credentials of AWS were found."""


def sign(
    *,
    method: str = "POST",
    host: str,
    path: str = "/",
    headers: dict[str, str],
    body: bytes,
    region: str,
    service: str,
    credentials: AwsCredentials,
    now: datetime,
) -> dict[str, str]:
    """The headers of a signed request: those given, with the date, the token and the authorization.

    `path` is the one that is sent, encoded as it is sent.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    signed = {**headers, "host": host, "x-amz-date": stamp}
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    if service == "s3":
        signed["x-amz-content-sha256"] = digest
    # Every service but S3 signs the path encoded once more.
    signed_path = path if service == "s3" else quote(path, safe="/~")
    scope = _scope(stamp, region, service)
    names = sorted(signed)
    canonical = _canonical(method, signed_path, "", signed, digest)
    signature = _signature(canonical, stamp, scope, credentials)
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )
    return signed


def presign(
    *,
    host: str,
    path: str,
    region: str,
    credentials: AwsCredentials,
    now: datetime,
    expires_in_s: int,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> str:
    """The query with which anybody may do one thing with an object of S3 for a while. Making it asks nobody.

    `path` is the one that is sent, encoded as it is sent; `headers` have to come along exactly as they are here. The
    signature ends with the credentials that it is made with, if they end earlier.
    """
    signed = {**(headers or {}), "host": host}
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    fields = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{_scope(stamp, region, 's3')}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires_in_s),
        "X-Amz-SignedHeaders": ";".join(sorted(signed)),
    }
    if credentials.session_token:
        fields["X-Amz-Security-Token"] = credentials.session_token
    query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(fields.items()))
    canonical = _canonical(method, path, query, signed, "UNSIGNED-PAYLOAD")
    return f"{query}&X-Amz-Signature={_signature(canonical, stamp, _scope(stamp, region, 's3'), credentials)}"


def credentials_from(environment: Mapping[str, str]) -> Callable[[], AwsCredentials]:
    """Where the credentials come from: the environment, as on Lambda, else wherever botocore finds them.

    What is returned raises NoCredentials.
    """
    access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        fixed = AwsCredentials(access_key, secret_key, environment.get("AWS_SESSION_TOKEN") or None)
        return lambda: fixed

    found: list[Any] = []

    def from_botocore() -> AwsCredentials:
        if not found:
            import botocore.session  # noqa: PLC0415 - a profile, a container or an instance: never on Lambda

            session = botocore.session.Session(profile=environment.get("AWS_PROFILE") or None)
            if (credentials := session.get_credentials()) is None:
                raise NoCredentials("No AWS credentials were found. Configure a profile or set AWS_ACCESS_KEY_ID.")
            found.append(credentials)
        frozen = found[0].get_frozen_credentials()
        return AwsCredentials(frozen.access_key, frozen.secret_key, frozen.token)

    return from_botocore


def _scope(stamp: str, region: str, service: str) -> str:
    return f"{stamp[:8]}/{region}/{service}/aws4_request"


def _canonical(method: str, path: str, query: str, headers: Mapping[str, str], digest: str) -> str:
    names = sorted(headers)
    return "\n".join([method, path, query, *(f"{name}:{headers[name]}" for name in names), "", ";".join(names), digest])


def _signature(canonical: str, stamp: str, scope: str, credentials: AwsCredentials) -> str:
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _signing_key(credentials.secret_key, *scope.split("/")[:3])
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


# The key is the same all day: deriving it is most of the work of a signature.
@lru_cache(maxsize=16)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
