"""The times that LMSs write, as one kind of text that sorts: ISO 8601, with its offset if known.

>>> iso("2016-01-30-15-30-10")
'2016-01-30T15:30:10'
>>> iso("2023-09-21 17:02:03.123456789 Z")
'2023-09-21T17:02:03+00:00'
>>> iso("2015-02-02 15:58:23 America/Los_Angeles")
'2015-02-02T15:58:23-08:00'
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[-T ]+(\d\d)[-:](\d\d)[-:](\d\d)(?:\.\d+)?\s*(\S.{0,60})?",
    re.ASCII,
)
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)


def moment(text: str) -> datetime | None:
    """The time that a text says, aware if it says its zone, or None."""
    match = MOMENT.fullmatch(text.strip())
    if not match:
        return None
    try:
        day, clock = "-".join(match.group(1, 2, 3)), ":".join(match.group(4, 5, 6))
        time = datetime.fromisoformat(f"{day}T{clock}")
        return time.replace(tzinfo=_zone(match[7] or ""))
    except ValueError:
        return None


def iso(text: str) -> str:
    """The time in ISO 8601, or nothing if the text says none."""
    time = moment(text)
    return time.isoformat() if time else ""


def seconds(text: str) -> float:
    """The time as a number that sorts, an unknown one first; without a zone it is taken for UTC."""
    time = moment(text)
    if time is None:
        return 0.0
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def at(stamp: float, offset: str) -> str:
    """A Unix time and its offset, as Git writes them, in ISO 8601; nothing if there is no such."""
    try:
        return datetime.fromtimestamp(stamp, _zone(offset) or UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _zone(text: str) -> tzinfo | None:
    if not text:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    if match := OFFSET.fullmatch(text):
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        return None
