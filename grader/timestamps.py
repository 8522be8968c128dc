"""Read the times that LMSs write, and convert them to ISO 8601, with the offset if known.

>>> iso("2016-01-30-15-30-10")
'2016-01-30T15:30:10'
>>> iso("2023-09-21 17:02:03.123456789 Z")
'2023-09-21T17:02:03+00:00'
>>> iso("2015-02-02 15:58:23 America/Los_Angeles")
'2015-02-02T15:58:23-08:00'
>>> iso("2. November 2026, 19:30 Uhr"), iso("Nov 20, 2026 1159 PM"), iso("20261120225900000")
('2026-11-02T19:30:00', '2026-11-20T23:59:00', '2026-11-20T22:59:00+00:00')

An ambiguous text (``03/04/2026``, the zone ``IST``), a day without a time and an unknown zone are
not read, because no time is better than a wrong one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

# Patterns are compiled at first use: every command loads this module, but most read no time.
MOMENT: Final = (
    r"(?a)(\d{4})[-/](\d\d)[-/](\d\d)[-T ]+(\d\d)[-:](\d\d)(?:[-:](\d\d)(?:[.,]\d+)?)?"
    r"\s*(\S.{0,60})?"
)
COMPACT: Final = r"(?a)(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})?"
"""Sakai's ``timestamp.txt``, in UTC."""
BARE_WEEKDAY: Final = r"^[^\W\d_]+\.? +(?=\d{1,2}(?:\.|º|er)? +(?:de +)?[^\W\d_])"
DOTTED: Final = r"(?a)(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}),? +(.+)"
DAY_FIRST: Final = r"(\d{1,2})(?:\.|º|er)? +(?:de +)?([^\W\d_]+)\.?,?(?: +de)? +(\d{4}),? *(.*)"
MONTH_FIRST: Final = r"([^\W\d_]+)\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4}),? *(.*)"
CLOCK: Final = (
    r"(?ai)(\d{1,2})[:.h]?(\d\d)(?:[:.](\d\d))? *([ap]\.? ?m\.?)?"
    r"(?: *(?:Uhr|hrs?\.?))?(?: +(.{1,60}))?"
)
EASTERN: Final = (
    r"(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일](?:[ ,(]*(?:星期|周|週)?[^\W\d_](?:曜日|요일)?\)?)?"
    r"[ ,]*(?P<half>[上下]午|午[前後]|오[전후])? *(\d.*)"
)
WEEKDAY: Final = r"^[^\W\d_]+\.?(?:-[^\W\d_]+)?, *(?=\d|[^\W\d_]+\.? +\d)"
OFFSET: Final = r"(?a)(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?"

_MONTHS: Final = (
    "january januar janvier enero gennaio janeiro januari janner stycznia tammikuuta января",
    "february februar fevrier febrero febbraio fevereiro februari feber lutego helmikuuta февраля",
    "march marz mars marzo marco maart marts maerz marca maaliskuuta марта",
    "april avril abril aprile kwietnia huhtikuuta апреля",
    "may mai mayo maggio maio mei maj maja toukokuuta мая",
    "june juni juin junio giugno junho czerwca kesakuuta июня",
    "july juli juillet julio luglio julho lipca heinakuuta июля",
    "august aout agosto augustus augusti sierpnia elokuuta августа",
    "september septembre septiembre settembre setembro wrzesnia syyskuuta сентября",
    "october oktober octobre octubre ottobre outubro pazdziernika lokakuuta октября",
    "november novembre noviembre novembro listopada marraskuuta ноября",
    "december dezember decembre diciembre dicembre dezembro grudnia joulukuuta декабря",
)
_SHORT: Final = (
    "jan janv ene gen", "feb fev fevr febr", "mar mrz mrt", "apr avr abr", "mag", "jun giu",
    "jul juil lug", "aug aou ago", "sep sept set sett", "oct okt ott out", "nov", "dec dez dic",
)  # fmt: skip
MONTHS: Final[Mapping[str, int]] = {
    word: number
    for names in (_MONTHS, _SHORT)
    for number, words in enumerate(names, 1)
    for word in words.split()
}
"""Month names without accents, in the languages whose gradebooks we read."""

_HOURS: Final[Mapping[str, float]] = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1, "PKT": 5, "NPT": 5.75,
    "HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10,
    "AEDT": 11, "NZST": 12, "NZDT": 13, "NST": -3.5, "NDT": -2.5, "BRT": -3, "ART": -3, "EST": -5,
    "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8,
    "HST": -10,
}  # fmt: skip
"""Abbreviations with one meaning. IST, BST, CST and AST are ambiguous, and so left out."""


def moment(text: str) -> datetime | None:
    """Return the time in a text, with its zone if the text states one, or None."""
    plain = " ".join(text.split())
    try:
        for read in (_numeric, _compact, _dotted, _worded, _eastern):
            if (found := read(plain)) is not None:
                return found
    except (ValueError, OverflowError):
        pass
    return None


def to_minute(text: str, zone: tzinfo | None) -> str:
    """Write a time to the minute, in ``zone`` if both are known; '' if it cannot be read.

    >>> to_minute("2026-11-20T22:30:05.117231+01:00", None)
    '2026-11-20 22:30'
    """
    found = moment(text)
    if found is None:
        return ""
    if found.tzinfo and zone:
        found = found.astimezone(zone)
    return f"{found:%Y-%m-%d %H:%M}"


def iso(text: str) -> str:
    """Return the time in ISO 8601, or '' if the text states none."""
    time = moment(text)
    return time.isoformat() if time else ""


def seconds(text: str) -> float:
    """Return the time as a sortable number, 0 for none; a time without a zone counts as UTC."""
    time = moment(text)
    if time is None:
        return 0.0
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def at(stamp: float, offset: str) -> str:
    """Return Git's Unix time and offset in ISO 8601, or ''."""
    try:
        return datetime.fromtimestamp(stamp, _zone(offset) or UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def in_utc(text: str, zone: tzinfo) -> datetime | None:
    """Return the time in UTC; a time without a zone is in ``zone``.

    An hour that occurs twice, when clocks go back, is the first one.
    """
    time = moment(text)
    if time is None:
        return None
    try:
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar
        return None


def _numeric(text: str) -> datetime | None:
    match = re.fullmatch(MOMENT, text)
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.group(1, 2, 3, 4, 5))
    rest, half = match[7] or "", ""
    if found := re.match(r"([ap])\.?m\.?(?: +|$)", rest, re.IGNORECASE):
        half, rest = found[1].lower(), rest[found.end() :]
    return _in_zone(datetime(year, month, day, _hour(hour, half), minute, int(match[6] or 0)), rest)


def _compact(text: str) -> datetime | None:
    match = re.fullmatch(COMPACT, text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _dotted(text: str) -> datetime | None:
    match = re.fullmatch(DOTTED, re.sub(WEEKDAY, "", text, count=1))
    return _on(int(match[3]), int(match[2]), int(match[1]), match[4]) if match else None


def _worded(text: str) -> datetime | None:
    """Read a date with the name of its month, before or after the day."""
    text = re.sub(BARE_WEEKDAY, "", re.sub(WEEKDAY, "", text, count=1), count=1)
    if match := re.fullmatch(DAY_FIRST, text):
        day, name, year, clock = match.groups()
    elif match := re.fullmatch(MONTH_FIRST, text):
        name, day, year, clock = match.groups()
    else:
        return None
    plain = "".join(c for c in unicodedata.normalize("NFD", name.casefold()) if c.isalpha())
    month = MONTHS.get(plain)
    return _on(int(year), month, int(day), clock) if month else None


def _eastern(text: str) -> datetime | None:
    """Read a date of China, Japan or Korea."""
    match = re.fullmatch(EASTERN, text)
    if match is None:
        return None
    half = {"": "", "前": "am", "上": "am", "전": "am"}.get(
        (match["half"] or "").strip("午오"), "pm"
    )
    return _on(int(match[1]), int(match[2]), int(match[3]), f"{match[5]} {half}".strip())


def _on(year: int, month: int, day: int, clock: str) -> datetime | None:
    """Return a day with the clock time in a text; None if there is none."""
    match = re.fullmatch(CLOCK, re.sub(r"^(?:at|um|à|a las|alle|às|om|kl\.?) +", "", clock.strip()))
    if match is None:
        return None
    half = (match[4] or "")[:1].lower()
    time = datetime(year, month, day, _hour(int(match[1]), half), int(match[2]), int(match[3] or 0))
    return _in_zone(time, match[5] or "")


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half == "p" else 0)


def _in_zone(time: datetime, zone: str) -> datetime | None:
    """Return the time in the named zone; None if the zone is unknown."""
    if not zone:
        return time
    known = _zone(zone.strip().strip("()"))
    return time.replace(tzinfo=known) if known else None


def _zone(text: str) -> tzinfo | None:
    if text in _HOURS:
        return timezone(timedelta(hours=_HOURS[text])) if _HOURS[text] else UTC
    if match := re.fullmatch(OFFSET, text):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(offset if match[1] == "+" else -offset)
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        return None
