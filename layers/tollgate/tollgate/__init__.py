"""Tollgate: a serverless AI gateway that speaks four existing APIs. See docs/architecture.md for the map."""

from typing import Final

VERSION: Final = "0.1.0"
