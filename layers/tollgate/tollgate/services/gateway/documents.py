"""The description of the API, for programs and for people."""

from hashlib import sha256
from importlib import resources as files

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call

_PUBLIC = "public, max-age=300"
# The page brings its own style and needs nothing else, from here or from anywhere.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


async def get_openapi(call: Call) -> Answer:
    """The OpenAPI 3.1 document."""
    return _document(call, "openapi.json", "application/json; charset=utf-8")


async def get_docs(call: Call) -> Answer:
    """The reference page."""
    return _document(call, "reference.html", "text/html; charset=utf-8", {"content-security-policy": _POLICY})


def _document(call: Call, name: str, media_type: str, headers: dict[str, str] | None = None) -> Answer:
    content = (files.files("tollgate.documents") / name).read_bytes()
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {**(headers or {}), "cache-control": _PUBLIC, "etag": tag}
    if call.headers.get("if-none-match") == tag:
        return Answer(content=b"", status=304, headers=headers, media_type=media_type)
    return Answer(content=content, headers=headers, media_type=media_type)
