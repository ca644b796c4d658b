"""Which pages a chatbot may be embedded in, by the `Origin` that a browser sends."""

from collections.abc import Collection


def is_allowed(origin: str, entries: Collection[str]) -> bool:
    """Whether one of the entries stands for the origin; where there are none, every origin is allowed.

    | Entry | Stands for |
    |---|---|
    | `https://shop.example` | this origin, to the letter |
    | `shop.example`, `shop.example:8080` | the host with that port, by `https` and by `http` |
    | `*.shop.example` | every host below it, and not it itself |
    """
    return not entries or any(_stands_for(entry, origin) for entry in entries)


def _stands_for(entry: str, origin: str) -> bool:
    # Browsers write origins in lower case; people may not.
    entry = entry.strip().removesuffix("/").lower()
    if "://" in entry:
        return entry == origin
    scheme, separator, host = origin.partition("://")
    if not separator or scheme not in {"https", "http"} or not entry:
        return False
    if entry.startswith("*."):
        suffix = entry[1:]
        return host.endswith(suffix) and len(host) > len(suffix)
    return host == entry
