"""The windows of a key's spend limit: they start at 00:00 UTC, weeks on Monday."""

from datetime import datetime


def window_of(reset: str | None, now: datetime) -> str:
    """The name of the window that `now` falls into: `2026-11-21`, `2026-W47`, `2026-11`, or `ever` without a reset."""
    match reset:
        case "daily":
            return now.strftime("%Y-%m-%d")
        case "weekly":
            year, week, _ = now.isocalendar()
            return f"{year}-W{week:02d}"
        case "monthly":
            return now.strftime("%Y-%m")
        case _:
            return "ever"
