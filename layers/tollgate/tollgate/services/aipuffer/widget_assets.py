"""The script and the styles of the chat in a page, under addresses that change with what is in them."""

import gzip
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256, sha384
from importlib import resources as files
from typing import Final, NamedTuple

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.errors import NotFound

# In this order: later ones use earlier ones when they are loaded.
_PARTS: Final = (
    "dom",
    "markdown",
    "stream",
    "page",
    "state",
    "theme",
    "announce",
    "messages",
    "chat",
    "popup",
    "start",
)
_COMMENT: Final = re.compile(rb"^\s*//.*\n", re.MULTILINE)
"""One that has a line to itself, as all in those files. Who reads them has them; pages need not."""
_SCRIPT: Final = "text/javascript; charset=utf-8"
_STYLES: Final = "text/css; charset=utf-8"
_FOREVER: Final = "public, max-age=31536000, immutable"
_FOR_A_WHILE: Final = "public, max-age=300"
# A page with a policy of its own about what it embeds takes it from anywhere; there is nothing secret in it.
_FOR_ALL_PAGES: Final = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}


class Asset(NamedTuple):
    """A file as it is sent."""

    name: str
    media_type: str
    content: bytes
    zipped: bytes
    cache_control: str

    @property
    def integrity(self) -> str:
        """What https://www.w3.org/TR/SRI/ wants to know of it."""
        return f"sha384-{b64encode(sha384(self.content).digest()).decode()}"


async def get_widget_asset(file: str, call: Call) -> Answer:
    """A file of the chat in a page: `embed.js`, which pages name, or a version of script or styles.

    Raises NotFound.
    """
    asset = next((one for one in assets() if one.name == file), None)
    if asset is None:
        raise NotFound("There is no such file. There may be a newer one: ask for the chatbot's embed-config again.")
    is_zipped = "gzip" in call.headers.get("accept-encoding", "")
    tag = f'"{sha256(asset.content).hexdigest()[:32]}"'
    headers = {**_FOR_ALL_PAGES, "cache-control": asset.cache_control, "etag": tag, "vary": "accept-encoding"}
    if call.headers.get("if-none-match") == tag:
        return Answer(content=b"", status=304, headers=headers, media_type=asset.media_type)
    if is_zipped:
        return Answer(asset.zipped, headers={**headers, "content-encoding": "gzip"}, media_type=asset.media_type)
    return Answer(asset.content, headers=headers, media_type=asset.media_type)


@cache
def assets() -> tuple[Asset, ...]:
    """All files: the bootstrap, the script, the styles."""
    parts = b"\n".join(_read(f"{name}.js") for name in _PARTS)
    script = b'(() => {\n"use strict";\n' + parts + b"})();\n"
    return (
        _asset("embed.js", _SCRIPT, _read("embed.js"), cache_control=_FOR_A_WHILE),
        _asset("widget.{version}.js", _SCRIPT, script),
        _asset("widget.{version}.css", _STYLES, _read("widget.css")),
    )


def _asset(name: str, media_type: str, content: bytes, *, cache_control: str = _FOREVER) -> Asset:
    version = sha256(content).hexdigest()[:16]
    zipped = gzip.compress(content, 9, mtime=0)
    return Asset(name.format(version=version), media_type, content, zipped, cache_control)


def _read(name: str) -> bytes:
    return _COMMENT.sub(b"", (files.files("tollgate.documents") / "widget" / name).read_bytes())
