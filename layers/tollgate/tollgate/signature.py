"""Signature Version 4, the part of it that a JSON service needs, and whose signature it is.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsCredentials:
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
    host: str,
    path: str = "/",
    headers: dict[str, str],
    body: bytes,
    region: str,
    service: str,
    credentials: AwsCredentials,
    now: datetime,
) -> dict[str, str]:
    """The headers of a signed `POST`: those given, with the date, the token and the authorization.

    `path` is the one that is sent, encoded as it is sent.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    day = stamp[:8]
    signed = {**headers, "host": host, "x-amz-date": stamp}
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    names = sorted(signed)
    canonical = "\n".join(
        [
            "POST",
            # Every service but S3 signs the path encoded once more.
            quote(path, safe="/~"),
            "",
            *(f"{name}:{signed[name]}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(_signing_key(credentials.secret_key, day, region, service), to_sign.encode(), hashlib.sha256)
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature.hexdigest()}"
    )
    return signed


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


# The key is the same all day: deriving it is most of the work of a signature.
@lru_cache(maxsize=16)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
