"""The course: ``assignments.yaml`` read strictly, as frozen values.

    course = load(find_course(Path.cwd()))
    course.assignment("lstm_cell").points

What cannot be meant is refused, in one line that names file, line and field and says what to write
instead::

    assignments.yaml:14: assignments[2].due: '2026-13-01' is no date; write 2026-12-01T23:59+01:00
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from grader.model import Limits
from grader.places import FILE, CatalogError, Place, compose, nearest, plain, quoted, text_of

DAY: Final = timedelta(days=1)


# --- the values ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeedLimit:
    """At most ``ratio`` times the CPU time of the reference, for points of its own."""

    ratio: float
    points: float


@dataclass(frozen=True, slots=True)
class Step:
    """Who is later than ``after`` loses ``lose`` percent of the score."""

    after: timedelta
    lose: float


@dataclass(frozen=True, slots=True)
class Late:
    """What lateness costs, in percent of the score: by the day begun, or in steps.

    >>> Late(per_day=10, at_most=50).penalty(timedelta(hours=25))
    20.0
    >>> Late(steps=(Step(timedelta(), 5), Step(timedelta(days=2), 40))).penalty(timedelta(days=3))
    40.0
    """

    per_day: float = 0.0
    at_most: float = 100.0
    cut_off: timedelta | None = None
    """Who is later than this loses everything."""
    steps: tuple[Step, ...] = ()

    def penalty(self, late_by: timedelta) -> float:
        """The percentage of the score lost by who is ``late_by`` too late."""
        if late_by <= timedelta():
            return 0.0
        if self.cut_off is not None and late_by > self.cut_off:
            return 100.0
        if self.steps:
            return float(max((s.lose for s in self.steps if late_by > s.after), default=0.0))
        days_begun = -(-late_by // DAY)
        return float(min(self.at_most, self.per_day * days_begun))


@dataclass(frozen=True, slots=True)
class Assignment:
    """One exercise as this course sets it."""

    name: str
    title: str
    points: float = 100.0
    """What a submission gets that passes every check; speed limits with points come on top."""
    runtime: Literal["numpy", "torch"] = "numpy"
    imports: tuple[str, ...] = ()
    """Modules that may be imported besides NumPy and the standard library."""
    limits: Limits = field(default_factory=Limits)
    speed: Mapping[str, SpeedLimit] = field(default_factory=dict)
    """Stricter speed limits, by function."""
    due: datetime | None = None
    grace: timedelta = timedelta()
    late: Late | None = None
    attempts: Literal["last", "best"] = "last"
    """Which of several submissions counts."""
    lms: Mapping[str, Mapping[str, int | str]] = field(default_factory=dict)

    @property
    def max_score(self) -> float:
        """Points, and those of the speed limits on top."""
        return self.points + sum(limit.points for limit in self.speed.values())

    def late_by(self, submitted: datetime, due: datetime | None = None) -> timedelta:
        """How late a submission is; nothing within the grace. ``due``: an extended date.

        After the grace, lateness counts from the due date. Both times know their zone.
        """
        due = due or self.due
        if due is None:
            return timedelta()
        # Within one zone Python subtracts clock faces; what passed is what UTC says.
        late = submitted.astimezone(UTC) - due.astimezone(UTC)
        return late if late > self.grace else timedelta()


@dataclass(frozen=True, slots=True)
class Course:
    """A folder with ``assignments.yaml``, and what that says."""

    folder: Path
    title: str
    timezone: ZoneInfo | None = None
    assignments: tuple[Assignment, ...] = ()
    extensions: Path | None = None
    """The CSV of extensions and excuses, which `grader.policy` reads."""

    def assignment(self, name: str) -> Assignment:
        """The assignment of that name; raises `CatalogError` with the nearest name."""
        for each in self.assignments:
            if each.name == name:
                return each
        names = [each.name for each in self.assignments]
        known = f"write one of: {', '.join(names)}" if names else f"add it to {FILE}"
        near = nearest(name, names)
        meant = f"did you mean {near}?" if near else known
        raise CatalogError(f"{quoted(name)} is no assignment; {meant}")

    def solution(self, name: str) -> Path:
        """The file from which everything else of the exercise is made."""
        return self.folder / "reference" / name / "solution.py"

    def hidden_tests(self, name: str) -> Path:
        """The folder of the exercise's hidden tests."""
        return self.folder / "tests" / "hidden" / name

    def exercise(self, name: str) -> Path:
        """The folder that students get."""
        return self.folder / "exercises" / name

    def grading_files(self, name: str) -> list[Path]:
        """What a machine needs to grade the exercise, besides the entry and the secret."""
        paths = [
            *(p for p in self.solution(name).parent.glob("*.py") if p.name != "oracle.py"),
            *(p for p in self.hidden_tests(name).rglob("*") if "__pycache__" not in p.parts),
        ]
        return sorted(path for path in paths if path.is_file() and not path.is_symlink())


# --- finding and loading ------------------------------------------------------------------------


def find_course(start: Path) -> Path:
    """The nearest folder at or above ``start`` with ``assignments.yaml``.

    The environment variable GRADER_COURSE, if set, names the folder instead. Raises
    `CatalogError` where there is none.
    """
    if named := os.environ.get("GRADER_COURSE"):
        if os.path.isfile(os.path.join(named, FILE)):
            return Path(named).resolve()
        raise CatalogError(f"GRADER_COURSE={named} holds no {FILE}; name the course's folder")
    here = start.resolve()
    for folder in (here, *here.parents):
        if os.path.isfile(folder / FILE):
            return folder
    raise CatalogError(
        f"no {FILE} in {here} or above; go to the course's folder, or set GRADER_COURSE to it"
    )


def load(course: Path) -> Course:
    """The course in a folder; raises `CatalogError` at the first thing that is wrong."""
    folder = course.resolve()
    root = Place(compose(text_of(folder / FILE)), "")
    known = ("title", "timezone", "extensions", "assignments")
    places = root.entries(known, required=("title", "assignments"))
    title = _line(places["title"])
    zone = _zone(places["timezone"]) if "timezone" in places else None
    found: dict[str, Assignment] = {}
    for place in places["assignments"].items():
        each = _assignment(place, Course(folder, title, zone), found)
        found[each.name] = each
    extensions = folder / _file(places["extensions"]) if "extensions" in places else None
    return Course(folder, title, zone, tuple(found.values()), extensions)


def _assignment(place: Place, course: Course, known: Iterable[str]) -> Assignment:
    read = ASSIGNMENT | {"due": partial(_due, zone=course.timezone)}
    places = place.entries(read, required=("name", "title"))
    assignment = Assignment(**{key: read[key](each) for key, each in places.items()})
    if assignment.name in known:
        raise places["name"].wrong(
            f"{quoted(assignment.name)} is the name of an assignment above", "another name"
        )
    _check_files(places["name"], course, assignment.name)
    if "torch" in assignment.imports and assignment.runtime != "torch":
        raise places["imports"].wrong("torch needs its own runtime", "runtime: torch as well")
    if assignment.speed:
        _check_functions(places["speed"], course.solution(assignment.name))
    return assignment


def _check_files(place: Place, course: Course, name: str) -> None:
    """An assignment has a solution and hidden tests, or it cannot be graded."""
    solution, hidden = course.solution(name), course.hidden_tests(name)
    if not solution.is_file():
        others = [path.parent.name for path in course.folder.glob("reference/*/solution.py")]
        missing = solution.relative_to(course.folder).as_posix()
        raise place.wrong(f"{missing} is missing", nearest(name, others) or "that file first")
    if not hidden.is_dir():
        missing = hidden.relative_to(course.folder).as_posix()
        raise place.wrong(f"{missing}/ is missing", "hidden tests there first")


def _check_functions(place: Place, solution: Path) -> None:
    source = solution.read_text(encoding="utf-8", errors="replace")
    functions = re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)
    for function, limit in place.entries().items():
        if function not in functions:
            raise limit.wrong(
                f"the solution has no function {quoted(function)}",
                nearest(function, functions) or f"one of: {', '.join(functions)}",
            )


# --- readers: a place -> a value -----------------------------------------------------------------

Read = Callable[[Place], Any]
Wrong = Callable[[str, str], CatalogError]
"""From what is wrong and what to write instead, the error to raise."""

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
LMS: Final = (
    *("blackboard", "canvas", "classroom50", "coderunner", "github", "gitlab", "gradescope"),
    *("lti", "moodle", "nbgrader", "prairielearn", "vpl"),
)


def _line(place: Place) -> str:
    text = place.scalar
    if text is None or place.node.tag != "tag:yaml.org,2002:str":
        instead = "a line of text" if text is None else f'"{plain(text)}" in quotes'
        raise place.wrong(f"{place.shown} is no text", instead)
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise place.wrong(f"{place.shown} is no line of text", "1 to 200 characters on one line")
    return text.strip()


def _file(place: Place) -> str:
    name = _line(place)
    if not name.lower().endswith(".csv") or Path(name).is_absolute():
        raise place.wrong(f"{place.shown} is no CSV in the course's folder", "extensions.csv")
    return name


def _name(place: Place) -> str:
    name = _line(place)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name, re.ASCII):
        raise place.wrong(f"{place.shown} is no name", "small letters, digits and _ only")
    return name


def _module(place: Place) -> str:
    name = _line(place)
    if not name.isidentifier():
        first = name.partition(".")[0]
        instead = first if first.isidentifier() else "the name of a module, such as scipy"
        raise place.wrong(f"{place.shown} is no top-level module", instead)
    return name


def _number(low: float, high: float, example: str, whole: bool = False) -> Read:
    def read(place: Place) -> float:
        text, quoted = place.scalar, getattr(place.node, "style", None) is not None
        value = float(text) if text and NUMBER.fullmatch(text) else math.nan
        if quoted or not low <= value <= high or (whole and not value.is_integer()):
            kind = "whole number" if whole else "number"
            fact = f"{place.shown} is no {kind} from {low:g} to {high:.7g}"
            raise place.wrong(fact, f"{example} without quotes" if quoted else example)
        return int(value) if whole else value

    return read


def _choice(*words: str) -> Read:
    def read(place: Place) -> str:
        word = place.scalar
        if word not in words:
            instead = nearest(word or "", words) or " or ".join(words)
            raise place.wrong(f"{place.shown} is none of: {', '.join(words)}", instead)
        return word

    return read


def _duration(place: Place) -> timedelta:
    text = place.scalar or ""
    parts = list(DURATION.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise place.wrong(f"{place.shown} is no length of time", "15 min, 2 h or 3 days")
    seconds = sum(float(part[1]) * UNITS[part[2][0]] for part in parts)
    if seconds > LONGEST.total_seconds():
        raise place.wrong(f"{place.shown} is over a year", "a shorter time")
    return timedelta(seconds=seconds)


def _zone(place: Place) -> ZoneInfo:
    name = place.scalar or ""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        instead = nearest(name, available_timezones()) or "Europe/Berlin"
        raise place.wrong(f"{place.shown} is no time zone", instead) from None


def _due(place: Place, zone: ZoneInfo | None) -> datetime:
    return moment(place.scalar or "", zone, place.shown, place.wrong)


def moment(text: str, zone: ZoneInfo | None, shown: str, wrong: Wrong) -> datetime:
    """A date with its zone. A day alone ends at 23:59; an hour that comes twice is the later."""
    match = MOMENT.fullmatch(text)
    try:
        day, time, offset = match.groups() if match else ("", "", "")
        found = datetime.fromisoformat(f"{day}T{time or '23:59'}{offset or ''}")
    except ValueError:
        raise wrong(f"{shown} is no date", "2026-12-01T23:59+01:00") from None
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
    def record(place: Place) -> object:
        entries = place.entries(read, required)
        return make(**{key: read[key](each) for key, each in entries.items()})

    return record


def _speed(place: Place) -> dict[str, SpeedLimit]:
    limits = {"ratio": _number(1, 1500, "100"), "points": _number(0, 1e6, "5")}
    limit = _record(SpeedLimit, limits, *limits)
    return {function: limit(each) for function, each in place.entries().items()}


def _late(place: Place) -> Late:
    places = place.entries(LATE)
    late = Late(**{key: LATE[key](each) for key, each in places.items()})
    if ("per_day" in places and "steps" in places) or not places.keys() - {"at_most"}:
        raise place.wrong("needs per_day or steps, and may have cut_off", "per_day: 10")
    if "at_most" in places and "per_day" not in places:
        raise places["at_most"].wrong("caps per_day, which is not there", "per_day: 10 as well")
    order = [(step.after, step.lose) for step in late.steps]
    if "steps" in places and not order:
        raise places["steps"].wrong("no steps", "[{after: 0 min, lose: 10}]")
    if any(a[0] >= b[0] or a[1] > b[1] for a, b in pairwise(order)):
        raise places["steps"].wrong("steps are out of order", "them by growing after and lose")
    return late


def _lms(place: Place) -> dict[str, dict[str, int | str]]:
    return {
        system: {key: _identity(each) for key, each in target.entries().items()}
        for system, target in place.entries(LMS).items()
    }


def _identity(place: Place) -> int | str:
    """A number, or text as it stands: ``0123`` keeps its zero."""
    text = place.scalar
    if text is None or not text.strip() or not text.isprintable() or len(text) > 200:
        raise place.wrong(f"{place.shown} is no number or text", "what the LMS calls it, as 34")
    number = getattr(place.node, "style", None) is None and re.fullmatch(r"0|[1-9]\d{0,17}", text)
    return int(text) if number else text.strip()


SECONDS: Final = _number(0.01, 86400, "a number of seconds, as 2.5")
MEBIBYTES: Final = _number(1, 1024 * 1024, "a number of MiB, as 1024", whole=True)
PERCENT: Final = _number(0, 100, "a number of percent, as 10")
LIMITS: Final[dict[str, Read]] = {
    each.name: MEBIBYTES if each.name == "memory_mb" else SECONDS for each in fields(Limits)
}
LATE: Final[dict[str, Read]] = {
    "per_day": PERCENT,
    "at_most": PERCENT,
    "cut_off": _duration,
    "steps": _list_of(_record(Step, {"after": _duration, "lose": PERCENT}, "after", "lose")),
}
ASSIGNMENT: Final[dict[str, Read]] = {
    "name": _name,
    "title": _line,
    "points": _number(0.01, 1e6, "100"),
    "runtime": _choice("numpy", "torch"),
    "imports": _list_of(_module),
    "limits": _record(Limits, LIMITS),
    "speed": _speed,
    "due": _line,
    "grace": _duration,
    "late": _late,
    "attempts": _choice("last", "best"),
    "lms": _lms,
}
