"""When a provider wants to be asked again: every form in which one says so, in seconds."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

LONGEST_S: Final = 120.0
"""What is forwarded at most: OpenAI's SDKs ignore longer waits and do not try again then."""

_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


def retry_after_s(headers: Mapping[str, str], body: Any, *, now: datetime) -> float | None:
    """The first hint present, capped at two minutes; None without one."""
    readings = (
        _milliseconds(headers.get("retry-after-ms")),
        _milliseconds(headers.get("x-ms-retry-after-ms")),
        _seconds_or_date(headers.get("retry-after"), now),
        _retry_info(body),
        _longest(duration_s(headers.get(f"x-ratelimit-reset-{what}", "")) for what in ("requests", "tokens")),
        _longest(_until(value, now) for name, value in headers.items() if _ANTHROPIC_RESET.fullmatch(name)),
        _until_milliseconds(headers.get("x-ratelimit-reset"), now),
    )
    found = next((seconds for seconds in readings if seconds is not None), None)
    return None if found is None else min(max(found, 0.0), LONGEST_S)


def duration_s(text: str) -> float | None:
    """`1s`, `6m0s`, `40.5s`, `12ms` in seconds; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if not text.strip() or match is None:
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


# https://platform.claude.com/docs/en/api/rate-limits
_ANTHROPIC_RESET: Final = re.compile(r"anthropic-ratelimit-(?:requests|tokens|input-tokens|output-tokens)-reset")


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    # "nan" and "inf" are numbers to Python, and no time to wait.
    return number if math.isfinite(number) else None


def _milliseconds(text: str | None) -> float | None:
    milliseconds = _number(text)
    return None if milliseconds is None else milliseconds / 1000


def _seconds_or_date(text: str | None, now: datetime) -> float | None:
    seconds = _number(text)
    if text is None or seconds is not None:
        return seconds
    try:
        return (_aware(parsedate_to_datetime(text)) - now).total_seconds()
    except (ValueError, OverflowError):
        return None


def _retry_info(body: Any) -> float | None:
    # https://cloud.google.com/apis/design/errors#error_details
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    known = [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    # A quota for a day is used up until tomorrow, whatever the hint beside it says.
    if any(_is_daily(violation) for detail in known for violation in _violations(detail)):
        return LONGEST_S
    for detail in known:
        if str(detail.get("@type", "")).endswith("RetryInfo"):
            return duration_s(str(detail.get("retryDelay", "")))
    return None


def _violations(detail: Mapping[str, Any]) -> list[Any]:
    violations = detail.get("violations")
    return violations if isinstance(violations, list) else []


def _is_daily(violation: Any) -> bool:
    return isinstance(violation, dict) and "perday" in str(violation.get("quotaId", "")).lower()


def _until(text: str, now: datetime) -> float | None:
    try:
        return (_aware(datetime.fromisoformat(text)) - now).total_seconds()
    except ValueError:
        return None


def _until_milliseconds(text: str | None, now: datetime) -> float | None:
    milliseconds = _milliseconds(text)
    return None if milliseconds is None else milliseconds - now.timestamp()


def _longest(readings: Any) -> float | None:
    return max((reading for reading in readings if reading is not None), default=None)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
