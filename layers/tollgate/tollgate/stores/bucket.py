"""Objects in the deployment's bucket: kept, read, deleted, and lent out by an address that works for a while."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

import httpx2

from tollgate.signature import AwsCredentials, NoCredentials, presign, sign
from tollgate.stores.aws import AwsError, AwsUnavailable, address_of, patiently

# An object may be tens of megabytes.
_TIMEOUT: Final = httpx2.Timeout(30, connect=2)
_COPY_TIMEOUT: Final = httpx2.Timeout(25, connect=2)
_PIECE_BYTES: Final = 262_144
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
        self._name = name
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

    async def pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        """The content of an object as it comes, however large.

        Raises AwsError, AwsUnavailable, before the first piece or after any.
        """
        path = self._path(key)
        try:
            async with self._http.stream(
                "GET", f"{self._origin}{path}", headers=self._signed("GET", path, b"", {}), timeout=_TIMEOUT
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise _error_in(response)
                async for piece in response.aiter_raw(_PIECE_BYTES):
                    yield piece
        except httpx2.TransportError as exc:
            raise AwsUnavailable(f"s3: {type(exc).__name__}") from exc

    async def head(self, key: str) -> tuple[int, str] | None:
        """The length of an object in bytes, and the tag of its content; None where there is none.

        Raises AwsError, AwsUnavailable.
        """
        try:
            response = await self._call("HEAD", key)
        except AwsError as exc:
            if exc.code in {"Http404", "Http403"}:
                return None
            raise
        return int(response.headers["content-length"]), response.headers["etag"]

    async def copy(self, source: str, key: str, *, tag: str) -> bool:
        """Copy an object within the bucket; False where its content is not that with the tag any more.

        Raises AwsError, AwsUnavailable.
        """
        headers = {"x-amz-copy-source": quote(f"/{self._name}/{source}", safe="/~"), "x-amz-copy-source-if-match": tag}
        try:
            response = await self._call("PUT", key, b"", headers, patience=_COPY_TIMEOUT)
        except AwsError as exc:
            if exc.code in {"PreconditionFailed", "NoSuchKey"}:
                return False
            raise
        if found := _CODE.search(response.content):
            # A copy that fails on its way does so under a status of success.
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
            raise AwsUnavailable(f"s3: {found[1].decode()}")
        return True

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is deleted too.

        Raises AwsError, AwsUnavailable.
        """
        await self._call("DELETE", key)

    def presigned(
        self, key: str, expires_in_s: int, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> str:
        """An address under which anybody can read an object for so long; with `PUT`, write one.

        `headers` have to be sent along exactly as they are here.

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
            method=method,
            headers=headers,
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
        self,
        method: str,
        key: str,
        content: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        patience: httpx2.Timeout = _TIMEOUT,
    ) -> httpx2.Response:
        path = self._path(key)

        async def send() -> httpx2.Response:
            signed = self._signed(method, path, content, headers or {})
            response = await self._http.request(
                method, f"{self._origin}{path}", content=content, headers=signed, timeout=patience
            )
            if response.is_success:
                return response
            raise _error_in(response)

        return await patiently("s3", send)

    def _signed(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> dict[str, str]:
        return sign(
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


def _error_in(response: httpx2.Response) -> AwsError:
    found = _CODE.search(response.content)
    code = found[1].decode() if found else ""
    if not code:
        code = "InternalError" if response.status_code >= 500 else f"Http{response.status_code}"
    return AwsError(code, "", {})
