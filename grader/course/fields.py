"""Strict readers for the fields of assignments.yaml."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from grader.course.assignment import CheckSetting, Late, ManualQuestion, SpeedLimit, Step
from grader.course.yaml_nodes import CatalogError, YamlNode, plain, quoted
from grader.model import Limits
from grader.text import nearest

Read = Callable[[YamlNode], Any]

Wrong = Callable[[str, str], CatalogError]
"""Creates the error, from what is wrong and what to write instead."""

NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

MOMENT: Final = re.compile(
    r"(20\d\d-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?) ?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)

DURATION: Final = re.compile(
    r"(\d{1,6}(?:\.\d{1,3})?) ?(s|sec|seconds?|min|minutes?|h|hours?|d|days?|w|weeks?)(?: |$)",
    re.ASCII,
)

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

LONGEST: Final = timedelta(days=366)


def read_line(place: YamlNode) -> str:
    """Read one line of text."""
    text = place.scalar
    if text is None or place.node.tag != "tag:yaml.org,2002:str":
        instead = "a line of text" if text is None else f'"{plain(text)}" in quotes'
        raise place.wrong(f"{place.shown} is not text", instead)
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise place.wrong(f"{place.shown} is not a line of text", "1 to 200 characters on one line")
    return text.strip()


def read_file(place: YamlNode) -> str:
    """Read the name of a CSV file in the course's folder."""
    name = read_line(place)
    if not name.lower().endswith(".csv") or Path(name).is_absolute():
        raise place.wrong(f"{place.shown} is not a CSV in the course's folder", "extensions.csv")
    return name


def _name(place: YamlNode) -> str:
    name = read_line(place)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name, re.ASCII):
        raise place.wrong(
            f"{place.shown} is not a valid name", "lower-case letters, digits and _ only"
        )
    return name


def _module(place: YamlNode) -> str:
    name = read_line(place)
    if not name.isidentifier():
        first = name.partition(".")[0]
        instead = first if first.isidentifier() else "the name of a module, such as scipy"
        raise place.wrong(f"{place.shown} is not a top-level module", instead)
    return name


def _number(low: float, high: float, example: str, whole: bool = False) -> Read:
    def read(place: YamlNode) -> float:
        text, quoted = place.scalar, getattr(place.node, "style", None) is not None
        value = float(text) if text and NUMBER.fullmatch(text) else math.nan
        if quoted or not low <= value <= high or (whole and not value.is_integer()):
            kind = "whole number" if whole else "number"
            fact = f"{place.shown} is not a {kind} from {low:g} to {high:.7g}"
            raise place.wrong(fact, f"{example} without quotes" if quoted else example)
        return int(value) if whole else value

    return read


def _choice(*words: str) -> Read:
    def read(place: YamlNode) -> str:
        word = place.scalar
        if word not in words:
            instead = nearest(word or "", words) or " or ".join(words)
            raise place.wrong(f"{place.shown} is not allowed", instead)
        return word

    return read


def _duration(place: YamlNode) -> timedelta:
    text = place.scalar or ""
    parts = list(DURATION.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise place.wrong(f"{place.shown} is not a length of time", "15 min, 2 h or 3 days")
    seconds = sum(float(part[1]) * UNITS[part[2][0]] for part in parts)
    if seconds > LONGEST.total_seconds():
        raise place.wrong(f"{place.shown} is over a year", "a shorter time")
    return timedelta(seconds=seconds)


def read_zone(place: YamlNode) -> ZoneInfo:
    """Read the name of a time zone."""
    name = place.scalar or ""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        instead = nearest(name, available_timezones()) or "Europe/Berlin"
        raise place.wrong(f"{place.shown} is not a time zone", instead) from None


def read_due(place: YamlNode, zone: ZoneInfo | None) -> datetime:
    """Read a date with its time zone."""
    return moment(place.scalar or "", zone, place.shown, place.wrong)


def moment(text: str, zone: ZoneInfo | None, shown: str, wrong: Wrong) -> datetime:
    """Read a date with its time zone.

    A day without a time ends at 23:59; if an hour occurs twice, the later one is used.
    """
    match = MOMENT.fullmatch(text)
    try:
        day, time, offset = match.groups() if match else ("", "", "")
        found = datetime.fromisoformat(f"{day}T{time or '23:59'}{offset or ''}")
    except ValueError:
        raise wrong(f"{shown} is not a date", "2026-12-01T23:59+01:00") from None
    if found.tzinfo is not None:
        return found
    if zone is None:
        instead = f"{found:%Y-%m-%dT%H:%M}+01:00, or timezone: Europe/Berlin above `assignments`"
        raise wrong(f"{shown} has no time zone", instead)
    there = found.replace(tzinfo=zone, fold=1)
    if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != found:
        fact = f"{shown} does not exist in {zone}, where clocks go forward then"
        raise wrong(fact, "an hour later")
    return there


def _list_of(read: Read) -> Read:
    return lambda place: tuple(read(each) for each in place.items())


def _record(make: Callable[..., Any], read: Mapping[str, Read], *required: str) -> Read:
    def record(place: YamlNode) -> object:
        entries = place.entries(read, required)
        return make(**{key: read[key](each) for key, each in entries.items()})

    return record


def _speed(place: YamlNode) -> dict[str, SpeedLimit]:
    limits = {"ratio": _number(1, 1500, "100"), "points": _number(0, 1e6, "5")}
    limit = _record(SpeedLimit, limits, *limits)
    return {function: limit(each) for function, each in place.entries().items()}


def _late(place: YamlNode) -> Late:
    places = place.entries(LATE)
    late = Late(**{key: LATE[key](each) for key, each in places.items()})
    if "per_day" in places and "steps" in places:
        raise places["steps"].wrong("stands beside per_day", "one of the two")
    if not places.keys() - {"at_most"}:
        raise place.wrong("needs per_day, steps or marked; cut_off may be added", "per_day: 10")
    if "at_most" in places and "per_day" not in places:
        raise places["at_most"].wrong("needs per_day", "per_day: 10 as well")
    order = [(step.after, step.lose) for step in late.steps]
    if "steps" in places and not order:
        raise places["steps"].wrong("no steps", "[{after: 0 min, lose: 10}]")
    if any(a[0] >= b[0] or a[1] > b[1] for a, b in pairwise(order)):
        raise places["steps"].wrong("steps are out of order", "them by growing after and lose")
    return late


def _lms(place: YamlNode) -> dict[str, dict[str, int | str]]:
    return {
        system: {key: LMS[system][key](each) for key, each in target.entries(LMS[system]).items()}
        for system, target in place.entries(LMS).items()
    }


def _identity(place: YamlNode) -> int | str:
    """Read a number, or text unchanged, so that ``0123`` keeps its zero."""
    text = place.scalar
    if text is None or not text.strip() or not text.isprintable() or len(text) > 200:
        raise place.wrong(f"{place.shown} is not a number or text", "what the LMS calls it, as 34")
    number = getattr(place.node, "style", None) is None and re.fullmatch(r"0|[1-9]\d{0,17}", text)
    return int(text) if number else text.strip()


def _checks(place: YamlNode) -> dict[str, CheckSetting]:
    """Read ``checks:``; the keys are compared with the tests when these are collected."""
    found = {}
    for key, entry in place.entries().items():
        given = entry.entries(CHECK)
        if len(given) != 1:
            raise entry.wrong("needs one of points, skip and full", "{points: 12}")
        found[key] = CheckSetting(**{name: CHECK[name](each) for name, each in given.items()})
    return found


def _student_file(place: YamlNode) -> str:
    name = read_line(place)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}\.py", name, re.ASCII):
        raise place.wrong(f"{place.shown} is not the name of a Python file", "model.py")
    return name


def _student_files(place: YamlNode) -> tuple[str, ...]:
    names = tuple(_student_file(each) for each in place.items())
    if not names or len(set(names)) != len(names):
        raise place.wrong("names no file, or one twice", "[model.py, data.py]")
    return names


def _flag(place: YamlNode) -> bool:
    word = place.scalar
    if word not in ("true", "false"):
        raise place.wrong(f"{place.shown} is neither true nor false", "true")
    return word == "true"


def _manual(place: YamlNode) -> tuple[ManualQuestion, ...]:
    found = tuple(map(_record(ManualQuestion, MANUAL, *MANUAL), place.items()))
    names = [each.id for each in found]
    if again := next((name for name in names if names.count(name) > 1), ""):
        raise place.wrong(f"the id {quoted(again)} occurs twice", "another id")
    return found


def _mistakes(place: YamlNode) -> dict[str, float]:
    """Read ``mistakes:``; `grader validate` compares the ids with mistakes.py."""
    return {mistake: PERCENT(each) for mistake, each in place.entries().items()}


def _question_id(place: YamlNode) -> str:
    name = read_line(place)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name, re.ASCII):
        raise place.wrong(f"{place.shown} is not an id", "lower-case letters, digits, - and _ only")
    return name


POINTS: Final = _number(0, 1e6, "10")

CHECK: Final[dict[str, Read]] = {"points": POINTS, "skip": read_line, "full": read_line}

MANUAL: Final[dict[str, Read]] = {
    "id": _question_id,
    "title": read_line,
    "points": _number(0.01, 1e6, "10"),
}

SECONDS: Final = _number(0.01, 86400, "a number of seconds, such as 2.5")

MEBIBYTES: Final = _number(1, 1024 * 1024, "a number of MiB, such as 1024", whole=True)

PERCENT: Final = _number(0, 100, "a percentage without a sign, such as 10")

LIMITS: Final[dict[str, Read]] = {
    name: MEBIBYTES if name == "memory_mb" else SECONDS for name in Limits.__struct_fields__
}

LATE: Final[dict[str, Read]] = {
    "per_day": PERCENT,
    "at_most": PERCENT,
    "cut_off": _duration,
    "marked": PERCENT,
    "steps": _list_of(_record(Step, {"after": _duration, "lose": PERCENT}, "after", "lose")),
}

LMS: Final[dict[str, dict[str, Read]]] = {
    "blackboard": {"column": _identity},
    "canvas": {"course": _identity, "assignment": _identity, "url": read_line},
    "gradescope": {"visibility": _choice("hidden", "after_due_date", "after_published", "visible")},
    "prairielearn": {"image": read_line},
}

ASSIGNMENT: Final[dict[str, Read]] = {
    "name": _name,
    "title": read_line,
    "points": _number(0.01, 1e6, "100"),
    "runtime": _choice("numpy", "torch"),
    "imports": _list_of(_module),
    "limits": _record(Limits, LIMITS),
    "speed": _speed,
    "due": read_line,
    "grace": _duration,
    "late": _late,
    "attempts": _choice("last", "best"),
    "opens": read_line,
    "closes": read_line,
    "hold_off": _duration,
    "lms": _lms,
    "checks": _checks,
    "files": _student_files,
    "extra_files": _flag,
    "manual": _manual,
    "writes": _flag,
    "mistakes": _mistakes,
}
