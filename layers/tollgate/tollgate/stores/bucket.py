"""Objects in the deployment's bucket: kept, read, deleted, and lent out by an address that works for a while."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

import httpx2

from tollgate.signature import AwsCredentials, NoCredentials, presign, sign
from tollgate.stores.aws import AwsError, AwsUnavailable, address_of, patiently

# An object may be tens of megabytes.
_TIMEOUT: Final = httpx2.Timeout(30, connect=2)
_CODE: Final = re.compile(rb"<Code>(\w+)</Code>")


class Bucket:
    """One bucket of S3, called directly, as `tollgate.stores.aws` does it for services that speak JSON."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        name: str,
        *,
        region: str,
        endpoint: str | None,
        credentials: Callable[[], AwsCredentials],
        now: Callable[[], datetime],
    ) -> None:
        # A name of its own for each bucket is what AWS wants; what stands in for AWS has one address for all.
        url = address_of("s3" if endpoint else f"{name}.s3", region, endpoint)
        self._http = http
        self._origin = f"{url.scheme}://{url.netloc.decode()}"
        self._host = url.netloc.decode()
        self._root = f"/{name}/" if endpoint else "/"
        self._region = region
        self._credentials = credentials
        self._now = now

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        """Keep an object, in place of one that has the key already.

        Raises AwsError, AwsUnavailable.
        """
        await self._call("PUT", key, content, {"content-type": media_type})

    async def get(self, key: str) -> bytes | None:
        """The content of an object; None where there is none.

        Raises AwsError, AwsUnavailable.
        """
        try:
            return (await self._call("GET", key)).content
        except AwsError as exc:
            # Whoever may not list a bucket is not told what is missing from it.
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
            if exc.code in {"NoSuchKey", "AccessDenied"}:
                return None
            raise

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is deleted too.

        Raises AwsError, AwsUnavailable.
        """
        await self._call("DELETE", key)

    def presigned(self, key: str, expires_in_s: int) -> str:
        """An address under which anybody can read an object for so long.

        Raises AwsUnavailable where there is nobody to sign as.
        """
        path = self._path(key)
        query = presign(
            host=self._host,
            path=path,
            region=self._region,
            credentials=self._signer(),
            now=self._now(),
            expires_in_s=expires_in_s,
        )
        return f"{self._origin}{path}?{query}"

    def _path(self, key: str) -> str:
        return self._root + quote(key, safe="/~")

    def _signer(self) -> AwsCredentials:
        try:
            return self._credentials()
        except NoCredentials as exc:
            raise AwsUnavailable(str(exc)) from exc

    async def _call(
        self, method: str, key: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        return await patiently("s3", lambda: self._send(method, self._path(key), content, headers or {}))

    async def _send(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> httpx2.Response:
        signed = sign(
            method=method,
            host=self._host,
            path=path,
            headers=headers,
            body=content,
            region=self._region,
            service="s3",
            credentials=self._signer(),
            now=self._now(),
        )
        response = await self._http.request(
            method, f"{self._origin}{path}", content=content, headers=signed, timeout=_TIMEOUT
        )
        if response.is_success:
            return response
        found = _CODE.search(response.content)
        code = found[1].decode() if found else ""
        if not code:
            code = "InternalError" if response.status_code >= 500 else f"Http{response.status_code}"
        raise AwsError(code, "", {})
