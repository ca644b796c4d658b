"""Exchanges with providers as they go over the wire, one folder a vendor: real in shape, invented in content.

A folder of a case holds `client.json` (what a client sends to the gateway), `model.json` (what its model is beyond the
usual one), `request.json` (what has to arrive at the provider), `answer.json` and `stream.sse` or `stream.ndjson` (the
same answer, whole and streamed; `stream.jsonl` holds the events of a stream that is binary: name and payload). What has
to be heard of it is in `expected.json` or `heard.json` where the provider's words are not OpenAI's, and `dropped.json`
names what of the client's request is lost on the way. What is no conversation has a folder by its kind with
`asked.json` and `answer.json`, images one called `images/`. `errors/` holds refusals, `broken/` streams that go wrong.
"""

import json
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parent


def cases(vendor: str) -> list[str]:
    """The names of a vendor's cases."""
    return sorted(path.parent.name for path in (_ROOT / vendor).glob("*/request.json"))


def refusals(vendor: str) -> list[str]:
    """The names of a vendor's refusals."""
    return sorted(path.stem for path in (_ROOT / vendor / "errors").glob("*.json"))


def read(vendor: str, *names: str) -> Any:
    """A JSON file."""
    return json.loads(_ROOT.joinpath(vendor, *names).read_bytes())


def read_bytes(vendor: str, *names: str) -> bytes:
    """Any file."""
    return _ROOT.joinpath(vendor, *names).read_bytes()


def has(vendor: str, *names: str) -> bool:
    """Whether there is such a file."""
    return _ROOT.joinpath(vendor, *names).exists()
